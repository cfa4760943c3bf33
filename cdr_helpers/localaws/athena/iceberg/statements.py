"""The grammar of statements that change rows: DELETE, UPDATE, MERGE, OPTIMIZE, VACUUM.

Source: Trino documentation, "DELETE", "UPDATE", "MERGE"; Athena user guide, "OPTIMIZE", "VACUUM".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import ast
from ..parser import Parser
from .cases import MergeCase


@dataclass(frozen=True)
class Change:
    """A statement's name and what it does with a session."""

    name: str
    run: Callable[[Any], None]
    text_result: bool = False


def parse(sql: str) -> Change:
    """The statement. Raises `MalformedQuery`."""
    parser = _Changes(sql)
    rule = {
        "DELETE": parser.delete,
        "UPDATE": parser.update,
        "MERGE": parser.merge,
        "OPTIMIZE": parser.optimize,
        "VACUUM": parser.vacuum,
    }[parser.token.upper]
    change = rule()
    parser.finish()
    return change


class _Changes(Parser):
    def table(self) -> ast.Table:
        return ast.Table(self.token.at, self.qualified())

    def alias(self) -> str | None:
        if self.accept("AS"):
            return self.identifier().text
        return self.identifier().text if self.name_follows() and not self.peek("SET", "USING", "WHERE") else None

    def where(self) -> ast.Node | None:
        return self.expression() if self.accept("WHERE") else None

    def delete(self) -> Change:
        self.expect("DELETE", "FROM")
        table, alias, condition = self.table(), self.alias(), self.where()
        return Change("DELETE", lambda s: _changes().delete(s, table, alias, condition))

    def update(self) -> Change:
        self.expect("UPDATE")
        table, alias = self.table(), self.alias()
        self.expect("SET")
        assignments = self.commas(self.assignment)
        condition = self.where()
        return Change("UPDATE", lambda s: _changes().update(s, table, alias, assignments, condition))

    def assignment(self) -> tuple[ast.Identifier, ast.Node]:
        name = self.qualified()[-1]
        self.expect("=")
        return name, self.expression()

    def merge(self) -> Change:
        self.expect("MERGE", "INTO")
        table, alias = self.table(), self.alias()
        self.expect("USING")
        source = self.aliased()
        self.expect("ON")
        on = self.expression()
        cases = []
        while self.peek("WHEN"):
            cases.append(self.merge_case())
        if not cases:
            self.fail("'WHEN'")
        return Change("MERGE", lambda s: _changes().merge(s, table, alias, source, on, cases))

    def merge_case(self) -> MergeCase:
        at = self.token.at
        self.expect("WHEN")
        matched = not self.accept("NOT")
        self.expect("MATCHED")
        condition = self.expression() if self.accept("AND") else None
        self.expect("THEN")
        if not matched:
            return self.inserted(at, condition)
        if self.accept("DELETE"):
            return MergeCase(at, True, condition, "DELETE")
        self.expect("UPDATE", "SET")
        pairs = self.commas(self.assignment)
        return MergeCase(at, True, condition, "UPDATE", [n for n, _ in pairs], [v for _, v in pairs])

    def inserted(self, at: ast.Position, condition: ast.Node | None) -> MergeCase:
        self.expect("INSERT")
        columns = [names[-1] for names in self.parenthesised(self.qualified)] if self.peek("(") else []
        self.expect("VALUES")
        return MergeCase(at, False, condition, "INSERT", columns, self.parenthesised(self.expression))

    def optimize(self) -> Change:
        self.expect("OPTIMIZE")
        table = self.table()
        self.expect("REWRITE", "DATA", "USING", "BIN_PACK")
        condition = self.where()
        return Change("OPTIMIZE", lambda s: _changes().optimize(s, table, condition), True)

    def vacuum(self) -> Change:
        self.expect("VACUUM")
        table = self.table()
        return Change("VACUUM", lambda s: _changes().vacuum(s, table), True)


def _changes() -> Any:
    """Loaded when a statement runs: pyiceberg takes a second to import."""
    from . import changes

    return changes
