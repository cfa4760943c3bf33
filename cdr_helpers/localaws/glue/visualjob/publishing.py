"""The end of a run: finished files become objects, tables and partitions are created or brought up to date.

Sources: AWS Glue "Updating the schema, and adding new partitions in the Data Catalog using AWS Glue ETL jobs"; the
parameters of tables that jobs made, as seen in public dumps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ... import persistence
from ...s3.access import ObjectAccess
from .. import catalog
from .frames import Frame
from .nodes.s3target import Destination
from .writing import Written, escape

if TYPE_CHECKING:
    from .execute import Place

Record = dict[str, Any]

_TEXT = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
}
# What a job's table says of its files. The CSV entry is inferred: no dump of one is public.
STORAGE: dict[str, Record] = {
    "csv": _TEXT
    | {
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"field.delim": ","},
        }
    },
    "json": _TEXT | {"SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {}}},
    "parquet": {
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
            "Parameters": {"serialization.format": "1"},
        },
    },
    "avro": {
        "InputFormat": "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
            "Parameters": {"serialization.format": "1"},
        },
    },
}
# Glue's default Avro writer writes these as text, so that is what the columns of its tables are.
_AVRO_TEXT = ("date", "timestamp", "decimal")


@dataclass(frozen=True)
class Output:
    """What one target wrote."""

    frame: Frame
    keys: list[int]
    to: Destination
    files: list[Written]


def publish(outputs: Sequence[Output], place: Place) -> None:
    """Put all files, then change the catalog. When a put is refused, what was put before is deleted again."""
    access = ObjectAccess(place.account, place.session)
    done: list[str] = []
    try:
        for output in outputs:
            for written in output.files:
                uri = f"{_folder(output.to.path)}{written.key}"
                access.put_file(uri, written.file)
                done.append(uri)
        with persistence.changing("glue"):
            for output in outputs:
                if output.to.database:
                    _keep_table(output, place)
    except Exception:
        for uri in done:
            ObjectAccess(place.account).delete(uri)
        raise


def _folder(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


def _keep_table(output: Output, place: Place) -> None:
    database, name = str(output.to.database), str(output.to.table).lower()
    place.session.require(
        "glue:UpdateTable", f"arn:aws:glue:{place.region}:{place.account}:table/{database}/{name}".lower()
    )
    where = (place.account, place.region, database)
    found = next((table for table in catalog.get_tables(*where) if table["Name"] == name), None)
    if found is None:
        creator = _creator(place)
        catalog.create_table(*where, _table_input(output, place, name), creator)
    elif output.to.update_columns:
        catalog.update_table(*where, _updated(found, output, place))
    if output.keys:
        catalog.create_partitions(*where, name, _partitions(output))


def _creator(place: Place) -> str:
    role = place.session.role_arn.rsplit("/", 1)[-1]
    return f"arn:aws:sts::{place.account}:assumed-role/{role}/GlueJobRunnerSession"


def _columns(output: Output) -> list[Record]:
    return [
        {"Name": column.name.lower(), "Type": _type(column.kind, output.to.shape.form)}
        for at, column in enumerate(output.frame.columns)
        if at not in output.keys
    ]


def _type(kind: str, form: str) -> str:
    written_as_text = form == "avro" and kind.startswith(_AVRO_TEXT)
    return "string" if kind == "void" or written_as_text else kind


def _library(output: Output) -> Record:
    """Formats and SerDe of what was written; Avro's SerDe knows the schema."""
    known = STORAGE[output.to.shape.form]
    schema = output.files[0].schema
    if not schema:
        return known
    serde = known["SerdeInfo"]
    return known | {"SerdeInfo": serde | {"Parameters": serde["Parameters"] | {"avro.schema.literal": schema}}}


def _storage(output: Output, location: str) -> Record:
    return {
        "Columns": _columns(output),
        "Location": location,
        **_library(output),
        "Compressed": output.to.shape.compression in ("gzip", "bzip2"),
        "NumberOfBuckets": 0,
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {},
        "StoredAsSubDirectories": False,
    }


def _table_input(output: Output, place: Place, name: str) -> Record:
    return {
        "Name": name,
        "Retention": 0,
        "StorageDescriptor": _storage(output, _folder(output.to.path)),
        "PartitionKeys": [{"Name": output.frame.columns[at].name.lower(), "Type": "string"} for at in output.keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": _marks(output, place),
    }


def _marks(output: Output, place: Place) -> dict[str, str]:
    marks = {"CreatedByJob": place.job, "CreatedByJobRun": place.run_id, "classification": output.to.shape.form}
    return marks | ({"useGlueParquetWriter": "true"} if output.to.glue_parquet else {})


_KEPT = ("Name", "Description", "Owner", "Retention", "PartitionKeys", "TableType", "Parameters", "StorageDescriptor")


def _updated(found: Record, output: Output, place: Place) -> Record:
    """The table with the columns that were just written; all else stays as it is."""
    kept = {key: found[key] for key in _KEPT if key in found}
    kept["StorageDescriptor"] = found["StorageDescriptor"] | {"Columns": _columns(output)}
    return kept


def _partitions(output: Output) -> list[Record]:
    names = [output.frame.columns[at].name for at in output.keys]
    made = {}
    for written in output.files:
        steps = "".join(f"{escape(name)}={escape(value)}/" for name, value in zip(names, written.values, strict=True))
        storage = _storage(output, _folder(output.to.path) + steps)
        made[written.values] = {"Values": list(written.values), "StorageDescriptor": storage}
    return list(made.values())
