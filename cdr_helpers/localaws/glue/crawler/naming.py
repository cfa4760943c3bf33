"""Names that a crawl gives to tables and partition keys (AWS pages "How crawlers work" and "How does a crawler
determine when to create partitions?")."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

LONGEST = 128


def table_name(folder_or_object: str, prefix: str = "") -> str:
    """The table's name from the last part of its location: letters, digits and `_`, lower case, at most 128. The
    crawler's table prefix stays as it is, hyphens included."""
    last = folder_or_object.rstrip("/").rpartition("/")[2]
    return (prefix + re.sub(r"[^a-zA-Z0-9_]", "_", last)).lower()[:LONGEST]


def unlike(name: str, location: str) -> str:
    """Another name for a table whose name is taken: 32 hexadecimal digits, the same ones at each run."""
    digest = hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: LONGEST - 33]}_{digest}"


def key_of(folder: str) -> str | None:
    """The key that a folder `key=value` names, else None."""
    name, sign, _ = folder.partition("=")
    return name.lower() if sign and name else None


def value_of(folder: str) -> str:
    """The partition value of a folder: the part after `=`, or its whole name."""
    return folder.partition("=")[2] if key_of(folder) else folder


def partition_keys(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The keys of partitions that lie in these folder paths, all of one depth: the folders' common key, else
    `partition_<level>`."""
    levels = zip(*paths, strict=True) if paths else ()
    return tuple(_common_key(set(folders)) or f"partition_{level}" for level, folders in enumerate(levels))


def _common_key(folders: set[str]) -> str | None:
    names = {key_of(folder) for folder in folders}
    return names.pop() if len(names) == 1 else None


def partition_values(path: Sequence[str], keys: Sequence[str]) -> list[str] | None:
    """The values of one partition under a table's keys; None when its folders name other keys (such a folder is
    skipped: re:Post, "Why does the AWS Glue crawler not add new partitions?")."""
    if len(path) != len(keys):
        return None
    named = all(key_of(folder) in (None, key) for folder, key in zip(path, keys, strict=True) if not _numbered(key))
    return [_value_under(folder, key) for folder, key in zip(path, keys, strict=True)] if named else None


def _numbered(key: str) -> bool:
    return re.fullmatch(r"partition_\d+", key) is not None


def _value_under(folder: str, key: str) -> str:
    return folder if _numbered(key) and key_of(folder) != key else value_of(folder)
