"""What a refused request is told, in the form of its protocol: XML for S3, IAM and STS, JSON for the others."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

# reason → per protocol (HTTP status, code, message). Codes and texts are AWS's own: AmazonS3/latest/API/
# ErrorResponses.html, and the "Common Errors" page of each other service's API reference.
_SIGNATURE = "The request signature we calculated does not match the signature you provided. "
_TEXTS: dict[str, dict[str, tuple[int, str, str]]] = {
    "missing": {
        "s3": (403, "AccessDenied", "Access Denied"),
        "query": (403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
        "json": (400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    },
    "unknown key": {
        "s3": (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        "query": (403, "InvalidClientTokenId", "The security token included in the request is invalid."),
        "json": (400, "UnrecognizedClientException", "The security token included in the request is invalid."),
    },
    "signature": {
        "s3": (403, "SignatureDoesNotMatch", _SIGNATURE + "Check your key and signing method."),
        "query": (403, "SignatureDoesNotMatch", _SIGNATURE + "Check your AWS Secret Access Key and signing method."),
        "json": (
            400,
            "InvalidSignatureException",
            _SIGNATURE + "Check your AWS Secret Access Key and signing method.",
        ),
    },
    "skewed": {
        "s3": (
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        "query": (403, "SignatureDoesNotMatch", "{skew}"),
        "json": (400, "InvalidSignatureException", "{skew}"),
    },
    "expired": {"s3": (403, "AccessDenied", "Request has expired")},
    "not yet": {"s3": (403, "AccessDenied", "Request is not valid yet")},
    "malformed": {
        "s3": (400, "AuthorizationHeaderMalformed", "The authorization header is malformed."),
        "query": (400, "IncompleteSignature", "The Authorization header is incomplete or malformed."),
        "json": (400, "IncompleteSignatureException", "The Authorization header is incomplete or malformed."),
    },
    "malformed query": {
        "s3": (
            400,
            "AuthorizationQueryParametersError",
            "Error parsing the X-Amz-* query parameters of the presigned URL.",
        ),
    },
    "mechanism": {
        "s3": (
            400,
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        ),
    },
    "unsigned headers": {
        "s3": (403, "AccessDenied", "There were headers present in the request which were not signed"),
        "query": (403, "SignatureDoesNotMatch", "'{headers}' must be a 'SignedHeader' in the AWS Authorization."),
        "json": (
            400,
            "InvalidSignatureException",
            "'{headers}' must be a 'SignedHeader' in the AWS Authorization.",
        ),
    },
    "no digest": {
        "s3": (400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"),
    },
    "unsigned body": {
        "s3": (
            400,
            "InvalidRequest",
            "The local AWS takes only bodies that the signature covers, and x-amz-content-sha256 leaves this one open. "
            "Set AWS_REQUEST_CHECKSUM_CALCULATION=when_required in the client's environment.",
        ),
    },
    "digest": {
        "s3": (
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ),
        "query": (403, "SignatureDoesNotMatch", _SIGNATURE + "Check your AWS Secret Access Key and signing method."),
        "json": (
            400,
            "InvalidSignatureException",
            _SIGNATURE + "Check your AWS Secret Access Key and signing method.",
        ),
    },
    "incomplete": {
        "s3": (400, "IncompleteBody", "The request body terminated unexpectedly"),
    },
    "no length": {
        "s3": (411, "MissingContentLength", "You must provide the Content-Length HTTP header."),
    },
    "too large": {
        "s3": (413, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
        "json": (413, "RequestEntityTooLargeException", "Request size exceeded"),
    },
    "host": {
        "s3": (403, "AccessDenied", "The local AWS answers only to the host names 127.0.0.1 and localhost."),
        "query": (403, "AccessDenied", "The local AWS answers only to the host names 127.0.0.1 and localhost."),
        "json": (
            403,
            "AccessDeniedException",
            "The local AWS answers only to the host names 127.0.0.1 and localhost.",
        ),
    },
    "no service": {
        "s3": (501, "NotImplemented", "The local AWS has no service {service}. It has: {services}."),
        "json": (501, "NotImplementedException", "The local AWS has no service {service}. It has: {services}."),
    },
    "no action": {
        "s3": (501, "NotImplemented", "The local AWS does not do this: {text}"),
        "json": (501, "NotImplementedException", "The local AWS does not do this: {text}"),
    },
    "defect": {
        "s3": (500, "InternalError", "We encountered an internal error. Please try again."),
        "query": (500, "InternalFailure", "We encountered an internal error. Please try again."),
        "json": (500, "InternalServiceException", "We encountered an internal error. Please try again."),
    },
}


def response(reason: str, protocol: str, details: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that refuse a request for `reason` in `protocol` (`s3`, `query` or `json`)."""
    texts = _TEXTS[reason]
    status, code, message = texts.get(protocol) or texts["s3"]
    known = dict(details)
    if "{skew}" in message:
        known["skew"] = _skew(details)
    return error(status, code, message.format_map(known), protocol)


def error(status: int, code: str, message: str, protocol: str) -> tuple[int, dict[str, str], bytes]:
    """An AWS error in the form of its protocol."""
    request_id = str(uuid.uuid4())
    if protocol == "json":
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
        # Both spellings: Glue and Athena models name the member `Message`, others `message`.
        body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        return status, headers | {"x-amzn-RequestId": request_id}, body
    code, message = escape(code), escape(message)
    inner = f"<Code>{code}</Code><Message>{message}</Message>"
    tail = f"<RequestId>{request_id}</RequestId>"
    if protocol == "query":
        text = f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error>{tail}</ErrorResponse>"
    else:
        text = f"<Error>{inner}{tail}</Error>"
    headers = {"Content-Type": "application/xml", "x-amz-request-id": request_id}
    return status, headers, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _skew(details: Mapping[str, str]) -> str:
    sent, now = details["sent"], details["now"]
    form = "%Y%m%dT%H%M%SZ"
    limit = timedelta(minutes=15)
    moment = datetime.strptime(now, form)
    if sent > now:
        return f"Signature not yet current: {sent} is still later than {(moment + limit).strftime(form)}"
    return f"Signature expired: {sent} is now earlier than {(moment - limit).strftime(form)} ({now} - 15 min.)"
