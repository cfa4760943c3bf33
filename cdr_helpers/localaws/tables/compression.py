"""Compressed text files by the end of their names, as Hive's and Trino's readers know them.

DuckDB reads gzip and zstd itself; what it does not know is decompressed to a scratch file first. Snappy and LZ4 come as
Hadoop writes them: blocks of (length of the content, then chunks of (length, compressed bytes)), lengths of four bytes,
most significant first; or in frames of their own. (Athena user guide: "Use compression in Athena".)
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from .serdes.base import UnreadableTable

READ_BY_DUCKDB = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd"}
_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_PIECE = 1 << 20
_LZ4_FRAME = b"\x04\x22\x4d\x18"
SNAPPY_FRAME = b"\xff\x06\x00\x00sNaPpY"
"""What snappy's own framing begins with."""


def suffix_of(key: str) -> str:
    """The end of an object's name when it says how the object is compressed, else nothing."""
    suffix = Path(key).suffix.lower()
    return suffix if suffix in READ_BY_DUCKDB or suffix in _DECODERS else ""


def check(path: Path, suffix: str, uri: str) -> None:
    """That a file which DuckDB decompresses is what its name says. Raises `UnreadableTable`, which names `uri`."""
    magic = _MAGIC[READ_BY_DUCKDB[suffix]]
    with path.open("rb") as opened:
        if opened.read(len(magic)) != magic:
            raise UnreadableTable("HIVE_CURSOR_ERROR", f"Failed to read file: {uri} (not in {suffix} format)")


def decompressed(source: Path, suffix: str, target: Path, uri: str) -> Path:
    """Write the content of a compressed file to `target`. Raises `UnreadableTable`, which names `uri`."""
    try:
        with source.open("rb") as reader, target.open("wb") as out:
            for piece in _DECODERS[suffix](reader):
                out.write(piece)
    except (OSError, EOFError, ValueError, zlib.error) as problem:
        raise UnreadableTable("HIVE_CURSOR_ERROR", f"Failed to read file: {uri} ({problem})") from None
    return target


def pieces(reader: BinaryIO, suffix: str) -> Iterator[bytes]:
    """The content of a compressed stream, a piece at a time. Raises `OSError`, `EOFError` or `ValueError` for a broken
    one."""
    return _DECODERS[suffix](reader)


def _bz2(reader: BinaryIO) -> Iterator[bytes]:
    with bz2.open(reader) as opened:
        while piece := opened.read(_PIECE):
            yield piece


def _deflate(reader: BinaryIO) -> Iterator[bytes]:
    decoder = zlib.decompressobj()
    while piece := reader.read(_PIECE):
        yield decoder.decompress(piece)
    yield decoder.flush()
    if not decoder.eof:
        raise EOFError("the compressed data ends too early")


def _snappy(reader: BinaryIO) -> Iterator[bytes]:
    first = reader.read(len(SNAPPY_FRAME))
    reader.seek(0)
    if first == SNAPPY_FRAME:
        return _snappy_frames(reader)
    return _blocks(reader, lambda chunk, left: _decode("snappy", chunk, _snappy_size(chunk)))


def _snappy_frames(reader: BinaryIO) -> Iterator[bytes]:
    """Chunks of a kind, a length in three bytes (least significant first), and content behind a checksum."""
    while head := reader.read(4):
        kind, content = head[0], _exactly(reader, int.from_bytes(head[1:], "little"))
        if kind == 0:
            yield _decode("snappy", content[4:], _snappy_size(content[4:]))
        elif kind == 1:
            yield content[4:]
        elif kind < 0x80:
            raise ValueError(f"a snappy frame has a chunk of the unknown kind {kind}")


def _lz4(reader: BinaryIO) -> Iterator[bytes]:
    first = reader.read(4)
    reader.seek(0)
    if first != _LZ4_FRAME:
        return _blocks(reader, lambda chunk, left: _decode("lz4_raw", chunk, left))
    return _frames(reader)


def _frames(reader: BinaryIO) -> Iterator[bytes]:
    import pyarrow as pa

    opened = cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(reader), "lz4"))
    while piece := opened.read(_PIECE):
        yield piece


def _blocks(reader: BinaryIO, decode: Callable[[bytes, int], bytes]) -> Iterator[bytes]:
    """Hadoop's blocks; `decode` gets a chunk and how many bytes of the block are still to come."""
    while head := reader.read(4):
        left = int.from_bytes(head, "big")
        while left > 0:
            size = int.from_bytes(_exactly(reader, 4), "big")
            piece = decode(_exactly(reader, size), left)
            left -= len(piece)
            yield piece


def _exactly(reader: BinaryIO, size: int) -> bytes:
    if size > 1 << 30:
        raise ValueError("no Hadoop block begins here")
    data = reader.read(size)
    if len(data) != size:
        raise EOFError("the compressed data ends too early")
    return data


def _decode(codec: str, chunk: bytes, size: int) -> bytes:
    import pyarrow as pa

    return bytes(pa.decompress(chunk, decompressed_size=size, codec=codec, asbytes=True))


def _snappy_size(chunk: bytes) -> int:
    """The length that a snappy chunk begins with: seven bits a byte, least significant first."""
    size = 0
    for at, byte in enumerate(chunk[:5]):
        size |= (byte & 0x7F) << (7 * at)
        if byte < 0x80:
            return size
    raise ValueError("no snappy data begins here")


_DECODERS: dict[str, Callable[[BinaryIO], Iterator[bytes]]] = {
    ".bz2": _bz2,
    ".deflate": _deflate,
    ".lz4": _lz4,
    ".snappy": _snappy,
}
