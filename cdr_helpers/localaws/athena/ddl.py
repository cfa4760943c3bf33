"""Hive's statements that change something: databases, tables, partitions. Names are quoted with back quotes.

Source: Athena user guide, "DDL statements"; texts of errors as measured on the service.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from .. import persistence
from ..errors import AwsError
from ..glue import catalog as glue
from ..tables.types import hive_name, parse_hive
from .failures import MalformedQuery, QueryFailure
from .metastore import CATALOG
from .results import PRECISIONS, ResultColumn
from .tablekinds import is_iceberg
from .tokens import Token, tokenize

DDL_FAILED = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "


@dataclass(frozen=True)
class Statement:
    """A Hive statement."""

    type: str
    substatement: str
    run: Callable[[Any], None]
    described: TableName | None = None


def text_result(session: Any, lines: list[str], *names: str, type_: str = "string") -> None:
    """Store lines as the statement's result. With several names each line is still one value, its parts tabbed."""
    execution = session.execution
    execution.columns = [ResultColumn(name, type_, PRECISIONS.get(type_, 0)) for name in names] if lines else []
    session.put(execution.output, "\n".join(lines).encode(), "text/plain")
    session.put(execution.output + ".metadata", b"")


def done(session: Any) -> None:
    """A statement without rows."""
    text_result(session, [], "result")


def ddl_failure(message: str) -> QueryFailure:
    """A failed Hive statement."""
    return QueryFailure("", DDL_FAILED + message)


@dataclass
class TableName:
    """A table as written: database or None, and name."""

    database: str | None
    name: str

    def resolve(self, session: Any) -> tuple[str, str]:
        """Database and table."""
        return self.database or session.context[1], self.name


@dataclass
class TableText:
    """What CREATE EXTERNAL TABLE says."""

    name: TableName
    absent: bool = False
    columns: list[dict[str, str]] = field(default_factory=list)
    keys: list[dict[str, str]] = field(default_factory=list)
    transforms: list[str] = field(default_factory=list)
    """What an Iceberg table is partitioned by: columns or `day(column)`."""
    comment: str = ""
    serde: str = ""
    serde_parameters: dict[str, str] = field(default_factory=dict)
    stored_as: str = ""
    """TEXTFILE where the statement does not say."""
    formats: tuple[str, str] | None = None
    location: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    bucketed_by: list[str] = field(default_factory=list)
    buckets: int = -1


LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
TEXT_FORMATS = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
JSON_FORMATS = (TEXT_FORMATS[0], "org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat")
PARQUET_FORMATS = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
)
ORC_FORMATS = ("org.apache.hadoop.hive.ql.io.orc.OrcInputFormat", "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat")
AVRO_FORMATS = (
    "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
    "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
)
# STORED AS → (SerDe unless one is named, input and output format)
STORED_AS: dict[str, tuple[str, tuple[str, str]]] = {
    "TEXTFILE": (LAZY, TEXT_FORMATS),
    "PARQUET": ("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", PARQUET_FORMATS),
    "JSONFILE": ("org.apache.hive.hcatalog.data.JsonSerDe", JSON_FORMATS),
    "ORC": ("org.apache.hadoop.hive.ql.io.orc.OrcSerde", ORC_FORMATS),
    "AVRO": ("org.apache.hadoop.hive.serde2.avro.AvroSerDe", AVRO_FORMATS),
}
MOST_BUCKETS = 100_000
DELIMITERS = {
    ("FIELDS", "TERMINATED", "BY"): "field.delim",
    ("ESCAPED", "BY"): "escape.delim",
    ("COLLECTION", "ITEMS", "TERMINATED", "BY"): "collection.delim",
    ("MAP", "KEYS", "TERMINATED", "BY"): "mapkey.delim",
    ("LINES", "TERMINATED", "BY"): "line.delim",
    ("NULL", "DEFINED", "AS"): "serialization.null.format",
}


class Hive:
    """Reads the words of one Hive statement."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = tokenize(sql, hive=True)
        self.at = 0

    @property
    def token(self) -> Token:
        """The next word."""
        return self.tokens[self.at]

    def refusal(self, expecting: str = "") -> MalformedQuery:
        """The error at the next word."""
        wanted = f" expecting {expecting}" if expecting else ""
        return MalformedQuery(f"mismatched input '{self.token.text}'{wanted}", self.token.at)

    def fail(self, expecting: str = "") -> NoReturn:
        """Refuse the next word."""
        raise self.refusal(expecting)

    def advance(self) -> Token:
        """Take the next word."""
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *words: str) -> bool:
        """Take the words if they come next."""
        ahead = self.tokens[self.at : self.at + len(words)]
        if [x.upper for x in ahead] == list(words):
            self.at += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Take the words or refuse."""
        for word in words:
            if not self.accept(word):
                self.fail(f"'{word}'")

    def finish(self) -> None:
        """Nothing may follow."""
        self.accept(";")
        if self.token.kind != "end":
            self.fail("<EOF>")

    def name(self, double_quotes: bool = False) -> str:
        """A name, plain or in back quotes; double quotes only where the statement is Trino's."""
        token = self.token
        if token.kind == "backquoted" or (double_quotes and token.kind == "quoted"):
            self.advance()
            return token.text[1:-1].lower()
        if token.kind in ("name", "badname"):
            self.advance()
            return token.text.lower()
        raise self.refusal("an identifier")

    def string(self) -> str:
        """A quoted text."""
        if self.token.kind not in ("string", "quoted"):
            self.fail("a string")
        return _unescaped(self.advance().text)

    def table_name(self, double_quotes: bool = False) -> TableName:
        """`database.table`, or with the catalog before it."""
        parts = [self.name(double_quotes)]
        while self.accept("."):
            parts.append(self.name(double_quotes))
        if len(parts) == 3 and parts[0] == CATALOG:
            parts = parts[1:]
        if len(parts) > 2:
            self.fail()
        return TableName(parts[0] if len(parts) == 2 else None, parts[-1])

    def statement(self, rules: list[tuple[tuple[str, ...], Callable[[Hive], Statement]]]) -> Statement | None:
        """The statement by the first rule whose words it begins with."""
        for words, rule in rules:
            if self.accept(*words):
                return rule(self)
        return None

    def if_exists(self) -> bool:
        """IF EXISTS."""
        return self.accept("IF", "EXISTS")

    def properties(self) -> dict[str, str]:
        """`('key' = 'value', …)`."""
        self.expect("(")
        found: dict[str, str] = {}
        while True:
            key = self.string()
            self.expect("=")
            found[key] = self.string() if self.token.kind in ("string", "quoted") else self.advance().text
            if not self.accept(","):
                break
        self.expect(")")
        return found

    # databases
    def create_database(self) -> Statement:
        """CREATE DATABASE."""
        absent = self.accept("IF", "NOT", "EXISTS")
        given: dict[str, Any] = {"Name": self.name()}
        if self.accept("COMMENT"):
            given["Description"] = self.string()
        if self.accept("LOCATION"):
            given["LocationUri"] = self.string()
        if self.accept("WITH", "DBPROPERTIES"):
            given["Parameters"] = self.properties()
        self.finish()
        return Statement("DDL", "CREATE_DATABASE", lambda s: _create_database(s, given, absent))

    def drop_database(self) -> Statement:
        """DROP DATABASE."""
        exists = self.if_exists()
        name = self.name()
        cascade = self.accept("CASCADE")
        self.accept("RESTRICT")
        self.finish()
        return Statement("DDL", "DROP_DATABASE", lambda s: _drop_database(s, name, exists, cascade))

    # tables
    def create_table(self) -> Statement:
        """CREATE EXTERNAL TABLE."""
        table = TableText(TableName(None, ""))
        table.absent = self.accept("IF", "NOT", "EXISTS")
        table.name = self.table_name()
        if self.accept("("):
            table.columns = self.columns()
        self.clauses(table)
        self.finish()
        return Statement("DDL", "CREATE_TABLE", lambda s: _create_table(s, table))

    def columns(self) -> list[dict[str, str]]:
        """`name type COMMENT 'text', …)`."""
        found = []
        while True:
            column = {"Name": self.name(), "Type": self.type_text()}
            if self.accept("COMMENT"):
                column["Comment"] = self.string()
            found.append(column)
            if not self.accept(","):
                break
        self.expect(")")
        return found

    def type_text(self) -> str:
        """A Hive type, as its text."""
        token = self.token
        start, depth = token.start, 0
        end = start
        while self.token.kind != "end":
            text = self.token.text
            closing = depth == 0 and self.at > 0 and (text in (",", ")") or (end > start and text not in "<("))
            if closing:
                break
            depth += text.count("<") + text.count("(") - text.count(">") - text.count(")")
            end = self.token.start + len(text)
            self.advance()
        written = self.sql[start:end]
        try:
            return hive_name(parse_hive(written.replace("`", "")))
        except ValueError:
            raise MalformedQuery(f"mismatched input '{token.text}' expecting a type", token.at) from None

    def clauses(self, table: TableText) -> None:
        """Everything after the columns, in any order."""
        while self.token.kind != "end" and not self.accept(";"):
            for words, rule in CLAUSES:
                if self.accept(*words):
                    rule(self, table)
                    break
            else:
                self.fail("<EOF>")

    def row_format(self, table: TableText) -> None:
        """ROW FORMAT DELIMITED | SERDE."""
        if self.accept("SERDE"):
            table.serde = self.string()
            if self.accept("WITH", "SERDEPROPERTIES"):
                table.serde_parameters = self.properties()
            return
        self.expect("DELIMITED")
        while True:
            for words, key in DELIMITERS.items():
                if self.accept(*words):
                    table.serde_parameters[key] = self.string()
                    break
            else:
                break
        if "field.delim" in table.serde_parameters:
            table.serde_parameters["serialization.format"] = table.serde_parameters["field.delim"]

    def stored_as(self, table: TableText) -> None:
        """STORED AS."""
        if self.accept("INPUTFORMAT"):
            read = self.string()
            self.expect("OUTPUTFORMAT")
            table.formats = (read, self.string())
            return
        token = self.advance()
        if token.upper not in STORED_AS:
            raise MalformedQuery(f"Unrecognized file format in STORED AS clause: '{token.text}'", token.at)
        table.stored_as = token.upper

    def partitioned_by(self, table: TableText) -> None:
        """PARTITIONED BY (name type, …), or (name, transform(name), …) of an Iceberg table."""
        self.expect("(")
        start = self.at
        try:
            table.keys = self.columns()
        except MalformedQuery:
            self.at = start
            table.transforms = self.transforms()

    def transforms(self) -> list[str]:
        """`name, bucket(16, name), …)`."""
        found, depth, text = [], 0, ""
        while depth >= 0:
            token = self.advance()
            if token.kind == "end":
                self.fail("')'")
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth < 0 or (depth == 0 and token.text == ","):
                found.append(text)
                text = ""
            else:
                text += token.text
        return found

    def clustered_by(self, table: TableText) -> None:
        """CLUSTERED BY (name, …) INTO n BUCKETS."""
        self.expect("(")
        table.bucketed_by.append(self.name())
        while self.accept(","):
            table.bucketed_by.append(self.name())
        self.expect(")")
        self.expect("INTO")
        token = self.advance()
        if not token.text.isdecimal() or not 1 <= int(token.text) <= MOST_BUCKETS:
            raise MalformedQuery(
                f"mismatched input '{token.text}' expecting a number of buckets from 1 to {MOST_BUCKETS:,}", token.at
            )
        table.buckets = int(token.text)
        self.expect("BUCKETS")

    def drop_table(self) -> Statement:
        """DROP TABLE."""
        exists = self.if_exists()
        table = self.table_name()
        self.accept("PURGE")
        self.finish()
        return Statement("DDL", "DROP_TABLE", lambda s: _drop_table(s, table, exists))

    def alter_table(self) -> Statement:
        """ALTER TABLE."""
        table = self.table_name()
        partition = self.partition() if self.accept("PARTITION") else None
        for words, rule in ALTERATIONS:
            if self.accept(*words):
                kind, run = rule(self, table, partition)
                self.finish()
                return Statement("DDL", kind, run)
        raise self.refusal()

    def partition(self) -> dict[str, str]:
        """`(key = value, …)`."""
        self.expect("(")
        found: dict[str, str] = {}
        while True:
            key = self.name()
            self.expect("=")
            found[key] = self.string() if self.token.kind in ("string", "quoted") else self.advance().text
            if not self.accept(","):
                break
        self.expect(")")
        return found

    def add_partitions(self, table: TableName) -> tuple[str, Callable[[Any], None]]:
        """ADD PARTITION (…) LOCATION '…'."""
        absent = self.accept("IF", "NOT", "EXISTS")
        added: list[tuple[dict[str, str], str]] = []
        while self.accept("PARTITION"):
            values = self.partition()
            added.append((values, self.string() if self.accept("LOCATION") else ""))
            self.accept(",")
        if not added:
            self.fail("PARTITION")
        return "ALTER_TABLE_ADD_PARTITION", lambda s: _add_partitions(s, table, added, absent)

    def drop_partitions(self, table: TableName) -> tuple[str, Callable[[Any], None]]:
        """DROP PARTITION (…)."""
        exists = self.if_exists()
        dropped = []
        while self.accept("PARTITION"):
            dropped.append(self.partition())
            self.accept(",")
        if not dropped:
            self.fail("PARTITION")
        return "ALTER_TABLE_DROP_PARTITION", lambda s: _drop_partitions(s, table, dropped, exists)

    # SHOW
    def like(self) -> str | None:
        """LIKE 'pattern' or just 'pattern'."""
        self.accept("LIKE")
        found = self.string() if self.token.kind in ("string", "quoted") else None
        self.finish()
        return found

    def in_database(self) -> str | None:
        """IN database."""
        return self.name() if self.accept("IN") or self.accept("FROM") else None


_SQUASHED = re.compile(r"\s*\n\s*|\s{2,}")


def _unescaped(text: str) -> str:
    """The text meant; Athena keeps line ends and runs of spaces in a text of DDL as one space."""
    body = _SQUASHED.sub(" ", text[1:-1].replace(text[0] * 2, text[0]))
    escapes = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
    body = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda m: chr(int(m.group(1), 16)), body)
    body = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), body)
    return re.sub(r"\\(.)", lambda m: escapes.get(m.group(1), m.group(1)), body)


# what they do
def _create_database(session: Any, given: dict[str, Any], absent: bool) -> None:
    store = session.store
    if store.has_database(given["Name"]):
        if not absent:
            raise ddl_failure(f"Database {given['Name']} already exists")
        return done(session)
    with persistence.changing("glue"):
        glue.create_database(store.account, store.region, given)
    return done(session)


def _drop_database(session: Any, name: str, exists: bool, cascade: bool) -> None:
    store = session.store
    if not store.has_database(name):
        if not exists:
            raise ddl_failure(f"Database does not exist: {name}")
        return done(session)
    if store.tables(name) and not cascade:
        raise ddl_failure(f"InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)")
    with persistence.changing("glue"):
        glue.delete_database(store.account, store.region, name)
    return done(session)


def _create_table(session: Any, table: TableText) -> None:
    database, name = table.name.resolve(session)
    store = session.store
    require_database(session, database)
    if store.find(database, name):
        if not table.absent:
            raise ddl_failure(f"AlreadyExistsException(message:Table {name} already exists.)")
        return done(session)
    if not re.match(r"s3[an]?://[^/]+", table.location):
        raise QueryFailure(
            "", "FAILED: ParseException: no LOCATION of an S3 path is given; an external table needs one"
        )
    if table.properties.get("table_type", "").upper() == "ICEBERG":
        _create_iceberg(session, database, name, table)
        return done(session)
    absent = [each for each in table.bucketed_by if each not in [column["Name"] for column in table.columns]]
    if absent:
        raise QueryFailure("", f"FAILED: SemanticException [Error 10002]: Invalid column reference {absent[0]}")
    if table.transforms:
        raise QueryFailure("", f"FAILED: ParseException: partition key {table.transforms[0]} has no type")
    with persistence.changing("glue"):
        glue.create_table(store.account, store.region, database, _table_input(name, table))
    return done(session)


def _create_iceberg(session: Any, database: str, name: str, table: TableText) -> None:
    if table.keys:
        raise QueryFailure(
            "", "FAILED: ParseException: an Iceberg table is PARTITIONED BY columns of its own, written without a type"
        )
    definitions = iceberg_definitions()
    definitions.create(session, database, name, table.columns, table.transforms, table.location, table.properties)


def iceberg_definitions() -> Any:
    """Loaded when an Iceberg table is met: pyiceberg takes a second to import."""
    from .iceberg import definitions

    return definitions


def _table_input(name: str, table: TableText) -> dict[str, Any]:
    serde, formats = STORED_AS[table.stored_as or "TEXTFILE"]
    if not table.stored_as and table.serde.rsplit(".", 1)[-1] == "JsonSerDe":
        formats = JSON_FORMATS
    read, write = table.formats or formats
    parameters = table.serde_parameters or {"serialization.format": "1"}
    return {
        "Name": name,
        "Owner": "hadoop",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **({"comment": table.comment} if table.comment else {}), **table.properties},
        "PartitionKeys": table.keys,
        "StorageDescriptor": {
            "Columns": table.columns,
            "Location": table.location.rstrip("/") if table.location.count("/") > 3 else table.location,
            "InputFormat": read,
            "OutputFormat": write,
            "Compressed": False,
            "NumberOfBuckets": table.buckets,
            "SerdeInfo": {"SerializationLibrary": table.serde or serde, "Parameters": parameters},
            "BucketColumns": table.bucketed_by,
            "SortColumns": [],
            "Parameters": {},
            "StoredAsSubDirectories": False,
        },
    }


def require_database(session: Any, name: str) -> None:
    """Raises Hive's error when there is no such database."""
    if not session.store.has_database(name):
        raise ddl_failure(f"SemanticException [Error 10072]: Database does not exist: {name}")


def require_table(session: Any, table: TableName) -> tuple[str, dict[str, Any]]:
    """The database and the table as GetTable gives it. Raises Hive's error when it is not there."""
    database, name = table.resolve(session)
    found = session.store.find(database, name)
    if found is None:
        raise QueryFailure("", f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
    return database, found


def _drop_table(session: Any, table: TableName, exists: bool) -> None:
    database, name = table.resolve(session)
    found = session.store.find(database, name)
    if found is None:
        if not exists:
            raise QueryFailure("", f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
        return done(session)
    if is_iceberg(found):
        iceberg_definitions().drop(session, database, name)
        return done(session)
    with persistence.changing("glue"):
        glue.delete_table(session.store.account, session.store.region, database, name)
    return done(session)


KEPT = (
    "Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "ViewOriginalText",
    "ViewExpandedText", "TableType", "Parameters", "TargetTable",
)  # fmt: skip


def _change_table(
    session: Any,
    table: TableName,
    change: Callable[[dict[str, Any]], None],
    of_iceberg: Callable[[], Any] | None = None,
) -> None:
    """Change what the catalog has of a table; `of_iceberg` gives the change of an Iceberg table's metadata."""
    database, found = require_table(session, table)
    if is_iceberg(found):
        if of_iceberg is None:
            raise QueryFailure("NOT_SUPPORTED", f"This is not supported for Iceberg table {database}.{found['Name']}")
        iceberg_definitions().alter(session, database, found["Name"], of_iceberg())
        done(session)
        return
    table_input = {k: v for k, v in found.items() if k in KEPT}
    table_input["StorageDescriptor"] = dict(table_input["StorageDescriptor"])
    table_input["Parameters"] = dict(table_input.get("Parameters") or {})
    change(table_input)
    with persistence.changing("glue"):
        glue.update_table(session.store.account, session.store.region, database, table_input)
    done(session)


def _set_properties(parser: Hive, table: TableName, _: Any) -> tuple[str, Callable[[Any], None]]:
    given = parser.properties()
    return "ALTER_TABLE_SET_TBLPROPERTIES", lambda s: _change_table(
        s, table, lambda x: x["Parameters"].update(given), lambda: iceberg_definitions().set_properties(given)
    )


def _unset_properties(parser: Hive, table: TableName, _: Any) -> tuple[str, Callable[[Any], None]]:
    parser.if_exists()
    parser.expect("(")
    names = [parser.string()]
    while parser.accept(","):
        names.append(parser.string())
    parser.expect(")")

    def change(x: dict[str, Any]) -> None:
        for name in names:
            x["Parameters"].pop(name, None)

    return "ALTER_TABLE_UNSET_TBLPROPERTIES", lambda s: _change_table(
        s, table, change, lambda: iceberg_definitions().unset_properties(names)
    )


def _set_location(
    parser: Hive, table: TableName, partition: dict[str, str] | None
) -> tuple[str, Callable[[Any], None]]:
    location = parser.string()
    if partition:
        return "ALTER_TABLE_SET_LOCATION", lambda s: _move_partition(s, table, partition, location)
    return "ALTER_TABLE_SET_LOCATION", lambda s: _change_table(
        s, table, lambda x: x["StorageDescriptor"].__setitem__("Location", location)
    )


def _move_partition(session: Any, table: TableName, partition: dict[str, str], location: str) -> None:
    database, found = require_table(session, table)
    values = _key_values(found, partition)
    _drop_partitions_of(session, database, found, [values], False)
    _create_partitions(session, database, found, [(values, location)], False)
    done(session)


def _add_columns(parser: Hive, table: TableName, _: Any) -> tuple[str, Callable[[Any], None]]:
    parser.expect("(")
    added = parser.columns()

    def change(x: dict[str, Any]) -> None:
        known = {c["Name"] for c in (*x["StorageDescriptor"]["Columns"], *(x.get("PartitionKeys") or []))}
        for column in added:
            if column["Name"] in known:
                raise ddl_failure(f"Duplicate column name: {column['Name']}")
        x["StorageDescriptor"]["Columns"] = [*x["StorageDescriptor"]["Columns"], *added]

    return "ALTER_TABLE_ADD_COLUMNS", lambda s: _change_table(
        s, table, change, lambda: iceberg_definitions().add_columns(added)
    )


def _drop_column(parser: Hive, table: TableName, _: Any) -> tuple[str, Callable[[Any], None]]:
    name = parser.name()

    def refuse(x: dict[str, Any]) -> None:
        raise QueryFailure("NOT_SUPPORTED", f"DROP COLUMN is for Iceberg tables; REPLACE COLUMNS leaves {name} out")

    return "ALTER_TABLE_DROP_COLUMN", lambda s: _change_table(
        s, table, refuse, lambda: iceberg_definitions().drop_column(name)
    )


def _change_column(parser: Hive, table: TableName, _: Any) -> tuple[str, Callable[[Any], None]]:
    old = parser.name()
    column = {"Name": parser.name(), "Type": parser.type_text()}
    if parser.accept("COMMENT"):
        column["Comment"] = parser.string()
    place = None
    if parser.accept("FIRST"):
        place = ("FIRST", "")
    elif parser.accept("AFTER"):
        place = ("AFTER", parser.name())

    def change(x: dict[str, Any]) -> None:
        columns = [dict(c) for c in x["StorageDescriptor"]["Columns"]]
        found = next((c for c in columns if c["Name"] == old), None)
        if found is None:
            raise ddl_failure(f"Invalid column reference {old}")
        found.update(column)
        if place is not None:
            columns.remove(found)
            names = [c["Name"] for c in columns]
            if place[0] == "AFTER" and place[1] not in names:
                raise ddl_failure(f"Invalid column reference {place[1]}")
            columns.insert(0 if place[0] == "FIRST" else names.index(place[1]) + 1, found)
        x["StorageDescriptor"]["Columns"] = columns

    return "ALTER_TABLE_CHANGE_COLUMN", lambda s: _change_table(
        s, table, change, lambda: iceberg_definitions().change_column(old, column, place)
    )


def _rename_table(parser: Hive, table: TableName, _: Any) -> tuple[str, Callable[[Any], None]]:
    new = parser.table_name()

    def run(session: Any) -> None:
        database, found = require_table(session, table)
        if not is_iceberg(found):
            raise QueryFailure("NOT_SUPPORTED", "ALTER TABLE RENAME is for Iceberg tables")
        iceberg_definitions().rename(session, database, found["Name"], new.name)
        done(session)

    return "ALTER_TABLE_RENAME", run


def _replace_columns(parser: Hive, table: TableName, _: Any) -> tuple[str, Callable[[Any], None]]:
    parser.expect("(")
    columns = parser.columns()
    return "ALTER_TABLE_REPLACE_COLUMNS", lambda s: _change_table(
        s,
        table,
        lambda x: x["StorageDescriptor"].__setitem__("Columns", columns),
        lambda: iceberg_definitions().replace_columns(columns),
    )


def _rename_partition(parser: Hive, table: TableName, old: dict[str, str] | None) -> tuple[str, Callable[[Any], None]]:
    new = parser.partition()

    def run(session: Any) -> None:
        database, found = require_table(session, table)
        values = _key_values(found, old or {})
        kept = [p for p in session.store.partitions(database, found["Name"]) if p["Values"] == values]
        if not kept:
            raise QueryFailure("", f"FAILED: SemanticException [Error 10006]: Partition not found {old}")
        place = kept[0]["StorageDescriptor"]["Location"]
        _drop_partitions_of(session, database, found, [values], False)
        _create_partitions(session, database, found, [(_key_values(found, new), place)], False)
        done(session)

    return "ALTER_TABLE_RENAME_PARTITION", run


def _key_values(found: dict[str, Any], given: dict[str, str]) -> list[str]:
    names = [k["Name"].lower() for k in found.get("PartitionKeys") or []]
    if sorted(names) != sorted(given):
        raise QueryFailure(
            "", f"FAILED: SemanticException partition spec {given} doesn't contain all ({len(names)}) partition columns"
        )
    return [given[n] for n in names]


def _add_partitions(session: Any, table: TableName, added: list[tuple[dict[str, str], str]], absent: bool) -> None:
    database, found = require_table(session, table)
    base = found["StorageDescriptor"]["Location"].rstrip("/")
    places = []
    for given, location in added:
        values = _key_values(found, given)
        names = [k["Name"] for k in found["PartitionKeys"]]
        default = "/".join([base, *(f"{n}={v}" for n, v in zip(names, values, strict=True))]) + "/"
        places.append((values, location or default))
    _create_partitions(session, database, found, places, absent)
    done(session)


def _create_partitions(
    session: Any, database: str, found: dict[str, Any], places: list[tuple[list[str], str]], absent: bool
) -> None:
    store = session.store
    known = [p["Values"] for p in store.partitions(database, found["Name"])]
    if not absent and any(v in known for v, _ in places):
        raise ddl_failure("AlreadyExistsException(message:Partition already exists.)")
    inputs = [
        {"Values": v, "StorageDescriptor": {**found["StorageDescriptor"], "Location": place}} for v, place in places
    ]
    with persistence.changing("glue"):
        glue.create_partitions(store.account, store.region, database, found["Name"], inputs)


def _drop_partitions(session: Any, table: TableName, dropped: list[dict[str, str]], exists: bool) -> None:
    database, found = require_table(session, table)
    _drop_partitions_of(session, database, found, [_key_values(found, d) for d in dropped], exists)
    done(session)


def _drop_partitions_of(
    session: Any, database: str, found: dict[str, Any], values: list[list[str]], exists: bool
) -> None:
    store = session.store
    known = [p["Values"] for p in store.partitions(database, found["Name"])]
    missing = [v for v in values if v not in known]
    if missing and not exists:
        raise QueryFailure("", f"FAILED: SemanticException [Error 10006]: Partition not found {missing[0]}")
    with persistence.changing("glue"):
        glue.delete_partitions(store.account, store.region, database, found["Name"], [v for v in values if v in known])


def _repair(session: Any, table: TableName) -> None:
    """MSCK REPAIR TABLE: every `key=value` folder below the location becomes a partition."""
    database, found = require_table(session, table)
    names = [k["Name"].lower() for k in found.get("PartitionKeys") or []]
    if not names:
        raise ddl_failure(f"{database}.{found['Name']} is not partitioned")
    base = found["StorageDescriptor"]["Location"].rstrip("/") + "/"
    known = [p["Values"] for p in session.store.partitions(database, found["Name"])]
    places: dict[tuple[str, ...], str] = {}
    try:
        listed = session.store.objects.list(base)
    except AwsError as problem:
        raise ddl_failure(problem.message) from None
    for stored in listed:
        folders = stored.uri.removeprefix(base).split("/")[: len(names)]
        pairs = [f.partition("=") for f in folders]
        if len(pairs) == len(names) and [p[0].lower() for p in pairs] == names and all(p[1] for p in pairs):
            from urllib.parse import unquote

            places[tuple(unquote(p[2]) for p in pairs)] = base + "/".join(folders) + "/"
    new = [(list(v), p) for v, p in places.items() if list(v) not in known]
    _create_partitions(session, database, found, new, True)
    added = [
        f"{found['Name']}:" + "/".join(f"{n}={v}" for n, v in zip(names, values, strict=True)) for values, _ in new
    ]
    lines = [f"Partitions not in metastore:\t{chr(9).join(added)}"] if added else []
    lines += [f"Repair: Added partition to metastore {a}" for a in added]
    text_result(session, lines, "result")


def _msck(parser: Hive) -> Statement:
    table = parser.table_name()
    parser.finish()
    return Statement("DDL", "MSCK_REPAIR_TABLE", lambda s: _repair(s, table))


Clause = Callable[[Hive, TableText], None]
CLAUSES: list[tuple[tuple[str, ...], Clause]] = [
    (("COMMENT",), lambda p, x: setattr(x, "comment", p.string())),
    (("PARTITIONED", "BY"), Hive.partitioned_by),
    (("CLUSTERED", "BY"), Hive.clustered_by),
    (("ROW", "FORMAT"), Hive.row_format),
    (("STORED", "AS"), Hive.stored_as),
    (("LOCATION",), lambda p, x: setattr(x, "location", p.string())),
    (("WITH", "SERDEPROPERTIES"), lambda p, x: x.serde_parameters.update(p.properties())),
    (("TBLPROPERTIES",), lambda p, x: setattr(x, "properties", p.properties())),
]
Alteration = Callable[[Hive, TableName, Any], tuple[str, Callable[[Any], None]]]
ALTERATIONS: list[tuple[tuple[str, ...], Alteration]] = [
    (("ADD", "COLUMNS"), _add_columns),
    (("DROP", "COLUMN"), _drop_column),
    (("CHANGE", "COLUMN"), _change_column),
    (("CHANGE",), _change_column),
    (("UNSET", "TBLPROPERTIES"), _unset_properties),
    (("REPLACE", "COLUMNS"), _replace_columns),
    (("ADD",), lambda p, x, _: p.add_partitions(x)),
    (("DROP",), lambda p, x, _: p.drop_partitions(x)),
    (("SET", "TBLPROPERTIES"), _set_properties),
    (("SET", "LOCATION"), _set_location),
    (("RENAME", "TO", "PARTITION"), _rename_partition),
    (("RENAME", "TO"), _rename_table),
]
RULES: list[tuple[tuple[str, ...], Callable[[Hive], Statement]]] = [
    (("CREATE", "DATABASE"), Hive.create_database),
    (("CREATE", "SCHEMA"), Hive.create_database),
    (("DROP", "DATABASE"), Hive.drop_database),
    (("DROP", "SCHEMA"), Hive.drop_database),
    (("CREATE", "EXTERNAL", "TABLE"), Hive.create_table),
    (("CREATE", "TABLE"), Hive.create_table),
    (("DROP", "TABLE"), Hive.drop_table),
    (("ALTER", "TABLE"), Hive.alter_table),
    (("MSCK", "REPAIR", "TABLE"), _msck),
]
