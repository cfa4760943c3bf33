"""The beginning of an object, decompressed: what the classifiers look at. Never more of it in memory than that."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from ...tables import compression

KIB = 1024
FIRST_LOOK = 256 * KIB
TEXT_SAMPLE = 1024 * KIB
"""CSV is judged by its first 1,000 records or its first MB (re:Post, "How does the AWS Glue crawler detect the
schema?")."""
LARGEST_SAMPLE = 10 * TEXT_SAMPLE
"""JSON without a whole record in the first MB is read on, up to 10 MB (same page)."""


class Unreadable(Exception):
    """The bytes are not what their beginning says: a broken archive, or one that cannot be read."""


def _zip_member(stream: BinaryIO) -> BinaryIO:
    """The only file of an archive: Glue reads archives of one file."""
    members = [name for name in zipfile.ZipFile(stream).namelist() if not name.endswith("/")]
    if len(members) != 1:
        raise Unreadable(f"the archive holds {len(members)} files; one is needed")
    return cast(BinaryIO, zipfile.ZipFile(stream).open(members[0]))


def _by_arrow(codec: str) -> Callable[[BinaryIO], BinaryIO]:
    def opened(stream: BinaryIO) -> BinaryIO:
        import pyarrow

        return cast(BinaryIO, pyarrow.CompressedInputStream(pyarrow.PythonFile(stream), codec))

    return opened


class _Content(io.RawIOBase):
    """What an iterator of pieces gives, as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = piece
        given, self._left = self._left[:size], self._left[size:]
        return given


def _by_hadoop(suffix: str) -> Callable[[BinaryIO], BinaryIO]:
    return lambda stream: cast(BinaryIO, _Content(compression.pieces(stream, suffix)))


class Codec(NamedTuple):
    """A compression: its first bytes, its name in the catalog, and how to read it."""

    magic: bytes
    name: str
    reader: Callable[[BinaryIO], BinaryIO]


CODECS = (
    Codec(b"\x1f\x8b", "gzip", lambda stream: cast(BinaryIO, gzip.GzipFile(fileobj=stream))),
    Codec(b"BZh", "bzip2", lambda stream: cast(BinaryIO, bz2.BZ2File(stream))),
    Codec(b"PK\x03\x04", "zip", _zip_member),
    Codec(b"\x04\x22\x4d\x18", "lz4", _by_arrow("lz4")),
    Codec(b"\x28\xb5\x2f\xfd", "zstd", _by_arrow("zstd")),
    Codec(compression.SNAPPY_FRAME, "snappy", _by_hadoop(".snappy")),
)
BY_NAME = {
    ".snappy": Codec(b"", "snappy", _by_hadoop(".snappy")),
    ".lz4": Codec(b"", "lz4", _by_hadoop(".lz4")),
}
"""Hadoop's own blocks have no first bytes to know them by: the end of the object's name says it."""
COLUMNAR = (b"PAR1", b"ORC", b"Obj\x01")
"""Formats that compress inside; their names may say how."""

BROKEN = (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What the decompressors raise on a broken, encrypted or unusual archive."""


@dataclass
class Sample:
    """The beginning of one object. `path` is the object itself, for formats with a footer."""

    path: Path
    size: int
    compression: str = "none"
    data: bytes = b""
    complete: bool = True
    """Whether `data` is the whole (decompressed) object."""
    codec: Codec | None = None

    def grow(self, most: int) -> None:
        """Read on until `data` holds up to `most` bytes. Raises `Unreadable`."""
        if not self.complete and len(self.data) < most:
            self.data, self.complete = _read(self.path, self.codec, most)


def take(path: Path, size: int, key: str = "") -> Sample:
    """The first bytes of the object in `path`, whose key is `key`. Raises `Unreadable`."""
    sample = Sample(path, size)
    codec = sample.codec = _codec_of(path, key)
    if codec:
        sample.compression = codec.name
    sample.data, sample.complete = _read(path, codec, FIRST_LOOK)
    return sample


def _codec_of(path: Path, key: str) -> Codec | None:
    with path.open("rb") as file:
        head = file.read(16)
    found = next((codec for codec in CODECS if head.startswith(codec.magic)), None)
    return found or (None if head.startswith(COLUMNAR) else BY_NAME.get(Path(key).suffix.lower()))


def _read(path: Path, codec: Codec | None, most: int) -> tuple[bytes, bool]:
    with path.open("rb") as file:
        try:
            return _until(codec.reader(file) if codec else file, most)
        except BROKEN as error:
            raise Unreadable(f"it cannot be read as {codec.name if codec else 'a file'}: {error}") from error


def _until(stream: BinaryIO, most: int) -> tuple[bytes, bool]:
    parts = io.BytesIO()
    while parts.tell() <= most:
        part = stream.read(most + 1 - parts.tell())
        if not part:
            return parts.getvalue(), True
        parts.write(part)
    return parts.getvalue()[:most], False
