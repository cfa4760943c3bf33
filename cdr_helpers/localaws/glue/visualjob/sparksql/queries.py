"""SELECT, joins, set operations and CTEs as DuckDB queries whose columns are `c0, c1 …`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from ..frames import Column
from . import columnnames, lateral
from .expressions import Expressions, direction
from .scope import Relation, Scope, Visible
from .typing import SparkSqlError, Typed, to, unified

_SELECT_PARTS = {
    *("expressions", "from_", "joins", "laterals", "where", "group", "having", "order", "limit", "offset", "distinct"),
    *("with_", "windows", "hint", "kind", "operation_modifiers"),
    # The order within a part of the result, and how rows are spread over parts, change no row.
    *("sort", "distribute", "cluster"),
}
_SET_OPERATIONS: dict[type[exp.Expr], str] = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}
_JOINS = {
    "": "JOIN",
    "INNER": "JOIN",
    "CROSS": "CROSS JOIN",
    "LEFT": "LEFT JOIN",
    "RIGHT": "RIGHT JOIN",
    "FULL": "FULL JOIN",
    "SEMI": "SEMI JOIN",
    "ANTI": "ANTI JOIN",
}


@dataclass(frozen=True)
class Query:
    """A DuckDB query and what its columns `c0, c1 …` are."""

    sql: str
    columns: tuple[Column, ...]


@dataclass
class Tables:
    """The tables that a query can read, by lower-case name, and how many aliases are in use."""

    known: dict[str, Query]
    used: list[int] = field(default_factory=lambda: [0])

    def alias(self) -> str:
        """An alias that nothing uses yet."""
        self.used[0] += 1
        return f"t{self.used[0]}"

    def find(self, table: exp.Table) -> Query:
        """A table by name. Raises `SparkSqlError`."""
        name = table.name.lower()
        if table.args.get("db") is not None or name not in self.known:
            shown = ".".join(f"`{part.name}`" for part in table.parts)
            raise SparkSqlError(f"[TABLE_OR_VIEW_NOT_FOUND] The table or view {shown} cannot be found.")
        return self.known[name]

    def with_one(self, name: str, query: Query) -> Tables:
        """These tables and one more."""
        return Tables(self.known | {name.lower(): query}, self.used)


def translate(node: exp.Expr, tables: Tables, parent: Scope | None = None) -> Query:
    """A whole query. Raises `SparkSqlError`."""
    tables = _with(node, tables)
    if isinstance(node, exp.Subquery):
        return _limited(node, translate(node.this, tables, parent))
    if isinstance(node, exp.Values):
        return _values(node, tables)
    if type(node) in _SET_OPERATIONS:
        return _set_operation(node, tables, parent)
    if isinstance(node, exp.Select):
        return Select(node, tables, parent).query()
    raise SparkSqlError(f"[PARSE_SYNTAX_ERROR] Syntax error at or near '{node.sql(dialect='spark')[:40]}'.")


def _with(node: exp.Expr, tables: Tables) -> Tables:
    found = node.args.get("with_")
    if found is None:
        return tables
    if found.args.get("recursive"):
        raise SparkSqlError("WITH RECURSIVE is not supported here.")
    for one in found.expressions:
        inner = translate(one.this, tables)
        tables = tables.with_one(one.alias, _renamed(inner, _names(one.args.get("alias"))))
    return tables


def _names(alias: exp.Expr | None) -> list[str]:
    return [one.name for one in (alias.args.get("columns") or [])] if alias is not None else []


def _renamed(query: Query, names: list[str]) -> Query:
    if not names:
        return query
    if len(names) != len(query.columns):
        raise SparkSqlError(f"[ASSIGNMENT_ARITY_MISMATCH] {len(names)} names for {len(query.columns)} columns.")
    return Query(query.sql, tuple(replace(one, name=name) for one, name in zip(query.columns, names, strict=True)))


def _values(node: exp.Values, tables: Tables) -> Query:
    rows = [list(one.expressions) if isinstance(one, exp.Tuple) else [one] for one in node.expressions]
    expressions = Expressions(Scope(), lambda inner, scope: translate(inner, tables, scope))
    columns = [unified(expressions.every(column)) for column in zip(*rows, strict=True)]
    listed = ", ".join(f"({', '.join(column[at].sql for column in columns)})" for at in range(len(rows)))
    heads = ", ".join(f"c{at}" for at in range(len(columns)))
    kinds = tuple(Column(f"col{at + 1}", column[0].kind) for at, column in enumerate(columns))
    return _renamed(Query(f"SELECT * FROM (VALUES {listed}) v({heads})", kinds), _names(node.args.get("alias")))


def _set_operation(node: exp.Expr, tables: Tables, parent: Scope | None) -> Query:
    if node.args.get("by_name"):
        raise SparkSqlError("UNION BY NAME is not supported here.")
    sides = [translate(side, tables, parent) for side in (node.args["this"], node.args["expression"])]
    if len(sides[0].columns) != len(sides[1].columns):
        raise SparkSqlError("[NUM_COLUMNS_MISMATCH] Both sides of a set operation need the same number of columns.")
    pairs = zip(sides[0].columns, sides[1].columns, strict=True)
    kinds = [unified([Typed("", one.kind), Typed("", other.kind)])[0].kind for one, other in pairs]
    word = _SET_OPERATIONS[type(node)] + ("" if node.args.get("distinct") else " ALL")
    sql = f" {word} ".join(f"({_as_kinds(side, kinds)})" for side in sides)
    columns = tuple(Column(one.name, kind) for one, kind in zip(sides[0].columns, kinds, strict=True))
    return _limited(node, Query(sql, columns))


def _as_kinds(query: Query, kinds: list[str]) -> str:
    cast = [
        to(Typed(f"c{at}", one.kind), kind).sql for at, (one, kind) in enumerate(zip(query.columns, kinds, strict=True))
    ]
    return f"SELECT {', '.join(f'{sql} AS c{at}' for at, sql in enumerate(cast))} FROM ({query.sql}) q"


def _limited(node: exp.Expr, query: Query) -> Query:
    """ORDER BY, LIMIT and OFFSET around a finished query: they see its columns only."""
    if not any(node.args.get(part) for part in ("order", "limit", "offset")):
        return query
    scope = Scope([Relation("", tuple(Visible(one.name, Typed(f"c{at}", one.kind)) for at, one in _all(query)))])
    expressions = Expressions(scope, _no_subquery)
    order = [f"{_ordinal(one, query) or expressions.typed(one.this).sql} {direction(one)}" for one in _order(node)]
    return Query(f"SELECT * FROM ({query.sql}) q{_tail(node, order)}", query.columns)


def _no_subquery(node: exp.Expr, scope: Scope) -> Query:
    raise SparkSqlError("a subquery in ORDER BY is not supported here.")


def _all(query: Query) -> list[tuple[int, Column]]:
    return list(enumerate(query.columns))


def _order(node: exp.Expr) -> list[exp.Expr]:
    found = node.args.get("order")
    return list(found.expressions) if found is not None else []


def _ordinal(one: exp.Expr, query: Query) -> str:
    at = one.this
    if isinstance(at, exp.Literal) and not at.is_string:
        return _position(at, len(query.columns), "ORDER BY")
    return ""


def _position(node: exp.Literal, columns: int, where: str) -> str:
    if not 1 <= int(node.this) <= columns:
        raise SparkSqlError(
            f"[{where.replace(' ', '_')}_POS_OUT_OF_RANGE] {where} position {node.this} is out of range."
        )
    return str(int(node.this))


def _tail(node: exp.Expr, order: list[str]) -> str:
    sql = f" ORDER BY {', '.join(order)}" if order else ""
    for word, part in (("LIMIT", "limit"), ("OFFSET", "offset")):
        found = node.args.get(part)
        if found is not None:
            if not (isinstance(found.expression, exp.Literal) and found.expression.this.isdigit()):
                raise SparkSqlError(f"a {word} that is no whole number is not supported here.")
            sql += f" {word} {found.expression.this}"
    return sql


@dataclass(frozen=True)
class Item:
    """One output column: its name, its expression, the node it came from."""

    name: str
    typed: Typed
    node: exp.Expr | None = None


class Select:
    """One SELECT."""

    def __init__(self, node: exp.Select, tables: Tables, parent: Scope | None) -> None:
        unknown = [part for part, value in node.args.items() if value and part not in _SELECT_PARTS]
        if unknown:
            raise SparkSqlError(f"{unknown[0].strip('_').upper()} is not supported here.")
        self.node, self.tables = node, tables
        self.scope = Scope(parent=parent)
        windows = {one.name.lower(): one for one in node.args.get("windows") or []}
        self.expressions = Expressions(self.scope, self._subquery, windows)

    def _subquery(self, node: exp.Expr, scope: Scope) -> Query:
        return translate(node, self.tables, scope)

    def query(self) -> Query:
        """The translation."""
        source = self._source()
        where = self.node.args.get("where")
        condition = f" WHERE {self.expressions.boolean(where.this)}" if where is not None else ""
        items = self._items()
        group = self._group(items)
        having = self.node.args.get("having")
        kept = f" HAVING {self.expressions.boolean(having.this)}" if having is not None else ""
        order = [f"{self._sort_key(one.this, items)} {direction(one)}" for one in _order(self.node)]
        listed = ", ".join(f"{item.typed.sql} AS c{at}" for at, item in enumerate(items))
        distinct = "DISTINCT " if self.node.args.get("distinct") else ""
        sql = f"SELECT {distinct}{listed}{source}{condition}{group}{kept}{_tail(self.node, order)}"
        return Query(sql, tuple(Column(item.name, item.typed.kind) for item in items))

    # FROM
    def _source(self) -> str:
        found = self.node.args.get("from_")
        if found is None:
            return ""
        sql = f" FROM {self._relation(found.this)}"
        for join in [*(found.this.args.get("joins") or []), *(self.node.args.get("joins") or [])]:
            sql += self._join(join)
        for view in self.node.args.get("laterals") or []:
            sql += self._lateral(view)
        return sql

    def _relation(self, node: exp.Expr) -> str:
        for part in ("pivots", "sample", "when", "version", "laterals"):
            if node.args.get(part):
                raise SparkSqlError(f"{part.removesuffix('s').upper()} is not supported here.")
        if isinstance(node, exp.Table):
            query = self._table(node)
        elif isinstance(node, (exp.Subquery, exp.Values)):
            query = translate(node, self.tables)
        else:
            raise SparkSqlError(f"{node.sql(dialect='spark')[:40]} in FROM is not supported here.")
        query = _renamed(query, _names(node.args.get("alias")) if not isinstance(node, exp.Values) else [])
        return self._add(query, node.alias_or_name)

    def _table(self, node: exp.Table) -> Query:
        if not isinstance(node.this, exp.Identifier):
            raise SparkSqlError(f"the table function {node.sql(dialect='spark')[:40]} is not supported here.")
        return self.tables.find(node)

    def _add(self, query: Query, name: str) -> str:
        alias = self.tables.alias()
        columns = tuple(Visible(one.name, Typed(f"{alias}.c{at}", one.kind)) for at, one in _all(query))
        self.scope.relations.append(Relation(name, columns))
        return f"({query.sql}) {alias}"

    def _join(self, join: exp.Join) -> str:
        side, kind = str(join.args.get("side") or "").upper(), str(join.args.get("kind") or "").upper()
        name = kind if kind in ("SEMI", "ANTI", "CROSS") else side or kind
        if name not in _JOINS or (side == "RIGHT" and kind in ("SEMI", "ANTI")):
            raise SparkSqlError(f"{side} {kind} JOIN is not supported here.")
        before = len(self.scope.relations)
        right = self._relation(join.this)
        shared = self._shared(join, before)
        if shared:
            test = self._equal(shared, before, name)
        else:
            on = join.args.get("on")
            test = self.expressions.boolean(on) if on is not None else ""
        if name in ("SEMI", "ANTI"):
            del self.scope.relations[before:]
        word = _JOINS[name] if test or name == "CROSS" else "CROSS JOIN"
        return f" {word} {right}" + (f" ON {test}" if test else "")

    def _shared(self, join: exp.Join, before: int) -> list[str]:
        if join.args.get("using"):
            return [one.name for one in join.args["using"]]
        if str(join.args.get("method") or "").upper() != "NATURAL":
            return []
        left = {column.name.lower() for one in self.scope.relations[:before] for column in one.columns}
        return [column.name for column in self.scope.relations[before].columns if column.name.lower() in left]

    def _equal(self, names: list[str], before: int, kind: str) -> str:
        """The condition of USING: its columns become one, and come first."""
        left, right = Scope(self.scope.relations[:before]), Scope(self.scope.relations[before:])
        pairs = [(name, left.resolve([name]), right.resolve([name])) for name in names]
        merged = tuple(Visible(name, _merged(one, other, kind)) for name, one, other in pairs)
        hidden = [replace(one, hidden=(*one.hidden, *_own(one, names))) for one in self.scope.relations]
        if kind not in ("SEMI", "ANTI"):
            self.scope.relations[:] = [Relation("", merged), *hidden]
        tests = [unified([one, other]) for _, one, other in pairs]
        return " AND ".join(f"{one.sql} = {other.sql}" for one, other in tests)

    def _lateral(self, view: exp.Lateral) -> str:
        alias = view.args.get("alias")
        made = lateral.view(self.expressions, view)
        columns = tuple(Column(name, kind) for name, kind in made.columns)
        query = _renamed(Query(made.sql, columns), _names(alias))
        return f" CROSS JOIN LATERAL {self._add(query, alias.name if alias is not None else '')}"

    # SELECT
    def _items(self) -> list[Item]:
        items: list[Item] = []
        for node in self.node.expressions:
            items.extend(self._stars(node) if _is_star(node) else [self._item(node)])
        if sum(item.node is not None and lateral.is_generator(item.node) for item in items) > 1:
            raise SparkSqlError(
                "[UNSUPPORTED_GENERATOR.MULTI_GENERATOR] Only one generator may stand in a select list."
            )
        if not items:
            raise SparkSqlError("[PARSE_SYNTAX_ERROR] Syntax error: SELECT needs columns.")
        return items

    def _item(self, node: exp.Expr) -> Item:
        name = columnnames.of(node)
        typed = lateral.inline(self.expressions, node) if lateral.is_generator(node) else self.expressions.typed(node)
        if isinstance(node, exp.Alias):
            self.scope.aliases[name.lower()] = typed
        return Item(name, typed, node)

    def _stars(self, node: exp.Expr) -> list[Item]:
        star = node.this if isinstance(node, exp.Column) else node
        table = node.table.lower() if isinstance(node, exp.Column) else None
        relations = [one for one in self.scope.relations if table is None or one.alias.lower() == table]
        if not relations:
            raise SparkSqlError("[CANNOT_RESOLVE_STAR_EXPAND] There is nothing that * stands for.")
        dropped = {one.name.lower() for one in star.args.get("except_") or []}
        return [
            Item(column.name, column.typed)
            for one in relations
            for column in one.columns
            if column.name.lower() not in dropped and (table is not None or column.name not in one.hidden)
        ]

    # GROUP BY, ORDER BY
    def _group(self, items: list[Item]) -> str:
        group = self.node.args.get("group")
        if group is None:
            return ""
        if group.args.get("all"):
            return " GROUP BY ALL"
        keys = [self._key(one, items) for one in group.expressions if not isinstance(one, exp.GroupingSets)]
        parts = [", ".join(keys)] if keys else []
        sets = [one for one in group.expressions if isinstance(one, exp.GroupingSets)]
        for word, nodes in (("ROLLUP", group.args.get("rollup")), ("CUBE", group.args.get("cube"))):
            for one in nodes or []:
                inner = [self._key(each, items) for each in one.expressions]
                parts = [*parts, f"{word} ({', '.join(inner)})"] if inner else [f"{word} ({', '.join(keys)})"]
        for one in [*sets, *(group.args.get("grouping_sets") or [])]:
            shown = ", ".join(f"({', '.join(self._set(each, items))})" for each in one.expressions)
            parts = [f"GROUPING SETS ({shown})"]
        return f" GROUP BY {', '.join(parts)}"

    def _set(self, node: exp.Expr, items: list[Item]) -> list[str]:
        inner = node.expressions if isinstance(node, exp.Tuple) else [node.unnest()]
        return [self._key(one, items) for one in inner]

    def _key(self, node: exp.Expr, items: list[Item]) -> str:
        if isinstance(node, exp.Literal) and not node.is_string:
            return items[int(_position(node, len(items), "GROUP BY")) - 1].typed.sql
        return self.expressions.typed(node).sql

    def _sort_key(self, node: exp.Expr, items: list[Item]) -> str:
        """An output column's position where the name or number means one, else the expression."""
        if isinstance(node, exp.Literal) and not node.is_string:
            return _position(node, len(items), "ORDER BY")
        if isinstance(node, exp.Column) and len(node.parts) == 1:
            named = [at for at, item in enumerate(items) if item.name.lower() == node.name.lower()]
            if named:
                return str(named[0] + 1)
        return self.expressions.typed(node).sql


def _own(relation: Relation, names: Sequence[str]) -> list[str]:
    folded = {name.lower() for name in names}
    return [column.name for column in relation.columns if column.name.lower() in folded]


def _merged(left: Typed, right: Typed, kind: str) -> Typed:
    if kind == "FULL":
        one, other = unified([left, right])
        return Typed(f"COALESCE({one.sql}, {other.sql})", one.kind)
    return right if kind == "RIGHT" else left


def _is_star(node: Any) -> bool:
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))
