"""Which objects a target means: its folder or single object, without what is excluded and what is not data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...s3.access import ObjectAccess, StoredObject
from ..globs import glob

HIDDEN = ("_", ".")
"""An object whose name begins so is a marker of a writer (`_SUCCESS`, `.part-0.csv.crc`), not data."""


@dataclass(frozen=True)
class Target:
    """One S3 target of a crawler."""

    bucket: str
    key: str
    """Key part of the path as given, without a leading slash."""
    exclusions: tuple[str, ...] = ()
    sample_size: int | None = None
    """How many objects of each folder are looked at; None for all."""

    @property
    def folder(self) -> str:
        """The key prefix that the target's objects share; empty for a whole bucket."""
        return self.key if not self.key or self.key.endswith("/") else f"{self.key}/"

    @property
    def uri(self) -> str:
        """The folder's address, with a closing slash."""
        return f"s3://{self.bucket}/{self.folder}"


@dataclass
class Found:
    """What lies below one target."""

    target: Target
    objects: list[StoredObject] = field(default_factory=list)
    single: bool = False
    """Whether the target is one object, not a folder."""


def target_of(described: dict[str, Any]) -> Target:
    """The target that an entry of `S3Targets` describes."""
    bucket, _, key = described["Path"].removeprefix("s3://").partition("/")
    return Target(bucket, key, tuple(described.get("Exclusions") or ()), described.get("SampleSize"))


def below(target: Target, access: ObjectAccess) -> Found:
    """The data objects of a target. Raises `NoSuchBucket` and `AccessDenied`."""
    listed = access.list(f"s3://{target.bucket}/{target.key}")
    single = [stored for stored in listed if stored.key == target.key and not target.key.endswith("/")]
    if single and target.key:
        return Found(target, [stored for stored in single if stored.size], single=True)
    inside = (stored for stored in listed if stored.key.startswith(target.folder))
    return Found(target, list(_included(target, inside)))


def _included(target: Target, objects: Iterator[StoredObject]) -> Iterator[StoredObject]:
    patterns = [glob(pattern) for pattern in target.exclusions]
    for stored in objects:
        relative = stored.key[len(target.folder) :]
        hidden = relative.rpartition("/")[2].startswith(HIDDEN)
        if stored.size and not hidden and not any(pattern.fullmatch(relative) for pattern in patterns):
            yield stored
