"""What a job's process may ask for, each answered in the name of the job's role.

A request is `{"do": name, …}`; the answer is `{"result": …}` or `{"error": {"code", "message"}}`. Files are handed over
by their paths below the run's folder.
"""

from __future__ import annotations

import fnmatch
import logging
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ... import persistence
from ...errors import AwsError
from ...s3.access import ObjectAccess, StoredObject, split
from .. import catalog
from ..visualjob import bookmarks, publishing, sparktypes
from ..visualjob.execute import Place
from ..visualjob.frames import Column, Frame, NodeFailed
from ..visualjob.nodes import csvsource
from ..visualjob.nodes.catalogsource import csv_format
from ..visualjob.nodes.s3target import Destination
from ..visualjob.quality.results import Evaluation
from ..visualjob.reading import CsvFormat
from . import quality, rows
from .staging import Stage

Record = dict[str, Any]
_log = logging.getLogger(__name__)
_FORMATS = {"parquet": "parquet", "json": "json", "lazysimple": "csv", "opencsv": "csv", "orc": "orc", "avro": "avro"}


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
        }

    def _partitions(self, database: str, table: str, expression: str | None) -> list[Record]:
        found = catalog.get_partitions(self._place.account, self._place.region, database, table, expression)
        return [{"values": one["Values"], "location": one["StorageDescriptor"]["Location"]} for one in found]

    # reading
    def _listed(
        self, paths: Sequence[str], recurse: bool, context: str, exclusions: Sequence[str] = ()
    ) -> tuple[list[StoredObject], bool]:
        """Objects, and whether they are old ones: a source with nothing new still has its columns."""
        found = _without(self._stage.found(paths, recurse, context), exclusions)
        if found or self._bookmark is None or not context:
            return found, False
        return _without(self._stage.found(paths, recurse, ""), exclusions), True

    def _files(
        self,
        paths: Sequence[str],
        form: str,
        recurse: bool = True,
        context: str = "",
        exclusions: Sequence[str] = (),
        skip: int = 0,
        json_path: str = "",
        multiline: bool = False,
    ) -> Record:
        found, old = self._listed(paths, recurse, context, exclusions)
        if form in ("csv", "json", "text"):
            files = [self._stage.text(one, skip) for one in found]
        else:
            files = [self._stage.binary(one) for one in found]
        if form == "avro":
            return {**rows.avro(files, self._folder), "old": old}
        if json_path:
            files = rows.json_rows(files, json_path, multiline, self._folder)
        return {"files": [str(file) for file in files], "old": old}

    def _csv(
        self,
        paths: Sequence[str],
        header: bool,
        form: Record,
        recurse: bool,
        context: str,
        exclusions: Sequence[str] = (),
    ) -> Record:
        """Files by the names of their columns, as Glue's reader names them."""
        found, old = self._listed(paths, recurse, context, exclusions)
        groups: dict[tuple[str, ...], list[str]] = {}
        for one in found:
            file = self._stage.text(one)
            head = csvsource.column_names(str(file), CsvFormat(**form), header)
            groups.setdefault(head, []).append(str(file))
        return {"groups": [[list(head), files] for head, files in groups.items()], "old": old}

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
        frame = Frame("", tuple(Column(name, sparktypes.parse(kind)) for name, kind in columns))
        positions = [frame.names.index(key) for key in keys]
        if table and form not in publishing.STORAGE:
            raise AwsError(
                f"The catalog is not updated for the format {form}; it is for {', '.join(publishing.STORAGE)}."
            )
        if table:
            catalog.get_database(self._place.account, self._place.region, table["database"])
        files = rows.written(self._own(folder), form, compression, self._next_moment(), header, head)
        to = Destination(
            path,
            form,
            compression,
            tuple(keys),
            table["database"] if table else None,
            table["name"] if table else None,
            bool(table and table["update"]),
            glue_parquet,
        )
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
        self, folder: str, columns: Sequence[Sequence[str]], ruleset: str, context: str, publish: bool
    ) -> list[list[str | None]]:
        """The outcomes of a ruleset over the rows of Parquet files: rule, outcome, reason, metrics."""
        kinds = [Column(name, sparktypes.parse(kind)) for name, kind in columns]
        outcomes = quality.evaluate(self._own(folder), kinds, ruleset)
        with persistence.lock("glue"):
            self._evaluations.append(Evaluation(context, outcomes, publish))
        return [list(one.as_row()) for one in outcomes]


def _error(code: str, message: str) -> Record:
    return {"error": {"code": code, "message": message}}


def _kind(column: Record) -> str:
    return sparktypes.parse(column.get("Type") or "string", sparktypes.SPARK_DECIMAL)


def _format(table: Record) -> str:
    """What a table's files are: by its SerDe, else by its classification."""
    library = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("SerializationLibrary", "")
    classification = (table.get("Parameters") or {}).get("classification", "")
    for mark, form in _FORMATS.items():
        if mark in library.lower() or classification == form:
            return form
    raise AwsError(f"table '{table['Name']}' is {classification or library or 'of no known format'}: not read here.")


def _without(found: list[StoredObject], exclusions: Sequence[str]) -> list[StoredObject]:
    """Objects without those that a pattern of `exclusions` matches (AWS Glue: "Connection types", `exclusions`)."""
    return [one for one in found if not any(fnmatch.fnmatchcase(one.uri, _whole(each)) for each in exclusions)]


def _whole(pattern: str) -> str:
    return pattern if re.match(r"s3[an]?://", pattern) else f"*/{pattern.removeprefix('**/').lstrip('/')}"


def _key(folder: Path, file: Path) -> str:
    return file.relative_to(folder).as_posix()
