"""moto's keys, uploads and key stores, with bytes on disk and entries that are saved one by one."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from moto.s3 import models as moto_models
from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML, NoSuchUpload
from moto.s3.utils import _VersionedKeyStore
from moto.utilities.tagging_service import TaggingService

from .. import home, persistence
from . import blobs

MINIMUM_PART = 5 << 20


@persistence.rows_class
class KeyStore(_VersionedKeyStore, persistence.Rows):
    """Key → versions of one bucket, with the keys in order at hand for listings."""

    def __init__(self) -> None:
        persistence.Rows.__init__(self)
        self._ordered: list[str] | None = None

    def ordered(self) -> list[str]:
        """All keys in S3's order (by UTF-8 bytes, which is the order of code points)."""
        if self._ordered is None or len(self._ordered) != len(self):
            self._ordered = sorted(dict.keys(self))
        return self._ordered

    def newest(self, key: str) -> Any:
        """The newest version or delete marker of a key, for reading only; None without one."""
        versions = self.peek(key)
        return versions[-1] if versions else None

    def touch(self, key: Any) -> None:
        # Every change of the set of keys passes here, also one that swaps a key for another.
        self._ordered = None if not self._is_listed(key) else self._ordered
        super().touch(key)

    def _is_listed(self, key: Any) -> bool:
        return self._ordered is not None and dict.__contains__(self, key) and bool(self.saved.get(key))


@persistence.rows_class
class Uploads(moto_models.MultipartDict, persistence.Rows):
    """Upload id → multipart upload in progress."""

    def __init__(self) -> None:
        persistence.Rows.__init__(self)


class DiskKey(moto_models.FakeKey):
    """An object version (or part) whose bytes are a file."""

    blob = ""

    def __new__(cls, *_: Any, **__: Any) -> DiskKey:
        # moto keeps a list of every model ever made; that would keep every deleted object in memory.
        return object.__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self._value_buffer, self.lock
        self.encryption = self.encryption or "AES256"

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return home.active().objects / self.blob

    @property  # type: ignore[override]
    def value(self) -> blobs.Bytes:
        plain = self._etag if self._etag and "-" not in self._etag else None
        return blobs.Bytes(self.path, 0, self.contentsize, plain)

    @value.setter
    def value(self, new_value: bytes | str | blobs.Received | blobs.Bytes) -> None:
        stored = _store(new_value)
        self.blob = stored.path.name
        self.contentsize = stored.size
        self._etag = self._etag or stored.md5

    def dispose(self, garbage: bool = False) -> None:
        if not garbage and not self.disposed:
            blobs.trash.add(self.path)
        self.disposed = True

    def __del__(self) -> None:
        """Nothing to close, unlike in moto."""

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _store(value: bytes | str | blobs.Received | blobs.Bytes) -> blobs.Bytes:
    if isinstance(value, blobs.Received):
        return blobs.store_received(value)
    if isinstance(value, blobs.Bytes):
        return blobs.store_copy(value)
    return blobs.store_bytes(value.encode() if isinstance(value, str) else value)


class FinishedUpload:
    """What stays known of a multipart upload after its completion: its id and the sizes of its parts."""

    def __init__(self, identifier: str, sizes: list[int]) -> None:
        self.id = identifier
        self.sizes = sizes

    @property
    def partlist(self) -> list[int]:
        """Part numbers as S3 counts them afterwards."""
        return list(range(1, len(self.sizes) + 1))

    def range_of(self, part_number: int) -> tuple[int, int] | None:
        """First and one past the last byte of a part."""
        if not 1 <= part_number <= len(self.sizes):
            return None
        begin = sum(self.sizes[: part_number - 1])
        return begin, begin + self.sizes[part_number - 1]

    def dispose(self) -> None:
        """The bytes belong to the object."""


class DiskUpload(moto_models.FakeMultipart):
    """A multipart upload whose parts are files, joined on disk."""

    def __new__(cls, *_: Any, **__: Any) -> DiskUpload:
        return object.__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from moto.core.utils import utcnow

        self.parts: Any = persistence.Rows()
        self.initiated = utcnow()

    def set_part(self, part_id: int, value: Any) -> DiskKey:
        if part_id < 1:
            raise NoSuchUpload(upload_id=part_id)
        key = DiskKey(part_id, value, account_id=self.account_id, region_name=self.region_name)
        key.acl = None
        if part_id in self.parts:
            self.parts[part_id].dispose()
        self.parts[part_id] = key
        return key

    def list_parts(self, part_number_marker: int, max_parts: int) -> Iterator[Any]:
        numbers = sorted(number for number in self.parts if number > part_number_marker)
        return iter([self.parts.peek(number) for number in numbers[:max_parts]])

    def chosen(self, body: Iterable[tuple[int, str]]) -> list[DiskKey]:
        """The parts that a CompleteMultipartUpload names. Raises S3's errors for wrong ones."""
        chosen: list[DiskKey] = []
        for number, etag in body:
            part = self.parts.peek(number)
            if part is None or part.etag.strip('"') != etag.replace('"', ""):
                raise InvalidPart()
            chosen.append(part)
        if not chosen:
            raise MalformedXML()
        if any(part.contentsize < MINIMUM_PART for part in chosen[:-1]):
            raise EntityTooSmall()
        return chosen

    def complete(self, body: Any) -> Any:
        chosen = self.chosen(body)
        joined = blobs.store_joined([part.value for part in chosen], md5=False)
        digests = b"".join(binascii.unhexlify(part.etag.strip('"')) for part in chosen)
        etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(chosen)}"
        self.joined_sizes = [part.contentsize for part in chosen]
        return blobs.Received(joined.path, joined.size, etag), etag, self._checksum(chosen, joined)

    def _checksum(self, chosen: list[DiskKey], joined: blobs.Bytes) -> tuple[str, str, int] | None:
        algorithm = (self.metadata.get("x-amz-checksum-algorithm") or "").upper()
        kind = self.metadata.get("x-amz-checksum-type") or "COMPOSITE"
        if algorithm == "CRC32" and kind == "FULL_OBJECT":
            return kind, base64_text(blobs.file_crc32(joined).to_bytes(4, "big")), 1
        values = [part.checksum_value for part in chosen]
        if kind != "COMPOSITE" or algorithm not in _COMPOSITES or not all(values):
            return None
        digests = b"".join(base64.b64decode(value) for value in values if value)
        return kind, base64_text(_COMPOSITES[algorithm](digests)), len(chosen)

    def dispose(self) -> None:
        for number in list(self.parts):
            self.parts.peek(number).dispose()

    @property
    def partlist(self) -> list[int]:
        """Part numbers in order."""
        return sorted(self.parts)

    @partlist.setter
    def partlist(self, _: list[int]) -> None:
        """moto's constructor sets it; here it follows from the parts."""


_COMPOSITES = {
    "CRC32": lambda data: binascii.crc32(data).to_bytes(4, "big"),
    "SHA1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
}


def base64_text(data: bytes) -> str:
    """Base64 as text, as checksums travel."""
    return base64.b64encode(data).decode()


def blob_names(backend: Any) -> set[str]:
    """The files that the objects and uploads of an S3 backend need."""
    names: set[str] = set()
    for bucket in dict.values(backend.buckets):
        for versions in dict.values(bucket.keys):
            names.update(each.blob for each in versions if isinstance(each, DiskKey))
        for upload in dict.values(bucket.multiparts):
            names.update(part.blob for part in dict.values(upload.parts))
    return names


def install() -> None:
    """Let moto's backend make our keys and uploads wherever it makes its own."""
    moto_models.FakeKey = DiskKey  # type: ignore[misc]
    moto_models.FakeMultipart = DiskUpload  # type: ignore[misc]
    persistence.by_entry(DiskUpload, "parts")
    persistence.by_entry(TaggingService, "tags")
