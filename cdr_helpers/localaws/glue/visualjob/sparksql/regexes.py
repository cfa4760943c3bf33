"""Java's regular expressions as RE2 patterns."""

from __future__ import annotations

import re

from .typing import SparkSqlError

_UNKNOWN = (
    (r"\(\?<?[=!]", "a look-around"),
    (r"\(\?>", "an atomic group"),
    (r"[*+?}]\+", "a possessive quantifier"),
    (r"&&", "a class intersection"),
)


def java(pattern: str) -> str:
    """The RE2 pattern that matches the same. Raises `SparkSqlError` for what RE2 has not."""
    if re.search(r"\\[1-9]", pattern):
        raise SparkSqlError(f"the regular expression {pattern!r} uses a back-reference, which is not supported here.")
    bare = re.sub(r"\\.", "", pattern)
    for mark, name in _UNKNOWN:
        if re.search(mark, bare):
            raise SparkSqlError(f"the regular expression {pattern!r} uses {name}, which is not supported here.")
    return pattern.replace(r"\Z", r"(?:\n?\z)").replace(r"\h", r"[ \t\x{a0}]").replace(r"\R", r"(?:\r\n|[\n\r])")


def matches_nothing(pattern: str) -> bool:
    """Whether a pattern also matches an empty text."""
    try:
        return re.match(pattern, "") is not None
    except re.error:  # written in a way that Python does not read; RE2 will judge it
        return False


def replacement(text: str) -> str:
    """A Java replacement (`$1`) as RE2's (`\\1`)."""
    made = text.replace("\\$", "\0").replace("\\\\", "\\")
    made = re.sub(r"\$(\d)", r"\\\1", made.replace("\\", "\\\\"))
    return made.replace("\0", "$")
