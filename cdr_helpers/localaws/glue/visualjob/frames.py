"""What flows between nodes: a DuckDB relation with columns `c0, c1 …`, and the names and Spark types they stand for.

Names of columns are Glue's: any text, twice if it comes to that. Physical names are ours, so DuckDB never sees them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class NodeFailed(Exception):
    """A node cannot run; the text is what the job run's ErrorMessage says."""


@dataclass(frozen=True)
class Column:
    """One column: its name as Glue knows it and its Spark type."""

    name: str
    kind: str


@dataclass(frozen=True)
class Frame:
    """A relation, as it stands in a FROM clause (the name of a view, or a query in parentheses), and its columns in the
    order of its `c0, c1 …`."""

    sql: str
    columns: tuple[Column, ...]
    cells: frozenset[int] = frozenset()
    """Positions of which the relation also has the text of a CSV cell, as `t0, t1 …`: what was read as text and
    is a number or a time need not be made text again."""

    @property
    def names(self) -> list[str]:
        """The columns' names in order."""
        return [column.name for column in self.columns]

    def find(self, name: str) -> int | None:
        """The position of a column: its exact name first, else without regard to case, as Spark resolves names."""
        if name in self.names:
            return self.names.index(name)
        folded = [other.lower() for other in self.names]
        return folded.index(name.lower()) if name.lower() in folded else None


@dataclass(frozen=True)
class Collection:
    """Several frames under names (a DynamicFrameCollection)."""

    frames: tuple[tuple[str, Frame], ...]


Output = Frame | Collection


@dataclass(frozen=True)
class Term:
    """A column to be: its name, its type and the DuckDB expression over the input's physical columns."""

    name: str
    kind: str
    sql: str
    cell: tuple[str, str] | None = None
    """The expression of its text as a CSV cell, where there is a cheaper one than to cast `sql` to text, and the `sql`
    that it belongs to: a term that gets another `sql` has no such text any more."""

    @property
    def text(self) -> str:
        """The expression of the CSV cell; empty when there is none."""
        return self.cell[0] if self.cell and self.cell[1] == self.sql else ""


def term(name: str, kind: str, sql: str, text: str) -> Term:
    """A term whose text as a CSV cell is `text`, if that is not empty."""
    return Term(name, kind, sql, (text, sql) if text else None)


def kept(frame: Frame, positions: Sequence[int], alias: str = "") -> list[Term]:
    """The terms that carry columns of a frame on as they are."""
    prefix = f"{alias}." if alias else ""
    return [
        term(frame.columns[at].name, frame.columns[at].kind, f"{prefix}c{at}", text_of(frame, at, alias))
        for at in positions
    ]


def text_of(frame: Frame, at: int, alias: str = "") -> str:
    """The expression of a column's text as a CSV cell; empty when the relation does not have it."""
    prefix = f"{alias}." if alias else ""
    return f"{prefix}t{at}" if at in frame.cells else ""


def every(frame: Frame, alias: str = "") -> list[Term]:
    """The terms that carry all columns of a frame on."""
    return kept(frame, range(len(frame.columns)), alias)


def selection(terms: Sequence[Term]) -> str:
    """The select list that gives terms their physical names."""
    values = [f"{one.sql} AS c{at}" for at, one in enumerate(terms)]
    return ", ".join([*values, *(f"{one.text} AS t{at}" for at, one in enumerate(terms) if one.text)])
