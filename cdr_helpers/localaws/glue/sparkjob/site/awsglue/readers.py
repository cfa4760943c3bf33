"""Sources: catalog tables and files in S3 as Glue reads them (AWS Glue: "DynamicFrameReader class", "Data format
options").

Cells of a CSV are text: an empty cell is an empty text, a cell that is not there is NULL. A table's columns are cast as
Spark casts text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .columns import at, chosen, position, quoted
from .endpoint import ask

_BAD = "\ue000bad\ue000"
_NO_NULL = "\ue000null\ue000"
_FORMATS = ("csv", "json", "parquet", "orc", "avro")
NESTED = re.compile(r"(array|map|struct)<")


class DynamicFrameReader:
    """`glueContext.create_dynamic_frame`."""

    def __init__(self, glue_context: Any) -> None:
        self._glue_context = glue_context

    def from_rdd(self, data: Any, name: str, schema: Any = None, sampleRatio: float | None = None) -> Any:
        """Rows of an RDD."""
        frame = self._glue_context.spark_session.createDataFrame(data, schema, sampleRatio)
        return self._glue_context.frame_of(frame, name)

    def from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Mapping[str, Any] | None = None,
        catalog_id: str | None = None,
        **named: Any,
    ) -> Any:
        """The rows of a catalog table: its columns, then its partition keys."""
        options = dict(additional_options or {})
        frame = catalog_frame(
            self._glue_context.spark_session,
            database or named["name_space"],
            str(table_name),
            push_down_predicate or options.get("push_down_predicate", ""),
            options.get("catalogPartitionPredicate"),
            transformation_ctx,
            _bounds(options),
        )
        return self._glue_context.frame_of(frame, transformation_ctx)

    def from_options(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        format: str | None = None,
        format_options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **_: Any,
    ) -> Any:
        """Files in S3."""
        frame = source_frame(
            self._glue_context.spark_session,
            connection_type,
            connection_options or {},
            format,
            format_options or {},
            transformation_ctx,
        )
        return self._glue_context.frame_of(frame, transformation_ctx)


def source_frame(
    session: Any,
    connection_type: str,
    connection_options: Mapping[str, Any],
    form: str | None,
    format_options: Mapping[str, Any],
    context: str,
) -> Any:
    """Files in S3 as a DataFrame. Raises ValueError for a source or format that is not read here."""
    if connection_type not in ("s3", *_FORMATS):
        raise ValueError(f"the connection type {connection_type} is not supported here; s3 is")
    form = (form or (connection_type if connection_type != "s3" else "")).lower().replace("glueparquet", "parquet")
    if form not in _FORMATS:
        raise ValueError(f"the format {form or None} is not read here; {', '.join(_FORMATS)} are")
    _refuse(connection_options, ("jobBookmarkKeys", "maxFilesInBand"))
    return _SOURCES[form](session, _where(connection_options, context), dict(format_options))


def _refuse(options: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in names:
        if options.get(name):
            raise ValueError(f"the option {name} is not supported here")


def _where(options: Mapping[str, Any], context: str) -> dict[str, Any]:
    """Which objects: what the endpoint is asked for."""
    paths = options.get("paths") or options.get("path")
    if not paths:
        raise ValueError("connection_options must have paths, a list of S3 locations")
    exclusions = options.get("exclusions") or "[]"
    if isinstance(exclusions, str):
        import json

        exclusions = json.loads(exclusions)
    return {
        "paths": [paths] if isinstance(paths, str) else list(paths),
        "recurse": str(options.get("recurse", False)).lower() == "true",
        "context": context,
        "exclusions": exclusions,
        "bounds": _bounds(options),
    }


def _bounds(options: Mapping[str, Any]) -> dict[str, str]:
    """How much a run reads (AWS Glue: "Workload partitioning with bounded execution")."""
    return {name: str(options[name]) for name in ("boundedFiles", "boundedSize") if options.get(name)}


def _all(answer: Mapping[str, Any]) -> list[str]:
    """The files of all paths."""
    return [file for files in answer["files"] for file in files]


def empty(session: Any, columns: Sequence[Sequence[str]]) -> Any:
    """No rows, with these columns (name, type)."""
    from pyspark.sql.types import StructType

    if not columns:
        return session.createDataFrame([], StructType([]))
    kinds = ", ".join(f"c{index} {_ddl(kind)}" for index, (_, kind) in enumerate(columns))
    return session.createDataFrame([], kinds).toDF(*(name for name, _ in columns))


def _ddl(kind: str) -> str:
    """A catalog type as Spark's DDL takes it: members of structs in backticks."""
    return re.sub(r"([<,])\s*([^<>,:`()]+):", lambda found: f"{found[1]}{quoted(found[2])}:", kind)


# ---- CSV
def _csv_options(options: dict[str, Any]) -> dict[str, Any]:
    """Glue's options as the endpoint's CSV format has them (AWS Glue: "Using the CSV format in AWS Glue")."""
    quote = options.get("quoteChar", '"')
    quote = "" if str(quote) == "-1" else str(quote)
    return {
        "separator": str(options.get("separator", ",")),
        "quote": quote,
        "escape": str(options.get("escaper") or quote),
    }


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _csv_source(session: Any, where: dict[str, Any], options: dict[str, Any]) -> Any:
    header = _true(options.get("withHeader", False))
    form = _csv_options(options)
    # The header is a line of its own, before the first data line.
    first = _true(options.get("skipFirst", False))
    answer = ask("csv", header=header, form=form, skip=1 + header if first and header else 0, **where)
    skip = (header or first) and not (header and first)
    frames = [csv_frame(session, files, head, answer["form"], skip) for head, files in answer["groups"]]
    made = frames[0] if frames else empty(session, [])
    for frame in frames[1:]:
        made = made.unionByName(frame, allowMissingColumns=True)
    return made.limit(0) if answer["old"] else made


def csv_frame(session: Any, files: Sequence[str], names: Sequence[str], form: Mapping[str, Any], header: bool) -> Any:
    """CSV files as columns of text. A record may span lines, as for Glue's reader with `multiLine`."""
    from pyspark.sql import functions

    cells = [f"c{index}" for index in range(len(names))]
    schema = ", ".join(f"`{cell}` string" for cell in [*cells, _BAD])
    read = session.read.schema(schema).options(
        sep=form["separator"],
        quote=form["quote"],
        escape=form["escape"] or "\x00",
        header=header,
        multiLine=True,
        columnPruning=False,
        enforceSchema=True,
        columnNameOfCorruptRecord=_BAD,
        nullValue=_NO_NULL,
        emptyValue="",
    )
    found = read.csv(list(files))
    there = _cells_of(functions.col(quoted(_BAD)), form)
    terms = [
        functions.when(there.isNull() | (there > index), functions.coalesce(cell, functions.lit(""))).alias(cell_name)
        for index, (cell_name, cell) in enumerate((name, functions.col(name)) for name in cells)
    ]
    return found.select(*terms).toDF(*names)


def _cells_of(text: Any, form: Mapping[str, Any]) -> Any:
    """How many cells a record of another width has: separators outside quotes, and one."""
    from pyspark.sql import functions

    bare = text
    if form["quote"]:
        mark = re.escape(form["quote"])
        bare = functions.regexp_replace(text, f"{mark}(?:[^{mark}]|{mark}{mark})*{mark}", "")
    separator = functions.lit(form["separator"])
    without = functions.length(functions.replace(bare, separator, functions.lit("")))
    return (functions.length(bare) - without) / len(form["separator"]) + 1


# ---- JSON, Parquet, ORC, Avro
def _json_source(session: Any, where: dict[str, Any], options: dict[str, Any]) -> Any:
    multiline, path = _true(options.get("multiline", options.get("multiLine", False))), options.get("jsonPath") or ""
    answer = ask("files", form="json", json_path=path, multiline=multiline, **where)
    if not _all(answer):
        return empty(session, [])
    frame = session.read.json(_all(answer), multiLine=multiline and not path, mode="DROPMALFORMED")
    return frame.limit(0) if answer["old"] else frame


def _parquet_source(session: Any, where: dict[str, Any], options: dict[str, Any]) -> Any:
    return _binary_source(session, where, "parquet")


def _orc_source(session: Any, where: dict[str, Any], options: dict[str, Any]) -> Any:
    return _binary_source(session, where, "orc")


def _binary_source(session: Any, where: dict[str, Any], form: str) -> Any:
    answer = ask("files", form=form, **where)
    if not _all(answer):
        return empty(session, [])
    frame = zoned(_read(session, form, _all(answer)))
    return frame.limit(0) if answer["old"] else frame


def _read(session: Any, form: str, files: Sequence[str]) -> Any:
    """Parquet or ORC files, their columns matched by name."""
    return session.read.option("mergeSchema", True).option("recursiveFileLookup", True).format(form).load(list(files))


def zoned(frame: Any) -> Any:
    """Timestamps without a zone are moments in UTC, as Glue reads them."""
    terms = []
    for index, field in enumerate(frame.schema.fields):
        plain = field.dataType.simpleString() != "timestamp_ntz"
        terms.append((field.name, at(index) if plain else at(index).cast("timestamp")))
    return chosen(frame, terms) if terms else frame


def _avro_source(session: Any, where: dict[str, Any], options: dict[str, Any]) -> Any:
    answer = ask("files", form="avro", **where)
    if not _all(answer):
        return empty(session, [])
    frame = json_frame(session, _all(answer), answer["columns"])
    return frame.limit(0) if answer["old"] else frame


def json_frame(session: Any, files: Sequence[str], columns: Sequence[Sequence[str]]) -> Any:
    """JSON lines as these columns (name, type). Names match without regard to case, the exact one first; values of
    plain columns are cast as text is."""
    from pyspark.sql import functions

    real = _json_names(session, files)
    sources = [_alike(name, real) for name, _ in columns]
    kinds = [_ddl(kind) if _is_nested(kind) else "string" for _, kind in columns]
    # Spark holds no two columns whose names differ by case alone, so each spelling is read on its own.
    lines = session.read.text(list(files)).where("trim(value) <> ''")
    spellings = []
    for turn in range(max(1, *map(len, sources))):
        read = [(index, found[turn]) for index, found in enumerate(sources) if len(found) > turn]
        schema = ", ".join([*(f"{quoted(name)} {kinds[index]}" for index, name in read), f"{quoted(_BAD)} string"])
        parsed = functions.from_json("value", schema, {"columnNameOfCorruptRecord": _BAD})
        lines = lines.withColumn(f"s{turn}", parsed)
        spellings.append(dict(read))
    terms = []
    for index, (_, kind) in enumerate(columns):
        given = [
            functions.col(f"s{turn}").getField(read[index]) for turn, read in enumerate(spellings) if index in read
        ]
        value = functions.coalesce(*given or [functions.lit(None)])
        # Bytes are base64 in JSON.
        value = functions.unbase64(value) if kind == "binary" else value.cast(_ddl(kind))
        terms.append(value.alias(f"c{index}"))
    good = lines.where(functions.col("s0").getField(_BAD).isNull())
    return good.select(*terms).toDF(*(name for name, _ in columns))


def _json_names(session: Any, files: Sequence[str]) -> list[str]:
    """The names that records have, those that differ by case alone too."""
    before = session.conf.get("spark.sql.caseSensitive")
    session.conf.set("spark.sql.caseSensitive", "true")
    try:
        return list(session.read.json(list(files), mode="DROPMALFORMED", primitivesAsString=True).columns)
    finally:
        session.conf.set("spark.sql.caseSensitive", before)


def _alike(name: str, names: Sequence[str]) -> list[str]:
    """The names that are this one but for their case, the exact one first."""
    return sorted((one for one in names if one.lower() == name.lower()), key=lambda one: (one != name, one))


def _is_nested(kind: str) -> bool:
    return bool(NESTED.match(kind))


_SOURCES = {
    "csv": _csv_source,
    "json": _json_source,
    "parquet": _parquet_source,
    "orc": _orc_source,
    "avro": _avro_source,
}


# ---- tables of the catalog
def catalog_frame(
    session: Any,
    database: str,
    table: str,
    predicate: str,
    expression: str | None,
    context: str,
    bounds: Mapping[str, str] | None = None,
) -> Any:
    """A table as a DataFrame. `predicate` is Spark SQL over the partition keys, `expression` what GetPartitions takes.
    Raises `EndpointError`, and ValueError for columns that a format does not hold."""
    described = ask("table", database=database, table=table)
    columns, keys = described["columns"], described["keys"]
    parts = [{"values": [], "location": described["location"]}]
    if keys:
        parts = ask("partitions", database=database, table=table, expression=expression)
        parts = _pruned(session, parts, keys, predicate) if predicate else parts
    found = _table_files(described, [part["location"] for part in parts], context, bounds or {})
    frames = [
        _with_values(_table_rows(session, described, files), part["values"], keys)
        for part, files in zip(parts, found, strict=True)
        if files
    ]
    if not frames:
        return empty(session, [*columns, *keys])
    made = frames[0]
    for frame in frames[1:]:
        made = made.union(frame)
    return made


def _pruned(session: Any, parts: list[Any], keys: Sequence[Sequence[str]], predicate: str) -> list[Any]:
    """The partitions for which the predicate holds, as Spark evaluates it."""
    if not parts:
        return []
    rows = [(*part["values"], str(index)) for index, part in enumerate(parts)]
    texts = session.createDataFrame(rows, ", ".join(f"c{index} string" for index in range(len(keys) + 1)))
    typed = [at(index).cast(kind).alias(name) for index, (name, kind) in enumerate(keys)]
    number = f"\x00{len(keys)}"
    kept = texts.select(*typed, at(len(keys)).alias(number)).where(predicate).select(quoted(number)).collect()
    return [parts[index] for index in sorted(int(row[0]) for row in kept)]


def _with_values(frame: Any, values: Sequence[str], keys: Sequence[Sequence[str]]) -> Any:
    """A partition's rows with the values of its keys."""
    from pyspark.sql import functions

    if not keys:
        return frame
    terms = [(name, at(index)) for index, name in enumerate(frame.columns)]
    terms += [(name, functions.lit(value).cast(kind)) for value, (name, kind) in zip(values, keys, strict=True)]
    return chosen(frame, terms)


def _table_files(
    described: Mapping[str, Any], locations: Sequence[str], context: str, bounds: Mapping[str, str]
) -> list[list[str]]:
    """The files of each location of a table; none where all were read before."""
    form, skip = described["format"], 0
    if form == "csv":
        # Spark skips one line itself, which leaves the files as they are.
        lines = described["csv"]["skip"]
        skip = lines if lines != 1 else 0
    more = {"row_tag": described["row_tag"], "columns": described["columns"]} if form == "xml" else {}
    answer = ask("files", paths=locations, form=form, context=context, bounds=bounds, skip=skip, **more)
    return [[] for _ in locations] if answer["old"] else list(answer["files"])


def _table_rows(session: Any, described: Mapping[str, Any], files: Sequence[str]) -> Any:
    """The rows of files under the table's columns."""
    form, columns = described["format"], described["columns"]
    if form == "csv":
        return _csv_rows(session, described, files)
    if form in ("json", "avro", "xml"):
        return json_frame(session, files, columns)
    return _as_table(zoned(_read(session, form, files)), columns)


def _csv_rows(session: Any, described: Mapping[str, Any], files: Sequence[str]) -> Any:
    form, columns = described["csv"], described["columns"]
    nested = [name for name, kind in columns if _is_nested(kind)]
    if nested:
        raise ValueError(f"column '{nested[0]}' of table '{described['name']}' is nested, which CSV does not hold here")
    frame = csv_frame(session, files, [name for name, _ in columns], form, form["skip"] == 1)
    return chosen(frame, [(name, at(index).cast(kind)) for index, (name, kind) in enumerate(columns)])


def _as_table(frame: Any, columns: Sequence[Sequence[str]]) -> Any:
    """Columns of files as what the catalog says they are; those that are not there are NULL."""
    from pyspark.sql import functions

    terms = []
    for name, kind in columns:
        where = position(frame.columns, name)
        value = functions.lit(None) if where is None else at(where)
        terms.append((name, value.cast(_ddl(kind))))
    return chosen(frame, terms)
