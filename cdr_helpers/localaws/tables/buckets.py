"""The bucket that a file of a bucketed table holds, as its name says."""

from __future__ import annotations

import re

_NAMES = (re.compile(r"(0\d+)_\d+.*"), re.compile(r".*_bucket-(\d+)(?:[-_.].*)?"))


def number_of(key: str) -> int | None:
    """The number in the name of an object: `000003_0_…` as Hive and Trino write it, or `…_bucket-00003…`."""
    name = key.rsplit("/", 1)[-1]
    found = next((match for pattern in _NAMES if (match := pattern.fullmatch(name))), None)
    return int(found.group(1)) if found else None


def name_of(number: int, unique: str) -> str:
    """The name of a file for a bucket."""
    return f"0{number:05}_0_{unique}"
