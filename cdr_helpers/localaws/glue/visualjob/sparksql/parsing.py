"""Spark SQL text as a sqlglot tree in which every function has kept the name that was written.

sqlglot would turn known functions into nodes of its own, with the meaning that they have elsewhere; here only the
grammar is wanted.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.spark import SparkParser

from . import texts
from .typing import SparkSqlError

_FIRST_WORDS = ("select", "with", "from", "values")
_KEPT = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "SUBSTRING", "OVERLAY")


class _Parser(SparkParser):
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: parser for name, parser in SparkParser.FUNCTION_PARSERS.items() if name in _KEPT
    }
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: parser for name, parser in SparkParser.NO_PAREN_FUNCTION_PARSERS.items() if name == "CASE"
    }


class _Grammar(Spark):
    Parser = _Parser


def parse(sql: str) -> exp.Expr:
    """The tree of one statement. Raises `SparkSqlError` where it is no SQL."""
    bare, found = texts.extract(sql)
    first = re.match(r"[\s(]*(\w*)", bare)
    if first is None or first.group(1).lower() not in _FIRST_WORDS:
        word = first.group(1) if first else sql[:20]
        raise SparkSqlError(f"[PARSE_SYNTAX_ERROR] Syntax error at or near '{word}' in: {sql.strip()[:200]}")
    try:
        trees = [tree for tree in _Grammar().parse(bare) if tree is not None]
    except (ParseError, TokenError) as problem:
        raise SparkSqlError(f"[PARSE_SYNTAX_ERROR] {_place(problem, sql)}") from None
    if len(trees) != 1:
        raise SparkSqlError("[PARSE_SYNTAX_ERROR] Syntax error: one statement is needed.")
    return _restored(trees[0], found)


def condition(sql: str) -> exp.Expr:
    """The tree of a condition. Raises `SparkSqlError`."""
    tree = parse(f"SELECT 1 WHERE {sql}")
    where = tree.args.get("where")
    if where is None or any(tree.args.get(part) for part in ("group", "having", "order", "limit")):
        raise SparkSqlError("[PARSE_SYNTAX_ERROR] Syntax error: one condition is needed.")
    return where.this


def _place(problem: Exception, sql: str) -> str:
    errors = getattr(problem, "errors", None) or [{}]
    line, near = errors[0].get("line"), errors[0].get("highlight")
    shown = f" at or near '{near}'" if near and texts.MARK not in near else ""
    return f"Syntax error{shown}" + (f" (line {line})" if line else "") + f" in: {sql.strip()[:200]}"


def _restored(tree: exp.Expr, found: list[str]) -> exp.Expr:
    for literal in tree.find_all(exp.Literal):
        if literal.is_string:
            literal.set("this", texts.restore(literal.this, found))
    for interval in tree.find_all(exp.Identifier):
        interval.set("this", texts.restore(interval.this, found))
    return tree
