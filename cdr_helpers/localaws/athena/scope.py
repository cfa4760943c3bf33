"""What names mean at one place of a query: the columns in reach, and those of the queries around."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from ..tables.types import Type
from . import ast, casts
from .failures import QueryFailure


@dataclass
class Typed:
    """A DuckDB expression with its Trino type. `refs` are the columns it reads."""

    sql: str
    type: Type
    refs: list[Visible] = field(default_factory=list)
    constant: str | None = None


@dataclass
class Visible:
    """A column in reach. `qualifier` is how it may be qualified: (table,) or (catalog, schema, table)."""

    name: str | None
    type: Type
    sql: str
    qualifier: tuple[str, ...] = ()
    hidden: bool = False
    scan: object | None = None
    partition: bool = False
    nullable_side: bool = False


@dataclass
class Scope:
    """Columns in reach, innermost first."""

    columns: list[Visible]
    parent: Scope | None = None
    lambdas: dict[str, Typed] = field(default_factory=dict)

    def find(self, parts: list[ast.Identifier]) -> tuple[Visible, list[ast.Identifier]] | None:
        """The column that the name means and the parts left over (fields of a row), or None."""
        for used in range(len(parts), 0, -1):
            found = self._matching(parts[:used])
            if len(found) > 1:
                name = ".".join(p.text for p in parts[:used])
                raise QueryFailure("AMBIGUOUS_NAME", f"Column '{name}' is ambiguous", parts[0].at)
            if found:
                return found[0], parts[used:]
        return self.parent.find(parts) if self.parent else None

    def _matching(self, parts: list[ast.Identifier]) -> list[Visible]:
        name, qualifier = parts[-1].text, tuple(p.text for p in parts[:-1])
        return [
            c
            for c in self.columns
            if c.name is not None
            and c.name.lower() == name
            and (not qualifier or c.qualifier[-len(qualifier) :] == qualifier)
        ]

    def with_lambda(self, names: dict[str, Typed]) -> Scope:
        """The same scope inside a lambda."""
        return Scope(self.columns, self.parent, {**self.lambdas, **names})


def problem(name: str, message: str, node: ast.Node) -> QueryFailure:
    """Athena's error at the node."""
    return QueryFailure(name, message, node.at)


def fail(name: str, message: str, node: ast.Node) -> NoReturn:
    """Raise Athena's error at the node."""
    raise problem(name, message, node)


def local_time(typed: Typed) -> str:
    """The wall-clock value of a date or timestamp, zoned or not."""
    return casts.local(typed.sql) if typed.type.kind == "timestamptz" else typed.sql
