"""Targets: files in S3 as Glue writes them, and the catalog kept up to date (AWS Glue: "DynamicFrameWriter class",
"Updating the schema, and adding new partitions in the Data Catalog").

Spark writes part files into the run's folder, the endpoint gives them Glue's names. A frame without rows writes
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .columns import at, chosen, position
from .endpoint import ask, new_folder

_FORMATS = ("csv", "json", "parquet", "orc", "avro")
_CODECS = {
    "csv": ("none", "uncompressed", "gzip", "bzip2", "bzip"),
    "json": ("none", "uncompressed", "gzip", "bzip2", "bzip"),
    "parquet": ("snappy", "gzip", "none", "uncompressed", "lz4", "zstd"),
    "orc": ("snappy", "zlib", "none", "uncompressed", "lz4", "zstd"),
    "avro": ("none", "uncompressed", "deflate"),
}
_AS_TEXT = re.compile(r"\b(?:date|timestamp|timestamp_ntz|decimal)\b")
"""What Glue's default Avro writer writes as text (AWS Glue: "Using the Avro format")."""
_UPDATES = ("UPDATE_IN_DATABASE", "LOG")


class DynamicFrameWriter:
    """`glueContext.write_dynamic_frame`."""

    def __init__(self, glue_context: Any) -> None:
        self._glue_context = glue_context

    def from_options(
        self,
        frame: Any,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        format: str | None = None,
        format_options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",
        **_: Any,
    ) -> Any:
        """Write to S3; of a collection, each frame below a folder of its name."""
        options, settings = dict(connection_options or {}), dict(format_options or {})
        for folder, one in frames_of(frame):
            sink = Sink(connection_type, {**options, "path": _joined(options.get("path"), folder)})
            sink.setFormat(format or "", **settings)
            sink.writeFrame(one)
        return frame

    def from_catalog(
        self,
        frame: Any,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Mapping[str, Any] | None = None,
        catalog_id: str | None = None,
        **named: Any,
    ) -> Any:
        """Write where a catalog table lies, in its format."""
        options = dict(additional_options or {})
        database = database or named["name_space"]
        table = ask("table", database=database, table=table_name)
        keys = options.get("partitionKeys") or [name for name, _ in table["keys"]]
        sink = Sink("s3", {**options, "path": table["location"], "partitionKeys": keys})
        glue = "glueparquet" if table["glue_parquet"] and table["format"] == "parquet" else table["format"]
        sink.setFormat(glue, **({"separator": table["csv"]["separator"]} if table["format"] == "csv" else {}))
        sink.setCatalogInfo(catalogDatabase=str(database), catalogTableName=str(table_name))
        sink.writeFrame(frame)
        return frame

    def __getattr__(self, name: str) -> Any:
        if name in ("from_jdbc_conf",):
            raise NotImplementedError(f"write_dynamic_frame.{name} is not supported here; S3 and the catalog are")
        raise AttributeError(f"'DynamicFrameWriter' object has no attribute '{name}'")


def frames_of(frame: Any) -> list[tuple[str, Any]]:
    """Folders and DataFrames: one without a folder, or those of a collection."""
    if hasattr(frame, "items") and hasattr(frame, "select") and hasattr(frame, "flatmap"):
        return [(name, one.toDF()) for name, one in frame.items()]
    return [("", frame.toDF() if hasattr(frame, "glue_ctx") else frame)]


def _joined(path: Any, folder: str) -> Any:
    return f"{path.rstrip('/')}/{folder}/" if path and folder else path


class Sink:
    """A target with its catalog table and format; `glueContext.getSink` returns it."""

    def __init__(self, connection_type: str, options: Mapping[str, Any]) -> None:
        if connection_type not in ("s3", "file", *_FORMATS):
            raise ValueError(f"the connection type {connection_type} is not supported here; s3 is")
        if not options.get("path"):
            raise ValueError("a target in S3 needs a path")
        self._options = dict(options)
        self._form, self._settings = "", dict[str, Any]()
        self._database = self._table = ""

    def setFormat(self, format: str, **options: Any) -> None:
        """The format, and its options. Raises ValueError for one that is not written here."""
        self._form, self._settings = str(format).lower(), options
        if self._written_form not in _FORMATS:
            raise ValueError(f"the format {format} is not written here; {', '.join(_FORMATS)} and glueparquet are")

    def setCatalogInfo(self, catalogDatabase: str = "", catalogTableName: str = "", catalogId: str = "") -> None:
        """The table to create or update."""
        self._database, self._table = catalogDatabase, catalogTableName

    def setAccumulableSize(self, size: int) -> None:
        """Nothing is accumulated here."""

    def write(self, dynamic_frame_or_dfc: Any, info: str | None = None) -> Any:
        """The same as `writeFrame`."""
        return self.writeFrame(dynamic_frame_or_dfc, info)

    def writeFrame(self, dynamic_frame: Any, info: str | None = None) -> Any:
        """Write the rows, then create or update the table and its partitions."""
        for folder, frame in frames_of(dynamic_frame):
            self._write(frame, _joined(self._options["path"], folder))
        return dynamic_frame

    @property
    def _written_form(self) -> str:
        return "parquet" if self._form == "glueparquet" else self._form

    def _write(self, frame: Any, path: str) -> None:
        if not self._form:
            raise ValueError("a target needs a format: setFormat(…)")
        if not frame.columns or frame.isEmpty():
            return
        form = self._written_form
        keys = _keys(frame, self._options.get("partitionKeys") or [])
        compression = self._compression(form)
        header = form == "csv" and str(self._settings.get("writeHeader", True)).lower() == "true"
        folder = write_parts(frame, form, keys, compression, self._settings, header)
        bare = form == "csv" and _is_bare(self._settings)
        ask(
            "publish",
            folder=folder,
            path=path,
            form=form,
            compression=compression,
            columns=[[field.name, kind_of(field)] for field in frame.schema.fields],
            keys=keys,
            table=self._catalog_table(),
            glue_parquet=form == "parquet"
            and (self._form == "glueparquet" or _true(self._settings, "useGlueParquetWriter")),
            header=header and not bare,
            head=_line_of(frame, keys, self._settings) if header and bare else "",
        )

    def _compression(self, form: str) -> str:
        default = "snappy" if form in ("parquet", "orc") else "none"
        wanted = str(self._settings.get("compression") or self._options.get("compression") or default).lower()
        if wanted not in _CODECS[form]:
            raise ValueError(f"the compression {wanted} is not written here for {form}; {', '.join(_CODECS[form])} are")
        return wanted

    def _catalog_table(self) -> dict[str, Any] | None:
        if not _true(self._options, "enableUpdateCatalog"):
            return None
        behavior = self._options.get("updateBehavior") or "UPDATE_IN_DATABASE"
        if behavior not in _UPDATES:
            raise ValueError(f"updateBehavior must be one of {', '.join(_UPDATES)}, not {behavior}")
        if not self._database or not self._table:
            raise ValueError("enableUpdateCatalog needs a table: setCatalogInfo(catalogDatabase=…, catalogTableName=…)")
        return {"database": self._database, "name": self._table, "update": behavior == "UPDATE_IN_DATABASE"}


def _true(options: Mapping[str, Any], name: str) -> bool:
    return str(options.get(name, False)).lower() == "true"


def _keys(frame: Any, keys: Sequence[str]) -> list[str]:
    """The real names of partition columns. Raises ValueError for one that is not there."""
    found = []
    for key in keys:
        where = position(frame.columns, key)
        if where is None:
            raise ValueError(f"the partition key '{key}' is not in the frame, which has {', '.join(frame.columns)}")
        found.append(frame.columns[where])
    return found


def write_parts(
    frame: Any, form: str, keys: Sequence[str], compression: str, settings: Mapping[str, Any], header: bool
) -> str:
    """Write part files into a fresh folder of the run; the folder."""
    folder = f"{new_folder()}/data"
    # Avro is made of Parquet, since its part of Spark is not on PyPI.
    packed = {"bzip": "bzip2"}.get(compression, compression) if form != "avro" else "uncompressed"
    writer = _as_written(frame, form, keys).write.option("compression", packed)
    if form == "csv" and _is_bare(settings):
        # Spark would quote with NUL where a value needs it; without quotes a row is a line of text.
        writer, form = _lines(frame, keys, settings).write.option("compression", packed), "text"
    elif form == "csv":
        writer = writer.options(**_csv_options(settings), header=header)
    if keys:
        writer = writer.partitionBy(*keys)
    writer.format("parquet" if form == "avro" else form).save(folder)
    return folder


def _is_bare(settings: Mapping[str, Any]) -> bool:
    """Whether CSV is to be written without quotes, whatever is in the values."""
    return str(settings.get("quoteChar", '"')) == "-1"


def _separator(settings: Mapping[str, Any]) -> str:
    return str(settings.get("separator", ","))


def _line_of(frame: Any, keys: Sequence[str], settings: Mapping[str, Any]) -> str:
    """The header of CSV without quotes."""
    return _separator(settings).join(name for name in frame.columns if name not in keys) + "\n"


def _lines(frame: Any, keys: Sequence[str], settings: Mapping[str, Any]) -> Any:
    """Rows as lines of text, beside the partition columns."""
    from pyspark.sql import functions

    written = _as_written(frame, "csv", keys)
    nothing = functions.lit("")
    cells = [
        functions.coalesce(at(index).cast("string"), nothing)
        for index, name in enumerate(written.columns)
        if name not in keys
    ]
    terms = [("value", functions.concat_ws(_separator(settings), *cells))]
    terms += [(key, at(written.columns.index(key))) for key in keys]
    return chosen(written, terms)


def _csv_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Glue's options in Spark's words. NULL and the empty text are both nothing: quotes would be data for Athena."""
    quote = str(settings.get("quoteChar", '"'))
    return {
        "sep": _separator(settings),
        "quote": quote,
        "escape": str(settings.get("escaper") or quote or "\x00"),
        "nullValue": "",
        "emptyValue": "",
        "ignoreLeadingWhiteSpace": False,
        "ignoreTrailingWhiteSpace": False,
    }


def kind_of(field: Any) -> str:
    """The type of a column as the catalog has it."""
    return str(field.dataType.simpleString()).replace("timestamp_ntz", "timestamp")


def _as_written(frame: Any, form: str, keys: Sequence[str]) -> Any:
    """Values as Glue writes them: moments as text in text files, columns of nothing but NULL as text."""
    terms = []
    for index, field in enumerate(frame.schema.fields):
        kind = field.dataType.simpleString()
        moment = kind in ("timestamp", "timestamp_ntz", "date")
        as_text = form == "avro" and _AS_TEXT.search(kind)
        if as_text and "<" in kind:
            raise ValueError(f"dates, timestamps and decimals within {kind} are not written as Avro here")
        if kind == "void" or as_text or (moment and (form in ("csv", "json") or field.name in keys)):
            terms.append((field.name, at(index).cast("string")))
        else:
            terms.append((field.name, at(index).cast("timestamp") if kind == "timestamp_ntz" else at(index)))
    return chosen(frame, terms)


def write_sample(frame: Any, path: str) -> None:
    """Rows as JSON below a path in S3."""
    sink = Sink("s3", {"path": path})
    sink.setFormat("json")
    sink.writeFrame(frame)
