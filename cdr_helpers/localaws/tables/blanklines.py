"""Empty lines of text tables: each is a row to Hive, and none to DuckDB, so a copy with a mark in their place is read.

Source: Hive's LazySimpleSerDe: an empty line is a first field without characters, and no more fields.
"""

from __future__ import annotations

import functools
import gzip
import re
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

from .serdes.base import text

MARK = "\x1e\x1d"
_PIECE = 4 << 20
_BLANK_LATER = re.compile(rb"(?<=\n)(?=\r?\n)")
_BLANK = re.compile(rb"(?:\A|(?<=\n))(?=\r?\n)")


def filled(paths: list[Path], packing: str, scratch: Path) -> list[Path]:
    """The files themselves; for one that has empty lines, a copy below `scratch` with `MARK` in them, packed alike."""
    if not any(_has_blank_line(path, packing) for path in paths):
        return paths
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=scratch))
    return [
        _marked(path, packing, folder / str(at)) if _has_blank_line(path, packing) else path
        for at, path in enumerate(paths)
    ]


def _marked(path: Path, packing: str, target: Path) -> Path:
    with _opened(path, packing) as source, _made(target, packing) as out:
        line_starts = True
        carried = b""
        while piece := source.read(_PIECE):
            whole = carried + piece
            end = len(whole) - 1 if whole.endswith(b"\r") else len(whole)
            block, carried = whole[:end], whole[end:]
            pattern = _BLANK if line_starts else _BLANK_LATER
            out.write(pattern.sub(MARK.encode(), block))
            line_starts = block.endswith(b"\n") or (line_starts and not block)
        out.write(carried)
    return target


def unmarked(relation: str) -> str:
    """The relation with empty text where a mark was read."""
    return f"(SELECT * REPLACE (CASE WHEN f0 = {text(MARK)} THEN '' ELSE f0 END AS f0) FROM {relation})"


@functools.lru_cache(maxsize=8192)
def _has_blank_line(path: Path, packing: str) -> bool:
    """Objects' files are never changed, so the answer is kept."""
    with _opened(path, packing) as source:
        before = b"\n"
        while piece := source.read(_PIECE):
            whole = before + piece
            if b"\n\n" in whole or b"\n\r\n" in whole:
                return True
            before = piece[-2:] if len(piece) > 1 else before + piece
    return False


def _opened(path: Path, packing: str) -> BinaryIO:
    if packing == "gzip":
        return cast(BinaryIO, gzip.open(path))
    if packing == "zstd":
        import pyarrow as pa

        return cast(BinaryIO, pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))
    return path.open("rb")


def _made(path: Path, packing: str) -> BinaryIO:
    if packing == "gzip":
        return cast(BinaryIO, gzip.open(path, "wb", compresslevel=1))
    if packing == "zstd":
        import pyarrow as pa

        return cast(BinaryIO, pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd"))
    return path.open("wb")
