"""A query in Trino's dialect → DuckDB SQL, with names resolved in the Glue catalog and types checked by Trino's rules.

Inside the DuckDB text every relation has a made-up name (`t3`) and every column a number (`c0`), so that folding,
quoting, duplicates and hidden names are settled here and never by DuckDB. Catalog tables stay placeholders (`Scan`)
until the whole query is known: then only the partitions that its WHERE leaves are listed and read.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ..tables import types as t
from ..tables.types import Type, duckdb_name, field_name, quote, trino_name
from . import ast, casts, rules
from .coercion import common
from .expressions import Expressions, children, has_aggregate, has_window
from .failures import QueryFailure
from .scope import Scope, Typed, Visible, fail

NOT_IN_GROUP_BY = "GROUP BY clause cannot contain aggregations, window functions or grouping operations"
HIDDEN = {"$path": t.VARCHAR, "$file_size": t.BIGINT, "$file_modified_time": t.TIMESTAMP_TZ, "$bucket": t.INTEGER}


@dataclass
class TableInfo:
    """A table or view of the catalog. `partitioned` names are the last columns."""

    name: tuple[str, str, str]
    columns: list[tuple[str, Type]]
    partition_keys: list[str] = field(default_factory=list)
    glue: dict = field(default_factory=dict)
    view: ViewText | None = None
    rows: list[list[str | None]] | None = None
    relation: Callable[[Scan], str] | None = None
    """Gives the DuckDB relation of a scan where the table is not a folder of files (Iceberg)."""
    hidden: dict[str, Type] = field(default_factory=lambda: HIDDEN)


@dataclass
class ViewText:
    """What a view stores: its query and the catalog and schema it was made in."""

    sql: str
    catalog: str
    schema: str


class Catalog(Protocol):
    """Where names are looked up."""

    def table(
        self, catalog: str, schema: str, name: str, at: ast.Position, version: tuple[str, Typed] | None = None
    ) -> TableInfo:
        """The table, or an Iceberg table as of a version; raises TABLE_NOT_FOUND, SCHEMA_NOT_FOUND,
        CATALOG_NOT_FOUND."""


@dataclass
class Scan:
    """A use of a catalog table: its place in the text and what the query needs of it."""

    token: str
    alias: str
    table: TableInfo
    used: set[int] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    filters: list[str] = field(default_factory=list)
    conjuncts: list[tuple[ast.Node, Visible]] = field(default_factory=list)


@dataclass
class Compiled:
    """A query's DuckDB text, whose columns are c0, c1, …, and what they are called and hold."""

    sql: str
    columns: list[tuple[str | None, Type]]


@dataclass
class Source:
    """A relation of FROM: its DuckDB text and its columns in reach."""

    sql: str
    columns: list[Visible]


class Translator:
    """Compiles one statement's query."""

    rules = rules.RULES

    def __init__(
        self, catalog: Catalog, context: tuple[str, str], now: str, parameters: list[ast.Node] | None = None
    ) -> None:
        self.catalog = catalog
        self.context = context
        self.now = now
        self.parameters = parameters
        self.scans: list[Scan] = []
        self.names = itertools.count()
        self.ctes: list[dict[str, Compiled]] = [{}]
        self.views: list[tuple[str, str, str]] = []
        self.parameters_used = 0

    def fresh(self, prefix: str = "t") -> str:
        """A name not used yet."""
        return f"{prefix}{next(self.names)}"

    def parameter(self, node: ast.Parameter) -> ast.Node:
        """The value given for a `?`."""
        self.parameters_used = max(self.parameters_used, node.index + 1)
        if self.parameters is None or node.index >= len(self.parameters):
            given = len(self.parameters or [])
            raise QueryFailure(
                "INVALID_PARAMETER_USAGE",
                f"Incorrect number of parameters: expected {node.index + 1} but found {given}",
                node.at,
            )
        return self.parameters[node.index]

    def used(self, visible: Visible) -> None:
        """Remember that a scan's column is needed."""
        scan = visible.scan
        assert isinstance(scan, Scan)
        if visible.hidden and visible.name:
            scan.hidden.add(visible.name)
        else:
            scan.used.add(int(visible.sql.rsplit(".c", 1)[1]))

    # queries
    def query(self, node: ast.Query, parent: Scope | None = None) -> Compiled:
        """A whole query."""
        self.ctes.append(dict(self.ctes[-1]))
        try:
            withs = [self.with_query(c, node.recursive, parent) for c in node.ctes]
            compiled = self.ordered(node, parent)
        finally:
            self.ctes.pop()
        if withs:
            keyword = "WITH RECURSIVE" if node.recursive else "WITH"
            compiled.sql = f"{keyword} {', '.join(withs)} {compiled.sql}"
        return compiled

    def with_query(self, node: ast.WithQuery, recursive: bool, parent: Scope | None) -> str:
        if recursive and self.refers_to_itself(node):
            return self.recursive_query(node, parent)
        compiled = self.query(node.query, parent)
        columns = self.renamed(node, compiled)
        name = self.fresh("w")
        self.ctes[-1][node.name] = Compiled(f"SELECT * FROM {name}", columns)
        return f"{name} AS ({compiled.sql})"

    def renamed(self, node: ast.WithQuery, compiled: Compiled) -> list[tuple[str | None, Type]]:
        if node.columns and len(node.columns) != len(compiled.columns):
            fail(
                "MISMATCHED_COLUMN_ALIASES",
                f"WITH column alias list has {len(node.columns)} entries but WITH query "
                f"'{node.name}' has {len(compiled.columns)} columns",
                node,
            )
        names: list[str | None] = [*node.columns] or [n for n, _ in compiled.columns]
        return [(n, type_) for n, (_, type_) in zip(names, compiled.columns, strict=True)]

    def refers_to_itself(self, node: ast.WithQuery) -> bool:
        return isinstance(node.query.body, ast.SetOperation) and _mentions(node.query, node.name)

    def recursive_query(self, node: ast.WithQuery, parent: Scope | None) -> str:
        body = node.query.body
        assert isinstance(body, ast.SetOperation)
        anchor = self.body(body.left, parent)
        columns = self.renamed(node, anchor)
        name = self.fresh("w")
        self.ctes[-1][node.name] = Compiled(f"SELECT * FROM {name}", columns)
        step = self.body(body.right, parent)
        step_sql = self.converted(step, [type_ for _, type_ in columns], node)
        names = ", ".join(f"c{i}" for i in range(len(columns)))
        union = "UNION ALL" if body.all else "UNION"
        return f"{name}({names}) AS ({anchor.sql} {union} {step_sql})"

    def ordered(self, node: ast.Query, parent: Scope | None) -> Compiled:
        """The body with ORDER BY, OFFSET and LIMIT."""
        if isinstance(node.body, ast.Select):
            compiled, order = self.select(node.body, node.order, parent)
        else:
            compiled = self.body(node.body, parent)
            order = self.order_by_output(node.order, compiled)
            if order or node.limit or node.offset:
                compiled = Compiled(f"SELECT * FROM ({compiled.sql})", compiled.columns)
        if node.ties:
            return self.with_ties(node, compiled, order)
        sql = compiled.sql + (f" ORDER BY {order}" if order else "")
        if node.limit is not None:
            sql += f" LIMIT {self.count(node.limit)}"
        if node.offset is not None:
            sql += f" OFFSET {self.count(node.offset)}"
        return Compiled(sql, compiled.columns)

    def with_ties(self, node: ast.Query, compiled: Compiled, order: str) -> Compiled:
        assert node.limit is not None
        if not node.order:
            fail("MISSING_ORDER_BY", "FETCH FIRST WITH TIES clause requires ORDER BY", node)
        names = ", ".join(f"c{i}" for i in range(len(compiled.columns)))
        output = self.order_by_output(node.order, compiled)
        ranked = f"SELECT *, rank() OVER (ORDER BY {output}) AS ties FROM ({compiled.sql})"
        return Compiled(
            f"SELECT {names} FROM ({ranked}) WHERE ties <= {self.count(node.limit)} ORDER BY ties, {output}",
            compiled.columns,
        )

    def count(self, node: ast.Node) -> int:
        if isinstance(node, ast.Parameter):
            node = self.parameter(node)
        if not isinstance(node, ast.Literal) or node.kind != "integer":
            fail("TYPE_MISMATCH", "Row count must be an integer", node)
        return int(node.value)

    def order_by_output(self, items: list[ast.SortItem], compiled: Compiled) -> str:
        """ORDER BY over the output columns only."""
        columns = [Visible(n, type_, f"c{i}") for i, (n, type_) in enumerate(compiled.columns)]
        expressions = Expressions(self, Scope(columns))
        return ", ".join(
            expressions.sort_item(self.ordinal(item, columns) or expressions.compile(item.expression), item)
            for item in items
        )

    def ordinal(self, item: ast.SortItem, columns: list[Visible]) -> Typed | None:
        node = item.expression
        if not (isinstance(node, ast.Literal) and node.kind == "integer"):
            return None
        position = int(node.value)
        if not 1 <= position <= len(columns):
            fail("INVALID_COLUMN_REFERENCE", f"ORDER BY position {position} is not in select list", node)
        return Typed(columns[position - 1].sql, columns[position - 1].type)

    def body(self, node: ast.Body, parent: Scope | None) -> Compiled:
        """A query without its ORDER BY."""
        rule = BODIES.get(type(node))
        if rule is None:
            fail("NOT_SUPPORTED", f"{type(node).__name__} is not supported", node)
        return rule(self, node, parent)

    def table_body(self, node: ast.TableBody, parent: Scope | None) -> Compiled:
        select = ast.Select(node.at, [ast.Star(node.at)], relation=node.table)
        return self.select(select, [], parent)[0]

    def values(self, node: ast.Values, parent: Scope | None) -> Compiled:
        """VALUES: each column the common type of its rows."""
        rows = [r.items if isinstance(r, ast.RowValue) else [r] for r in node.rows]
        if len({len(r) for r in rows}) != 1:
            fail("TYPE_MISMATCH", "Values rows have mismatched sizes", node)
        expressions = Expressions(self, Scope([], parent))
        columns = [
            expressions.unified(list(column), "Values rows have mismatched types") for column in zip(*rows, strict=True)
        ]
        names = ", ".join(f"c{i}" for i in range(len(columns)))
        body = ", ".join("(" + ", ".join(c[r].sql for c in columns) + ")" for r in range(len(rows)))
        alias = self.fresh()
        casted = ", ".join(
            f"CAST({alias}.c{i} AS {duckdb_name(c[0].type)}) AS c{i}"
            if c[0].type.kind == "unknown"
            else f"{alias}.c{i}"
            for i, c in enumerate(columns)
        )
        return Compiled(
            f"SELECT {casted} FROM (VALUES {body}) AS {alias}({names})", [(None, c[0].type) for c in columns]
        )

    def set_operation(self, node: ast.SetOperation, parent: Scope | None) -> Compiled:
        """UNION, INTERSECT, EXCEPT over the common types."""
        left, right = self.body(node.left, parent), self.body(node.right, parent)
        if len(left.columns) != len(right.columns):
            fail(
                "TYPE_MISMATCH",
                f"{node.op} query has different number of fields: {len(left.columns)}, {len(right.columns)}",
                node,
            )
        types: list[Type] = []
        for index, ((_, a), (_, b)) in enumerate(zip(left.columns, right.columns, strict=True)):
            both = common(a, b)
            if both is None:
                fail(
                    "TYPE_MISMATCH",
                    f"column {index + 1} in {node.op} query has incompatible types: {trino_name(a)}, {trino_name(b)}",
                    node,
                )
            types.append(both)
        operator = f"{node.op} ALL" if node.all else node.op
        sql = f"({self.converted(left, types, node)}) {operator} ({self.converted(right, types, node)})"
        return Compiled(sql, [(n, type_) for (n, _), type_ in zip(left.columns, types, strict=True)])

    def converted(self, compiled: Compiled, types: list[Type], node: ast.Node) -> str:
        """The query with its columns converted to `types`."""
        if [type_ for _, type_ in compiled.columns] == types:
            return compiled.sql
        parts = []
        for index, ((_, source), target) in enumerate(zip(compiled.columns, types, strict=True)):
            sql = casts.cast(f"c{index}", source, target, True)
            if sql is None:
                fail(
                    "TYPE_MISMATCH",
                    f"Column {index + 1}: {trino_name(source)} does not convert to {trino_name(target)}",
                    node,
                )
            parts.append(f"{sql} AS c{index}")
        return f"SELECT {', '.join(parts)} FROM ({compiled.sql})"

    # SELECT
    def select(self, node: ast.Select, order: list[ast.SortItem], parent: Scope | None) -> tuple[Compiled, str]:
        """SELECT and the text of its ORDER BY."""
        source = self.relation(node.relation, parent) if node.relation else Source("", [])
        scope = Scope(source.columns, parent)
        plain = Expressions(self, scope, node.windows)
        where = plain.boolean(node.where, "WHERE clause").sql if node.where is not None else ""
        if node.where is not None:
            self.prune(node.where, plain)
        items = self.items(node, scope)
        keys, group = self.group(node, items, plain)
        grouped = group is not None or self.aggregates(node, items, order)
        expressions = Expressions(self, scope, node.windows, keys if grouped else None)
        expressions.allow_aggregates = True
        outputs = [(name, item if isinstance(item, Typed) else expressions.compile(item)) for name, item in items]
        having = expressions.boolean(node.having, "HAVING clause").sql if node.having is not None else ""
        if grouped and group is None and not having:
            having = "count(*) >= 0"  # one row even where typeof() leaves no aggregate in the text
        sql = self.select_text(node, source, where, group, having, outputs)
        compiled = Compiled(sql, [(n, o.type) for n, o in outputs])
        return compiled, self.order_by(node, order, outputs, expressions)

    def select_text(
        self,
        node: ast.Select,
        source: Source,
        where: str,
        group: str | None,
        having: str,
        outputs: list[tuple[str | None, Typed]],
    ) -> str:
        listed = ", ".join(
            f"{'CAST(NULL AS INTEGER)' if o.type.kind == 'unknown' and o.sql == 'NULL' else o.sql} AS c{i}"
            for i, (_, o) in enumerate(outputs)
        )
        parts = [f"SELECT {'DISTINCT ' if node.distinct else ''}{listed}"]
        for keyword, text in (("FROM", source.sql), ("WHERE", where), ("GROUP BY", group or ""), ("HAVING", having)):
            if text:
                parts.append(f"{keyword} {text}")
        return " ".join(parts)

    def aggregates(self, node: ast.Select, items: list, order: list[ast.SortItem]) -> bool:
        """Whether the select aggregates without GROUP BY."""
        nodes = [i for _, i in items if isinstance(i, ast.Node)] + [o.expression for o in order]
        return any(has_aggregate(n) for n in nodes) or node.having is not None

    def items(self, node: ast.Select, scope: Scope) -> list[tuple[str | None, ast.Node | Typed]]:
        """The select list with stars spread out."""
        found: list[tuple[str | None, ast.Node | Typed]] = []
        for item in node.items:
            if isinstance(item, ast.Star):
                found += self.star(item, scope)
            else:
                found.append((item.alias or _implied_name(item.expression), item.expression))
        return found

    def star(self, star: ast.Star, scope: Scope) -> list[tuple[str | None, ast.Node | Typed]]:
        columns: list[tuple[str | None, ast.Node | Typed]]
        if star.base is None:
            if not scope.columns:
                fail("COLUMN_NOT_FOUND", "SELECT * not allowed in queries without FROM clause", star)
            columns = [(c.name, self.read(c)) for c in scope.columns if not c.hidden]
        else:
            columns = self.qualified_star(star, scope)
        if star.aliases:
            if len(star.aliases) != len(columns):
                fail(
                    "MISMATCHED_COLUMN_ALIASES",
                    f"Column alias list has {len(star.aliases)} entries but {len(columns)} columns are available",
                    star,
                )
            columns = [(alias, item) for alias, (_, item) in zip(star.aliases, columns, strict=True)]
        return columns

    def read(self, visible: Visible) -> Typed:
        if isinstance(visible.scan, Scan):
            self.used(visible)
        return Typed(visible.sql, visible.type, [visible])

    def qualified_star(self, star: ast.Star, scope: Scope) -> list[tuple[str | None, ast.Node | Typed]]:
        base = star.base
        if isinstance(base, ast.Column):
            wanted = tuple(p.text for p in base.parts)
            found = [c for c in scope.columns if not c.hidden and c.qualifier[-len(wanted) :] == wanted]
            if found:
                return [(c.name, self.read(c)) for c in found]
            if scope.find(base.parts) is None:
                fail("TABLE_NOT_FOUND", f"Unable to resolve reference {'.'.join(wanted)}", star)
        assert base is not None
        row = Expressions(self, scope).compile(base)
        if row.type.kind != "row":
            fail("TYPE_MISMATCH", f"Unable to expand {trino_name(row.type)}", star)
        return [
            (n, Typed(f"({row.sql}).{quote(field_name(i, n))}", type_, row.refs))
            for i, (n, type_) in enumerate(row.type.fields)
        ]

    def group(
        self, node: ast.Select, items: list[tuple[str | None, ast.Node | Typed]], plain: Expressions
    ) -> tuple[set[str], str | None]:
        """The grouping expressions and the text of GROUP BY (None without one)."""
        if node.group is None:
            return set(), None
        keys: set[str] = set()
        elements: list[str] = []
        for kind, sets in node.group.elements:
            texts = []
            for one in sets:
                compiled = [self.group_key(e, items, plain) for e in one]
                keys.update(c.sql for c in compiled)
                texts.append("(" + ", ".join(c.sql for c in compiled) + ")")
            if kind == "plain":
                elements.append(texts[0] if len(sets[0]) != 1 else texts[0][1:-1])
            else:
                inner = ", ".join(texts)
                keyword = {"rollup": "ROLLUP", "cube": "CUBE", "sets": "GROUPING SETS"}[kind]
                elements.append(f"{keyword} ({inner})")
        return keys, ", ".join(elements)

    def group_key(self, node: ast.Node, items: list[tuple[str | None, ast.Node | Typed]], plain: Expressions) -> Typed:
        if isinstance(node, ast.Literal) and node.kind == "integer":
            position = int(node.value)
            if not 1 <= position <= len(items):
                fail("INVALID_COLUMN_REFERENCE", f"GROUP BY position {position} is not in select list", node)
            item = items[position - 1][1]
            if isinstance(item, Typed):
                return item
            node = item
        if has_window(node) or has_aggregate(node):
            fail("EXPRESSION_NOT_SCALAR", NOT_IN_GROUP_BY, node)
        return plain.compile(node)

    def order_by(
        self,
        node: ast.Select,
        order: list[ast.SortItem],
        outputs: list[tuple[str | None, Typed]],
        expressions: Expressions,
    ) -> str:
        """ORDER BY of a SELECT: positions, output names, then the source's columns."""
        columns = [Visible(n, o.type, f"c{i}") for i, (n, o) in enumerate(outputs)]
        texts = {o.sql: i for i, (_, o) in enumerate(outputs)}
        expressions.aliases = _aliases(outputs)
        parts = []
        for item in order:
            typed = self.ordinal(item, columns)
            if typed is None:
                typed = expressions.compile(item.expression)
                if typed.sql in texts:
                    typed = Typed(f"c{texts[typed.sql]}", typed.type)
                elif node.distinct:
                    shown = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
                    fail("EXPRESSION_NOT_IN_DISTINCT", shown, item)
            parts.append(expressions.sort_item(typed, item))
        return ", ".join(parts)

    def prune(self, where: ast.Node, plain: Expressions) -> None:
        """Hand conditions that read one table's partition columns only, or a single column of it, to its scan."""
        for conjunct in _conjuncts(where):
            if _has_subquery(conjunct):
                continue
            typed = plain.compile(conjunct)
            scans = {id(r.scan): r.scan for r in typed.refs}
            if len(scans) == 1 and all(r.partition and not r.nullable_side for r in typed.refs):
                scan = next(iter(scans.values()))
                if isinstance(scan, Scan):
                    scan.filters.append(typed.sql)
            elif len(scans) == 1 and len({r.sql for r in typed.refs}) == 1 and not typed.refs[0].nullable_side:
                scan = next(iter(scans.values()))
                if isinstance(scan, Scan):
                    scan.conjuncts.append((conjunct, typed.refs[0]))

    # relations
    def relation(self, node: ast.Relation, parent: Scope | None, left: Source | None = None) -> Source:
        """A relation of FROM; `left` are the tables that a lateral one sees."""
        return RELATIONS[type(node)](self, node, parent, left)

    def table(self, node: ast.Table, parent: Scope | None, left: Source | None) -> Source:
        parts = [p.text for p in node.parts]
        if len(parts) == 1 and parts[0] in self.ctes[-1]:
            return self.aliased_query(self.ctes[-1][parts[0]], (parts[0],))
        if len(parts) > 3:
            fail("SYNTAX_ERROR", f"Too many dots in table name: {'.'.join(parts)}", node)
        name = (*self.context[: 3 - len(parts)], *parts)
        version = None
        if node.version is not None:
            version = (node.version[0], Expressions(self, Scope([])).compile(node.version[1]))
        info = self.catalog.table(name[0], name[1], name[2], node.at, version)
        if info.view is not None:
            return self.view(info, node)
        if info.rows is not None:
            return self.literal_rows(info)
        return self.scan(info)

    def scan(self, info: TableInfo) -> Source:
        """A catalog table as a placeholder."""
        alias = self.fresh()
        # a mark that no literal of the statement can hold
        scan = Scan(f"/*scan {uuid.uuid4().hex}*/", alias, info)
        self.scans.append(scan)
        columns = [
            Visible(n, type_, f"{alias}.c{i}", info.name, scan=scan, partition=n in info.partition_keys)
            for i, (n, type_) in enumerate(info.columns)
        ]
        columns += [
            Visible(n, type_, f"{alias}.{quote(n)}", info.name, hidden=True, scan=scan)
            for n, type_ in info.hidden.items()
        ]
        return Source(f"({scan.token}) AS {alias}", columns)

    def literal_rows(self, info: TableInfo) -> Source:
        assert info.rows is not None
        names = ", ".join(f"c{i}" for i in range(len(info.columns)))
        rows = info.rows or [[None] * len(info.columns)]
        body = ", ".join("(" + ", ".join("NULL" if v is None else casts.text_literal(v) for v in r) + ")" for r in rows)
        typed = ", ".join(f"CAST(c{i} AS {duckdb_name(type_)}) AS c{i}" for i, (_, type_) in enumerate(info.columns))
        empty = "" if info.rows else " WHERE false"
        sql = f"SELECT {typed} FROM (VALUES {body}) AS v({names}){empty}"
        return self.aliased_query(Compiled(sql, list(info.columns)), info.name)

    def view(self, info: TableInfo, node: ast.Table) -> Source:
        """A view's query in the context it was made in, its columns as the catalog declares them."""
        from .parser import parse_query

        view = info.view
        assert view is not None
        if info.name in self.views:
            fail("VIEW_IS_RECURSIVE", f"Statement would create a recursive view: {'.'.join(info.name)}", node)
        outer, ctes, parameters = self.context, self.ctes, self.parameters
        self.context, self.ctes, self.parameters = (view.catalog, view.schema), [{}], None
        self.views.append(info.name)
        try:
            compiled = self.query(parse_query(view.sql))
        except QueryFailure as problem:
            raise QueryFailure(
                "INVALID_VIEW", f"Failed analyzing stored view '{'.'.join(info.name)}': {problem.reason}", node.at
            ) from None
        finally:
            self.context, self.ctes, self.parameters = outer, ctes, parameters
            self.views.pop()
        if len(compiled.columns) != len(info.columns):
            fail(
                "VIEW_IS_STALE",
                f"View '{'.'.join(info.name)}' is stale or in invalid state: stored view column count "
                f"({len(info.columns)}) does not match column count derived from the view query analysis "
                f"({len(compiled.columns)})",
                node,
            )
        sql = self.converted(compiled, [type_ for _, type_ in info.columns], node)
        return self.aliased_query(Compiled(sql, list(info.columns)), info.name)

    def aliased_query(self, compiled: Compiled, qualifier: tuple[str, ...]) -> Source:
        alias = self.fresh()
        columns = [Visible(n, type_, f"{alias}.c{i}", qualifier) for i, (n, type_) in enumerate(compiled.columns)]
        return Source(f"({compiled.sql}) AS {alias}", columns)

    def subquery(self, node: ast.Subquery, parent: Scope | None, left: Source | None) -> Source:
        if node.lateral and left:
            compiled = self.query(node.query, Scope(left.columns, parent))
            source = self.aliased_query(compiled, ())
            return Source(f"LATERAL {source.sql}", source.columns)
        return self.aliased_query(self.query(node.query, parent), ())

    def aliased(self, node: ast.Aliased, parent: Scope | None, left: Source | None) -> Source:
        source = self.relation(node.relation, parent, left)
        visible = [c for c in source.columns if not c.hidden]
        if node.columns and len(node.columns) != len(visible):
            fail(
                "MISMATCHED_COLUMN_ALIASES",
                f"Column alias list has {len(node.columns)} entries but '{node.name}' "
                f"has {len(visible)} columns available",
                node,
            )
        names = iter(node.columns)
        for column in source.columns:
            column.qualifier = (node.name,)
            if node.columns and not column.hidden:
                column.name = next(names)
        return source

    def sample(self, node: ast.Sample, parent: Scope | None, left: Source | None) -> Source:
        source = self.relation(node.relation, parent, left)
        percent = Expressions(self, Scope([])).value(node.percent, t.DOUBLE, "Sample percentage")
        inner = f"SELECT * FROM {source.sql} WHERE random() * 100 < {percent.sql}"
        alias = self.fresh()
        old = source.columns[0].sql.split(".")[0] if source.columns else ""
        for column in source.columns:
            column.sql = column.sql.replace(f"{old}.", f"{alias}.", 1)
        return Source(f"({inner}) AS {alias}", source.columns)

    def unnest(self, node: ast.Unnest, parent: Scope | None, left: Source | None) -> Source:
        """UNNEST: arrays side by side, maps as two columns, rows as their fields, shorter ones filled with NULL."""
        expressions = Expressions(self, Scope(left.columns if left else [], parent))
        lists: list[str] = []
        outputs: list[tuple[str, str | None, Type]] = []
        for item in node.items:
            typed = expressions.compile(item)
            name = f"e{len(lists)}"
            if typed.type.kind == "array":
                lists.append(typed.sql)
                outputs += _unnested_array(name, typed.type.element)
            elif typed.type.kind == "map":
                lists.append(f"map_entries({typed.sql})")
                outputs += [(f"{name}.key", None, typed.type.key), (f"{name}.value", None, typed.type.value)]
            else:
                fail("TYPE_MISMATCH", f"Cannot unnest type: {trino_name(typed.type)}", item)
        inner = ", ".join(f"unnest({sql}) AS e{i}" for i, sql in enumerate(lists))
        if node.ordinality:
            lengths = ", ".join(f"coalesce(len({sql}), 0)" for sql in lists)
            inner += f", unnest(range(1, greatest({lengths}) + 1)) AS o"
            outputs.append(("o", None, t.BIGINT))
        alias = self.fresh()
        listed = ", ".join(f"{sql} AS c{i}" for i, (sql, _, _) in enumerate(outputs))
        columns = [Visible(n, type_, f"{alias}.c{i}") for i, (_, n, type_) in enumerate(outputs)]
        return Source(f"LATERAL (SELECT {listed} FROM (SELECT {inner})) AS {alias}", columns)

    def join(self, node: ast.Join, parent: Scope | None, left: Source | None) -> Source:
        """Joins; USING columns come once and first."""
        one = self.relation(node.left, parent, left)
        two = self.relation(node.right, parent, _side_by_side(left, one))
        for column in [
            *(two.columns if node.kind in ("LEFT", "FULL") else []),
            *(one.columns if node.kind in ("RIGHT", "FULL") else []),
        ]:
            column.nullable_side = True
        both = [*one.columns, *two.columns]
        if node.kind == "CROSS":
            return Source(f"{one.sql} CROSS JOIN {_wrapped(node.right, two.sql)}", both)
        keyword = f"{node.kind} JOIN" if node.kind != "FULL" else "FULL OUTER JOIN"
        if node.using:
            return self.join_using(node, one, two, keyword)
        assert node.on is not None
        on = Expressions(self, Scope(both, parent)).boolean(node.on, "JOIN ON clause").sql
        return Source(f"{one.sql} {keyword} {_wrapped(node.right, two.sql)} ON {on}", both)

    def join_using(self, node: ast.Join, one: Source, two: Source, keyword: str) -> Source:
        conditions, merged, taken = [], [], []
        for name in node.using or []:
            sides = [self.using_column(source, name) for source in (one, two)]
            both = common(sides[0].type, sides[1].type)
            if both is None:
                fail(
                    "TYPE_MISMATCH",
                    f"Column '{name.text}' cannot be joined: {trino_name(sides[0].type)} vs "
                    f"{trino_name(sides[1].type)}",
                    name,
                )
            a, b = (casts.cast(s.sql, s.type, both, True) for s in sides)
            conditions.append(f"{a} = {b}")
            merged.append(Visible(name.text, both, f"coalesce({a}, {b})"))
            taken += sides
            for side in sides:
                self.read(side)
        rest = [c for c in [*one.columns, *two.columns] if c not in taken]
        return Source(
            f"{one.sql} {keyword} {_wrapped(node.right, two.sql)} ON {' AND '.join(conditions)}", [*merged, *rest]
        )

    def using_column(self, source: Source, name: ast.Identifier) -> Visible:
        found = [c for c in source.columns if c.name is not None and c.name.lower() == name.text]
        if not found:
            fail("COLUMN_NOT_FOUND", f"Column '{name.text}' is missing from side of join", name)
        return found[0]


def _aliases(outputs: list[tuple[str | None, Typed]]) -> dict[str, Typed]:
    """Output names and what they stand for; the first of equal names counts."""
    found: dict[str, Typed] = {}
    for name, output in outputs:
        if name is not None:
            found.setdefault(name.lower(), Typed(output.sql, output.type, output.refs))
    return found


def _wrapped(node: ast.Relation, sql: str) -> str:
    return f"({sql})" if isinstance(node, ast.Join) else sql


def _side_by_side(left: Source | None, right: Source) -> Source:
    return Source("", [*(left.columns if left else []), *right.columns])


def _unnested_array(name: str, element: Type) -> list[tuple[str, str | None, Type]]:
    if element.kind == "row":
        return [(f"{name}.{quote(field_name(i, n))}", n, type_) for i, (n, type_) in enumerate(element.fields)]
    return [(name, None, element)]


def _implied_name(node: ast.Node) -> str | None:
    if isinstance(node, ast.Column):
        return node.parts[-1].text
    return node.name.text if isinstance(node, ast.Field) else None


def _conjuncts(node: ast.Node) -> list[ast.Node]:
    if isinstance(node, ast.Binary) and node.op == "AND":
        return [*_conjuncts(node.left), *_conjuncts(node.right)]
    return [node]


def _has_subquery(node: ast.Node) -> bool:
    if isinstance(node, ast.InQuery | ast.Exists | ast.ScalarQuery | ast.Quantified):
        return True
    return any(_has_subquery(c) for c in children(node))


def _mentions(node: object, name: str) -> bool:
    if isinstance(node, ast.Table):
        return len(node.parts) == 1 and node.parts[0].text == name
    if isinstance(node, list | tuple):
        return any(_mentions(n, name) for n in node)
    return isinstance(node, ast.Node) and any(_mentions(v, name) for v in vars(node).values())


BODIES: dict[type, Callable] = {
    ast.Select: lambda self, node, parent: self.select(node, [], parent)[0],
    ast.Values: Translator.values,
    ast.SetOperation: Translator.set_operation,
    ast.TableBody: Translator.table_body,
    ast.Query: Translator.query,
}
RELATIONS: dict[type, Callable] = {
    ast.Table: Translator.table,
    ast.Subquery: Translator.subquery,
    ast.Aliased: Translator.aliased,
    ast.Sample: Translator.sample,
    ast.Unnest: Translator.unnest,
    ast.Join: Translator.join,
}
