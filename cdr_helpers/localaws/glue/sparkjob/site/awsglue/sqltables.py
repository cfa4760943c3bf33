"""Tables of the Data Catalog in Spark SQL: `spark.sql("SELECT … FROM db.table")`, `spark.table("db.table")`, for jobs
with the argument `--enable-glue-datacatalog` (AWS Glue: "AWS Glue Data Catalog support for Spark SQL jobs").

Spark's own catalog gets a table when a query first names it: its rows as they are then, in a folder of the run. What
the script writes makes it forget the tables again. Statements that would change or list the catalog are refused, since
they would see Spark's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import endpoint
from .columns import quoted
from .readers import catalog_frame

ARGUMENT = "--enable-glue-datacatalog"
_COMMAND = "org.apache.spark.sql.catalyst.plans.logical.Command"
# Commands that concern nothing but the session.
_OF_THE_SESSION = (
    "SetCommand",
    "ResetCommand",
    "CreateTempViewUsing",
    "ExplainCommand",
    "CacheTable",
    "CacheTableAsSelect",
    "UncacheTable",
    "RefreshTable",
    "SetCatalogAndNamespace",
    "AddJarsCommand",
    "CreateFunctionCommand",
)
_NAME = re.compile(r"`((?:[^`]|``)*)`")
_MOST_TABLES = 200

_known: dict[tuple[str, str], Any] = {}
"""Database and table in Spark's catalog → the session that has it."""


def is_wanted(arguments: list[str]) -> bool:
    """Whether the job's arguments ask for the catalog: the argument has the value `true`, or none."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    return given.get(ARGUMENT, "false").lower() in ("true", "")


def install() -> None:
    """Teach the session about the catalog's tables."""
    from pyspark.sql import DataFrame, DataFrameReader, DataFrameWriter, SparkSession
    from pyspark.sql.catalog import Catalog

    _finds(SparkSession, "sql", lambda self: self, checked=True)
    _finds(SparkSession, "table", lambda self: self)
    _finds(DataFrameReader, "table", lambda self: self._spark)
    for kind, names in (
        (DataFrame, ("writeTo",)),
        (DataFrameWriter, ("saveAsTable", "insertInto")),
        (Catalog, ("listTables", "listDatabases", "listColumns", "createTable", "createExternalTable")),
    ):
        for name in names:
            setattr(kind, name, _refusing(f"{kind.__name__}.{name}"))
    Catalog.tableExists = _table_exists
    Catalog.databaseExists = _database_exists
    endpoint.after_writes.append(forget)


def forget() -> None:
    """Spark's catalog keeps no table; frames that were made of one still have its files."""
    for (database, table), session in _known.items():
        session._jsparkSession.sql(f"DROP TABLE IF EXISTS {quoted(database)}.{quoted(table)}")
    _known.clear()


def _refusing(what: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"{what} over the Data Catalog is not supported here; use glueContext, or boto3")

    return refuse


def _finds(kind: Any, name: str, session_of: Callable[[Any], Any], checked: bool = False) -> None:
    """A method that asks the endpoint for the tables that Spark's catalog does not have."""
    method = getattr(kind, name)

    def with_tables(self: Any, *args: Any, **named: Any) -> Any:
        from pyspark.errors import AnalysisException

        session = session_of(self)
        if checked and args and not named and len(args) == 1:
            _check(session, str(args[0]))
        for _ in range(_MOST_TABLES):
            try:
                return method(self, *args, **named)
            except AnalysisException as problem:
                if not _found(session, problem):
                    raise
        return method(self, *args, **named)

    with_tables.__name__, with_tables.__doc__ = method.__name__, method.__doc__
    setattr(kind, name, with_tables)


def _check(session: Any, statement: str) -> None:
    """Raises NotImplementedError for a statement about the catalog that is no query."""
    java = session._jvm
    try:
        plan = session._jsparkSession.sessionState().sqlParser().parsePlan(statement)
    except Exception:
        return  # Spark says itself what is wrong with it.
    kind = plan.getClass().getSimpleName()
    writes = kind in ("InsertIntoStatement", "InsertIntoDir") or java.java.lang.Class.forName(_COMMAND).isInstance(plan)
    temporary = kind == "CreateViewCommand" and "Local" in plan.viewType().toString()
    if writes and not temporary and kind not in _OF_THE_SESSION:
        raise NotImplementedError(
            f"Spark SQL reads the Data Catalog here and does not change or list it ({kind}); use glueContext, or boto3"
        )


def _found(session: Any, problem: Any) -> bool:
    """Whether the table, or the database, that a query lacks is in the Data Catalog; Spark's has it then."""
    known = problem.getErrorClass() or ""
    named = problem.getMessageParameters() or {}
    if known.startswith("SCHEMA_NOT_FOUND"):
        return _database(session, _steps(named.get("schemaName", ""))[-1])
    if not known.startswith("TABLE_OR_VIEW_NOT_FOUND"):
        return False
    steps = _steps(named.get("relationName", ""))
    database = steps[-2] if len(steps) > 1 else _current(session.catalog)
    return _table(session, database.lower(), steps[-1].lower())


def _steps(name: str) -> list[str]:
    return [step.replace("``", "`") for step in _NAME.findall(name)] or [name]


def _current(catalog: Any) -> str:
    """The current database; Spark puts an odd name into backticks."""
    return _steps(catalog.currentDatabase())[-1]


def _database(session: Any, database: str) -> bool:
    try:
        endpoint.ask("database", database=database)
    except endpoint.EndpointError as problem:
        if problem.code != "EntityNotFoundException":
            raise
        return False
    _make_database(session, database)
    return True


def _make_database(session: Any, database: str) -> None:
    """A database in Spark's catalog. Its SQL takes letters, digits and underscores alone; the catalog below, any."""
    jvm, catalog = session._jvm, _external(session)
    if not catalog.databaseExists(database):
        place = jvm.java.io.File(endpoint.new_folder()).toURI()
        nothing = jvm.org.apache.spark.api.python.PythonUtils.toScalaMap(jvm.java.util.HashMap())
        kind = jvm.org.apache.spark.sql.catalyst.catalog.CatalogDatabase
        catalog.createDatabase(kind(database, "", place, nothing), True)


def _external(session: Any) -> Any:
    return session._jsparkSession.sharedState().externalCatalog()


def _table(session: Any, database: str, table: str) -> bool:
    if (database, table) in _known:
        return False
    try:
        frame = catalog_frame(session, database, table, "", None, "")
    except endpoint.EndpointError as problem:
        if problem.code != "EntityNotFoundException":
            raise
        return False
    _make_database(session, database)
    folder = endpoint.new_folder()
    plain = f"made_{len(_known)}_{abs(hash(folder))}"
    writer = frame.write.format("parquet").option("path", f"{folder}/data")
    writer._jwrite.saveAsTable(f"{quoted(database)}.{plain}")
    _external(session).renameTable(database, plain, table)
    _known[(database, table)] = session
    return True


def _split(catalog: Any, name: str, database: str | None) -> tuple[str, str]:
    first, _, second = name.replace("`", "").rpartition(".")
    return (database or first.rpartition(".")[2] or _current(catalog)), second


def _table_exists(self: Any, tableName: str, dbName: str | None = None) -> bool:
    """Whether the Data Catalog, or the session, has a table of the name."""
    database, table = _split(self, tableName, dbName)
    if self._jcatalog.tableExists(table):
        return True
    return _there("table", database=database, table=table)


def _database_exists(self: Any, dbName: str) -> bool:
    """Whether the Data Catalog has a database of the name."""
    return _there("database", database=dbName)


def _there(do: str, **named: str) -> bool:
    try:
        endpoint.ask(do, **named)
    except endpoint.EndpointError as problem:
        if problem.code != "EntityNotFoundException":
            raise
        return False
    return True
