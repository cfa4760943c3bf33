"""What a stranger, a forger and a web page get: nothing, on every service, in AWS's words."""

from __future__ import annotations

import hashlib
import http.client
import json
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cdr_helpers import localaws

# One harmless call of each service: protocol, method, path, headers, body.
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON_TYPE = {"Content-Type": "application/x-amz-json-1.1"}
CALLS: dict[str, tuple[str, str, str, dict[str, str], bytes]] = {
    "s3": ("s3", "GET", "/", {}, b""),
    "iam": ("query", "POST", "/", FORM, b"Action=ListRoles&Version=2010-05-08"),
    "sts": ("query", "POST", "/", FORM, b"Action=GetCallerIdentity&Version=2011-06-15"),
    "glue": ("json", "POST", "/", JSON_TYPE | {"X-Amz-Target": "AWSGlue.GetDatabases"}, b"{}"),
    "athena": ("json", "POST", "/", JSON_TYPE | {"X-Amz-Target": "AmazonAthena.ListWorkGroups"}, b"{}"),
    "kms": ("json", "POST", "/", JSON_TYPE | {"X-Amz-Target": "TrentService.ListKeys"}, b"{}"),
    "sagemaker": ("json", "POST", "/", JSON_TYPE | {"X-Amz-Target": "SageMaker.ListModels"}, b"{}"),
    "logs": ("json", "POST", "/", JSON_TYPE | {"X-Amz-Target": "Logs_20140328.DescribeLogGroups"}, b"{}"),
}
FORGED = "The request signature we calculated does not match"
# Refusal → status and code by protocol.
REFUSALS: dict[str, dict[str, tuple[int, str]]] = {
    "unsigned": {
        "s3": (403, "AccessDenied"),
        "query": (403, "MissingAuthenticationToken"),
        "json": (400, "MissingAuthenticationTokenException"),
    },
    "unknown key": {
        "s3": (403, "InvalidAccessKeyId"),
        "query": (403, "InvalidClientTokenId"),
        "json": (400, "UnrecognizedClientException"),
    },
    "wrong signature": {
        "s3": (403, "SignatureDoesNotMatch"),
        "query": (403, "SignatureDoesNotMatch"),
        "json": (400, "InvalidSignatureException"),
    },
    "too old": {
        "s3": (403, "RequestTimeTooSkewed"),
        "query": (403, "SignatureDoesNotMatch"),
        "json": (400, "InvalidSignatureException"),
    },
    "host": {"s3": (403, "AccessDenied"), "query": (403, "AccessDenied"), "json": (403, "AccessDeniedException")},
}


class Caller:
    """Sends requests whose every part can be altered between signing and sending."""

    def __init__(self, endpoint: localaws.Endpoint) -> None:
        self.endpoint = endpoint
        self.host = urlsplit(endpoint.url).netloc

    def signed(self, service: str, secret: str | None = None, key: str | None = None, **parts: Any) -> dict[str, Any]:
        """A signed request as keyword arguments of `send`."""
        _, method, path, headers, body = CALLS[service]
        method, path = parts.get("method", method), parts.get("path", path)
        body, headers = parts.get("body", body), headers | parts.get("headers", {})
        keys = Credentials(key or self.endpoint.access_key, secret or self.endpoint.secret_key)
        request = AWSRequest(method, f"http://{self.host}{path}", {"Host": self.host} | headers, body)
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        signer(keys, service, self.endpoint.region).add_auth(request)
        return {"method": method, "path": path, "headers": dict(request.headers.items()), "body": body}

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers of the answer."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body and "Content-Length" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text, {name.lower(): value for name, value in response.getheaders()}


@pytest.fixture(scope="module")
def caller(endpoint: localaws.Endpoint) -> Caller:
    return Caller(endpoint)


def require_refusal(service: str, reason: str, answer: tuple[int, str, dict[str, str]]) -> None:
    """The answer is AWS's refusal, in the form of the service's protocol."""
    protocol = CALLS[service][0]
    status, code = REFUSALS[reason][protocol]
    assert answer[0] == status, answer
    if protocol == "json":
        assert json.loads(answer[1])["__type"] == code
    else:
        assert f"<Code>{code}</Code>" in answer[1]
    assert "Traceback" not in answer[1] and "moto" not in answer[1]


@pytest.mark.parametrize("service", CALLS)
def test_a_signed_call_is_answered(caller: Caller, service: str) -> None:
    assert caller.send(**caller.signed(service))[0] == 200


@pytest.mark.parametrize("service", CALLS)
def test_an_unsigned_call_is_refused(caller: Caller, service: str) -> None:
    _, method, path, headers, body = CALLS[service]
    answer = caller.send(method, path, {"Host": caller.host} | headers, body)
    require_refusal(service, "unsigned", answer)


@pytest.mark.parametrize("service", CALLS)
def test_a_stranger_s_key_is_refused(caller: Caller, service: str) -> None:
    require_refusal(service, "unknown key", caller.send(**caller.signed(service, key="AKIAIOSFODNN7EXAMPLE")))


@pytest.mark.parametrize("service", CALLS)
def test_a_forged_signature_is_refused(caller: Caller, service: str) -> None:
    require_refusal(service, "wrong signature", caller.send(**caller.signed(service, secret="guessed")))


@pytest.mark.parametrize("service", [name for name in CALLS if name != "s3"])
def test_an_altered_body_is_refused(caller: Caller, service: str) -> None:
    request = caller.signed(service)
    request["body"] = request["body"].replace(b"{}", b"{ }").replace(b"Version", b"version")
    require_refusal(service, "wrong signature", caller.send(**request))


@pytest.mark.parametrize("service", CALLS)
def test_an_altered_header_is_refused(caller: Caller, service: str) -> None:
    request = caller.signed(service, headers={"X-Amz-Meta-One": "1"})
    request["headers"]["X-Amz-Meta-One"] = "2"
    require_refusal(service, "wrong signature", caller.send(**request))


@pytest.mark.parametrize("service", CALLS)
def test_an_added_header_is_refused(caller: Caller, service: str) -> None:
    request = caller.signed(service)
    request["headers"]["X-Amz-Added"] = "1"
    status, text, _ = caller.send(**request)
    assert status in (400, 403)
    assert "not signed" in text or "SignedHeader" in text


@pytest.mark.parametrize("service", CALLS)
def test_an_altered_path_or_query_is_refused(caller: Caller, service: str) -> None:
    request = caller.signed(service)
    for path in ("/other", "/?added=1"):
        require_refusal(service, "wrong signature", caller.send(**(request | {"path": path})))


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_stale_or_future_date_is_refused(
    caller: Caller, service: str, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    require_refusal(service, "too old", caller.send(**caller.signed(service)))


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "a.127.0.0.1", ""])
def test_a_foreign_host_is_refused(caller: Caller, service: str, host: str) -> None:
    """DNS rebinding: a page of evil.example whose name now means 127.0.0.1."""
    request = caller.signed(service)
    request["headers"]["Host"] = host
    require_refusal(service, "host", caller.send(**request))


def s3_put(caller: Caller, bucket: str, body: bytes, **options: Any) -> dict[str, Any]:
    return caller.signed("s3", method="PUT", path=f"/{bucket}/k", body=body, **options)


@pytest.mark.parametrize("size", [5, 3 << 20])
def test_an_altered_object_is_refused_and_not_stored(
    caller: Caller, client: Callable[..., Any], bucket: str, size: int
) -> None:
    request = s3_put(caller, bucket, b"a" * size)
    status, text, _ = caller.send(**(request | {"body": b"b" + b"a" * (size - 1)}))
    assert (status, "XAmzContentSHA256Mismatch" in text) == (400, True)
    request["headers"]["X-Amz-Content-SHA256"] = hashlib.sha256(b"b" + b"a" * (size - 1)).hexdigest()
    answer = caller.send(**(request | {"body": b"b" + b"a" * (size - 1)}))
    require_refusal("s3", "wrong signature", answer)
    assert client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("declared", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "nonsense"])
def test_a_body_that_no_signature_covers_is_refused(
    caller: Caller, client: Callable[..., Any], bucket: str, declared: str
) -> None:
    class Open(S3SigV4Auth):
        def payload(self, request: AWSRequest) -> str:
            return declared

    keys = Credentials(caller.endpoint.access_key, caller.endpoint.secret_key)
    request = AWSRequest("PUT", f"http://{caller.host}/{bucket}/k", {"Host": caller.host}, b"x")
    Open(keys, "s3", caller.endpoint.region).add_auth(request)
    status, text, _ = caller.send("PUT", f"/{bucket}/k", dict(request.headers.items()), b"x")
    assert (status, "takes only bodies that the signature covers" in text) == (400, True)
    assert client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize(
    "path", ["/moto-api", "/moto-api/", "/moto-api/data.json", "/moto-api/reset", "/latest/meta-data/", "/favicon.ico"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_page_of_moto_is_served(caller: Caller, path: str, method: str) -> None:
    require_refusal("s3", "unsigned", caller.send(method, path, {"Host": caller.host}, b""))
    status, text, _ = caller.send(**caller.signed("s3", method=method, path=path))
    assert status in (403, 404, 411, 501)
    assert "<html" not in text.lower()


@pytest.mark.parametrize("command", ["status", "stop", "reset"])
@pytest.mark.parametrize("token", [None, "guessed"])
def test_the_endpoint_s_own_commands_need_their_token(caller: Caller, command: str, token: str | None) -> None:
    headers = {"Host": caller.host} | ({"X-Localaws-Control": token} if token else {})
    require_refusal("s3", "unsigned", caller.send("POST", f"/_localaws/{command}", headers, b""))
    assert localaws.status(caller.endpoint.home) == caller.endpoint


def test_no_web_page_is_allowed_in(caller: Caller) -> None:
    asked = {"Host": caller.host, "Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    for method in ("OPTIONS", "GET"):
        status, _, headers = caller.send(method, "/", asked, b"")
        assert status == 403
        assert not [name for name in headers if name.startswith("access-control")]


def test_a_service_that_is_not_there_is_refused_by_name(client: Callable[..., Any]) -> None:
    for service, call in (("dynamodb", "list_tables"), ("sqs", "list_queues"), ("lambda", "list_functions")):
        with pytest.raises(Exception, match=f"has no service {service}"):
            getattr(client(service), call)()


def test_an_api_that_is_not_there_is_refused_by_name(client: Callable[..., Any]) -> None:
    with pytest.raises(Exception, match="does not do this"):
        client("iam").simulate_custom_policy(PolicyInputList=["{}"], ActionNames=["s3:GetObject"])


def test_it_listens_on_loopback_only(endpoint: localaws.Endpoint) -> None:
    import psutil

    listening = [each.laddr for each in psutil.Process(endpoint.pid).net_connections() if each.status == "LISTEN"]
    assert [address.ip for address in listening] == ["127.0.0.1"]


def test_the_keys_are_their_owner_s_alone(endpoint: localaws.Endpoint) -> None:
    # Windows has no such modes; there the folder lies in the user's profile.
    wanted = (0o700, 0o600) if sys.platform != "win32" else (None, None)

    def mode(path: Any) -> int | None:
        return stat.S_IMODE(path.stat().st_mode) if sys.platform != "win32" else None

    assert (mode(endpoint.home), mode(endpoint.home / "keys.json")) == wanted
    assert len(endpoint.secret_key) >= 40
