"""Which bucket names S3 takes (userguide: bucketnamingrules.html)."""

from __future__ import annotations

import re

_FORM = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

MAX_KEY_BYTES = 1024


def is_bucket_name(name: str) -> bool:
    """Whether S3 would let a general purpose bucket have this name."""
    return (
        bool(_FORM.fullmatch(name))
        and not _ADDRESS.fullmatch(name)
        and ".." not in name
        and not name.startswith(_PREFIXES)
        and not name.endswith(_SUFFIXES)
    )


def is_key(key: str) -> bool:
    """Whether S3 would take this object key: up to 1024 bytes of UTF-8."""
    return 0 < len(key.encode("utf-8", "surrogatepass")) <= MAX_KEY_BYTES
