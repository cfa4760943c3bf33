"""Expressions: every node of the tree becomes DuckDB SQL with its Spark type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from .. import sparktypes
from . import aggregates, arithmetic, functions, literals
from .scope import Scope, member
from .typing import SparkSqlError, Typed, compared, to, unified

if TYPE_CHECKING:
    from .queries import Query

Subqueries = Callable[[exp.Expr, Scope], "Query"]
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
_BITWISE: dict[type[exp.Expr], str] = {exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "^"}
GENERATORS = ("explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "stack", "json_tuple")


class Expressions:
    """The expressions of one SELECT: its scope, its named windows, and how subqueries are translated."""

    def __init__(self, scope: Scope, subqueries: Subqueries, windows: dict[str, exp.Expr] | None = None) -> None:
        self.scope = scope
        self.subqueries = subqueries
        self.windows = windows or {}
        self._lambdas = 0

    def typed(self, node: exp.Expr) -> Typed:
        """The node's translation. Raises `SparkSqlError`."""
        for kind in type(node).__mro__:
            if kind in _RULES:
                return _RULES[kind](self, node)
        raise SparkSqlError(f"{_shown(node)} is not supported here.")

    def every(self, nodes: Sequence[exp.Expr]) -> list[Typed]:
        """The translations of several nodes."""
        return [self.typed(node) for node in nodes]

    def boolean(self, node: exp.Expr) -> str:
        """A condition."""
        return to(self.typed(node), "boolean").sql

    def ordered(self, node: exp.Expr) -> str:
        """One item of a window's ORDER BY: NULLs first when ascending, as Spark has it, unless said otherwise."""
        return f"{self.typed(node.this).sql} {direction(node)}"

    # names and literals
    def _column(self, node: exp.Column) -> Typed:
        return self.scope.resolve([part.name for part in node.parts])

    def _identifier(self, node: exp.Identifier) -> Typed:
        return self.scope.resolve([node.name])

    def _dot(self, node: exp.Dot) -> Typed:
        return member(self.typed(node.this), node.expression.name)

    def _bracket(self, node: exp.Bracket) -> Typed:
        base, at = self.typed(node.this), self.typed(node.expressions[0])
        if base.kind.startswith("map<"):
            key, value = sparktypes.split_top(base.kind[4:-1])
            return Typed(f"{base.sql}[{to(at, key).sql}]", value)
        if not base.kind.startswith("array<"):
            raise SparkSqlError(f"[INVALID_EXTRACT_BASE_FIELD_TYPE] Can't extract a value from {base.kind.upper()}.")
        return Typed(f"sp_at({base.sql}, {to(at, 'int').sql})", sparktypes.element(base.kind))

    def _interval(self, node: exp.Interval) -> Typed:
        if not isinstance(node.args.get("unit"), exp.Var):
            raise SparkSqlError("an INTERVAL of several units is not supported here; add one for each unit.")
        return literals.interval(self.typed(node.this), node.args["unit"].name)

    # conditions
    def _comparison(self, node: exp.Binary) -> Typed:
        left, right = compared(self.typed(node.left), self.typed(node.right))
        return Typed(f"({left.sql} {_COMPARISONS[type(node)]} {right.sql})", "boolean")

    def _and(self, node: exp.And) -> Typed:
        return Typed(f"({self.boolean(node.left)} AND {self.boolean(node.right)})", "boolean")

    def _or(self, node: exp.Or) -> Typed:
        return Typed(f"({self.boolean(node.left)} OR {self.boolean(node.right)})", "boolean")

    def _not(self, node: exp.Not) -> Typed:
        return Typed(f"(NOT {self.boolean(node.this)})", "boolean")

    def _is(self, node: exp.Is) -> Typed:
        if isinstance(node.expression, exp.Null):
            return Typed(f"({self.typed(node.this).sql} IS NULL)", "boolean")
        value = "true" if node.expression.this else "false"
        return Typed(f"({self.boolean(node.this)} IS NOT DISTINCT FROM {value})", "boolean")

    def _between(self, node: exp.Between) -> Typed:
        value = self.typed(node.this)
        low = compared(value, self.typed(node.args["low"]))
        high = compared(value, self.typed(node.args["high"]))
        return Typed(f"({low[0].sql} >= {low[1].sql} AND {high[0].sql} <= {high[1].sql})", "boolean")

    def _in(self, node: exp.In) -> Typed:
        query = node.args.get("query")
        if query is not None:
            return self._in_query(node, query)
        values = unified([self.typed(node.this), *self.every(node.expressions)])
        return Typed(f"({values[0].sql} IN ({', '.join(one.sql for one in values[1:])}))", "boolean")

    def _in_query(self, node: exp.In, query: exp.Expr) -> Typed:
        inner = self.subqueries(query.unnest(), self.scope)
        if len(inner.columns) != 1:
            raise SparkSqlError("[DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH] IN needs a query of one column.")
        left, right = compared(self.typed(node.this), Typed("c0", inner.columns[0].kind))
        return Typed(f"({left.sql} IN (SELECT {right.sql} FROM ({inner.sql}) q))", "boolean")

    def _like(self, node: exp.Binary, escape: str = "\\") -> Typed:
        operator = "ILIKE" if isinstance(node, exp.ILike) else "LIKE"
        left, right = to(self.typed(node.this), "string"), to(self.typed(node.expression), "string")
        return Typed(f"({left.sql} {operator} {right.sql} ESCAPE {sparktypes.literal(escape)})", "boolean")

    def _escaped(self, node: exp.Escape) -> Typed:
        return self._like(node.this, node.expression.this)

    def _rlike(self, node: exp.Binary) -> Typed:
        return functions.rlike(self.every([node.this, node.expression]))

    def _exists(self, node: exp.Exists) -> Typed:
        return Typed(f"EXISTS ({self.subqueries(node.this.unnest(), self.scope).sql})", "boolean")

    def _subquery(self, node: exp.Expr) -> Typed:
        inner = self.subqueries(node.unnest(), self.scope)
        if len(inner.columns) != 1:
            raise SparkSqlError("[INVALID_SUBQUERY_EXPRESSION] A query used as a value must have one column.")
        return Typed(f"({inner.sql})", inner.columns[0].kind)

    def _case(self, node: exp.Case) -> Typed:
        base = self.typed(node.this) if node.this else None
        tests = [self._test(base, one.this) for one in node.args["ifs"]]
        default = node.args.get("default")
        nodes = [one.args["true"] for one in node.args["ifs"]] + ([default] if default is not None else [])
        values = unified(self.every(nodes))
        whens = " ".join(f"WHEN {test} THEN {value.sql}" for test, value in zip(tests, values, strict=False))
        otherwise = f" ELSE {values[-1].sql}" if default is not None else ""
        return Typed(f"CASE {whens}{otherwise} END", values[0].kind)

    def _test(self, base: Typed | None, node: exp.Expr) -> str:
        if base is None:
            return self.boolean(node)
        left, right = compared(base, self.typed(node))
        return f"{left.sql} = {right.sql}"

    # numbers, dates
    def _sum(self, node: exp.Binary) -> Typed:
        left, right = self.typed(node.left), self.typed(node.right)
        sign = "+" if isinstance(node, exp.Add) else "-"
        if literals.is_interval(right):
            return literals.moved(left, right, sign)
        if literals.is_interval(left) and sign == "+":
            return literals.moved(right, left, sign)
        return arithmetic.add(left, right, sign)

    def _negative(self, node: exp.Neg) -> Typed:
        value = self.typed(node.this)
        return Typed(f"(-{value.sql})", value.kind) if literals.is_interval(value) else arithmetic.negative(value)

    def _operation(self, node: exp.Binary) -> Typed:
        return _OPERATIONS[type(node)](self.typed(node.left), self.typed(node.right))

    def _bitwise(self, node: exp.Binary) -> Typed:
        return arithmetic.bitwise(self.typed(node.left), self.typed(node.right), _BITWISE[type(node)])

    def _bitwise_not(self, node: exp.BitwiseNot) -> Typed:
        value = self.typed(node.this)
        if value.kind not in sparktypes.INTEGRAL:
            raise SparkSqlError("data type mismatch: ~ needs a whole number.")
        return Typed(f"(~{value.sql})", value.kind)

    def _cast(self, node: exp.Cast) -> Typed:
        return to(self.typed(node.this), literals.kind_of(node.to))

    # functions
    def _trim(self, node: exp.Trim) -> Typed:
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "btrim")
        value = self.typed(node.this)
        if node.expression is None:
            return functions.call(name, [value])
        cut = self.typed(node.expression)
        return functions.call(name, [value, cut] if name == "btrim" else [cut, value])

    def _substring(self, node: exp.Substring) -> Typed:
        given = [node.this, node.args.get("start"), node.args.get("length")]
        return functions.call("substring", self.every([one for one in given if one is not None]))

    def _position(self, node: exp.StrPosition) -> Typed:
        return functions.call("position", self.every([node.args["substr"], node.this]))

    def _extract(self, node: exp.Extract) -> Typed:
        return functions.part_of(node.this.name, self.typed(node.expression))

    def _function(self, node: exp.Anonymous) -> Typed:
        name = str(node.this).lower()
        if name in aggregates.AGGREGATES:
            return self.aggregate(node).typed()
        if name in aggregates.WINDOW_ONLY:
            raise SparkSqlError(f"[MISSING_WINDOW_SPECIFICATION] The function {name} needs OVER.")
        if name in GENERATORS:
            raise SparkSqlError(f"[UNSUPPORTED_GENERATOR] {name} may stand in the select list or in LATERAL VIEW only.")
        if any(isinstance(one, exp.Lambda) for one in node.expressions):
            return self._higher_order(name, node)
        return functions.call(name, self.every(node.expressions))

    def aggregate(self, node: exp.Expr, over: bool = False) -> aggregates.Aggregate:
        """An aggregate or window function without its FILTER and OVER."""
        if isinstance(node, exp.IgnoreNulls):
            node.this.append("expressions", exp.Boolean(this=True))
            node = node.this
        if not isinstance(node, exp.Anonymous):
            raise SparkSqlError(f"{_shown(node)} is not supported here.")
        name, given = str(node.this).lower(), list(node.expressions)
        distinct = bool(given) and isinstance(given[0], exp.Distinct)
        given = list(given[0].expressions) if distinct else given
        if name == "count" and len(given) == 1 and isinstance(given[0], exp.Star):
            return aggregates.Aggregate("count(*)", "bigint")
        args = self.every(given)
        return aggregates.window(name, args, distinct) if over else aggregates.aggregate(name, args, distinct)

    def _ignoring(self, node: exp.IgnoreNulls) -> Typed:
        return self.aggregate(node).typed()

    def _filtered(self, node: exp.Filter) -> Typed:
        return self.aggregate(node.this).typed(self.boolean(node.expression.this))

    def _window(self, node: exp.Window) -> Typed:
        inner, where = node.this, ""
        if isinstance(inner, exp.Filter):
            where, inner = self.boolean(inner.expression.this), inner.this
        return self.aggregate(inner, over=True).typed(where, f" OVER ({self._over(node)})")

    def _over(self, node: exp.Window) -> str:
        alias = node.args.get("alias")
        if alias is not None:
            if alias.name.lower() not in self.windows:
                raise SparkSqlError(f"[MISSING_WINDOW_SPECIFICATION] There is no window named {alias.name}.")
            node = self.windows[alias.name.lower()]  # type: ignore[assignment]
        parts = []
        if node.args.get("partition_by"):
            parts.append("PARTITION BY " + ", ".join(one.sql for one in self.every(node.args["partition_by"])))
        if node.args.get("order"):
            parts.append("ORDER BY " + ", ".join(self.ordered(one) for one in node.args["order"].expressions))
        if node.args.get("spec"):
            parts.append(_frame(node.args["spec"]))
        return " ".join(parts)

    def _higher_order(self, name: str, node: exp.Anonymous) -> Typed:
        if name not in ("transform", "filter", "exists", "forall") or len(node.expressions) != 2:
            raise SparkSqlError(f"the function {name} with a lambda is not supported here.")
        values = self.typed(node.expressions[0])
        if not values.kind.startswith("array<"):
            raise SparkSqlError(f"data type mismatch: {name} needs an array, not {values.kind.upper()}.")
        body, variable = self._lambda(node.expressions[1], sparktypes.element(values.kind))
        if name == "transform":
            return Typed(f"list_transform({values.sql}, lambda {variable}: {body.sql})", f"array<{body.kind}>")
        test = to(body, "boolean").sql
        kept = f"list_filter({values.sql}, lambda {variable}: {test if name != 'forall' else f'NOT ({test})'})"
        if name == "filter":
            return Typed(kept, values.kind)
        return Typed(f"(len({kept}) {'> 0' if name == 'exists' else '= 0'})", "boolean")

    def _lambda(self, node: exp.Expr, kind: str) -> tuple[Typed, str]:
        if len(node.expressions) != 1:
            raise SparkSqlError("a lambda with several parameters is not supported here.")
        self._lambdas += 1
        variable, name = f"v{self._lambdas}", node.expressions[0].name.lower()
        before = dict(self.scope.lambdas)
        self.scope.lambdas[name] = Typed(variable, kind)
        try:
            return self.typed(node.this), variable
        finally:
            self.scope.lambdas = before


def direction(node: exp.Expr) -> str:
    """ASC or DESC and where NULLs stand."""
    descending = bool(node.args.get("desc"))
    first = node.args.get("nulls_first")
    first = not descending if first is None else first
    return f"{'DESC' if descending else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"


def _frame(spec: exp.WindowSpec) -> str:
    start = _bound(spec.args.get("start"), spec.args.get("start_side"))
    end = _bound(spec.args.get("end"), spec.args.get("end_side")) if spec.args.get("end") else "CURRENT ROW"
    return f"{str(spec.args['kind']).upper()} BETWEEN {start} AND {end}"


def _bound(value: Any, side: Any) -> str:
    if isinstance(value, exp.Literal) and not value.is_string:
        return f"{value.this} {str(side).upper()}"
    if isinstance(value, str):
        return f"{value.upper()} {str(side).upper()}" if value.upper() == "UNBOUNDED" else "CURRENT ROW"
    raise SparkSqlError("a window frame that is not counted in rows is not supported here.")


def _shown(node: exp.Expr) -> str:
    return node.sql(dialect="spark")[:60]


_OPERATIONS: dict[type[exp.Expr], Callable[[Typed, Typed], Typed]] = {
    exp.Mul: arithmetic.multiply,
    exp.Div: arithmetic.divide,
    exp.IntDiv: arithmetic.whole_quotient,
    exp.Mod: arithmetic.remainder,
}
_RULES: dict[type, Callable[[Expressions, Any], Typed]] = {
    exp.Literal: lambda self, node: literals.plain(node),
    exp.RawString: lambda self, node: Typed(sparktypes.literal(node.this), "string", node.this),
    exp.Boolean: lambda self, node: Typed("true" if node.this else "false", "boolean"),
    exp.Null: lambda self, node: Typed("NULL", "void"),
    exp.Paren: lambda self, node: self.typed(node.this),
    exp.Alias: lambda self, node: self.typed(node.this),
    exp.Column: Expressions._column,
    exp.Identifier: Expressions._identifier,
    exp.Dot: Expressions._dot,
    exp.Bracket: Expressions._bracket,
    exp.Interval: Expressions._interval,
    **dict.fromkeys(_COMPARISONS, Expressions._comparison),
    exp.And: Expressions._and,
    exp.Or: Expressions._or,
    exp.Not: Expressions._not,
    exp.Is: Expressions._is,
    exp.Between: Expressions._between,
    exp.In: Expressions._in,
    exp.Like: Expressions._like,
    exp.ILike: Expressions._like,
    exp.Escape: Expressions._escaped,
    exp.RegexpLike: Expressions._rlike,
    exp.Exists: Expressions._exists,
    exp.Subquery: Expressions._subquery,
    exp.Case: Expressions._case,
    exp.Add: Expressions._sum,
    exp.Sub: Expressions._sum,
    exp.Neg: Expressions._negative,
    **dict.fromkeys(_OPERATIONS, Expressions._operation),
    **dict.fromkeys(_BITWISE, Expressions._bitwise),
    exp.BitwiseNot: Expressions._bitwise_not,
    exp.DPipe: lambda self, node: functions.call("concat", self.every([node.left, node.right])),
    exp.Cast: Expressions._cast,
    exp.Trim: Expressions._trim,
    exp.Substring: Expressions._substring,
    exp.StrPosition: Expressions._position,
    exp.Extract: Expressions._extract,
    exp.CurrentDate: lambda self, node: functions.call("current_date", []),
    exp.CurrentTimestamp: lambda self, node: functions.call("current_timestamp", []),
    exp.IgnoreNulls: Expressions._ignoring,
    exp.Filter: Expressions._filtered,
    exp.Window: Expressions._window,
    exp.Anonymous: Expressions._function,
}
