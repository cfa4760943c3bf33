"""What a crawl writes: the TableInput of a table and the PartitionInput of a partition, with a real crawler's
parameters (AWS page "Parameters set on Data Catalog tables by crawler"; public dumps of crawler tables)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import naming, types
from .grouping import Classified, Part, Table
from .schema import Schema

Record = dict[str, Any]

_HIVE = "org.apache.hadoop"
_TEXT = (f"{_HIVE}.mapred.TextInputFormat", f"{_HIVE}.hive.ql.io.HiveIgnoreKeyTextOutputFormat")


@dataclass(frozen=True)
class Format:
    """How the catalog describes the objects of a classification."""

    input: str = _TEXT[0]
    output: str = _TEXT[1]
    serde: str = ""
    serde_parameters: tuple[tuple[str, str], ...] = ()


FORMATS = {
    "csv": Format(serde=f"{_HIVE}.hive.serde2.lazy.LazySimpleSerDe"),
    "json": Format(serde="org.openx.data.jsonserde.JsonSerDe"),
    "xml": Format(),
    "parquet": Format(
        f"{_HIVE}.hive.ql.io.parquet.MapredParquetInputFormat",
        f"{_HIVE}.hive.ql.io.parquet.MapredParquetOutputFormat",
        f"{_HIVE}.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        (("serialization.format", "1"),),
    ),
    "orc": Format(
        f"{_HIVE}.hive.ql.io.orc.OrcInputFormat",
        f"{_HIVE}.hive.ql.io.orc.OrcOutputFormat",
        f"{_HIVE}.hive.ql.io.orc.OrcSerde",
        (("serialization.format", "1"),),
    ),
    "avro": Format(
        f"{_HIVE}.hive.ql.io.avro.AvroContainerInputFormat",
        f"{_HIVE}.hive.ql.io.avro.AvroContainerOutputFormat",
        f"{_HIVE}.hive.serde2.avro.AvroSerDe",
    ),
}
GROK = "com.amazonaws.glue.serde.GrokSerDe"
OPEN_CSV = f"{_HIVE}.hive.serde2.OpenCSVSerde"
SERIALIZER = {"CrawlerSchemaSerializerVersion": "1.0", "CrawlerSchemaDeserializerVersion": "1.0"}
VOLATILE = ("CRAWL_RUN_ID",)
"""Parameters that differ from run to run although nothing changed."""


@dataclass(frozen=True)
class Origin:
    """Who writes, and what of it shows in the table."""

    crawler: str
    run_id: str
    exclusions: str | None
    """The target's exclude patterns as a JSON list of full patterns."""
    indexed: bool = True
    """Whether partitioned tables get a partition index."""


def table_input(name: str, bucket: str, table: Table, keys: Sequence[str], origin: Origin) -> Record:
    """The TableInput of a table that a crawl found."""
    parameters = _parameters(table.schema, table.objects, origin)
    if keys and origin.indexed:
        parameters["partition_filtering.enabled"] = "true"
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "StorageDescriptor": _descriptor(table.schema, f"s3://{bucket}/{table.location}", parameters),
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": dict(parameters),
    }


def partition_input(values: list[str], bucket: str, table: Table, part: Part, origin: Origin) -> Record:
    """The PartitionInput of one folder of a table."""
    schema = part.schema
    parameters = _parameters(schema, part.objects, origin)
    location = f"s3://{bucket}/{table.location}" + "".join(f"{folder}/" for folder in part.path)
    return {
        "Values": values,
        "StorageDescriptor": _descriptor(schema, location, parameters),
        "Parameters": dict(parameters),
    }


@lru_cache(maxsize=1024)
def _columns(schema: Schema) -> tuple[tuple[str, str], ...]:
    return tuple((name, types.text(kind)) for name, kind in schema.columns)


def _descriptor(schema: Schema, location: str, parameters: dict[str, str]) -> Record:
    form = _format(schema)
    return {
        "Columns": [{"Name": name, "Type": kind} for name, kind in _columns(schema)],
        "Location": location,
        "InputFormat": form.input,
        "OutputFormat": form.output,
        "Compressed": schema.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": _serde(schema, form),
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": dict(parameters),
        "StoredAsSubDirectories": False,
    }


def _format(schema: Schema) -> Format:
    """A custom classifier's classification is any word: grok shows in the SerDe's parameters."""
    if "input.format" in dict(schema.serde):
        return Format(serde=GROK)
    return FORMATS.get(schema.classification, Format())


def _serde(schema: Schema, form: Format) -> Record:
    parameters = {**dict(form.serde_parameters), **dict(schema.serde)}
    if schema.paths:
        parameters["paths"] = ",".join(schema.paths)
    custom = dict(schema.parameters).get("customSerde")
    library = OPEN_CSV if custom == "OpenCSVSerDe" else form.serde
    return {"SerializationLibrary": library, "Parameters": parameters} if library else {"Parameters": parameters}


def _parameters(schema: Schema, objects: Sequence[Classified], origin: Origin) -> dict[str, str]:
    size = sum(stored.size for stored, _ in objects)
    records = sum(facts.records for _, facts in objects)
    weighted = sum(facts.record_size * facts.records for _, facts in objects)
    parameters = {
        **SERIALIZER,
        "UPDATED_BY_CRAWLER": origin.crawler,
        "CRAWL_RUN_ID": origin.run_id,
        "classification": schema.classification,
        "compressionType": schema.compression,
        "typeOfData": "file",
        "objectCount": str(len(objects)),
        "sizeKey": str(size),
        "recordCount": str(records),
        "averageRecordSize": str(weighted // records if records else 0),
        **dict(schema.parameters),
    }
    if schema.classification == "csv":
        parameters["areColumnsQuoted"] = str(schema.quoted).lower()
    if origin.exclusions:
        parameters["exclusions"] = origin.exclusions
    return parameters


def keys_of(table: Table) -> tuple[str, ...]:
    """The partition keys that a table's folders make."""
    return naming.partition_keys([part.path for part in table.parts])
