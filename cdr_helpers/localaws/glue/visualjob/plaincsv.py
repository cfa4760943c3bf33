"""CSV files whose whole numbers DuckDB's reader takes for what Spark takes them for.

Read as numbers at once, such files cost half of what they cost as text that is cast with Spark's rules. DuckDB reads
more as a whole number than Spark does, or reads it differently: `1.5`, `1e3`, `0x1F`, `0b11`, `1_000`. Each of them has
a character that a plain file has nowhere below its header. What Spark makes NULL (`12:30`, too many digits) and rows
that are too short are errors to that reader; then the job begins again and reads text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

LARGEST = 256 << 20
"""Bytes that are guessed about at most: so much may have to be read twice."""
_TELLING = (b"e", b"n", b"N", b"a", b".", b"E", b"x", b"X", b"b", b"B", b"_")
"""What only other notations have, and letters that most text has: its files need no attempt."""
_LINE_END = re.compile(rb"\r\n|\n|\r")
_PIECE = 1 << 18


def is_plain(paths: Iterable[Path], skip: int) -> bool:
    """Whether all files are plain below their first `skip` lines, and not too large for a guess."""
    found = list(paths)
    return sum(path.stat().st_size for path in found) <= LARGEST and all(_has_none(path, skip) for path in found)


def _has_none(path: Path, skip: int) -> bool:
    with path.open("rb") as file:
        piece = file.read(_PIECE)
        ends = [found.end() for found in itertools.islice(_LINE_END.finditer(piece), skip)]
        if len(ends) < skip:  # the lines that are skipped are longer than that
            return False
        piece = piece[ends[-1] if ends else 0 :]
        while piece:
            if any(mark in piece for mark in _TELLING):
                return False
            piece = file.read(_PIECE)
    return True
