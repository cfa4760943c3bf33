"""A visual job's run: nodes become DuckDB relations, targets become files, files become objects, then the catalog.

Nothing is put into S3 or the catalog before every target has been written to the scratch folder, so a run that fails
leaves nothing behind.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from ... import home
from ...errors import AwsError
from ...iam.roles import RoleSession
from ...s3.access import ObjectAccess
from .. import catalog
from . import casts, publishing, sparktypes, writing
from .bookmarks import Reader, Seen
from .frames import Column, Frame, NodeFailed, Output, Term, selection
from .graph import Graph
from .nodes.base import Node
from .nodes.s3target import Destination, positions
from .quality.results import Evaluation
from .reading import Files
from .sparkconnection import SparkConnection

LONGEST_TEXT = 32_000
"""Characters of a relation that stands where it is used; a longer one becomes a view, or a graph of many joins would
write it again and again."""


@dataclass(frozen=True)
class Way:
    """How text is read: bytes that are no UTF-8 replaced or not, numbers read by what files look like or not."""

    repair: bool = False
    guess: bool = True


class Again(Exception):
    """The work has to begin again, in another way."""

    def __init__(self, way: Way) -> None:
        super().__init__(way)
        self.way = way


@dataclass(frozen=True)
class Place:
    """The account and region of a run, its job, its id, and the role it runs under."""

    account: str
    region: str
    job: str
    run_id: str
    session: RoleSession


@dataclass
class Outcome:
    """What a run did: rows and objects written, bytes read, and what its bookmark has seen."""

    rows: int = 0
    objects: int = 0
    read_bytes: int = 0
    seen: Seen | None = None


@dataclass
class Run:
    """What nodes work with."""

    place: Place
    connection: SparkConnection
    files: Files
    scratch: Path
    moment: int
    outputs: list[publishing.Output] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    late: list[NodeFailed] = field(default_factory=list)
    rows: int = 0
    _views: int = 0

    def select(
        self,
        terms: Sequence[Term],
        source: Frame | str,
        where: str = "",
        distinct: bool = False,
        grouped: str = "",
    ) -> Frame:
        """A frame of `terms` over another frame, or over a FROM clause; `grouped` is a GROUP BY clause."""
        origin = source.sql if isinstance(source, Frame) else source
        condition = f" WHERE {where}" if where else ""
        if distinct or grouped:
            terms = [replace(term, cell=None) for term in terms]
        listed = selection(terms) or "NULL::INTEGER AS c0"
        sql = f"SELECT {'DISTINCT ' if distinct else ''}{listed} FROM {origin}{condition}{grouped}"
        columns = tuple(Column(term.name, term.kind) for term in terms)
        # Text where it is short, and no view: DuckDB looks at all of a view's text when it is made and at each use.
        frame = Frame(f"({sql})", columns) if len(sql) < LONGEST_TEXT else self.view(sql, columns)
        return replace(frame, cells=frozenset(at for at, term in enumerate(terms) if term.text))

    def view(self, sql: str, columns: Sequence[Column]) -> Frame:
        """A frame over a query whose columns are `c0 …`."""
        name = self._named()
        self.connection.execute(f"CREATE TEMP VIEW {name} AS {sql}")
        return Frame(name, tuple(columns))

    def settled(self, frame: Frame) -> Frame:
        """The frame with its rows computed once and kept, for values that would differ each time."""
        name = self._named()
        self.connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {frame.sql}")
        return Frame(name, frame.columns)

    def _named(self) -> str:
        self._views += 1
        return f"frame{self._views}"

    def nothing(self) -> Frame:
        """A frame without columns and rows."""
        return self.view("SELECT NULL::INTEGER AS c0 WHERE false", [])

    def described(self, scan: str) -> list[tuple[str, str]]:
        """Name and DuckDB type of the columns that a scan gives."""
        return [(row[0], row[1]) for row in self.connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()]

    def table(self, node: Node, database: str, name: str) -> dict[str, Any]:
        """A catalog table, which must exist and be allowed to be read."""
        self.place.session.require("glue:GetTable", self._arn("table", f"{database}/{name}".lower()))
        try:
            return catalog.get_table(self.place.account, self.place.region, database, name)
        except Exception as problem:
            raise node.fail(f"table {database}.{name}: {_message(problem)}") from None

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:glue:{self.place.region}:{self.place.account}:{kind}/{name}"

    def partitions(self, node: Node, table: dict[str, Any]) -> list[dict[str, Any]]:
        """All partitions of a table."""
        return catalog.get_partitions(self.place.account, self.place.region, table["DatabaseName"], table["Name"])

    def pruned(
        self, node: Node, partitions: list[dict[str, Any]], keys: list[Column], predicate: str
    ) -> list[dict[str, Any]]:
        """The partitions for which a Spark SQL predicate over the partition columns holds."""
        from .sparksql import translate

        if not partitions:
            return []
        rows = ", ".join(
            f"({', '.join([str(at), *map(sparktypes.literal, one['Values'])])})" for at, one in enumerate(partitions)
        )
        heads = ", ".join(["i", *(f"k{at}" for at in range(len(keys)))])
        terms = [Term(key.name, key.kind, casts.cast(f"k{at}", "string", key.kind)) for at, key in enumerate(keys)]
        frame = self.select([*terms, Term(" partition", "int", "i")], f"(VALUES {rows}) v({heads})")
        try:
            condition = translate.condition(predicate, frame)
        except translate.SparkSqlError as problem:
            raise node.fail(f"PartitionPredicate: {problem}") from None
        found = self.connection.execute(f"SELECT c{len(keys)} FROM {frame.sql} WHERE {condition}").fetchall()
        return [partitions[at] for at in sorted(row[0] for row in found)]

    def write(self, node: Node, frame: Frame, to: Destination) -> None:
        """Write a frame to scratch files; they are published at the end of the run."""
        if not frame.columns:
            return
        keys = positions(node, frame, to.keys)
        if to.database:
            self._check_database(node, to.database)
        try:
            rows, files = writing.write(
                self.connection,
                frame,
                to.shape,
                keys,
                self.scratch,
                self.moment,
                in_order=self.files.largest < writing.LARGE_OBJECT,
            )
        except writing.CannotWrite as problem:
            raise node.fail(str(problem)) from None
        self.rows += rows
        if files:
            self.outputs.append(publishing.Output(frame, keys, to, files))

    def _check_database(self, node: Node, database: str) -> None:
        try:
            catalog.get_database(self.place.account, self.place.region, database)
        except Exception as problem:
            raise node.fail(f"database {database}: {_message(problem)}") from None


def _message(problem: Exception) -> str:
    return str(getattr(problem, "message", None) or problem)


class Interruptible(Protocol):
    """A connection, or a process, that can be told to end its work."""

    def interrupt(self) -> None:
        """End the work."""


@dataclass
class Watched:
    """What others can see of a run while it works, and of one that has failed: what is at work, to interrupt it, and
    the rules that it has evaluated."""

    opened: list[Interruptible] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)


def run(graph: Graph, place: Place, moment: int, watched: Watched, seen: Seen | None = None) -> Outcome:
    """Run a graph. With `seen`, what earlier runs have read is left out.

    Raises `NodeFailed`, `AwsError` and what moto's catalog raises, each with the text of the run's ErrorMessage.
    """
    for node in graph.refused():
        raise node.fail(node.refusal())
    way = Way()
    while True:
        try:
            return _attempt(graph, place, moment, watched, seen, way)
        except Again as again:
            way = again.way
            watched.evaluations.clear()


def _attempt(graph: Graph, place: Place, moment: int, watched: Watched, seen: Seen | None, way: Way) -> Outcome:
    scratch = home.active().scratch / f"job-{uuid.uuid4().hex}"
    scratch.mkdir(parents=True)
    connection = SparkConnection()
    watched.opened.append(connection)
    try:
        bookmark = None if seen is None else Reader(seen)
        files = Files(ObjectAccess(place.account, place.session), scratch, way.repair, way.guess, bookmark=bookmark)
        work = Run(place, connection, files, scratch, moment, evaluations=watched.evaluations)
        _relations(graph, work)
        publishing.publish(work.outputs, place)
        if work.late:
            raise work.late[0]
        objects = sum(len(output.files) for output in work.outputs)
        return Outcome(work.rows, objects, files.read_bytes, bookmark.seen if bookmark else None)
    finally:
        connection.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _relations(graph: Graph, work: Run) -> None:
    import duckdb

    results: dict[str, Output] = {}
    for node in graph.order():
        inputs = [results[source] for source in node.inputs]
        try:
            results[node.id] = node.relation(work, inputs)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as problem:
            raise _explained(node, problem, work.files) from problem


def _explained(node: Node, problem: Exception, files: Files) -> Exception:
    """An engine's error as the failure of a node; one that another way of reading may avoid asks for that way."""
    if files.guessed:
        return Again(Way(files.repair, guess=False))
    if not files.repair and ("unicode" in str(problem).lower() or "utf-8" in str(problem).lower()):
        return Again(Way(repair=True, guess=False))
    first = str(problem).split("\n")[0]
    return node.fail(first.split("Error: ", 1)[-1])


__all__ = ["AwsError", "NodeFailed", "Outcome", "Place", "Run", "Watched", "run"]
