"""What a job's process may ask for, each answered in the name of the job's role.

A request is `{"do": name, …}`; the answer is `{"result": …}` or `{"error": {"code", "message"}}`. Files are handed over
by their paths below the run's folder.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ... import persistence
from ...errors import AwsError
from ...s3.access import ObjectAccess, StoredObject, split
from .. import catalog, globs
from ..visualjob import bookmarks, publishing, sparktypes, writing
from ..visualjob.execute import Place
from ..visualjob.frames import Column, Frame, NodeFailed
from ..visualjob.nodes import csvsource
from ..visualjob.nodes.catalogsource import csv_format
from ..visualjob.nodes.s3target import KEPT, Destination
from ..visualjob.quality.results import Evaluation
from ..visualjob.reading import CsvFormat
from ..visualjob.writing import Shape
from . import quality, rows
from .staging import Stage

Record = dict[str, Any]
_log = logging.getLogger(__name__)
_FORMATS = {"parquet": "parquet", "json": "json", "lazysimple": "csv", "opencsv": "csv", "orc": "orc", "avro": "avro"}
_FORMATS |= {"xml": "xml"}
_TEXTS = ("csv", "json", "text", "xml")
_NO_BOUNDS: Mapping[str, str] = {}


class Requests:
    """The requests of one run. `failure` is what the script said of its end, `committed` whether it has committed its
    bookmark."""

    def __init__(
        self, place: Place, folder: Path, bookmark: bookmarks.Reader | None, evaluations: list[Evaluation]
    ) -> None:
        self.failure = ""
        self.committed = False
        self._place, self._folder, self._evaluations = place, folder, evaluations
        self._access = ObjectAccess(place.account, place.session)
        self._stage = Stage(self._access, folder / "in", bookmark)
        self._bookmark = bookmark
        self._moment = 0
        self._answers: dict[str, Callable[..., Any]] = {
            "failed": self._failed,
            "commit": self._commit,
            "database": self._database,
            "table": self._table,
            "partitions": self._partitions,
            "csv": self._csv,
            "files": self._files,
            "tree": self._tree,
            "exists": self._exists,
            "publish": self._publish,
            "put": self._put,
            "purge": self._purge,
            "evaluate": self._evaluate,
        }

    def answer(self, request: Record) -> Record:
        """The answer to a request; errors are part of it."""
        name = str(request.pop("do", ""))
        try:
            return {"result": self._answers[name](**request)}
        except AwsError as problem:
            return _error(problem.code, problem.message)
        except (NodeFailed, rows.Unreadable) as problem:
            return _error("", str(problem))
        except Exception as problem:
            code, message = getattr(problem, "error_type", ""), getattr(problem, "message", "")
            if not message:
                _log.exception("the request %s of a Spark job", name)
                message = f"{type(problem).__name__}: {problem}"
            return _error(code, message)

    # the run
    def _failed(self, message: str) -> None:
        self.failure = message

    def _commit(self) -> None:
        self.committed = True

    # the catalog
    def _database(self, database: str) -> None:
        arn = f"arn:aws:glue:{self._place.region}:{self._place.account}:database/{database}"
        self._place.session.require("glue:GetDatabase", arn)
        catalog.get_database(self._place.account, self._place.region, database)

    def _table(self, database: str, table: str) -> Record:
        name = f"{database}/{table}".lower()
        arn = f"arn:aws:glue:{self._place.region}:{self._place.account}:table/{name}"
        self._place.session.require("glue:GetTable", arn)
        found = catalog.get_table(self._place.account, self._place.region, database, table)
        storage = found["StorageDescriptor"]
        form = _format(found)
        return {
            "name": found["Name"],
            "location": storage.get("Location") or "",
            "format": form,
            "glue_parquet": (found.get("Parameters") or {}).get("useGlueParquetWriter") == "true",
            "columns": [[one["Name"], _kind(one)] for one in storage.get("Columns") or []],
            "keys": [[one["Name"], _kind(one)] for one in found.get("PartitionKeys") or []],
            "csv": vars(csv_format(found)) if form == "csv" else None,
            "row_tag": _row_tag(found),
        }

    def _partitions(self, database: str, table: str, expression: str | None) -> list[Record]:
        found = catalog.get_partitions(self._place.account, self._place.region, database, table, expression)
        return [{"values": one["Values"], "location": one["StorageDescriptor"]["Location"]} for one in found]

    # reading
    def _listed(
        self, paths: Sequence[str], recurse: bool, context: str, exclusions: Sequence[str], bounds: Mapping[str, str]
    ) -> tuple[list[list[StoredObject]], bool]:
        """The objects of each path, and whether they are old ones: a source with nothing new still has its columns."""
        patterns = [globs.glob(pattern) for pattern in exclusions]

        def found(source: str) -> list[list[StoredObject]]:
            seen: set[str] = set()
            listed = []
            for path in paths:
                fresh = [one for one in self._stage.found(path, recurse, source) if one.uri not in seen]
                seen.update(one.uri for one in fresh)
                listed.append([one for one in fresh if not _excluded(one, path, patterns)])
            return listed

        new = found(context)
        if any(new) or self._bookmark is None or not context:
            chosen = _bounded(new, bounds)
            self._stage.note(context, [one for part in chosen for one in part])
            return chosen, False
        return found(""), True

    def _files(
        self,
        paths: Sequence[str],
        form: str,
        recurse: bool = True,
        context: str = "",
        exclusions: Sequence[str] = (),
        bounds: Mapping[str, str] = _NO_BOUNDS,
        skip: int = 0,
        json_path: str = "",
        multiline: bool = False,
        row_tag: str = "",
        columns: Sequence[Sequence[str]] = (),
    ) -> Record:
        """The files of each path, in the order of the paths; for Avro the columns too."""
        listed, old = self._listed(paths, recurse, context, exclusions, bounds)
        made: Record = {"old": old, "files": []}
        for found in listed:
            files = [self._stage.text(one, skip) if form in _TEXTS else self._stage.binary(one) for one in found]
            if form == "avro" and files:
                read = rows.avro(files, self._folder)
                made["columns"] = read["columns"]
                files = [Path(file) for file in read["files"]]
            elif form == "xml":
                files = rows.xml_rows(files, row_tag, _columns(columns), self._folder)
            elif json_path:
                files = rows.json_rows(files, json_path, multiline, self._folder)
            made["files"].append([str(file) for file in files])
        return made

    def _csv(
        self,
        paths: Sequence[str],
        header: bool,
        form: Record,
        recurse: bool,
        context: str,
        exclusions: Sequence[str] = (),
        bounds: Mapping[str, str] = _NO_BOUNDS,
        skip: int = 0,
    ) -> Record:
        """Files by the names of their columns, as Glue's reader names them, without their first `skip` data lines."""
        listed, old = self._listed(paths, recurse, context, exclusions, bounds)
        found = [one for part in listed for one in part]
        files = [self._stage.text(one) for one in found]
        written = CsvFormat(**form)
        if written.escape not in ("", written.quote):
            files, written = rows.unescaped(files, written, self._folder), CsvFormat(written.separator)
        groups: dict[tuple[str, ...], list[str]] = {}
        for one, file in zip(found, files, strict=True):
            head = csvsource.column_names(str(file), written, header)
            groups.setdefault(head, []).append(str(self._stage.text(one, skip) if skip else file))
        return {"groups": [[list(head), files] for head, files in groups.items()], "old": old, "form": vars(written)}

    def _tree(self, paths: Sequence[str]) -> Record:
        return self._stage.tree(paths)

    def _exists(self, path: str) -> bool:
        return bool(self._below(path))

    def _below(self, path: str) -> list[StoredObject]:
        bucket, key = split(path)
        folder = key if not key or key.endswith("/") else f"{key}/"
        return [
            one for one in self._access.list(f"s3://{bucket}/{key}") if one.key == key or one.key.startswith(folder)
        ]

    # writing
    def _own(self, folder: str) -> Path:
        """A folder of this run. Raises `AwsError` for any other."""
        path = Path(folder).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise AwsError(f"{folder} is no folder of this run.")
        return path

    def _next_moment(self) -> int:
        """Milliseconds for the names of a write's objects, never the same twice."""
        self._moment = max(int(time.time() * 1000), self._moment + 1)
        return self._moment

    def _publish(
        self,
        folder: str,
        path: str,
        form: str,
        compression: str,
        columns: Sequence[Sequence[str]],
        keys: Sequence[str],
        table: Record | None,
        glue_parquet: bool,
        header: bool,
        head: str = "",
    ) -> int:
        """Turn the part files of a Glue write into objects and bring the catalog up to date; how many objects."""
        frame = Frame("", tuple(_columns(columns)))
        positions = [frame.names.index(key) for key in keys]
        if table and form not in KEPT:
            raise AwsError(f"AWS Glue keeps the catalog for {', '.join(KEPT)} alone, not for {form}.")
        if table:
            catalog.get_database(self._place.account, self._place.region, table["database"])
        try:
            shape = Shape(form, writing.codec(form, compression))
        except writing.CannotWrite as problem:
            raise AwsError(str(problem)) from None
        files = rows.written(self._own(folder), shape, self._next_moment(), header, head)
        kept = table or {"database": None, "name": None, "update": False}
        to = Destination(path, shape, tuple(keys), kept["database"], kept["name"], kept["update"], glue_parquet)
        if files:
            publishing.publish([publishing.Output(frame, positions, to, files)], self._place)
        return len(files)

    def _put(self, folder: str, path: str, overwrite: str) -> None:
        """Put what Spark itself has written below `path`. `overwrite` is `all`, `partitions` (those that were written)
        or nothing."""
        own = self._own(folder)
        bucket, key = split(path)
        prefix = f"s3://{bucket}/{key}".rstrip("/") + "/"
        made = {prefix + _key(own, file): file for file in sorted(own.rglob("*")) if file.is_file()}
        made = {uri: file for uri, file in made.items() if not file.name.startswith(".")}
        old = self._below(path) if overwrite else []
        if overwrite == "partitions":
            touched = {uri.rsplit("/", 1)[0] for uri in made if not uri.endswith("/_SUCCESS")}
            old = [one for one in old if one.uri.rsplit("/", 1)[0] in touched]
        for one in old:
            self._access.delete(one.uri)
        for uri, file in made.items():
            self._access.put_file(uri, file)

    def _purge(self, path: str, hours: float) -> int:
        """Delete the objects below `path` that are older than `hours`; how many."""
        limit = datetime.now(UTC) - timedelta(hours=hours)
        old = [one for one in self._below(path) if one.last_modified <= limit]
        for one in old:
            self._access.delete(one.uri)
        return len(old)

    # data quality
    def _evaluate(
        self,
        primary: Record,
        others: Mapping[str, Record],
        ruleset: str,
        context: str,
        publish: bool,
        results: str,
    ) -> list[list[str | None]]:
        """The outcomes of a ruleset over the rows of Parquet files: rule, outcome, reason, metrics."""
        moment = int(time.time() * 1000)
        beside = {alias: self._rows(given) for alias, given in others.items()}
        outcomes, measured = quality.evaluate(ruleset, self._rows(primary), beside, moment)
        with persistence.lock("glue"):
            self._evaluations.append(Evaluation(context, outcomes, publish, measured, results))
        return [list(one.as_row()) for one in outcomes]

    def _rows(self, given: Record) -> quality.Rows:
        return quality.Rows(self._own(given["folder"]), _columns(given["columns"]))


def _error(code: str, message: str) -> Record:
    return {"error": {"code": code, "message": message}}


def _kind(column: Record) -> str:
    return sparktypes.parse(column.get("Type") or "string", sparktypes.SPARK_DECIMAL)


def _row_tag(table: Record) -> str:
    serde = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    return str(serde.get("rowTag") or (table.get("Parameters") or {}).get("rowTag") or "")


def _format(table: Record) -> str:
    """What a table's files are: by its SerDe, else by its classification."""
    library = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("SerializationLibrary", "")
    classification = (table.get("Parameters") or {}).get("classification", "")
    for mark, form in _FORMATS.items():
        if mark in library.lower() or classification == form:
            return form
    raise AwsError(f"table '{table['Name']}' is {classification or library or 'of no known format'}: not read here.")


def _columns(given: Sequence[Sequence[str]]) -> list[Column]:
    return [Column(name, sparktypes.parse(kind)) for name, kind in given]


def _excluded(stored: StoredObject, path: str, patterns: Sequence[re.Pattern[str]]) -> bool:
    """Patterns are held against the key below the path, and against the whole address (AWS Glue: "Connection types",
    `exclusions`)."""
    relative = stored.key[len(split(path)[1]) :].lstrip("/") or stored.key.rpartition("/")[2]
    return any(pattern.fullmatch(relative) or pattern.fullmatch(stored.uri) for pattern in patterns)


def _bounded(listed: list[list[StoredObject]], bounds: Mapping[str, str]) -> list[list[StoredObject]]:
    """As many objects as `boundedFiles` says, and as long as they are no more bytes than `boundedSize` together; the
    first one always (AWS Glue: "Workload partitioning with bounded execution")."""
    files, size = bounds.get("boundedFiles"), bounds.get("boundedSize")
    made: list[list[StoredObject]] = []
    count = total = 0
    over = False
    for part in listed:
        kept = []
        for one in part:
            total += one.size
            over = over or bool(count and ((files and count >= int(files)) or (size and total > int(size))))
            if not over:
                kept.append(one)
                count += 1
        made.append(kept)
    return made


def _key(folder: Path, file: Path) -> str:
    return file.relative_to(folder).as_posix()
