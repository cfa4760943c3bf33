"""Expressions: each node of the tree becomes a DuckDB expression with its Trino type, checked by Trino's rules."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..tables import types as t
from ..tables.types import Type, duckdb_name, field_name, quote, trino_name
from . import ast, casts, sqljson
from .coercion import INTEGERS, NUMERIC, TEMPORAL, common, converts, decimal_result, orderable
from .failures import QueryFailure
from .functions import NEED_ORDER, Signature, signatures, type_of
from .patterns import UNIT_MILLISECONDS, UNIT_MONTHS
from .scope import Scope, Typed, fail, local_time, problem

if TYPE_CHECKING:
    from .translate import Translator

EXTRACTED = {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day", "day_of_month": "day",
    "day_of_week": "day_of_week", "dow": "day_of_week", "day_of_year": "day_of_year", "doy": "day_of_year",
    "year_of_week": "year_of_week", "yow": "year_of_week", "hour": "hour", "minute": "minute", "second": "second",
    "timezone_hour": "timezone_hour", "timezone_minute": "timezone_minute",
}  # fmt: skip


class Expressions:
    """Compiles expressions in one scope. `keys` are the grouping expressions (as DuckDB text) when the query groups:
    outside aggregates, columns may then only be read through them."""

    def __init__(
        self,
        translator: Translator,
        scope: Scope,
        windows: dict[str, ast.Window] | None = None,
        keys: set[str] | None = None,
    ) -> None:
        self.translator = translator
        self.scope = scope
        self.windows = windows or {}
        self.keys = keys
        self.allow_aggregates = False
        self.aliases: dict[str, Typed] = {}

    def within(self, scope: Scope) -> Expressions:
        """The same compiler in another scope (a lambda's)."""
        inner = Expressions(self.translator, scope, self.windows, self.keys)
        inner.allow_aggregates = self.allow_aggregates
        return inner

    def ungrouped(self) -> Expressions:
        """The compiler of what stands inside an aggregate."""
        return Expressions(self.translator, self.scope, self.windows)

    def compile(self, node: ast.Node) -> Typed:
        """The expression of a node."""
        if isinstance(node, ast.Column) and len(node.parts) == 1 and node.parts[0].text in self.aliases:
            return self.aliases[node.parts[0].text]
        if self.keys is not None and not has_aggregate(node) and not self.names_output(node):
            whole = self.key(node)
            if whole:
                return whole
        rule = RULES.get(type(node))
        if rule is None:
            fail("NOT_SUPPORTED", f"{type(node).__name__} is not supported here", node)
        return rule(self, node)

    def names_output(self, node: ast.Node) -> bool:
        """Whether ORDER BY's expression reads an output column by its alias."""
        if isinstance(node, ast.Column):
            return len(node.parts) == 1 and node.parts[0].text in self.aliases
        return bool(self.aliases) and any(self.names_output(c) for c in children(node))

    def key(self, node: ast.Node) -> Typed | None:
        """The expression when it is a grouping expression or reads no column."""
        if has_window(node):
            return None
        whole = self.ungrouped().compile(node)
        if whole.sql in self.keys or not any(r in self.scope.columns for r in whole.refs):  # type: ignore[operator]
            return whole
        if isinstance(node, ast.Column):
            name = ".".join(p.text for p in node.parts)
            fail(
                "EXPRESSION_NOT_AGGREGATE",
                f"'{name}' must be an aggregate expression or appear in GROUP BY clause",
                node,
            )
        return None

    def value(self, node: ast.Node, wanted: Type, what: str = "") -> Typed:
        """The expression converted implicitly to `wanted`; TYPE_MISMATCH when it does not convert."""
        found = self.compile(node)
        if not converts(found.type, wanted):
            fail(
                "TYPE_MISMATCH",
                f"{what} must be {trino_name(wanted)} (actual: {trino_name(found.type)})",
                node,
            )
        return self.coerce(found, wanted)

    def boolean(self, node: ast.Node, what: str) -> Typed:
        """A condition."""
        found = self.compile(node)
        if found.type.kind not in ("boolean", "unknown"):
            fail("TYPE_MISMATCH", f"{what} must evaluate to a boolean: actual type {trino_name(found.type)}", node)
        return self.coerce(found, t.BOOLEAN)

    def coerce(self, typed: Typed, wanted: Type) -> Typed:
        """The value as `wanted`, which it converts to."""
        if typed.type == wanted:
            return typed
        sql = casts.cast(typed.sql, typed.type, wanted, True)
        if sql is None:
            sql = f"CAST({typed.sql} AS {duckdb_name(wanted)})"
        return Typed(sql, wanted, typed.refs, typed.constant)

    def unified(self, nodes: list[ast.Node], what: str) -> list[Typed]:
        """All as their common type."""
        found = [self.compile(n) for n in nodes]
        type_ = found[0].type
        for node, typed in zip(nodes[1:], found[1:], strict=True):
            both = common(type_, typed.type)
            if both is None:
                fail("TYPE_MISMATCH", f"{what}: {trino_name(type_)} vs {trino_name(typed.type)}", node)
            type_ = both
        return [self.coerce(f, type_) for f in found]

    # literals
    def literal(self, node: ast.Literal) -> Typed:
        return LITERALS[node.kind](node)

    def typed_literal(self, node: ast.TypedLiteral) -> Typed:
        kind = node.type.name
        if kind in ("timestamp", "date", "time"):
            return self.temporal_literal(node, kind)
        if kind == "decimal":
            return _decimal_literal(node)
        type_ = type_of(node.type)
        if type_ is None:
            fail("TYPE_NOT_FOUND", f"Unknown type: {kind}", node)
        if type_.kind == "json":
            return Typed(f"t_json_parse({casts.text_literal(node.value)})", type_)
        sql = casts.cast(casts.text_literal(node.value), t.VARCHAR, type_, False)
        if sql is None:
            fail("INVALID_LITERAL", f"No literal form for type {kind}", node)
        return Typed(sql, type_)

    def temporal_literal(self, node: ast.TypedLiteral, kind: str) -> Typed:
        rule = {"date": _date_literal, "time": _time_literal, "timestamp": _timestamp_literal}[kind]
        typed = rule(node.value)
        if typed is None:
            shown = f"'{node.value}' is not a valid {kind.upper()} literal"
            fail("INVALID_LITERAL", shown, node)
        return typed

    def interval(self, node: ast.IntervalLiteral) -> Typed:
        if node.unit in UNIT_MONTHS:
            months = _year_month(node)
            return Typed(f"CAST({node.sign * months} AS BIGINT)", t.YEAR_MONTH)
        return Typed(f"CAST({node.sign * _day_time(node)} AS BIGINT)", t.DAY_TIME)

    def parameter(self, node: ast.Parameter) -> Typed:
        return self.compile(self.translator.parameter(node))

    # names
    def column(self, node: ast.Column) -> Typed:
        if len(node.parts) == 1 and node.parts[0].text in self.scope.lambdas:
            return self.scope.lambdas[node.parts[0].text]
        if node.parts[0].text in self.scope.lambdas:
            base = self.scope.lambdas[node.parts[0].text]
            return self.fields(base, node.parts[1:], node)
        found = self.scope.find(node.parts)
        if found is None:
            name = ".".join(p.text for p in node.parts)
            fail("COLUMN_NOT_FOUND", f"Column '{name}' cannot be resolved", node)
        visible, rest = found
        if visible.scan is not None:
            self.translator.used(visible)
        return self.fields(Typed(visible.sql, visible.type, [visible]), rest, node)

    def fields(self, base: Typed, names: list[ast.Identifier], node: ast.Node) -> Typed:
        for name in names:
            base = self.field_of(base, name, node)
        return base

    def field_of(self, base: Typed, name: ast.Identifier, node: ast.Node) -> Typed:
        if base.type.kind != "row":
            fail("TYPE_MISMATCH", f"Expression is not of type ROW: {trino_name(base.type)}", node)
        for index, (field, type_) in enumerate(base.type.fields):
            if field is not None and field.lower() == name.text:
                return Typed(f"({base.sql}).{quote(field_name(index, field))}", type_, base.refs)
        raise problem("COLUMN_NOT_FOUND", f"Column '{name.text}' cannot be resolved", node)

    def field(self, node: ast.Field) -> Typed:
        return self.field_of(self.compile(node.base), node.name, node)

    def subscript(self, node: ast.Subscript) -> Typed:
        base = self.compile(node.base)
        rule = {"array": self.array_item, "map": self.map_item, "row": self.row_item}.get(base.type.kind)
        if rule is None:
            fail("TYPE_MISMATCH", f"Cannot use {trino_name(base.type)} for subscript", node)
        return rule(base, node)

    def array_item(self, base: Typed, node: ast.Subscript) -> Typed:
        index = self.value(node.index, t.BIGINT, "Array subscript")
        return Typed(f"t_element({base.sql}, {index.sql})", base.type.element, base.refs + index.refs)

    def map_item(self, base: Typed, node: ast.Subscript) -> Typed:
        key = self.value(node.index, base.type.key, "Map subscript")
        return Typed(f"t_map_get({base.sql}, {key.sql})", base.type.value, base.refs + key.refs)

    def row_item(self, base: Typed, node: ast.Subscript) -> Typed:
        if not (isinstance(node.index, ast.Literal) and node.index.kind == "integer"):
            fail("TYPE_MISMATCH", "Subscript expression on ROW requires a constant index", node)
        index = int(node.index.value) - 1
        if not 0 <= index < len(base.type.fields):
            fail("INVALID_FUNCTION_ARGUMENT", f"ROW index out of bounds: {index + 1}", node)
        name, type_ = base.type.fields[index]
        return Typed(f"({base.sql}).{quote(field_name(index, name))}", type_, base.refs)

    # operators
    def unary(self, node: ast.Unary) -> Typed:
        if node.op == "NOT":
            operand = self.compile(node.operand)
            if operand.type.kind not in ("boolean", "unknown"):
                fail(
                    "TYPE_MISMATCH",
                    f"Value of logical NOT expression must evaluate to a boolean (actual: {trino_name(operand.type)})",
                    node,
                )
            return Typed(f"(NOT {self.coerce(operand, t.BOOLEAN).sql})", t.BOOLEAN, operand.refs)
        if node.op == "-" and isinstance(node.operand, ast.Literal) and node.operand.kind == "integer":
            return _integer(ast.Literal(node.at, "integer", "-" + node.operand.value))
        operand = self.compile(node.operand)
        if operand.type.kind not in (*NUMERIC, "daytime", "yearmonth", "unknown"):
            fail("TYPE_MISMATCH", f"Cannot negate {trino_name(operand.type)}", node)
        return operand if node.op == "+" else Typed(f"(-({operand.sql}))", operand.type, operand.refs)

    def binary(self, node: ast.Binary) -> Typed:
        if node.op in ("AND", "OR"):
            return self.logical(node)
        left, right = self.compile(node.left), self.compile(node.right)
        if node.op == "||":
            return self.concatenation(node, left, right)
        if node.op in ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"):
            return self.comparison(node, left, right)
        return self.arithmetic(node, left, right)

    def logical(self, node: ast.Binary) -> Typed:
        sides: list[Typed] = []
        for side in (node.left, node.right):
            found = self.compile(side)
            if found.type.kind not in ("boolean", "unknown"):
                fail(
                    "TYPE_MISMATCH",
                    f"Logical expression term must evaluate to a boolean (actual: {trino_name(found.type)})",
                    side,
                )
            sides.append(self.coerce(found, t.BOOLEAN))
        return Typed(f"({sides[0].sql} {node.op} {sides[1].sql})", t.BOOLEAN, sides[0].refs + sides[1].refs)

    def comparison(self, node: ast.Binary, left: Typed, right: Typed) -> Typed:
        both = common(left.type, right.type)
        ordered = node.op not in ("=", "<>", "IS DISTINCT FROM")
        if both is None or (ordered and not orderable(both)):
            fail(
                "TYPE_MISMATCH",
                f"Cannot apply operator: {trino_name(left.type)} {node.op} {trino_name(right.type)}",
                node,
            )
        refs = left.refs + right.refs
        return Typed(
            compared(node.op, self.coerce(left, both).sql, self.coerce(right, both).sql, both), t.BOOLEAN, refs
        )

    def concatenation(self, node: ast.Binary, left: Typed, right: Typed) -> Typed:
        refs = left.refs + right.refs
        for array, item, first in ((left, right, False), (right, left, True)):
            if array.type.kind == "array" and item.type.kind != "array":
                both = common(array.type.element, item.type)
                if both is None:
                    break
                one = f"[{self.coerce(item, both).sql}]"
                many = self.coerce(array, t.array(both)).sql
                parts = (one, many) if first else (many, one)
                return Typed(f"list_concat({parts[0]}, {parts[1]})", t.array(both), refs)
        for kind in ("varchar", "array", "varbinary"):
            kinds = {left.type.kind, right.type.kind} - {"unknown"}
            if kinds <= {kind, "char" if kind == "varchar" else kind} and (both := common(left.type, right.type)):
                if kind == "array":
                    sides = f"{self.coerce(left, both).sql}, {self.coerce(right, both).sql}"
                    return Typed(f"list_concat({sides})", both, refs)
                return Typed(f"({left.sql} || {right.sql})", Type(kind), refs)
        raise problem(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({trino_name(left.type)}, {trino_name(right.type)}) for function concat",
            node,
        )

    def arithmetic(self, node: ast.Binary, left: Typed, right: Typed) -> Typed:
        if left.type.kind in (*NUMERIC, "unknown") and right.type.kind in (*NUMERIC, "unknown"):
            return self.number_arithmetic(node, left, right)
        for (first, op, second), rule in TEMPORAL_ARITHMETIC.items():
            if op == node.op and left.type.kind in first.split("|") and right.type.kind in second.split("|"):
                return rule(self, left, right, op)
        raise problem(
            "TYPE_MISMATCH", f"Cannot apply operator: {trino_name(left.type)} {node.op} {trino_name(right.type)}", node
        )

    def number_arithmetic(self, node: ast.Binary, left: Typed, right: Typed) -> Typed:
        both = common(left.type, right.type) or t.DOUBLE
        refs = left.refs + right.refs
        if both.kind == "unknown":
            return Typed("CAST(NULL AS INTEGER)", t.INTEGER)
        if both.kind == "decimal":
            return self.decimal_arithmetic(node, left, right)
        a, b = self.coerce(left, both).sql, self.coerce(right, both).sql
        if both.kind in INTEGERS:
            forms = {"/": "t_div({a}, {b})", "%": "t_mod({a}, {b})"}
            sql = forms.get(node.op, "({a} {op} {b})").format(a=a, b=b, op=node.op)
            return Typed(sql, both, refs)
        if node.op == "%":
            return Typed(f"t_fmod({a}, {b})", both, refs)
        return Typed(f"({a} {node.op} {b})", both, refs)

    def decimal_arithmetic(self, node: ast.Binary, left: Typed, right: Typed) -> Typed:
        left, right = (
            self.coerce(one, other.type) if one.type.kind == "unknown" else one
            for one, other in ((left, right), (right, left))
        )
        result = decimal_result(node.op, left.type, right.type)
        target = duckdb_name(result)
        a, b = left.sql, right.sql
        refs = left.refs + right.refs
        if node.op == "/":
            zero = casts.raises("DIVISION_BY_ZERO", "'Division by zero'", result)
            quotient = f"CAST(round(CAST({a} AS DOUBLE) / CAST({b} AS DOUBLE), {result.args[1]}) AS {target})"
            return Typed(f"(CASE WHEN {b} = 0 THEN {zero} ELSE {quotient} END)", result, refs)
        if node.op == "%":
            return Typed(f"CAST(t_mod({a}, {b}) AS {target})", result, refs)
        if node.op == "*":
            return Typed(f"CAST(({a} * {b}) AS {target})", result, refs)
        return Typed(f"(CAST({a} AS {target}) {node.op} CAST({b} AS {target}))", result, refs)

    def between(self, node: ast.Between) -> Typed:
        found = [self.compile(n) for n in (node.operand, node.low, node.high)]
        both: Type | None = found[0].type
        for other in found[1:]:
            both = common(both, other.type) if both else None
        if both is None:
            names = [trino_name(f.type) for f in found]
            fail("TYPE_MISMATCH", f"Cannot check if {names[0]} is BETWEEN {names[1]} and {names[2]}", node)
        x, low, high = (self.coerce(f, both).sql for f in found)
        if both.kind == "timestamptz":
            x, low, high = f"({x}).t", f"({low}).t", f"({high}).t"
        return Typed(f"({x} BETWEEN {low} AND {high})", t.BOOLEAN, [r for f in found for r in f.refs])

    def in_list(self, node: ast.InList) -> Typed:
        found = self.unified([node.operand, *node.items], "IN value and list items must be the same type")
        if found[0].type.kind == "timestamptz":
            found = [Typed(f"({f.sql}).t", t.TIMESTAMP, f.refs) for f in found]
        items = ", ".join(f.sql for f in found[1:])
        return Typed(f"({found[0].sql} IN ({items}))", t.BOOLEAN, [r for f in found for r in f.refs])

    def in_query(self, node: ast.InQuery) -> Typed:
        operand = self.compile(node.operand)
        sql, type_ = self.single_column(node.query, operand.type, node)
        return Typed(f"({self.coerce(operand, type_).sql} IN ({sql}))", t.BOOLEAN, operand.refs)

    def quantified(self, node: ast.Quantified) -> Typed:
        operand = self.compile(node.operand)
        sql, type_ = self.single_column(node.query, operand.type, node)
        left = self.coerce(operand, type_).sql
        return Typed(f"({left} {node.op} {node.quantifier} ({sql}))", t.BOOLEAN, operand.refs)

    def single_column(self, query: ast.Query, other: Type, node: ast.Node) -> tuple[str, Type]:
        """A subquery of one column as the common type with `other`."""
        compiled = self.translator.query(query, self.scope)
        if len(compiled.columns) != 1:
            fail("TYPE_MISMATCH", "Subquery must return one column", node)
        both = common(compiled.columns[0][1], other)
        if both is None:
            fail(
                "TYPE_MISMATCH",
                f"Cannot apply operator: {trino_name(other)} = {trino_name(compiled.columns[0][1])}",
                node,
            )
        sql = casts.cast("c0", compiled.columns[0][1], both, True) or "c0"
        return f"SELECT {sql} FROM ({compiled.sql})", both

    def like(self, node: ast.Like) -> Typed:
        operand = self.compile(node.operand)
        pattern = self.compile(node.pattern)
        for typed, what in ((operand, "Left side of LIKE expression"), (pattern, "Pattern for LIKE expression")):
            if typed.type.kind not in ("varchar", "char", "unknown"):
                fail("TYPE_MISMATCH", f"{what} must evaluate to a varchar (actual: {trino_name(typed.type)})", node)
        x, p = self.coerce(operand, t.VARCHAR).sql, self.coerce(pattern, t.VARCHAR).sql
        escape = f" ESCAPE {self.value(node.escape, t.VARCHAR, 'Escape').sql}" if node.escape else " ESCAPE ''"
        return Typed(f"({x} LIKE {p}{escape})", t.BOOLEAN, operand.refs + pattern.refs)

    def is_null(self, node: ast.IsNull) -> Typed:
        operand = self.compile(node.operand)
        return Typed(f"({operand.sql} IS NULL)", t.BOOLEAN, operand.refs)

    def exists(self, node: ast.Exists) -> Typed:
        return Typed(f"EXISTS ({self.translator.query(node.query, self.scope).sql})", t.BOOLEAN)

    def scalar_query(self, node: ast.ScalarQuery) -> Typed:
        compiled = self.translator.query(node.query, self.scope)
        if len(compiled.columns) == 1:
            return Typed(f"({compiled.sql})", compiled.columns[0][1])
        fields = ", ".join(f"{quote(field_name(i, n))} := c{i}" for i, (n, _) in enumerate(compiled.columns))
        return Typed(f"(SELECT struct_pack({fields}) FROM ({compiled.sql}))", t.row(list(compiled.columns)))

    # conditions
    def case(self, node: ast.Case) -> Typed:
        results = [then for _, then in node.whens] + ([node.default] if node.default else [])
        values = self.unified(results, "All CASE results must be the same type")
        conditions = [self.when(node, condition) for condition, _ in node.whens]
        parts = [f"WHEN {c.sql} THEN {v.sql}" for c, v in zip(conditions, values, strict=False)]
        default = f" ELSE {values[-1].sql}" if node.default else ""
        refs = [r for x in (*conditions, *values) for r in x.refs]
        return Typed(f"(CASE {' '.join(parts)}{default} END)", values[0].type, refs)

    def when(self, node: ast.Case, condition: ast.Node) -> Typed:
        if node.operand is None:
            return self.boolean(condition, "CASE WHEN clause")
        left, right = self.compile(node.operand), self.compile(condition)
        if common(left.type, right.type) is None:
            fail(
                "TYPE_MISMATCH",
                f"CASE operand type does not match WHEN clause operand type: "
                f"{trino_name(left.type)} vs {trino_name(right.type)}",
                condition,
            )
        return self.comparison(ast.Binary(condition.at, "=", node.operand, condition), left, right)

    def cast(self, node: ast.Cast) -> Typed:
        target = type_of(node.type)
        if target is None:
            fail("TYPE_NOT_FOUND", f"Unknown type: {node.type.name}", node.type)
        operand = self.compile(node.operand)
        sql = casts.cast(operand.sql, operand.type, target, node.safe)
        if sql is None:
            fail("TYPE_MISMATCH", f"Cannot cast {trino_name(operand.type)} to {trino_name(target)}", node)
        if node.safe:
            sql = f"TRY({sql})" if operand.type.kind in ("array", "map", "row", "json") else sql
        return Typed(sql, target, operand.refs)

    def at_time_zone(self, node: ast.AtTimeZone) -> Typed:
        operand = self.value(node.operand, t.TIMESTAMP_TZ, "Value of AT TIME ZONE")
        zone = self.compile(node.zone)
        if zone.type.kind == "daytime":
            name = f"t_offset_name({zone.sql})"
        else:
            name = f"t_zone_name({self.coerce(zone, t.VARCHAR).sql})"
        return Typed(f"struct_pack(t := ({operand.sql}).t, z := {name})", operand.type, operand.refs)

    def extract(self, node: ast.Extract) -> Typed:
        if node.unit not in EXTRACTED:
            fail("SYNTAX_ERROR", f"Invalid EXTRACT field: {node.unit}", node)
        return self.call(ast.Call(node.at, EXTRACTED[node.unit], [node.operand]))

    def row(self, node: ast.RowValue) -> Typed:
        items = [self.compile(i) for i in node.items]
        fields = ", ".join(f"{quote(field_name(i, None))} := {item.sql}" for i, item in enumerate(items))
        refs = [r for i in items for r in i.refs]
        return Typed(f"struct_pack({fields})", t.row([(None, i.type) for i in items]), refs)

    def array(self, node: ast.ArrayValue) -> Typed:
        if not node.items:
            return Typed("CAST([] AS INTEGER[])", t.array(t.UNKNOWN))
        items = self.unified(node.items, "All ARRAY elements must be the same type")
        refs = [r for i in items for r in i.refs]
        return Typed(f"[{', '.join(i.sql for i in items)}]", t.array(items[0].type), refs)

    def lambda_(self, node: ast.Lambda) -> Typed:
        fail("TYPE_MISMATCH", "Lambda expression should always be used inside a function", node)

    # calls
    def call(self, node: ast.Call) -> Typed:
        special = CALLS.get(node.name)
        if special:
            return special(self, node)
        known = signatures().get(node.name)
        if known is None:
            fail("FUNCTION_NOT_FOUND", f"Function '{node.name}' not registered", node)
        if known[0].group == "window" and node.over is None:
            fail("FUNCTION_NOT_WINDOW", f"Window function {node.name} requires an OVER clause", node)
        aggregate = known[0].group == "aggregate"
        if known[0].group == "scalar":
            _refuse_aggregate_clauses(node)
        if aggregate and node.over is None:
            if not self.allow_aggregates:
                fail(
                    "EXPRESSION_NOT_SCALAR" if self.scope.lambdas else "SYNTAX_ERROR",
                    "Aggregations, window functions or grouping operations are not allowed here",
                    node,
                )
            return self.ungrouped().resolved(node, known)
        return self.resolved(node, known)

    def resolved(self, node: ast.Call, known: list[Signature]) -> Typed:
        """The first signature that the arguments fit, exact ones first."""
        given: list[Typed | ast.Lambda] = [a if isinstance(a, ast.Lambda) else self.compile(a) for a in node.args]
        best: tuple[int, Signature, dict[str, Type]] | None = None
        for signature in known:
            matched = match(signature, given)
            if matched and (best is None or matched[0] < best[0]):
                best = matched[0], signature, matched[1]
        if best is None:
            shown = ", ".join("<function>" if isinstance(g, ast.Lambda) else trino_name(g.type) for g in given)
            wanted = ", ".join(f"{s.name}({', '.join(p.name for p in s.parameters)})" for s in known)
            fail(
                "FUNCTION_NOT_FOUND",
                f"Unexpected parameters ({shown}) for function {node.name}. Expected: {wanted}",
                node,
            )
        return self.emit(node, best[1], given, best[2])

    def emit(
        self, node: ast.Call, signature: Signature, given: list[Typed | ast.Lambda], bound: dict[str, Type]
    ) -> Typed:
        """The DuckDB expression of a call whose signature is known."""
        args: list[Typed] = []
        for index, item in enumerate(given):
            parameter = signature.parameter(index)
            if isinstance(item, ast.Lambda):
                args.append(self.lambda_argument(item, parameter, bound, node))
            else:
                args.append(self.coerce(item, instantiate(parameter, bound, item.type)))
        bound["v0"] = args[0].type if args else t.VARCHAR
        result = instantiate(signature.result, bound, t.UNKNOWN)
        refs = [r for a in args for r in a.refs]
        template = signature.template
        if template.startswith("@"):
            rule = self.translator.rules.get(template[1:])
            if rule is None:
                fail("NOT_SUPPORTED", f"Function {node.name} is not supported", node)
            made = rule(self, node, args, result)
            return Typed(made.sql, made.type, refs)
        filled = self.filled(template, node, args)
        return Typed(
            f"({filled})" if template.startswith("CASE") else filled,
            result,
            refs,
        )

    def filled(self, template: str, node: ast.Call, args: list[Typed]) -> str:
        """The template with the arguments in place."""

        def put(found: re.Match[str]) -> str:
            key = found.group(1)
            if key.isdigit():
                return args[int(key)].sql
            if key[0] == "L" and key[1:].isdigit():
                return local_time(args[int(key[1:])])
            return self.placeholder(key, node, args)

        return re.sub(r"\{(\d+|L\d+|\*|\|\| |[A-Z]+)\}", put, template)

    def placeholder(self, key: str, node: ast.Call, args: list[Typed]) -> str:
        if key == "*":
            return ", ".join(a.sql for a in args)
        if key == "|| ":
            return " || ".join(a.sql for a in args)
        return {
            "D": lambda: "DISTINCT " if node.distinct else "",
            "O": lambda: self.order_inside(node),
            "F": lambda: self.suffix(node),
            "N": lambda: " IGNORE NULLS" if node.ignore_nulls else "",
            "NOW": lambda: f"struct_pack(t := TIMESTAMP '{self.translator.now}', z := 'UTC')",
        }[key]()

    def order_inside(self, node: ast.Call) -> str:
        return f" ORDER BY {self.sort(node.order)}" if node.order else ""

    def sort(self, items: list[ast.SortItem]) -> str:
        """ORDER BY items; NULLs last unless said otherwise, in both directions."""
        return ", ".join(self.sort_item(self.compile(i.expression), i) for i in items)

    def sort_item(self, typed: Typed, item: ast.SortItem) -> str:
        if not orderable(typed.type):
            fail(
                "TYPE_MISMATCH",
                f"Type {trino_name(typed.type)} is not orderable, and therefore cannot be used in ORDER BY",
                item,
            )
        key = f"({typed.sql}).t" if typed.type.kind == "timestamptz" else typed.sql
        return f"{key} {'DESC' if item.descending else 'ASC'} NULLS {'FIRST' if item.nulls_first else 'LAST'}"

    def suffix(self, node: ast.Call) -> str:
        """FILTER and OVER."""
        parts = ""
        if node.filter is not None:
            parts += f" FILTER (WHERE {self.boolean(node.filter, 'FILTER clause').sql})"
        if node.over is not None:
            parts += f" OVER ({self.window(node.over, node)})"
        return parts

    def window(self, window: ast.Window, node: ast.Call) -> str:
        window = self.named(window)
        if node.name in NEED_ORDER and not window.order:
            fail("MISSING_ORDER_BY", f"{node.name} must be used with ORDER BY", node)
        parts = []
        if window.partition:
            parts.append("PARTITION BY " + ", ".join(f"({self.compile(p).sql})" for p in window.partition))
        if window.order:
            parts.append("ORDER BY " + self.sort(window.order))
        if window.frame:
            parts.append(self.frame(window.frame))
        return " ".join(parts)

    def named(self, window: ast.Window) -> ast.Window:
        """The window with what its base says."""
        if window.base is None:
            return window
        if window.base not in self.windows:
            fail("INVALID_WINDOW_REFERENCE", f"Cannot resolve WINDOW name {window.base}", window)
        base = self.named(self.windows[window.base])
        return ast.Window(
            window.at, None, window.partition or base.partition, window.order or base.order, window.frame or base.frame
        )

    def frame(self, frame: ast.Frame) -> str:
        return f"{frame.unit} BETWEEN {self.bound(*frame.start)} AND {self.bound(*frame.end)}"

    def bound(self, kind: str, value: ast.Node | None) -> str:
        if value is None:
            return kind
        typed = self.compile(value)
        interval = {"daytime": f"t_ms({typed.sql})", "yearmonth": f"t_months({typed.sql})"}
        return f"{interval.get(typed.type.kind, typed.sql)} {kind}"

    # lambdas
    def lambda_argument(
        self, node: ast.Lambda, parameter: ast.TypeName, bound: dict[str, Type], call: ast.Call
    ) -> Typed:
        """The lambda as DuckDB's, its result type bound to the signature's variable."""
        inner_types = [type_ for _, type_ in parameter.nested]
        if len(node.names) != len(inner_types) - 1:
            fail(
                "TYPE_MISMATCH",
                f"Expected a lambda that takes {len(inner_types) - 1} argument(s) but got {len(node.names)}",
                node,
            )
        fresh = [self.translator.fresh("x") for _ in node.names]
        names = {
            name: Typed(sql, instantiate(type_, bound, t.UNKNOWN))
            for name, sql, type_ in zip(node.names, fresh, inner_types, strict=False)
        }
        body = self.within(self.scope.with_lambda(names)).compile(node.body)
        wanted = inner_types[-1]
        if is_variable(wanted.name) and wanted.name not in bound:
            bound[wanted.name] = body.type
        body = self.coerce(body, instantiate(wanted, bound, body.type))
        return Typed(f"lambda {', '.join(fresh)}: {body.sql}", body.type, body.refs)

    def try_(self, node: ast.Call) -> Typed:
        if len(node.args) != 1:
            fail("SYNTAX_ERROR", "The 'try' function must have exactly one argument", node)
        inner = self.compile(node.args[0])
        return Typed(f"TRY({inner.sql})", inner.type, inner.refs)

    def if_(self, node: ast.Call) -> Typed:
        if len(node.args) not in (2, 3):
            fail("INVALID_FUNCTION_ARGUMENT", "Invalid number of arguments for 'if' function", node)
        condition = self.boolean(node.args[0], "IF condition")
        values = self.unified(node.args[1:], "Result types for IF must be the same")
        other = values[1].sql if len(values) > 1 else f"CAST(NULL AS {duckdb_name(values[0].type)})"
        refs = condition.refs + [r for v in values for r in v.refs]
        return Typed(f"(CASE WHEN {condition.sql} THEN {values[0].sql} ELSE {other} END)", values[0].type, refs)

    def coalesce(self, node: ast.Call) -> Typed:
        if len(node.args) < 2:
            fail("INVALID_FUNCTION_ARGUMENT", "The 'coalesce' function must have at least two arguments", node)
        values = self.unified(node.args, "All COALESCE operands must be the same type")
        refs = [r for v in values for r in v.refs]
        return Typed(f"coalesce({', '.join(v.sql for v in values)})", values[0].type, refs)

    def nullif(self, node: ast.Call) -> Typed:
        if len(node.args) != 2:
            fail("INVALID_FUNCTION_ARGUMENT", "Invalid number of arguments for 'nullif' function", node)
        left, right = (self.compile(a) for a in node.args)
        both = common(left.type, right.type)
        if both is None:
            fail(
                "TYPE_MISMATCH",
                f"Types are not comparable with NULLIF: {trino_name(left.type)} vs {trino_name(right.type)}",
                node,
            )
        same = compared("=", self.coerce(left, both).sql, self.coerce(right, both).sql, both)
        null = f"CAST(NULL AS {duckdb_name(left.type)})"
        return Typed(f"(CASE WHEN {same} THEN {null} ELSE {left.sql} END)", left.type, left.refs + right.refs)

    def extreme(self, node: ast.Call) -> Typed:
        """greatest, least: NULL when one argument is."""
        if not node.args:
            fail("FUNCTION_NOT_FOUND", f"Unexpected parameters () for function {node.name}", node)
        found = [self.compile(a) for a in node.args]
        type_: Type | None = found[0].type
        for other in found[1:]:
            type_ = common(type_, other.type) if type_ else None
        if type_ is None or not orderable(type_):
            shown = ", ".join(trino_name(f.type) for f in found)
            fail("FUNCTION_NOT_FOUND", f"Unexpected parameters ({shown}) for function {node.name}", node)
        values = [self.coerce(f, type_).sql for f in found]
        nulls = " OR ".join(f"{v} IS NULL" for v in values)
        sql = f"(CASE WHEN {nulls} THEN NULL ELSE {node.name}({', '.join(values)}) END)"
        return Typed(sql, type_, [r for f in found for r in f.refs])

    def typeof(self, node: ast.Call) -> Typed:
        if len(node.args) != 1:
            fail("FUNCTION_NOT_FOUND", "Unexpected parameters for function typeof. Expected: typeof(t)", node)
        inner = self.compile(node.args[0])
        return Typed(casts.text_literal(trino_name(inner.type)), t.VARCHAR, inner.refs)

    def grouping(self, node: ast.Call) -> Typed:
        inner = self.ungrouped()
        args = ", ".join(inner.compile(a).sql for a in node.args)
        return Typed(f"CAST(GROUPING({args}) AS BIGINT)", t.BIGINT)


def _refuse_aggregate_clauses(node: ast.Call) -> None:
    """What only aggregates and window functions may carry."""
    if node.over is not None:
        fail("FUNCTION_NOT_WINDOW", f"Not a window function: {node.name}", node)
    if node.distinct or node.filter is not None or node.order or node.star:
        fail("FUNCTION_NOT_AGGREGATE", f"DISTINCT, ORDER BY and FILTER are for aggregations, not for {node.name}", node)


def compared(op: str, left: str, right: str, type_: Type) -> str:
    """A comparison of two values of one type."""
    if type_.kind == "timestamptz":
        left, right = f"({left}).t", f"({right}).t"
    if type_.kind in ("double", "real") and op in ("=", "<>"):
        nan = f"isnan({left})"
        return f"({left} = {right} AND NOT {nan})" if op == "=" else f"({left} <> {right} OR {nan})"
    return f"({left} {op} {right})"


# literals
def _integer(node: ast.Literal) -> Typed:
    number = int(node.value)
    if -(2**31) <= number < 2**31:
        return Typed(f"CAST({number} AS INTEGER)", t.INTEGER, constant=node.value)
    if -(2**63) <= number < 2**63:
        return Typed(f"CAST({number} AS BIGINT)", t.BIGINT, constant=node.value)
    raise QueryFailure("NUMERIC_VALUE_OUT_OF_RANGE", f"Invalid numeric literal: {node.value}", node.at)


def _binary(node: ast.Literal) -> Typed:
    if len(node.value) % 2 or not re.fullmatch("[0-9A-Fa-f]*", node.value):
        raise QueryFailure(
            "INVALID_LITERAL", "Binary literal must contain an even number of hexadecimal digits", node.at
        )
    return Typed(f"unhex('{node.value}')", t.VARBINARY)


def _string(node: ast.Literal) -> Typed:
    return Typed(casts.text_literal(node.value), t.varchar(len(node.value)), constant=node.value)


LITERALS: dict[str, Callable[[ast.Literal], Typed]] = {
    "null": lambda n: Typed("NULL", t.UNKNOWN),
    "boolean": lambda n: Typed(n.value, t.BOOLEAN),
    "string": _string,
    "integer": _integer,
    "decimal": lambda n: Typed(f"CAST('{n.value}' AS DOUBLE)", t.DOUBLE, constant=n.value),
    "double": lambda n: Typed(f"CAST('{n.value}' AS DOUBLE)", t.DOUBLE, constant=n.value),
    "binary": _binary,
}


def _decimal_literal(node: ast.TypedLiteral) -> Typed:
    match = re.fullmatch(r"\s*([+-]?)0*(\d*)\.?(\d*)\s*", node.value)
    if not match:
        raise QueryFailure("INVALID_LITERAL", f"'{node.value}' is not a valid DECIMAL literal", node.at)
    scale = len(match.group(3))
    type_ = t.decimal(max(len(match.group(2)) + scale, 1), scale)
    return Typed(f"CAST('{node.value.strip()}' AS {duckdb_name(type_)})", type_)


def _date_literal(value: str) -> Typed | None:
    if not re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", value) or not _is_date(value):
        return None
    return Typed(f"DATE '{value}'", t.DATE)


def _is_date(value: str) -> bool:
    try:
        datetime.date(*(int(p) for p in value.split("-")))
    except ValueError:
        return False
    return True


def _time_literal(value: str) -> Typed | None:
    match = re.fullmatch(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?", value)
    if not match or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        return None
    text = f"{match[1]}:{match[2]}:{match[3] or '00'}.{match[4] or '0'}"
    return Typed(f"TIME '{text}'", Type("time", (len(match[4] or ""),)))


TIMESTAMP = re.compile(
    r"(\d{4,}-\d{1,2}-\d{1,2})(?: (\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?)?"
    r"(?:\s*(UTC|Z|GMT|[+-]\d{2}:\d{2}|[A-Za-z]+(?:/[A-Za-z_+-]+)+))?"
)


def _timestamp_literal(value: str) -> Typed | None:
    match = TIMESTAMP.fullmatch(value.strip())
    if not match or not _is_date(match[1]) or int(match[2] or 0) > 23 or int(match[3] or 0) > 59:
        return None
    digits = len(match[5] or "")
    text = f"{match[1]} {match[2] or '00'}:{match[3] or '00'}:{match[4] or '00'}.{match[5] or '0'}"
    kind = "TIMESTAMP_NS" if digits > 6 else "TIMESTAMP"
    sql = f"CAST('{text}' AS {kind})"
    if match[6]:
        zone = "UTC" if match[6] in ("Z", "GMT") else match[6]
        return Typed(f"t_zoned({sql}, {casts.text_literal(zone)})", Type("timestamptz", (digits,)))
    return Typed(sql, Type("timestamp", (digits,)))


def _year_month(node: ast.IntervalLiteral) -> int:
    try:
        if node.to_unit:
            years, months = node.value.split("-")
            return int(years) * 12 + int(months)
        return int(node.value) * UNIT_MONTHS[node.unit]
    except ValueError:
        raise QueryFailure("INVALID_LITERAL", f"'{node.value}' is not a valid INTERVAL literal", node.at) from None


def _day_time(node: ast.IntervalLiteral) -> int:
    try:
        if node.to_unit:
            return _compound(node)
        return round(float(node.value) * UNIT_MILLISECONDS[node.unit])
    except ValueError:
        raise QueryFailure("INVALID_LITERAL", f"'{node.value}' is not a valid INTERVAL literal", node.at) from None


def _compound(node: ast.IntervalLiteral) -> int:
    units = list(UNIT_MILLISECONDS)[::-1][1:]
    parts = re.split(r"[ :]", node.value)
    wanted = units[units.index(node.unit) : units.index(str(node.to_unit)) + 1]
    if len(parts) != len(wanted):
        raise ValueError(node.value)
    return round(sum(float(p) * UNIT_MILLISECONDS[u] for p, u in zip(parts, wanted, strict=True)))


# date arithmetic
def _shift(self: Expressions, moment: Typed, interval: Typed, op: str) -> Typed:
    sign = "-" if op == "-" else ""
    months = interval.type.kind == "yearmonth"
    amount = f"t_months({sign}({interval.sql}))" if months else f"t_ms({sign}({interval.sql}))"
    refs = moment.refs + interval.refs
    kind = moment.type.kind
    if kind == "date":
        return Typed(f"CAST({moment.sql} + {amount} AS DATE)", t.DATE, refs)
    type_ = moment.type if months else Type(kind, (max(moment.type.args[0], 3),))
    if kind == "timestamptz":
        if months:
            moved = casts.moved(moment.sql, amount)
        else:
            moved = f"struct_pack(t := ({moment.sql}).t + {amount}, z := ({moment.sql}).z)"
        return Typed(moved, type_, refs)
    return Typed(f"({moment.sql} + {amount})", type_, refs)


def _difference(self: Expressions, left: Typed, right: Typed, op: str) -> Typed:
    both = common(left.type, right.type) or left.type
    a, b = self.coerce(left, both).sql, self.coerce(right, both).sql
    if both.kind == "timestamptz":
        a, b = f"({a}).t", f"({b}).t"
    if both.kind == "date":
        return Typed(f"(CAST({a} - {b} AS BIGINT) * 86400000)", t.DAY_TIME, left.refs + right.refs)
    if both.kind == "time":
        a, b = f"(DATE '2000-01-01' + {a})", f"(DATE '2000-01-01' + {b})"
    return Typed(f"((epoch_us({a}) - epoch_us({b})) // 1000)", t.DAY_TIME, left.refs + right.refs)


def _same_interval(self: Expressions, left: Typed, right: Typed, op: str) -> Typed:
    return Typed(f"({left.sql} {op} {right.sql})", left.type, left.refs + right.refs)


def _scaled(self: Expressions, left: Typed, right: Typed, op: str) -> Typed:
    interval = left if left.type.kind in ("daytime", "yearmonth") else right
    sql = f"CAST(round(({left.sql}) {op} ({right.sql})) AS BIGINT)"
    if op == "*" and {left.type.kind, right.type.kind} & set(INTEGERS):
        sql = f"(CAST({left.sql} AS BIGINT) * CAST({right.sql} AS BIGINT))"
    return Typed(sql, interval.type, left.refs + right.refs)


MOMENTS, INTERVALS = "date|timestamp|timestamptz|time", "daytime|yearmonth"
NUMBERS = "|".join(NUMERIC)
TEMPORAL_ARITHMETIC: dict[tuple[str, str, str], Callable[[Expressions, Typed, Typed, str], Typed]] = {
    (MOMENTS, "+", INTERVALS): _shift,
    (INTERVALS, "+", MOMENTS): lambda self, a, b, op: _shift(self, b, a, op),
    (MOMENTS, "-", INTERVALS): _shift,
    (MOMENTS, "-", MOMENTS): _difference,
    ("daytime", "+", "daytime"): _same_interval,
    ("daytime", "-", "daytime"): _same_interval,
    ("yearmonth", "+", "yearmonth"): _same_interval,
    ("yearmonth", "-", "yearmonth"): _same_interval,
    (INTERVALS, "*", NUMBERS): _scaled,
    (NUMBERS, "*", INTERVALS): _scaled,
    (INTERVALS, "/", NUMBERS): _scaled,
}


# signatures
def is_variable(name: str) -> bool:
    """Whether a type name of a signature stands for any type."""
    return len(name) == 1 or name == "v0"


CLASSES: dict[str, Callable[[Type], bool]] = {
    "n": lambda type_: type_.kind in NUMERIC,
    "q": lambda type_: type_.kind == "decimal",
    "i": lambda type_: type_.kind in INTEGERS,
    "d": lambda type_: type_.kind in TEMPORAL,
    "o": orderable,
}


def match(signature: Signature, given: list[Typed | ast.Lambda]) -> tuple[int, dict[str, Type]] | None:
    """The cost (0 is exact) and the variables' types when the arguments fit the signature."""
    if not signature.accepts(len(given)):
        return None
    bound: dict[str, Type] = {}
    cost = 0
    for index, item in enumerate(given):
        parameter = signature.parameter(index)
        if isinstance(item, ast.Lambda) != (parameter.name == "function"):
            return None
        if isinstance(item, ast.Lambda):
            continue
        step = unify(parameter, item.type, bound)
        if step is None:
            return None
        cost += step
    return (cost, bound) if all(_in_class(k, v) for k, v in bound.items()) else None


def _in_class(name: str, type_: Type) -> bool:
    return name not in CLASSES or CLASSES[name](type_) or (type_.kind == "unknown" and name != "q")


def unify(parameter: ast.TypeName, actual: Type, bound: dict[str, Type]) -> int | None:
    """The cost of giving `actual` for the parameter; binds variables."""
    if parameter.name == "any":
        return 0
    if is_variable(parameter.name):
        known = bound.get(parameter.name)
        both = common(known, actual) if known else actual
        if both is None:
            return None
        bound[parameter.name] = both
        return 0
    if parameter.name in ("array", "map", "row"):
        return _unify_nested(parameter, actual, bound)
    if actual.kind == parameter.name or (parameter.name == "int" and actual.kind == "integer"):
        return 0
    wanted = type_of(parameter) or Type(parameter.name, (3,))
    if parameter.nested and wanted.kind in ("timestamp", "timestamptz", "time"):
        wanted = Type(parameter.name, (3,))
    if not converts(actual, wanted):
        return None
    return _distance(actual, wanted)


def _distance(actual: Type, wanted: Type) -> int:
    order = [*INTEGERS, "decimal", "real", "double"]
    if actual.kind in order and wanted.kind in order:
        return 1 + order.index(wanted.kind) - order.index(actual.kind)
    return 3 if actual.kind == "unknown" else 2


def _unify_nested(parameter: ast.TypeName, actual: Type, bound: dict[str, Type]) -> int | None:
    if actual.kind == "unknown":
        for _, inner in parameter.nested:
            unify(inner, t.UNKNOWN, bound)
        return 3
    if actual.kind != parameter.name:
        return None
    parts = [f[1] for f in actual.fields] if actual.kind == "row" else list(actual.args)
    if len(parts) != len(parameter.nested):
        return None
    costs = [unify(inner, part, bound) for (_, inner), part in zip(parameter.nested, parts, strict=True)]
    return None if None in costs else sum(c for c in costs if c is not None)


def instantiate(parameter: ast.TypeName, bound: dict[str, Type], actual: Type) -> Type:
    """The parameter's type with its variables filled in."""
    if parameter.name == "any":
        return actual
    if is_variable(parameter.name):
        return bound.get(parameter.name, actual)
    if parameter.name in ("timestamp", "timestamptz", "time", "varchar", "char") and (
        actual.kind == parameter.name and (parameter.nested or not parameter.numbers)
    ):
        return actual if parameter.name != "char" else actual
    if parameter.name in ("timestamp", "timestamptz", "time") and parameter.nested:
        return Type(parameter.name, (3,))
    if parameter.name in ("array", "map"):
        parts = list(actual.args) if actual.kind == parameter.name else [t.UNKNOWN] * len(parameter.nested)
        inner = [instantiate(p, bound, a) for (_, p), a in zip(parameter.nested, parts, strict=False)]
        return Type(parameter.name, tuple(inner))
    if parameter.name == "row":
        if actual.kind == "row":
            return actual
        return t.row([(None, instantiate(p, bound, t.UNKNOWN)) for _, p in parameter.nested])
    return type_of(parameter) or t.UNKNOWN


def children(node: ast.Node) -> Iterator[ast.Node]:
    """The nodes right below, without entering subqueries."""
    for value in vars(node).values():
        yield from _nodes_in(value)


def _nodes_in(value: object) -> Iterator[ast.Node]:
    if isinstance(value, ast.Query):
        return
    if isinstance(value, ast.Node):
        yield value
    elif isinstance(value, list | tuple):
        yield from itertools.chain.from_iterable(_nodes_in(v) for v in value)


def has_window(node: ast.Node) -> bool:
    """Whether the expression holds a window function."""
    return (isinstance(node, ast.Call) and node.over is not None) or any(has_window(c) for c in children(node))


def is_aggregate(node: ast.Node) -> bool:
    """A call of an aggregate function, not of a window."""
    if not isinstance(node, ast.Call) or node.over is not None:
        return False
    known = signatures().get(node.name)
    return node.name == "grouping" or bool(known and known[0].group == "aggregate")


def has_aggregate(node: ast.Node) -> bool:
    """Whether the expression holds an aggregate call."""
    return is_aggregate(node) or any(has_aggregate(c) for c in children(node))


RULES: dict[type, Callable] = {
    ast.Literal: Expressions.literal,
    ast.TypedLiteral: Expressions.typed_literal,
    ast.IntervalLiteral: Expressions.interval,
    ast.Parameter: Expressions.parameter,
    ast.Column: Expressions.column,
    ast.Field: Expressions.field,
    ast.Subscript: Expressions.subscript,
    ast.Unary: Expressions.unary,
    ast.Binary: Expressions.binary,
    ast.Between: Expressions.between,
    ast.InList: Expressions.in_list,
    ast.InQuery: Expressions.in_query,
    ast.Quantified: Expressions.quantified,
    ast.Like: Expressions.like,
    ast.IsNull: Expressions.is_null,
    ast.Exists: Expressions.exists,
    ast.ScalarQuery: Expressions.scalar_query,
    ast.Case: Expressions.case,
    ast.Cast: Expressions.cast,
    ast.AtTimeZone: Expressions.at_time_zone,
    ast.Extract: Expressions.extract,
    ast.RowValue: Expressions.row,
    ast.ArrayValue: Expressions.array,
    ast.Lambda: Expressions.lambda_,
    ast.Call: Expressions.call,
}
CALLS: dict[str, Callable[[Expressions, ast.Call], Typed]] = {
    **sqljson.CALLS,
    "try": Expressions.try_,
    "if": Expressions.if_,
    "coalesce": Expressions.coalesce,
    "nullif": Expressions.nullif,
    "greatest": Expressions.extreme,
    "least": Expressions.extreme,
    "typeof": Expressions.typeof,
    "grouping": Expressions.grouping,
}
