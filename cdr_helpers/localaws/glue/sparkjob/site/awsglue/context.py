"""GlueContext: where frames come from and go to (AWS Glue: "GlueContext class")."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Mapping
from typing import Any

from . import readers, writers
from .dynamicframe import DynamicFrame, DynamicFrameReader, DynamicFrameWriter
from .endpoint import ask

NOT_BUILT = (
    "extract_jdbc_conf",
    "forEachBatch",
    "start_transaction",
    "commit_transaction",
    "cancel_transaction",
    "transition_s3_path",
    "transition_table",
    "add_ingestion_time_columns",
    "create_sample_dynamic_frame_from_catalog",
    "create_sample_dynamic_frame_from_options",
    "getStreamingSource",
)


class GlueContext:
    """The context of a script. What it does not have itself is the Spark session's."""

    def __init__(self, sparkContext: Any = None, **_: Any) -> None:
        from pyspark.sql import SparkSession

        self.spark_session = SparkSession.builder.getOrCreate()
        self.sparkSession = self.spark_session
        self._sc = sparkContext or self.spark_session.sparkContext
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_data_frame = DataFrameWriter(self)

    def __getattr__(self, name: str) -> Any:
        if name in NOT_BUILT:
            raise NotImplementedError(f"GlueContext.{name} is not supported here")
        if name == "spark_session":
            raise AttributeError(name)
        return getattr(self.spark_session, name)

    def frame_of(self, frame: Any, name: str) -> DynamicFrame:
        """A DataFrame as a DynamicFrame of this context."""
        return DynamicFrame(frame, self, name)

    def create_dynamic_frame_from_rdd(self, data: Any, name: str, schema: Any = None, sample_ratio: Any = None) -> Any:
        """Rows of an RDD."""
        return self.create_dynamic_frame.from_rdd(data, name, schema, sample_ratio)

    def create_dynamic_frame_from_catalog(self, database: str, table_name: str, **named: Any) -> Any:
        """The rows of a catalog table."""
        return self.create_dynamic_frame.from_catalog(database, table_name, **named)

    def create_dynamic_frame_from_options(
        self, connection_type: str, connection_options: Any = None, **named: Any
    ) -> Any:
        """Files in S3."""
        return self.create_dynamic_frame.from_options(connection_type, connection_options, **named)

    def create_data_frame_from_catalog(self, database: str, table_name: str, **named: Any) -> Any:
        """The rows of a catalog table, as a DataFrame."""
        return self.create_data_frame.from_catalog(database, table_name, **named)

    def create_data_frame_from_options(self, connection_type: str, connection_options: Any = None, **named: Any) -> Any:
        """Files in S3, as a DataFrame."""
        return self.create_data_frame.from_options(connection_type, connection_options, **named)

    def write_dynamic_frame_from_options(self, frame: Any, connection_type: str, *args: Any, **named: Any) -> Any:
        """Write to S3."""
        return self.write_dynamic_frame.from_options(frame, connection_type, *args, **named)

    def write_dynamic_frame_from_catalog(self, frame: Any, database: str, table_name: str, **named: Any) -> Any:
        """Write where a catalog table lies."""
        return self.write_dynamic_frame.from_catalog(frame, database, table_name, **named)

    def write_data_frame_from_options(self, frame: Any, connection_type: str, *args: Any, **named: Any) -> Any:
        """Write a DataFrame to S3."""
        return self.write_data_frame.from_options(frame, connection_type, *args, **named)

    def write_data_frame_from_catalog(self, frame: Any, database: str, table_name: str, **named: Any) -> Any:
        """Write a DataFrame where a catalog table lies."""
        return self.write_data_frame.from_catalog(frame, database, table_name, **named)

    def write_from_options(self, frame_or_dfc: Any, connection_type: str, *args: Any, **named: Any) -> Any:
        """Write a frame or a collection to S3."""
        return self.write_dynamic_frame.from_options(frame_or_dfc, connection_type, *args, **named)

    def getSource(
        self, connection_type: str, transformation_ctx: str = "", push_down_predicate: str = "", **options: Any
    ) -> Any:
        """Files in S3, read when `getFrame` is called."""
        return Source(self, connection_type, transformation_ctx, options)

    def getSink(
        self, connection_type: str, format: str | None = None, transformation_ctx: str = "", **options: Any
    ) -> Any:
        """A target, written when `writeFrame` is called."""
        sink = writers.Sink(connection_type, options)
        if format:
            sink.setFormat(format)
        return sink

    def purge_s3_path(
        self, s3_path: str, options: Mapping[str, Any] | None = None, transformation_ctx: str = ""
    ) -> None:
        """Delete the objects below a path that are older than `retentionPeriod` hours (168 unless told)."""
        ask("purge", path=s3_path, hours=_hours(options))

    def purge_table(
        self,
        database: str | None = None,
        table_name: str | None = None,
        options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> None:
        """Delete the objects where a table lies that are older than `retentionPeriod` hours (168 unless told)."""
        ask("purge", path=ask("table", database=database, table=table_name)["location"], hours=_hours(options))

    def get_logger(self) -> Logger:
        """A logger whose lines are in the job's error log, as those of Spark are."""
        return Logger()


def _hours(options: Mapping[str, Any] | None) -> float:
    given = dict(options or {})
    for name in ("partitionPredicate", "excludeStorageClasses", "manifestFilePath"):
        if given.get(name):
            raise NotImplementedError(f"the option {name} is not supported here")
    return float(given.get("retentionPeriod", 168))


class Source:
    """What `getSource` returns."""

    def __init__(self, context: GlueContext, connection_type: str, name: str, options: Mapping[str, Any]) -> None:
        self._context, self._connection_type, self._name = context, connection_type, name
        self._options = dict(options)
        self._form, self._settings = self._options.pop("format", ""), dict[str, Any]()

    def setFormat(self, format: str, **options: Any) -> None:
        """The format, and its options."""
        self._form, self._settings = format, options

    def getFrame(self) -> DynamicFrame:
        """The rows."""
        read = self._context.create_dynamic_frame.from_options
        return read(self._connection_type, self._options, self._form, self._settings, self._name)


class DataFrameReader:
    """`glueContext.create_data_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_catalog(self, database: str, table_name: str, **named: Any) -> Any:
        """The rows of a catalog table."""
        return self._glue_context.create_dynamic_frame.from_catalog(database, table_name, **named).toDF()

    def from_options(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        format: str | None = None,
        format_options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",
        **_: Any,
    ) -> Any:
        """Files in S3."""
        session = self._glue_context.spark_session
        where, settings = connection_options or {}, format_options or {}
        return readers.source_frame(session, connection_type, where, format, settings, transformation_ctx)


class DataFrameWriter:
    """`glueContext.write_data_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_options(self, frame: Any, connection_type: str, *args: Any, **named: Any) -> Any:
        """Write to S3."""
        return self._glue_context.write_dynamic_frame.from_options(frame, connection_type, *args, **named)

    def from_catalog(self, frame: Any, database: str, table_name: str, **named: Any) -> Any:
        """Write where a catalog table lies."""
        return self._glue_context.write_dynamic_frame.from_catalog(frame, database, table_name, **named)


class Logger:
    """Lines of a script's own in the job's log."""

    def _write(self, level: str, message: Any) -> None:
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        print(f"{now:%Y-%m-%d %H:%M:%S},{now.microsecond // 1000:03} {level} GlueLogger: {message}", file=sys.stderr)

    def debug(self, message: Any) -> None:
        """A line of the level DEBUG."""
        self._write("DEBUG", message)

    def info(self, message: Any) -> None:
        """A line of the level INFO."""
        self._write("INFO", message)

    def warn(self, message: Any) -> None:
        """A line of the level WARN."""
        self._write("WARN", message)

    def error(self, message: Any) -> None:
        """A line of the level ERROR."""
        self._write("ERROR", message)

    def fatal(self, message: Any) -> None:
        """A line of the level FATAL."""
        self._write("FATAL", message)


__all__ = ["DataFrameReader", "DataFrameWriter", "GlueContext", "Logger", "Source"]
