"""Receiving the body of an object: straight into a file, hashed on the way, checked against its signature."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import wire
from .home import Keys
from .s3 import blobs
from .signatures import STREAMING, STREAMING_CHECKED, STREAMING_TRAILER, UNSIGNED, ChunkSigner, Refused, Signed

LINE = 8192
MAX_CHUNK = 64 << 20


class _Crc32:
    """`zlib.crc32` in the form of a hash."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


# The other two of S3's algorithms, CRC32C and CRC64NVME, have no fast implementation among the libraries at hand
# (awscrt would change how boto3 itself signs): they are kept with the object, not computed again.
_CHECKSUMS: dict[str, Callable[[], Any]] = {
    "crc32": _Crc32,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}


def receive(body: wire.Body, signed: Signed, headers: dict[str, str], keys: Keys) -> blobs.Received:
    """Write the body to a file below `scratch`. Trailing headers are added to `headers`.

    Raises `Refused` when the body is not what was signed, `BadRequest` when it breaks off.
    """
    path = blobs.new_scratch()
    md5 = hashlib.md5(usedforsecurity=False)
    sha256 = hashlib.sha256()
    named = set(_named_checksums(headers))
    if signed.payload == STREAMING_CHECKED and not named:
        raise Refused("unsigned body")
    checks = {name: _CHECKSUMS[name]() for name in named & _CHECKSUMS.keys()}
    size = 0
    try:
        with path.open("wb") as file:
            for block in _blocks(body, signed, headers, keys):
                file.write(block)
                md5.update(block)
                sha256.update(block)
                for check in checks.values():
                    check.update(block)
                size += len(block)
        require_payload(signed, sha256.hexdigest(), size)
        if int(headers.get("x-amz-decoded-content-length", size)) != size:
            raise Refused("incomplete")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sums = {name: base64.b64encode(check.digest()).decode() for name, check in checks.items()}
    if signed.payload == STREAMING_CHECKED and any(headers.get(_PREFIX + name) is None for name in named):
        path.unlink(missing_ok=True)
        raise Refused("incomplete")
    return blobs.Received(path, size, md5.hexdigest(), sums)


_PREFIX = "x-amz-checksum-"


def _named_checksums(headers: Mapping[str, str]) -> Iterator[str]:
    """The algorithms whose sums come in a header, or at the end of the body."""
    trailing = [name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",")]
    return (name.removeprefix(_PREFIX) for name in (*headers, *trailing) if name.startswith(_PREFIX))


def require_payload(signed: Signed, digest: str, size: int) -> None:
    """Compare a received body with the digest that was signed. Raises `Refused`."""
    if signed.payload in (STREAMING, STREAMING_TRAILER, STREAMING_CHECKED):
        return
    if signed.payload == UNSIGNED:
        if size and not signed.presigned:
            raise Refused("unsigned body")
    elif signed.payload is not None and signed.payload != digest:
        raise Refused("digest")


def _blocks(body: wire.Body, signed: Signed, headers: dict[str, str], keys: Keys) -> Iterator[bytes]:
    if signed.payload in (STREAMING, STREAMING_TRAILER):
        return _signed_chunks(_Reader(body), signed, headers, keys)
    if signed.payload == STREAMING_CHECKED:
        return _checked_chunks(_Reader(body), headers)
    return iter(wire.blocks(body))


def _checked_chunks(reader: _Reader, headers: dict[str, str]) -> Iterator[bytes]:
    """The chunks of a body that no signature covers; the checksums at its end are added to `headers`."""
    while size := _size(reader.line().partition(b";")[0]):
        yield reader.exactly(size)
        if reader.line():
            raise Refused("incomplete")
    headers.update({name: value for name, value in _trailer(reader).items() if name.startswith(_PREFIX)})


def _size(text: bytes) -> int:
    try:
        length = int(text, 16)
    except ValueError:
        raise Refused("incomplete") from None
    if not 0 <= length <= MAX_CHUNK:
        raise Refused("incomplete")
    return length


class _Reader:
    """Lines and runs of bytes out of a body."""

    def __init__(self, body: wire.Body) -> None:
        self._body = body
        self._buffer = b""

    def line(self) -> bytes:
        while b"\n" not in self._buffer:
            more = self._body.read(LINE) if len(self._buffer) < LINE else b""
            if not more:
                line, self._buffer = self._buffer, b""
                return line
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def exactly(self, size: int) -> bytes:
        parts = [self._buffer[:size]]
        self._buffer = self._buffer[size:]
        left = size - len(parts[0])
        while left:
            part = self._body.read(left)
            if not part:
                raise Refused("incomplete")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


def _signed_chunks(reader: _Reader, signed: Signed, headers: dict[str, str], keys: Keys) -> Iterator[bytes]:
    chain = ChunkSigner(signed, keys)
    while True:
        size, signature = _chunk_head(reader.line())
        data = reader.exactly(size)
        chain.check_chunk(hashlib.sha256(data).hexdigest(), signature)
        if not size:
            break
        yield data
        if reader.line():
            raise Refused("incomplete")
    if signed.payload == STREAMING_TRAILER:
        _read_trailer(reader, chain, headers)


def _chunk_head(line: bytes) -> tuple[int, str]:
    size, _, extension = line.partition(b";")
    name, _, signature = extension.partition(b"=")
    try:
        length = int(size, 16)
    except ValueError:
        raise Refused("incomplete") from None
    if name != b"chunk-signature" or not 0 <= length <= MAX_CHUNK:
        raise Refused("signature")
    return length, signature.decode("ascii", "replace")


def _trailer(reader: _Reader) -> dict[str, str]:
    lines: dict[str, str] = {}
    while line := reader.line():
        name, _, value = line.decode("utf-8", "replace").partition(":")
        lines[name.strip().lower()] = value.strip()
    return lines


def _read_trailer(reader: _Reader, chain: ChunkSigner, headers: dict[str, str]) -> None:
    lines = _trailer(reader)
    signature = lines.pop("x-amz-trailer-signature", "")
    chain.check_trailer("".join(f"{name}:{lines[name]}\n" for name in sorted(lines)).encode(), signature)
    headers.update({name: value for name, value in lines.items() if name.startswith(_PREFIX)})
