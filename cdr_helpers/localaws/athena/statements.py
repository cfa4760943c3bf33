"""A statement's text → what it is and how it runs. Trino's statements here, Hive's in `ddl.py` and `showing.py`.

Source: Athena user guide, "SQL reference for Athena": DML in Trino's grammar, DDL in Hive's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import persistence
from ..errors import AwsError
from ..glue import catalog as glue
from ..tables import types as t
from ..tables.types import Type
from . import ast, bucketing, ddl, queries, results, showing
from .failures import MalformedQuery, QueryFailure
from .metastore import CATALOG, view_text
from .parser import Parser, parse_expression, parse_query
from .queries import Layout, Session
from .tablekinds import is_view
from .tokens import tokenize

Run = Callable[[Session], None]


@dataclass(frozen=True)
class Statement:
    """How a statement shows in GetQueryExecution, where its result goes, and what it does."""

    type: str
    substatement: str
    run: Run
    text_result: bool = False
    described: ddl.TableName | None = None


def parse(sql: str) -> Statement:
    """The statement. Raises `MalformedQuery` when it does not parse."""
    tokens = tokenize(sql, most=4)
    words = [x.upper for x in tokens]
    for start, rule in STATEMENTS:
        if words[: len(start)] == list(start):
            return rule(sql)
    if words[0] in QUERY_STARTS:
        query = parse_query(sql)
        return Statement("DML", "SELECT", lambda s: queries.select(s, query))
    found = _hive(sql)
    if found is not None:
        return Statement(found.type, found.substatement, found.run, True, found.described)
    raise MalformedQuery(
        f"mismatched input '{tokens[0].text}'. Expecting: 'ALTER', 'CREATE', 'DEALLOCATE', 'DELETE', "
        "'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'INSERT', 'MERGE', 'PREPARE', 'SHOW', 'UNLOAD', "
        "'UPDATE', 'WITH', <query>",
        tokens[0].at,
    )


def _hive(sql: str) -> ddl.Statement | None:
    """A statement of Hive's, or None when it begins like none of them."""
    return ddl.Hive(sql).statement([*ddl.RULES, *showing.RULES])


QUERY_STARTS = ("SELECT", "WITH", "VALUES", "TABLE", "(")


class _Statements(Parser):
    """Trino's statements other than queries."""

    def properties(self) -> dict[str, Any]:
        """`WITH (name = value, …)`."""
        found: dict[str, Any] = {}
        if self.accept("WITH"):
            for key, value in self.parenthesised(self.property):
                found[key] = value
        return found

    def property(self) -> tuple[str, Any]:
        name = self.identifier().text
        self.expect("=")
        return name, _constant(self.expression())

    def create_table(self) -> Statement:
        """CREATE TABLE … AS."""
        self.expect("CREATE", "TABLE")
        absent = self.accept("IF", "NOT", "EXISTS")
        table = ast.Table(self.token.at, self.qualified())
        properties = self.properties()
        self.expect("AS")
        wrapped = self.peek("(") and not self.query_follows()
        if wrapped:
            self.fail("<query>")
        query = self.query()
        empty = self.accept("WITH", "NO", "DATA")
        if not empty:
            self.accept("WITH", "DATA")
        self.finish()
        made = _CreateTableAs(table, properties, query, absent, empty)
        return Statement("DDL", "CREATE_TABLE_AS_SELECT", made.run)

    def insert(self) -> Statement:
        """INSERT INTO."""
        self.expect("INSERT", "INTO")
        table = ast.Table(self.token.at, self.qualified())
        columns: list[str] = []
        if self.peek("(") and not self.query_follows():
            columns = self.names()
        query = self.query()
        self.finish()
        return Statement("DML", "INSERT", lambda s: _insert(s, table, columns, query))

    def unload(self) -> Statement:
        """UNLOAD (query) TO 's3://…' WITH (…)."""
        at = self.token.at
        self.expect("UNLOAD", "(")
        query = self.query()
        self.expect(")", "TO")
        if self.token.kind != "string":
            self.fail("<string>")
        location = self.advance().text[1:-1]
        properties = self.properties()
        self.finish()
        return Statement("DML", "UNLOAD", lambda s: _unload(s, query, location, properties, at))

    def create_view(self) -> Statement:
        """CREATE [OR REPLACE] VIEW."""
        self.expect("CREATE")
        replace = self.accept("OR", "REPLACE")
        self.expect("VIEW")
        table = ast.Table(self.token.at, self.qualified())
        self.expect("AS")
        start = self.token.start
        query = self.query()
        self.finish()
        text = self.sql[start:].strip().rstrip(";").strip()
        return Statement("DDL", "CREATE_VIEW", lambda s: _create_view(s, table, query, text, replace), True)

    def drop_view(self) -> Statement:
        """DROP VIEW."""
        self.expect("DROP", "VIEW")
        exists = self.accept("IF", "EXISTS")
        table = ast.Table(self.token.at, self.qualified())
        self.finish()
        return Statement("DDL", "DROP_VIEW", lambda s: _drop_view(s, table, exists), True)

    def explain(self) -> Statement:
        """EXPLAIN."""
        self.expect("EXPLAIN")
        analyze = self.accept("ANALYZE")
        if self.peek("(") and not self.query_follows():
            self.advance()
            while not self.accept(")"):
                self.advance()
        start = self.token.start
        inner = parse_query(self.sql[start:])
        return Statement("DML", "EXPLAIN", lambda s: _explain(s, inner, analyze), True)

    def prepare(self) -> Statement:
        """PREPARE name FROM statement."""
        self.expect("PREPARE")
        name = self.identifier().text
        self.expect("FROM")
        text = self.sql[self.token.start :].strip().rstrip(";")
        parse(text)
        return Statement("DDL", "PREPARE", lambda s: _prepare(s, name, text), True)

    def deallocate(self) -> Statement:
        """DEALLOCATE PREPARE name."""
        self.expect("DEALLOCATE", "PREPARE")
        name = self.identifier().text
        self.finish()
        return Statement("DDL", "DEALLOCATE", lambda s: _deallocate(s, name), True)


def _constant(node: ast.Node) -> Any:
    """The value of a property: text, number, truth or a list of texts."""
    if isinstance(node, ast.ArrayValue):
        return [_constant(i) for i in node.items]
    if isinstance(node, ast.Literal):
        if node.kind == "integer":
            return int(node.value)
        return node.value == "true" if node.kind == "boolean" else node.value
    raise QueryFailure("INVALID_TABLE_PROPERTY", "A property must be a constant", node.at)


SERDES = {form: (ddl.STORED_AS[form][0], *ddl.STORED_AS[form][1]) for form in ("ORC", "AVRO")} | {
    "PARQUET": (
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    ),
    "TEXTFILE": (
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    ),
    "JSON": (
        "org.apache.hive.hcatalog.data.JsonSerDe",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    ),
}
TABLE_PROPERTIES = {
    "format", "write_compression", "parquet_compression", "orc_compression", "partitioned_by", "external_location",
    "field_delimiter", "bucketed_by", "bucket_count", "table_type", "is_external", "null_format",
}  # fmt: skip


def layout_of(properties: dict[str, Any], default: str = "PARQUET") -> Layout:
    """How the properties of CTAS or UNLOAD want files written. Raises for unknown ones."""
    unknown = set(properties) - TABLE_PROPERTIES - {"compression", "location"}
    if unknown:
        raise QueryFailure(
            "INVALID_TABLE_PROPERTY", f"Catalog 'awsdatacatalog' table property '{min(unknown)}' does not exist"
        )
    if str(properties.get("table_type", "hive")).upper() != "HIVE":
        raise QueryFailure("NOT_SUPPORTED", f"Table type {properties['table_type']} is not supported here")
    compression = next(
        (
            properties[k]
            for k in ("write_compression", "compression", "parquet_compression", "orc_compression")
            if k in properties
        ),
        "",
    )
    bucketed_by, count = bucketing.columns_of(properties)
    return Layout(
        str(properties.get("format", default)).upper(),
        str(compression).upper(),
        tuple(k.lower() for k in properties.get("partitioned_by", [])),
        str(properties.get("field_delimiter", "\x01")).replace("\\t", "\t"),
        bucketed_by=bucketed_by,
        buckets=count,
    )


@dataclass(frozen=True)
class _CreateTableAs:
    """CTAS."""

    table: ast.Table
    properties: dict[str, Any]
    query: ast.Query
    absent: bool
    empty: bool

    def run(self, session: Session) -> None:
        """Check, write, then add the table to the catalog."""
        database, name = queries.resolved(session, self.table)
        if session.store.find(database, name):
            if self.absent:
                return
            raise QueryFailure(
                "TABLE_ALREADY_EXISTS", f"Destination table '{CATALOG}.{database}.{name}' already exists", self.table.at
            )
        compiled = session.translate(self.query)
        columns = queries.table_columns(compiled, self.query)
        if str(self.properties.get("table_type", "")).upper() == "ICEBERG":
            from .iceberg import definitions

            definitions.create_as(session, database, name, compiled, columns, self.empty, self.properties)
            return
        layout = layout_of(self.properties)
        queries.check_stored(columns)
        self.check_keys(columns, layout)
        bucketing.check(layout.bucketed_by, layout.buckets, columns[: len(columns) - len(layout.partitioned_by)])
        location = self.location(session)
        written = [] if self.empty else queries.write(session, compiled, columns, layout, location)
        queries.write_manifest(session, written, f"{session.execution.output}-manifest.csv")
        with persistence.changing("glue"):
            self.register(session, database, name, columns, layout, location, written)

    def check_keys(self, columns: list[tuple[str, Type]], layout: Layout) -> None:
        last = [n for n, _ in columns][len(columns) - len(layout.partitioned_by) :]
        if layout.partitioned_by and list(layout.partitioned_by) != last:
            raise QueryFailure(
                "HIVE_COLUMN_ORDER_MISMATCH",
                "Partition keys must be the last columns in the table and in "
                f"the same order as the table properties: [{', '.join(layout.partitioned_by)}]",
            )

    def location(self, session: Session) -> str:
        """Where the files go; it must be empty."""
        given = self.properties.get("external_location")
        if not given and session.execution.output.startswith(results.MANAGED):
            raise QueryFailure("NOT_SUPPORTED", "With managed query results a table needs an external_location")
        location = given if given else f"{session.execution.output}"
        check_empty(
            session,
            location,
            "HIVE_PATH_ALREADY_EXISTS: Target directory for table "
            f"'{'.'.join(p.text for p in self.table.parts)}' already exists: {location}. You may need to "
            "manually clean the data at location before retrying. Athena will not delete data in your account.",
        )
        return location.rstrip("/") + "/"

    def register(
        self,
        session: Session,
        database: str,
        name: str,
        columns: list[tuple[str, Type]],
        layout: Layout,
        location: str,
        written: list[queries.Written],
    ) -> None:
        keys = len(layout.partitioned_by)
        data, last = queries.hive_columns(columns), []
        if keys:
            data, last = data[:-keys], data[-keys:]
        described = descriptor(data, layout, location)
        table_input = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Owner": "hadoop",
            "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false", "classification": layout.format.lower()},
            "StorageDescriptor": described,
            "PartitionKeys": last,
        }
        glue.create_table(session.store.account, session.store.region, database, table_input)
        add_partitions(session, database, name, described, layout, location, written)


def descriptor(columns: list[dict[str, Any]], layout: Layout, location: str) -> dict[str, Any]:
    """The storage descriptor of files in a layout."""
    library, read, write = SERDES[layout.format]
    parameters = {"serialization.format": "1"}
    if layout.format == "TEXTFILE":
        parameters = {"field.delim": layout.delimiter, "serialization.format": layout.delimiter}
    return {
        "Columns": columns,
        "Location": location,
        "InputFormat": read,
        "OutputFormat": write,
        "Compressed": False,
        "NumberOfBuckets": layout.buckets or -1,
        "SerdeInfo": {"SerializationLibrary": library, "Parameters": parameters},
        "BucketColumns": list(layout.bucketed_by),
        "SortColumns": [],
        "Parameters": {},
        "StoredAsSubDirectories": False,
    }


def add_partitions(
    session: Session,
    database: str,
    name: str,
    described: dict[str, Any],
    layout: Layout,
    location: str,
    written: list[queries.Written],
) -> None:
    """Make the partitions that were written known."""
    places = {w.values: w.uri.rsplit("/", 1)[0] + "/" for w in written if w.values}
    inputs = [{"Values": list(v), "StorageDescriptor": {**described, "Location": place}} for v, place in places.items()]
    glue.create_partitions(session.store.account, session.store.region, database, name, inputs)


def check_empty(session: Session, location: str, message: str) -> None:
    """Refuse a destination that holds objects."""
    try:
        found = session.store.objects.list(location.rstrip("/") + "/")
    except AwsError as problem:
        raise QueryFailure("HIVE_FILESYSTEM_ERROR", problem.message) from None
    if found:
        name, _, text = message.partition(": ")
        raise QueryFailure(name, text)


def _insert(session: Session, table: ast.Table, names: list[str], query: ast.Query) -> None:
    """INSERT INTO: the query's columns converted to the table's, appended as new objects."""
    database, name = queries.resolved(session, table)
    info = session.store.table(CATALOG, database, name, table.at)
    if info.view is not None:
        raise QueryFailure("NOT_SUPPORTED", "Inserting into views is not supported", table.at)
    compiled = session.translate(query)
    converted = _for_table(session, compiled, info.columns, names or [n for n, _ in info.columns], table)
    if info.relation is not None:
        from .iceberg import changes

        changes.insert(session, database, name, converted)
        return
    described = info.glue["StorageDescriptor"]
    if bucketing.of_table(info.glue)[0]:
        # Athena user guide, "What is bucketing?"; the words are ours.
        raise QueryFailure(
            "NOT_SUPPORTED", f"INSERT INTO the bucketed table {database}.{name} is not supported", table.at
        )
    layout = _layout_of_table(described, tuple(info.partition_keys), info.glue.get("Parameters") or {})
    location = described["Location"]
    written = queries.write(session, converted, info.columns, layout, location)
    queries.write_manifest(session, written, f"{session.execution.output}-manifest.csv")
    with persistence.changing("glue"):
        add_partitions(session, database, name, described, layout, location, written)


def _for_table(
    session: Session, compiled: Any, columns: list[tuple[str, Type]], names: list[str], table: ast.Table
) -> Any:
    from . import casts
    from .translate import Compiled

    given = [type_ for _, type_ in compiled.columns]
    wanted = dict(columns)
    shown = f"Table: [{', '.join(t.trino_name(wanted[n]) for n in names if n in wanted)}], Query: " + (
        f"[{', '.join(t.trino_name(g) for g in given)}]"
    )
    for name in names:
        if name not in wanted:
            raise QueryFailure(
                "COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {name}", table.at
            )
    pairs = list(zip(names, given, strict=False))
    if len(names) != len(given) or any(not _fits(g, wanted[n]) for n, g in pairs):
        raise QueryFailure("TYPE_MISMATCH", f"Insert query has mismatched column types: {shown}", table.at)
    position = {n: i for i, n in enumerate(names)}
    parts = []
    for index, (name, type_) in enumerate(columns):
        sql = f"CAST(NULL AS {t.duckdb_name(type_)})"
        if name in position:
            sql = casts.cast(f"c{position[name]}", given[position[name]], type_, True) or sql
        parts.append(f"{sql} AS c{index}")
    return Compiled(f"SELECT {', '.join(parts)} FROM ({compiled.sql})", list(columns))


def _fits(given: Type, wanted: Type) -> bool:
    """Whether INSERT takes a value for a column; a double, such as the literal 1.5, goes into a real column too."""
    from .coercion import converts

    return converts(given, wanted) or (given, wanted) == (t.DOUBLE, t.REAL)


def _layout_of_table(described: dict[str, Any], keys: tuple[str, ...], parameters: dict[str, str]) -> Layout:
    library = described["SerdeInfo"].get("SerializationLibrary", "").rsplit(".", 1)[-1].lower()
    formats = {
        "parquethiveserde": "PARQUET",
        "lazysimpleserde": "TEXTFILE",
        "jsonserde": "JSON",
        "orcserde": "ORC",
        "avroserde": "AVRO",
    }
    if library not in formats:
        raise QueryFailure("NOT_SUPPORTED", f"Inserting into tables with SerDe {library} is not supported")
    from ..tables.reading import storage_of
    from ..tables.serdes.lazysimple import delimiter

    storage = storage_of(described, parameters)
    compression = next(
        (
            parameters[k]
            for k in ("write.compression", "parquet.compression", "parquet.compress", "orc.compress")
            if k in parameters
        ),
        "",
    )
    return Layout(formats[library], compression.upper(), keys, delimiter(storage))


def _unload(session: Session, query: ast.Query, location: str, properties: dict[str, Any], at: ast.Position) -> None:
    if "format" not in properties:
        raise QueryFailure("INVALID_UNLOAD_PROPERTY", "UNLOAD needs a format: WITH (format = 'PARQUET')", at)
    layout = layout_of(properties)
    check_empty(session, location, f"HIVE_PATH_ALREADY_EXISTS: Target directory for UNLOAD already exists: {location}")
    compiled = session.translate(query)
    columns = [(n or f"_col{i}", type_) for i, (n, type_) in enumerate(compiled.columns)]
    queries.check_stored(columns)
    written = queries.write(session, compiled, columns, layout, location)
    queries.write_manifest(session, written, f"{session.execution.output.removesuffix('.csv')}-manifest.csv")


def _create_view(session: Session, table: ast.Table, query: ast.Query, text: str, replace: bool) -> None:
    database, name = queries.resolved(session, table)
    old = session.store.find(database, name)
    if old and not (replace and is_view(old)):
        raise QueryFailure("TABLE_ALREADY_EXISTS", f"Table already exists: '{CATALOG}.{database}.{name}'", table.at)
    compiled = session.translate(query)
    columns = queries.table_columns(compiled, query)
    store = session.store
    table_input = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"comment": "Presto View", "presto_view": "true"},
        "PartitionKeys": [],
        "ViewOriginalText": view_text(text, (session.context[0], session.context[1]), columns),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {"Columns": queries.hive_columns(columns), "Location": "", "SerdeInfo": {}},
    }
    with persistence.changing("glue"):
        change = glue.update_table if old else glue.create_table
        change(store.account, store.region, database, table_input)


def _drop_view(session: Session, table: ast.Table, exists: bool) -> None:
    database, name = queries.resolved(session, table)
    found = session.store.find(database, name)
    if found is None:
        if exists:
            return
        raise QueryFailure("TABLE_NOT_FOUND", f"View '{CATALOG}.{database}.{name}' does not exist", table.at)
    if not is_view(found):
        raise QueryFailure(
            "TABLE_NOT_FOUND",
            f"View '{CATALOG}.{database}.{name}' does not exist, but a table with that "
            "name exists. Did you mean DROP TABLE?",
            table.at,
        )
    with persistence.changing("glue"):
        glue.delete_table(session.store.account, session.store.region, database, name)


def _explain(session: Session, query: ast.Query, analyze: bool) -> None:
    """The plan: the outputs and the tables that are read. Its form is this engine's own."""
    compiled = session.translate(query)
    shown = ", ".join(f"{n or f'_col{i}'}:{t.trino_name(type_)}" for i, (n, type_) in enumerate(compiled.columns))
    if analyze:
        session.run(f"SELECT count(*) FROM ({compiled.sql})")
    ddl.text_result(session, ["Fragment 0 [SINGLE]", f"    Output layout: [{shown}]"], "Query Plan", type_="varchar")


def _prepare(session: Session, name: str, text: str) -> None:
    session.execution.configuration["prepared"] = (name, text)
    ddl.text_result(session, [], "result")


def _deallocate(session: Session, name: str) -> None:
    session.execution.configuration["deallocated"] = name
    ddl.text_result(session, [], "result")


def _change(sql: str) -> Statement:
    from .iceberg import statements

    found = statements.parse(sql)
    return Statement("DML", found.name, found.run, found.text_result)


def _create_table(sql: str) -> Statement:
    if re.search(r"\bAS\s*(\(|SELECT\b|WITH\b|VALUES\b|TABLE\b)", sql, re.IGNORECASE):
        return _Statements(sql).create_table()
    found = _hive(sql)
    assert found is not None
    return Statement(found.type, found.substatement, found.run, True)


STATEMENTS: list[tuple[tuple[str, ...], Callable[[str], Statement]]] = [
    (("CREATE", "TABLE"), _create_table),
    (("CREATE", "OR", "REPLACE", "VIEW"), lambda sql: _Statements(sql).create_view()),
    (("CREATE", "VIEW"), lambda sql: _Statements(sql).create_view()),
    (("DROP", "VIEW"), lambda sql: _Statements(sql).drop_view()),
    (("INSERT",), lambda sql: _Statements(sql).insert()),
    (("UNLOAD",), lambda sql: _Statements(sql).unload()),
    (("EXPLAIN",), lambda sql: _Statements(sql).explain()),
    (("PREPARE",), lambda sql: _Statements(sql).prepare()),
    (("DEALLOCATE",), lambda sql: _Statements(sql).deallocate()),
    *(((word,), _change) for word in ("DELETE", "UPDATE", "MERGE", "OPTIMIZE", "VACUUM")),
]


def executed(sql: str) -> tuple[str, list[str]] | None:
    """Name and parameter texts of `EXECUTE name USING a, b`, or None for another statement."""
    if tokenize(sql, most=1)[0].upper != "EXECUTE":
        return None
    parser = Parser(sql)
    parser.expect("EXECUTE")
    name = parser.identifier().text
    texts: list[str] = []
    if parser.accept("USING"):
        while True:
            start = parser.token.start
            parser.expression()
            texts.append(sql[start : parser.token.start].strip())
            if not parser.accept(","):
                break
    parser.finish()
    return name, texts


def parameters(texts: list[str]) -> list[ast.Node]:
    """Execution parameters: each parsed as an expression, else taken as text."""
    return [_parameter(text) for text in texts]


def _parameter(text: str) -> ast.Node:
    try:
        node = parse_expression(text)
    except (MalformedQuery, QueryFailure):
        return ast.Literal((1, 1), "string", text)
    return ast.Literal((1, 1), "string", text) if isinstance(node, ast.Column) else node
