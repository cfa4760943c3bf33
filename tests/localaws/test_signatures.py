"""Signature Version 4 against AWS's published examples.

Source: AmazonS3/latest/API/sig-v4-header-based-auth.html, sigv4-query-string-auth.html, sigv4-streaming.html: the key
pair, the requests and the signatures are AWS's own.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from cdr_helpers import localaws
from cdr_helpers.localaws import signatures
from cdr_helpers.localaws.home import Keys

KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
NOW = datetime(2013, 5, 24, 0, 5, tzinfo=UTC)
HOST = "examplebucket.s3.amazonaws.com"
SCOPE = "20130524/us-east-1/s3/aws4_request"


def header(names: str, signature: str) -> str:
    """An Authorization header of the examples."""
    credential = f"Credential={KEYS.access_key}/{SCOPE}"
    return f"AWS4-HMAC-SHA256 {credential},SignedHeaders={names},Signature={signature}"


GET_OBJECT = signatures.Sent(
    "GET",
    "/test.txt",
    "",
    {
        "host": HOST,
        "range": "bytes=0-9",
        "x-amz-content-sha256": signatures.EMPTY,
        "x-amz-date": "20130524T000000Z",
        "authorization": header(
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
    },
    "/test.txt",
)
LIST_OBJECTS = signatures.Sent(
    "GET",
    "/",
    "max-keys=2&prefix=J",
    {
        "host": HOST,
        "x-amz-content-sha256": signatures.EMPTY,
        "x-amz-date": "20130524T000000Z",
        "authorization": header(
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    },
    "/",
)
PRESIGNED = signatures.Sent(
    "GET",
    "/test.txt",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    {"host": HOST},
    "/test.txt",
)


@pytest.mark.parametrize("sent", [GET_OBJECT, LIST_OBJECTS, PRESIGNED])
def test_aws_s_examples_are_valid(sent: signatures.Sent) -> None:
    signed = signatures.verify(sent, KEYS, None, NOW)
    assert (signed.service, signed.region) == ("s3", "us-east-1")


@pytest.mark.parametrize("sent", [GET_OBJECT, LIST_OBJECTS, PRESIGNED])
@pytest.mark.parametrize(
    "change",
    [{"method": "DELETE"}, {"path": "/test.txt2"}, {"headers": {"host": "other"}}],
)
def test_an_example_that_was_altered_is_not(sent: signatures.Sent, change: dict[str, Any]) -> None:
    change = {name: sent.headers | value if name == "headers" else value for name, value in change.items()}
    with pytest.raises(signatures.Refused, match="signature"):
        signatures.verify(replace(sent, **change), KEYS, None, NOW)


@pytest.mark.parametrize(
    ("moment", "reason"),
    [(datetime(2013, 5, 25, 0, 0, 1, tzinfo=UTC), "expired"), (datetime(2013, 5, 23, 23, 44, tzinfo=UTC), "not yet")],
)
def test_a_presigned_url_has_its_time(moment: datetime, reason: str) -> None:
    with pytest.raises(signatures.Refused, match=reason):
        signatures.verify(PRESIGNED, KEYS, None, moment)


def test_aws_s_example_of_signed_chunks() -> None:
    seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    signed = signatures.Signed("s3", "us-east-1", "20130524T000000Z", SCOPE, seed, signatures.STREAMING)
    chunks = [
        (b"a" * 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
        (b"a" * 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
        (b"", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
    ]
    chain = signatures.ChunkSigner(signed, KEYS)
    for data, signature in chunks:
        chain.check_chunk(hashlib.sha256(data).hexdigest(), signature)
    with pytest.raises(signatures.Refused, match="signature"):
        signatures.ChunkSigner(signed, KEYS).check_chunk(hashlib.sha256(b"b" * 65536).hexdigest(), chunks[0][1])


class ChunkedUpload:
    """A client that streams signed chunks, as the Java SDK does."""

    def __init__(self, endpoint: localaws.Endpoint, path: str, chunks: list[bytes]) -> None:
        self.endpoint, self.path, self.chunks = endpoint, path, chunks
        self.host = urlsplit(endpoint.url).netloc
        self.stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{self.stamp[:8]}/{endpoint.region}/s3/aws4_request"

    def _sign(self, *lines: str) -> str:
        key = f"AWS4{self.endpoint.secret_key}".encode()
        for part in self.scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.new(key, "\n".join(lines).encode(), hashlib.sha256).hexdigest()

    def headers(self) -> tuple[dict[str, str], str]:
        """The request's headers and its signature, the seed of the chunks'."""
        signed = {
            "content-encoding": "aws-chunked",
            "host": self.host,
            "x-amz-content-sha256": signatures.STREAMING,
            "x-amz-date": self.stamp,
            "x-amz-decoded-content-length": str(sum(map(len, self.chunks))),
        }
        lines = [f"{name}:{value}" for name, value in signed.items()]
        canonical = "\n".join(["PUT", self.path, "", *lines, "", ";".join(signed), signatures.STREAMING])
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        seed = self._sign("AWS4-HMAC-SHA256", self.stamp, self.scope, digest)
        credential = f"Credential={self.endpoint.access_key}/{self.scope}"
        authorization = f"AWS4-HMAC-SHA256 {credential},SignedHeaders={';'.join(signed)},Signature={seed}"
        return signed | {"authorization": authorization}, seed

    def send(self, alter: Callable[[bytes], bytes]) -> int:
        """The status of the upload after `alter` changed the body on its way."""
        headers, previous = self.headers()
        body = b""
        for chunk in [*self.chunks, b""]:
            digest = hashlib.sha256(chunk).hexdigest()
            previous = self._sign(
                "AWS4-HMAC-SHA256-PAYLOAD", self.stamp, self.scope, previous, signatures.EMPTY, digest
            )
            body += f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk + b"\r\n"
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.request("PUT", self.path, alter(body), headers)
        return connection.getresponse().status


def test_a_stream_of_signed_chunks(client: Callable[..., Any], endpoint: localaws.Endpoint, bucket: str) -> None:
    upload = ChunkedUpload(endpoint, f"/{bucket}/k", [b"a" * 70_000, b"b" * 3])
    assert upload.send(lambda body: body) == 200
    found = client("s3").get_object(Bucket=bucket, Key="k")
    assert found["Body"].read() == b"a" * 70_000 + b"bbb"
    assert not found.get("ContentEncoding")
    forged = ChunkedUpload(endpoint, f"/{bucket}/forged", [b"a" * 70_000, b"b" * 3])
    assert forged.send(lambda body: body.replace(b"bbb", b"bcb")) == 403
    assert client("s3").list_objects_v2(Bucket=bucket, Prefix="forged")["KeyCount"] == 0
