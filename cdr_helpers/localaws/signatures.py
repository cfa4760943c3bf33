"""Signatures: what was sent is what the holder of the key pair signed.

Signature Version 4 in the `Authorization` header and in presigned URLs, Version 2 in presigned URLs (boto3's default
for S3 in older regions), and the signed chunks of `STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER]`.
Sources: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html, sigv4-streaming.html,
sigv4-query-string-auth.html; docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.

A body that nothing covers is refused: `UNSIGNED-PAYLOAD` outside presigned URLs unless it is empty. boto3, the AWS CLI
and DuckDB sign the body when they speak plain HTTP; Arrow and other clients on AWS's C++ library send uploads as
`STREAMING-UNSIGNED-PAYLOAD-TRAILER`, whose checksum at the end must be one that the signed headers announce.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote

from .home import Keys

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=15)
MAX_EXPIRES = 7 * 24 * 3600
EMPTY = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_CHECKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_STAMP = "%Y%m%dT%H%M%SZ"
_HEX = re.compile(r"[0-9a-f]{64}")


class Refused(Exception):
    """The request is not what the holder of the keys signed. `reason` is a key of `refusals.TEXTS`."""

    def __init__(self, reason: str, **details: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


@dataclass(frozen=True)
class Sent:
    """A request as it came over the wire. `headers` are lower-case names with all values of a name joined by commas;
    `path` and `query` are still percent-encoded; `resource` is the path with the bucket of a virtual host in front."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    resource: str


@dataclass(frozen=True)
class Signed:
    """Who signed for what: the credential scope, and how the body is covered.

    `payload` is the SHA-256 that the body must have, or `UNSIGNED`, or one of the streaming forms, or None when the
    digest of the body is itself part of the signature (`needs_body`).
    """

    service: str
    region: str
    stamp: str
    scope: str
    signature: str
    payload: str | None
    presigned: bool = False


def scope_service(sent: Sent) -> str | None:
    """The service that the request says it is for, before anything is checked; None when it does not say."""
    credential = _fields(sent.headers.get("authorization", "")).get("Credential") or _query(sent).get(
        "X-Amz-Credential", ""
    )
    parts = credential.split("/")
    if len(parts) >= 5:
        return parts[-2]
    return "s3" if "AWSAccessKeyId" in _query(sent) else None


def verify(sent: Sent, keys: Keys, body_digest: str | None, now: datetime | None = None) -> Signed:
    """Check the signature of a request. Raises `Refused`.

    `body_digest` is the SHA-256 of the body for services whose clients do not send it; None for S3, whose clients send
    it as `x-amz-content-sha256`, so that a forged request is refused before its body is read.
    """
    now = now or datetime.now(UTC)
    query = _query(sent)
    if sent.headers.get("authorization"):
        return _verify_header(sent, keys, body_digest, now)
    if "X-Amz-Signature" in query or "X-Amz-Algorithm" in query:
        return _verify_presigned(sent, query, keys, now)
    if "Signature" in query and "AWSAccessKeyId" in query:
        return _verify_presigned_v2(sent, query, keys, now)
    raise Refused("missing")


def _query(sent: Sent) -> dict[str, str]:
    return dict(parse_qsl(sent.query, keep_blank_values=True)) if "=" in sent.query else {}


def _fields(authorization: str) -> dict[str, str]:
    _, _, rest = authorization.partition(" ")
    pairs = (each.strip().partition("=") for each in rest.split(","))
    return {name: value for name, _, value in pairs}


def _scope(credential: str, keys: Keys) -> tuple[str, str, str, str]:
    access_key, _, scope = credential.partition("/")
    parts = scope.split("/")
    if len(parts) != 4 or parts[3] != "aws4_request":
        raise Refused("malformed")
    if not _equal(access_key, keys.access_key):
        raise Refused("unknown key", AWSAccessKeyId=access_key)
    return scope, parts[0], parts[1], parts[2]


def _moment(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise Refused("malformed") from None


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _verify_header(sent: Sent, keys: Keys, body_digest: str | None, now: datetime) -> Signed:
    if not sent.headers["authorization"].startswith(ALGORITHM + " "):
        raise Refused("mechanism")
    fields = _fields(sent.headers["authorization"])
    if not {"Credential", "SignedHeaders", "Signature"} <= fields.keys():
        raise Refused("malformed")
    scope, day, region, service = _scope(fields["Credential"], keys)
    names = fields["SignedHeaders"].split(";")
    stamp = sent.headers.get("x-amz-date", "")
    moment = _moment(stamp)
    if not stamp.startswith(day):
        raise Refused("signature")
    _require_signed(sent, names)
    payload = _declared_payload(sent, service)
    calculated = _signature(sent, names, payload or body_digest or EMPTY, stamp, scope, keys, drop="")
    if not _equal(calculated, fields["Signature"]):
        raise Refused("signature")
    if abs(now - moment) > SKEW:
        raise Refused("skewed", sent=stamp, now=now.strftime(_STAMP))
    if payload and body_digest and payload != body_digest:
        raise Refused("digest")
    return Signed(service, region, stamp, scope, calculated, payload)


def _declared_payload(sent: Sent, service: str) -> str | None:
    declared = sent.headers.get("x-amz-content-sha256")
    if declared is None:
        if service == "s3":
            raise Refused("no digest")
        return None
    if _HEX.fullmatch(declared) or declared in (STREAMING, STREAMING_TRAILER, STREAMING_CHECKED):
        return declared
    if declared == UNSIGNED:
        return declared
    raise Refused("unsigned body", declared=declared)


def _require_signed(sent: Sent, names: list[str]) -> None:
    missing = [name for name in sent.headers if (name == "host" or name.startswith("x-amz-")) and name not in names]
    if missing or "host" not in names:
        raise Refused("unsigned headers", headers=", ".join(missing) or "host")


def _verify_presigned(sent: Sent, query: dict[str, str], keys: Keys, now: datetime) -> Signed:
    wanted = {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"}
    if not wanted <= query.keys() or query["X-Amz-Algorithm"] != ALGORITHM:
        raise Refused("malformed query")
    scope, day, region, service = _scope(query["X-Amz-Credential"], keys)
    if service != "s3":
        raise Refused("malformed query")
    moment, expires = _moment(query["X-Amz-Date"]), query["X-Amz-Expires"]
    if not expires.isdigit() or not 0 < int(expires) <= MAX_EXPIRES or not query["X-Amz-Date"].startswith(day):
        raise Refused("malformed query")
    names = query["X-Amz-SignedHeaders"].split(";")
    payload = sent.headers.get("x-amz-content-sha256") or query.get("X-Amz-Content-Sha256") or UNSIGNED
    unsigned = [each for each in sent.headers if each.startswith("x-amz-") and each not in names]
    if "host" not in names or unsigned not in ([], ["x-amz-content-sha256"]):
        raise Refused("unsigned headers", headers=", ".join(unsigned))
    calculated = _signature(sent, names, payload, query["X-Amz-Date"], scope, keys, drop="X-Amz-Signature")
    if not _equal(calculated, query.get("X-Amz-Signature", "")):
        raise Refused("signature")
    _require_current(moment, moment + timedelta(seconds=int(expires)), now)
    return Signed(service, region, query["X-Amz-Date"], scope, calculated, payload, presigned=True)


def _require_current(begin: datetime, end: datetime, now: datetime) -> None:
    if now > end:
        raise Refused("expired")
    if begin > now + SKEW:
        raise Refused("not yet")


def _verify_presigned_v2(sent: Sent, query: dict[str, str], keys: Keys, now: datetime) -> Signed:
    if not _equal(query["AWSAccessKeyId"], keys.access_key):
        raise Refused("unknown key", AWSAccessKeyId=query["AWSAccessKeyId"])
    expires = query.get("Expires", "")
    if not expires.isdigit() or len(expires) > 12:
        raise Refused("malformed query")
    text = _v2_text(sent, query, expires)
    import base64

    digest = hmac.new(keys.secret_key.encode(), text.encode(), hashlib.sha1).digest()
    if not _equal(base64.b64encode(digest).decode(), query["Signature"]):
        raise Refused("signature")
    if now.timestamp() > int(expires):
        raise Refused("expired")
    return Signed("s3", "us-east-1", "", "", "", UNSIGNED, presigned=True)


# Parameters that are part of the resource in Signature Version 2 (AmazonS3/latest/userguide/RESTAuthentication.html).
_V2_PARAMETERS = frozenset(
    {"accelerate", "acl", "cors", "defaultObjectAcl", "delete", "lifecycle", "location", "logging", "notification"}
    | {"partNumber", "policy", "requestPayment", "restore", "tagging", "torrent", "uploadId", "uploads", "versionId"}
    | {"versioning", "versions", "website", "response-cache-control", "response-content-disposition"}
    | {"response-content-encoding", "response-content-language", "response-content-type", "response-expires"}
)


def _v2_text(sent: Sent, query: dict[str, str], expires: str) -> str:
    # botocore puts headers that it signed into the query as well, for callers who do not send them.
    signed = {name.lower(): value for name, value in query.items() if name.lower().startswith(("x-amz-", "content-"))}
    signed |= {name: value for name, value in sent.headers.items() if name.startswith(("x-amz-", "content-"))}
    lines = [sent.method, signed.get("content-md5", ""), signed.get("content-type", ""), expires]
    lines += [f"{name}:{signed[name].strip()}" for name in sorted(signed) if name.startswith("x-amz-")]
    return "\n".join([*lines, _v2_resource(sent)])


def _v2_resource(sent: Sent) -> str:
    pairs = (each.partition("=") for each in sent.query.split("&"))
    kept = sorted((name, bar, unquote(value)) for name, bar, value in pairs if name in _V2_PARAMETERS)
    listed = "&".join(name + bar + value for name, bar, value in kept)
    return sent.resource + ("?" + listed if listed else "")


def _signature(sent: Sent, names: list[str], payload: str, stamp: str, scope: str, keys: Keys, drop: str) -> str:
    canonical = "\n".join(
        [
            sent.method,
            sent.path or "/",
            _canonical_query(sent.query, drop),
            *(f"{name}:{_trimmed(sent.headers.get(name, ''))}" for name in names),
            "",
            ";".join(names),
            payload,
        ]
    )
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    return _sign(keys, scope, "\n".join([ALGORITHM, stamp, scope, digest]))


def _sign(keys: Keys, scope: str, text: str) -> str:
    return hmac.new(_signing_key(keys.secret_key, scope), text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=64)
def _signing_key(secret: str, scope: str) -> bytes:
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _trimmed(value: str) -> str:
    return " ".join(value.split())


def _canonical_query(query: str, drop: str) -> str:
    if not query:
        return ""
    pairs = (each.partition("=") for each in query.split("&") if each)
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs if unquote(name) != drop or not drop)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: str) -> str:
    return quote(unquote(text, errors="surrogateescape"), safe="-_.~", errors="surrogateescape")


class ChunkSigner:
    """The chain of chunk signatures of one streamed body; the request's own signature is its first link."""

    def __init__(self, signed: Signed, keys: Keys) -> None:
        self._signed, self._keys = signed, keys
        self._previous = signed.signature

    def check_chunk(self, digest: str, signature: str) -> None:
        """The next chunk has this SHA-256 and claims this signature. Raises `Refused`."""
        self._check(["AWS4-HMAC-SHA256-PAYLOAD", EMPTY, digest], signature)

    def check_trailer(self, lines: bytes, signature: str) -> None:
        """The trailing headers, as canonical lines. Raises `Refused`."""
        self._check(["AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(lines).hexdigest()], signature)

    def _check(self, parts: list[str], signature: str) -> None:
        kind, *rest = parts
        text = "\n".join([kind, self._signed.stamp, self._signed.scope, self._previous, *rest])
        calculated = _sign(self._keys, self._signed.scope, text)
        if not _equal(calculated, signature):
            raise Refused("signature")
        self._previous = calculated
