"""`s3://` paths of Spark itself: `spark.read.csv("s3://…")`, `frame.write.parquet("s3://…")`, `sc.textFile("s3://…")`.

Spark reads and writes files of the run's folder; the endpoint links objects into it and takes parts out of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from .endpoint import EndpointError, ask, new_folder

_S3 = re.compile(r"s3[an]?://")


def is_s3(path: Any) -> bool:
    """Whether a path lies in S3."""
    return isinstance(path, str) and bool(_S3.match(path))


def install(modules: Sequence[str]) -> None:
    """Teach Spark's readers and writers about S3, and give `modules` (Python files) to the workers."""
    from pyspark import RDD, SparkContext
    from pyspark.sql.readwriter import DataFrameReader, DataFrameWriter

    for name in ("csv", "json", "parquet", "orc", "text", "load"):
        _reads(DataFrameReader, name)
    for name in ("csv", "json", "parquet", "orc", "text", "save"):
        _writes(DataFrameWriter, name)
    _keeps(DataFrameReader, ("basePath", "path"))
    _keeps(DataFrameWriter, ("path",))
    _keeps_mode(DataFrameWriter)
    for name in ("textFile", "wholeTextFiles"):
        _reads_text(SparkContext, name)
    _saves_text(RDD)
    _ships(SparkContext, modules)


def staged(paths: Sequence[str]) -> tuple[str, list[str]]:
    """The folder that stands for `s3://`, and files or folders that stand for the paths. Raises `EndpointError`, and
    Spark's own error for a path at which nothing is."""
    try:
        answer = ask("tree", paths=list(paths))
    except EndpointError as problem:
        if problem.code not in ("NoSuchKey", "NoSuchBucket"):
            raise
        from pyspark.errors import AnalysisException

        raise AnalysisException(problem.message) from None
    return answer["root"], answer["paths"]


def _kept(owner: Any) -> dict[str, Any]:
    return owner.__dict__.setdefault("_s3_options", {})


def _keeps(kind: Any, names: Sequence[str]) -> None:
    """Options that hold S3 paths are kept until the read or write."""
    option, options = kind.option, kind.options

    def one(self: Any, key: str, value: Any) -> Any:
        for name in names:
            if key.lower() == name.lower() and is_s3(value):
                _kept(self)[name] = value
                return self
        return option(self, key, value)

    def several(self: Any, **given: Any) -> Any:
        plain = {key: value for key, value in given.items() if not is_s3(value)}
        for key in given.keys() - plain.keys():
            one(self, key, given[key])
        return options(self, **plain)

    kind.option, kind.options = one, several


def _keeps_mode(kind: Any) -> None:
    mode = kind.mode

    def noted(self: Any, saveMode: str | None) -> Any:
        if saveMode:
            _kept(self)["mode"] = saveMode
        return mode(self, saveMode)

    kind.mode = noted


def _reads(kind: Any, name: str) -> None:
    read = getattr(kind, name)

    def with_s3(self: Any, *args: Any, **named: Any) -> Any:
        paths, args, named = _taken(self, args, named, "paths" if name in ("parquet", "orc") and not args else "path")
        found = [path for path in paths if is_s3(path)]
        if not found:
            return read(self, *args, **named) if not paths else read(self, *_as_given(name, paths), *args, **named)
        root, local = staged(found)
        base = _kept(self).pop("basePath", None)
        if base:
            self._jreader = self._jreader.option("basePath", root + "/" + _S3.sub("", base))
        local += [path for path in paths if not is_s3(path)]
        return read(self, *_as_given(name, local), *args, **named)

    setattr(kind, name, _named(with_s3, read))


def _as_given(name: str, paths: list[str]) -> list[Any]:
    """Paths as a reader's first arguments: one by one for Parquet, as a list for the others."""
    return list(paths) if name == "parquet" else [paths]


def _taken(owner: Any, args: tuple[Any, ...], named: dict[str, Any], key: str) -> tuple[list[str], Any, Any]:
    """The paths of a read, and the arguments without them."""
    named = dict(named)
    given: Any = None
    for each in (key, "path", "paths"):
        if each in named:
            given = named.pop(each)
            break
    else:
        if args and key == "paths":
            given, args = args, ()
        elif args:
            given, args = args[0], args[1:]
            if all(isinstance(each, str) and is_s3(each) for each in args) and args:
                given, args = [given, *args], ()
    if given is None:
        given = _kept(owner).pop("path", None)
    if given is None:
        return [], args, named
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not any(is_s3(each) for each in listed):
        return [], (given, *args), named
    return list(listed), args, named


def _named(made: Callable[..., Any], like: Any) -> Callable[..., Any]:
    made.__name__, made.__doc__ = like.__name__, like.__doc__
    return made


def _writes(kind: Any, name: str) -> None:
    write = getattr(kind, name)

    def with_s3(self: Any, path: Any = None, *args: Any, **named: Any) -> Any:
        path = path if path is not None else _kept(self).pop("path", None)
        if not is_s3(path):
            return write(self, path, *args, **named) if path is not None else write(self, *args, **named)
        # The mode is a method's second argument, but the third of `save`.
        at = 1 if name == "save" else 0
        mode = named.get("mode") or (args[at] if len(args) > at and name != "text" else None)
        mode = str(mode or _kept(self).get("mode") or "error").lower()
        there = mode in ("error", "errorifexists", "default", "ignore") and ask("exists", path=path)
        if there and mode == "ignore":
            return None
        if there:
            from pyspark.errors import AnalysisException

            cure = 'Set mode as "overwrite" to overwrite the existing path.'
            raise AnalysisException(f"[PATH_ALREADY_EXISTS] Path {path} already exists. {cure}")
        folder = new_folder() + "/data"
        done = write(self, folder, *args, **named)
        dynamic = self._spark.conf.get("spark.sql.sources.partitionOverwriteMode", "static").lower() == "dynamic"
        overwrite = ("partitions" if dynamic else "all") if mode == "overwrite" else ""
        ask("put", folder=folder, path=path, overwrite=overwrite)
        return done

    setattr(kind, name, _named(with_s3, write))


def _reads_text(kind: Any, name: str) -> None:
    read = getattr(kind, name)

    def with_s3(self: Any, path: str, *args: Any, **named: Any) -> Any:
        listed = path.split(",")
        if not any(map(is_s3, listed)):
            return read(self, path, *args, **named)
        local = staged([each for each in listed if is_s3(each)])[1] + [each for each in listed if not is_s3(each)]
        return read(self, ",".join(local), *args, **named)

    setattr(kind, name, _named(with_s3, read))


def _saves_text(kind: Any) -> None:
    save = kind.saveAsTextFile

    def with_s3(self: Any, path: str, *args: Any, **named: Any) -> None:
        if not is_s3(path):
            return save(self, path, *args, **named)
        if ask("exists", path=path):
            raise FileExistsError(f"Output directory {path} already exists")
        folder = new_folder() + "/data"
        save(self, folder, *args, **named)
        ask("put", folder=folder, path=path, overwrite="")
        return None

    kind.saveAsTextFile = _named(with_s3, save)


def _ships(kind: Any, modules: Sequence[str]) -> None:
    """Workers get the job's own modules when a context begins, those on other machines this package too."""
    begin = kind._do_init

    def then_ship(self: Any, *args: Any, **named: Any) -> None:
        begin(self, *args, **named)
        if not str(self.master).startswith("local"):
            self.addPyFile(_packed())
        for module in modules:
            self.addPyFile(module)

    kind._do_init = then_ship


def _packed() -> str:
    """The packages beside this one as a zip file."""
    import shutil
    from pathlib import Path

    site = Path(__file__).resolve().parents[1]
    return shutil.make_archive(f"{new_folder()}/awsglue", "zip", site)
