"""What every SerDe offers: files → a DuckDB relation, and a catalog column → an expression over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..types import Type


@dataclass(frozen=True)
class Storage:
    """What a storage descriptor says about reading: its columns and the parameters of SerDe and table."""

    library: str
    columns: tuple[tuple[str, Type], ...]
    parameters: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def skipped_lines(self) -> int:
        """`skip.header.line.count`. Raises `ValueError` when it is no whole number."""
        text = self.parameters.get("skip.header.line.count", "0") or "0"
        if not text.strip().isdigit():
            raise ValueError(f"skip.header.line.count must be a whole number: {text!r}")
        return int(text)


class UnreadableTable(Exception):
    """A table that cannot be read; `name` is Athena's error name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


class SerDe(Protocol):
    """One format."""

    def relation(self, paths: list[Path], compression: str, storage: Storage, filename: bool) -> str:
        """A DuckDB table function (or subquery) over the files, with a column `filename` when asked for."""

    def column(self, index: int, storage: Storage) -> str:
        """The catalog's column `index` as an expression over `relation`."""


def text(value: str) -> str:
    """A DuckDB string literal."""
    return "'" + value.replace("'", "''") + "'"


def paths_sql(paths: list[Path]) -> str:
    """A list literal of file names."""
    return "[" + ", ".join(text(str(p)) for p in paths) + "]"


def lines_sql(paths: list[Path], compression: str, storage: Storage, filename: bool) -> str:
    """A table function that gives each line of the files as `line`."""
    return (
        f"read_csv({paths_sql(paths)}, auto_detect = false, header = false, skip = {storage.skipped_lines}, "
        "delim = '\x01', quote = '', escape = '', nullstr = '\x02', hive_partitioning = false, "
        f"compression = '{compression}', strict_mode = false, filename = {str(filename).lower()}, "
        "max_line_size = 2097152, buffer_size = 8388608, columns = {'line': 'VARCHAR'})"
    )
