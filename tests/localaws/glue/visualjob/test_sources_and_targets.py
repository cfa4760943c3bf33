"""What targets write and sources read: every format, compression and option, through boto3."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from collections.abc import Callable
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as parquet
import pytest
from botocore.exceptions import ClientError

Record = dict[str, Any]
TEXT = 'id,caller,at\n1,Zoë,2021-02-25 11:53:00\n2,,\n3,"a,b",2021-02-25 11:54:00.5\n'
COLUMNS = [["id", "bigint"], ["caller", "string"], ["at", "timestamp"]]
TEXT_FORM = [["1", "Zoë", "2021-02-25 11:53:00"], ["2", "", ""], ["3", "a,b", "2021-02-25 11:54:00.5"]]


def source(database: str, name: str = "raw", **settings: Any) -> Record:
    return {"S3CatalogSource": {"Name": "Source", "Database": database, "Table": name, **settings}}


def target(bucket: str, form: str, inputs: str = "node-1", **settings: Any) -> Record:
    node = {"Name": "Target", "Inputs": [inputs], "Path": f"s3://{bucket}/out/", "Format": form, **settings}
    return {"S3DirectTarget": node}


def keeping(database: str) -> Record:
    policy = {"EnableUpdateCatalog": True, "UpdateBehavior": "UPDATE_IN_DATABASE", "Database": database, "Table": "out"}
    return {"SchemaChangePolicy": policy}


@pytest.fixture
def raw(table: Callable[..., None]) -> None:
    table("raw", COLUMNS, TEXT)


@pytest.fixture
def results(client: Callable[..., Any], bucket: str) -> Callable[..., dict[str, bytes]]:
    """`results()`: the objects below `out/`."""

    def listed(prefix: str = "out/") -> dict[str, bytes]:
        s3 = client("s3")
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {entry["Key"]: s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read() for entry in found}

    return listed


def from_csv(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode())))[1:]


def from_json(body: bytes) -> list[list[str]]:
    rows = [json.loads(line) for line in body.decode().splitlines()]
    return [[str("" if row.get(key) is None else row[key]) for key in ("id", "caller", "at")] for row in rows]


def from_columns(rows: list[Record]) -> list[list[str]]:
    shown = [[str("" if value is None else value) for value in row.values()] for row in rows]
    return [[a, b, c.removesuffix("00000")] for a, b, c in shown]


READERS: dict[str, Callable[[bytes], list[list[str]]]] = {
    "csv": from_csv,
    "json": from_json,
    "orc": lambda body: from_columns(orc.ORCFile(pa.BufferReader(body)).read().to_pylist()),
    "avro": lambda body: from_columns(list(fastavro.reader(io.BytesIO(body)))),
    "parquet": lambda body: from_columns(parquet.ParquetFile(pa.BufferReader(body)).read().to_pylist()),
}


@pytest.mark.parametrize(
    ("form", "compression", "ending"),
    [
        ("csv", None, "-part-r-00000"),
        ("csv", "gzip", "-part-r-00000.gz"),
        ("csv", "bzip2", "-part-r-00000.bz2"),
        ("json", "none", "-part-r-00000"),
        ("json", "bzip2", "-part-r-00000.bz2"),
        ("parquet", "gzip", "-part-block-0-0-r-00000-gzip.parquet"),
        ("parquet", "brotli", "-part-block-0-0-r-00000-brotli.parquet"),
        ("parquet", "lz4", "-part-block-0-0-r-00000-lz4.parquet"),
        ("parquet", "uncompressed", "-part-block-0-0-r-00000.parquet"),
        ("orc", None, "-part-r-00000.orc"),
        ("orc", "zlib", "-part-r-00000.orc"),
        ("orc", "none", "-part-r-00000.orc"),
        ("avro", None, "-part-r-00000.avro"),
        ("avro", "deflate", "-part-r-00000.avro"),
    ],
)
@pytest.mark.usefixtures("raw")
def test_a_target_writes(
    bucket: str,
    database: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
    form: str,
    compression: str | None,
    ending: str,
) -> None:
    node = target(bucket, form, **({"Compression": compression} if compression else {}))
    ended = run(make_job({"node-1": source(database), "node-2": node}))
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    [(key, body)] = results().items()
    assert key.endswith(ending)
    plain = {"gzip": gzip.decompress, "bzip2": bz2.decompress}.get(str(compression) if form in ("csv", "json") else "")
    found = READERS[form](plain(body) if plain else body)
    assert found == TEXT_FORM
    if form == "parquet":  # as Spark writes them, whether or not a NULL is there
        assert all(field.nullable for field in parquet.ParquetFile(pa.BufferReader(body)).schema_arrow)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"Format": "xml"}, "AWS Glue reads XML and does not write it"),
        ({"Format": "iceberg"}, "the format iceberg is not written here"),
        ({"Format": "csv", "Compression": "snappy"}, "the compression snappy is not written here for csv"),
        ({"Format": "avro", "Compression": "gzip"}, "the compression gzip is not written here for avro"),
        ({"Format": "parquet", "Compression": "lzo"}, "the compression lzo is not written here for parquet"),
    ],
)
@pytest.mark.usefixtures("raw")
def test_what_is_not_written_is_refused_by_name(
    bucket: str,
    database: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
    settings: Record,
    reason: str,
) -> None:
    node = target(bucket, settings["Format"], **{key: settings[key] for key in settings if key != "Format"})
    ended = run(make_job({"node-1": source(database), "node-2": node}))
    assert ended["JobRunState"] == "FAILED"
    assert ended["ErrorMessage"].startswith("Node 'Target' (node-2, S3DirectTarget): ")
    assert reason in ended["ErrorMessage"]
    assert results() == {}


@pytest.mark.usefixtures("raw")
def test_the_catalog_is_kept_for_avro_and_not_for_orc(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
) -> None:
    refused = run(make_job({"node-1": source(database), "node-2": target(bucket, "orc", **keeping(database))}))
    assert "AWS Glue keeps the catalog for csv, json, avro, parquet alone, not for orc." in refused["ErrorMessage"]
    client("glue").delete_job(JobName=bucket)

    job = make_job({"node-1": source(database), "node-2": target(bucket, "avro", **keeping(database))})
    assert run(job)["JobRunState"] == "SUCCEEDED"
    made = client("glue").get_table(DatabaseName=database, Name="out")["Table"]["StorageDescriptor"]
    assert [column["Type"] for column in made["Columns"]] == ["bigint", "string", "string"]
    assert made["SerdeInfo"]["SerializationLibrary"].endswith("AvroSerDe")
    schema = json.loads(made["SerdeInfo"]["Parameters"]["avro.schema.literal"])
    assert [field["name"] for field in schema["fields"]] == ["id", "caller", "at"]
    client("glue").delete_job(JobName=job)

    again = {"node-1": source(database, "out"), "node-2": target(bucket, "csv", Path=f"s3://{bucket}/again/")}
    assert run(make_job(again))["JobRunState"] == "SUCCEEDED"
    [body] = results("again/").values()
    assert from_csv(body) == TEXT_FORM


@pytest.mark.parametrize("keys", [[], [["k"]]])
def test_the_number_of_target_partitions_is_that_of_the_files(
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
    keys: list[list[str]],
) -> None:
    rows = "".join(f"{at},{at // 50}\n" for at in range(100))
    table("raw", [["id", "bigint"], ["k", "bigint"]], "id,k\n" + rows)
    node = target(bucket, "csv", NumberTargetPartitions="3", PartitionKeys=keys)
    assert run(make_job({"node-1": source(database), "node-2": node}))["JobRunState"] == "SUCCEEDED"
    found = results()
    folders = {key.rpartition("/")[0] for key in found}
    assert len(found) == 3 * len(folders)
    assert len(folders) == (2 if keys else 1)
    assert sorted(int(row[0]) for body in found.values() for row in from_csv(body)) == list(range(100))


def test_a_wrong_number_of_target_partitions_is_refused(
    bucket: str, database: str, make_job: Callable[..., str]
) -> None:
    with pytest.raises(ClientError, match="NumberTargetPartitions must be a whole number from 1 to 9999, not 'many'"):
        make_job({"node-1": source(database), "node-2": target(bucket, "csv", NumberTargetPartitions="many")})


@pytest.mark.parametrize("kind", ["S3CatalogTarget", "CatalogTarget"])
def test_a_catalog_target_writes_as_its_table_is_written(
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
    kind: str,
) -> None:
    table("raw", [["a", "string"], ["b", "string"]], "a,b\n1,x;y\n")
    table("copy", [["a", "string"], ["b", "string"]], "a;b\n", ";")
    node = {kind: {"Name": "Target", "Inputs": ["node-1"], "Database": database, "Table": "copy"}}
    assert run(make_job({"node-1": source(database), "node-2": node}))["JobRunState"] == "SUCCEEDED"
    [made] = [body for key, body in results("copy/").items() if not key.endswith("a.csv")]
    assert made == b'a;b\n1;"x;y"\n'


def catalog(
    client: Callable[..., Any], database: str, bucket: str, library: str, columns: Record, **serde: str
) -> None:
    """A table `given` over the folder `in/`."""
    storage = {
        "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
        "Location": f"s3://{bucket}/in/",
        "SerdeInfo": ({"SerializationLibrary": library} if library else {}) | {"Parameters": serde},
    }
    client("glue").create_table(
        DatabaseName=database,
        TableInput={"Name": "given", "StorageDescriptor": storage, "PartitionKeys": []}
        | {"Parameters": {} if library else {"classification": "xml"}},
    )


def test_orc_is_read_by_name_whatever_the_order_of_its_columns(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
) -> None:
    for name, columns in {"a.orc": {"ID": [1, 2], "s": ["x", None]}, "b.orc": {"s": ["z"], "more": [1.5]}}.items():
        sink = io.BytesIO()
        orc.write_table(pa.table(columns), sink)
        client("s3").put_object(Bucket=bucket, Key=f"in/{name}", Body=sink.getvalue())
    catalog(client, database, bucket, "org.apache.hadoop.hive.ql.io.orc.OrcSerde", {"id": "int", "s": "string"})
    job = make_job({"node-1": source(database, "given"), "node-2": target(bucket, "csv")})
    ended = run(job)
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    [body] = results().values()
    assert sorted(from_csv(body)) == [["", "z"], ["1", "x"], ["2", ""]]


@pytest.mark.parametrize(
    "library",
    [
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ],
)
def test_a_table_without_objects_has_its_columns(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
    library: str,
) -> None:
    columns = {"id": "bigint", "legs": "array<string>", "p": "struct<a:int>", "m": "map<string,int>"}
    catalog(client, database, bucket, library, columns)
    ended = run(make_job({"node-1": source(database, "given"), "node-2": target(bucket, "json")}))
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    assert results() == {}


def test_avro_with_nested_values_is_read(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
) -> None:
    fields = [
        {"name": "id", "type": "long"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "legs", "type": {"type": "array", "items": "string"}},
        {"name": "costs", "type": {"type": "map", "values": "double"}},
    ]
    sink = io.BytesIO()
    rows = [{"id": 1, "at": 1614253980000, "legs": ["a", "b"], "costs": {"x": 1.5}}]
    fastavro.writer(sink, fastavro.parse_schema({"type": "record", "name": "r", "fields": fields}), rows)
    client("s3").put_object(Bucket=bucket, Key="in/a.avro", Body=sink.getvalue())
    columns = {"id": "bigint", "at": "timestamp", "legs": "array<string>", "none": "string"}
    columns["costs"] = "map<string,double>"
    catalog(client, database, bucket, "org.apache.hadoop.hive.serde2.avro.AvroSerDe", columns)
    job = make_job({"node-1": source(database, "given"), "node-2": target(bucket, "json")})
    assert run(job)["JobRunState"] == "SUCCEEDED"
    [body] = results().values()
    found = json.loads(body)
    assert (found["id"], found["at"], found["legs"]) == (1, "2021-02-25 11:53:00", ["a", "b"])
    assert found["costs"] == {"x": 1.5}


def test_xml_is_read_by_its_row_tag(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
) -> None:
    text = """<?xml version="1.0"?><cdrs>
    <cdr id="7"><caller>614</caller><legs><leg>a</leg><leg>b</leg></legs><party kind="x"><Name>Zoë</Name></party></cdr>
    <cdr id="8"><caller>n/a</caller><legs><leg>c</leg></legs></cdr><other id="9"/></cdrs>"""
    client("s3").put_object(Bucket=bucket, Key="in/a.xml.gz", Body=gzip.compress(text.encode()))
    columns = {
        "id": "bigint",
        "caller": "bigint",
        "legs": "struct<leg:array<string>>",
        "party": "struct<kind:string,name:string>",
    }
    catalog(client, database, bucket, "", columns, rowTag="cdr")
    job = make_job({"node-1": source(database, "given"), "node-2": target(bucket, "json")})
    ended = run(job)
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    [body] = results().values()
    first, second = (json.loads(line) for line in body.decode().splitlines())
    assert first == {"id": 7, "caller": 614, "legs": {"leg": ["a", "b"]}, "party": {"kind": "x", "name": "Zoë"}}
    assert (second["id"], second["caller"], second["legs"]) == (8, None, {"leg": ["c"]})


def test_broken_files_are_named(
    client: Callable[..., Any], bucket: str, database: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    client("s3").put_object(Bucket=bucket, Key="in/a.xml", Body=b"<cdrs><cdr><a>1</a></cdrs>")
    catalog(client, database, bucket, "", {"a": "string"}, rowTag="cdr")
    ended = run(make_job({"node-1": source(database, "given"), "node-2": target(bucket, "csv")}))
    assert ended["JobRunState"] == "FAILED"
    assert "in/a.xml is no XML" in ended["ErrorMessage"]


def csv_source(bucket: str, **settings: Any) -> Record:
    node = {"Name": "S3", "Paths": [f"s3://{bucket}/in/"], "Separator": "comma", "QuoteChar": "quote"}
    return {"S3CsvSource": node | {"WithHeader": True, "Recurse": True} | settings}


@pytest.fixture
def copied(
    client: Callable[..., Any],
    bucket: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
) -> Callable[..., list[list[str]]]:
    """`copied(objects, **settings)`: what a CSV source with these settings reads of these objects, sorted."""

    def rows(objects: dict[str, bytes], **settings: Any) -> list[list[str]]:
        for key, body in objects.items():
            client("s3").put_object(Bucket=bucket, Key=f"in/{key}", Body=body)
        ended = run(make_job({"node-1": csv_source(bucket, **settings), "node-2": target(bucket, "csv")}))
        assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
        return sorted(row for body in results().values() for row in from_csv(body))

    return rows


@pytest.mark.parametrize(
    ("exclusions", "left"),
    [
        (["**.pdf"], ["1", "2", "3"]),
        (['["**.pdf", "b/*"]'], ["1", "3"]),
        (["b/**", "*.pdf"], ["1"]),
        (["s3://{bucket}/in/*.csv", "**.pdf"], ["2", "3"]),
        (["[a-c].csv", "{b/x,b/c/x}.csv", "*.pdf"], []),
    ],
)
def test_exclusions(
    bucket: str, copied: Callable[..., list[list[str]]], exclusions: list[str], left: list[str]
) -> None:
    objects = {"a.csv": b"n\n1\n", "b/x.csv": b"n\n2\n", "b/c/x.csv": b"n\n3\n", "d.pdf": b"n\n4\n"}
    patterns = [pattern.replace("{bucket}", bucket) for pattern in exclusions]
    assert [row[0] for row in copied(objects, Exclusions=patterns)] == left


@pytest.mark.parametrize(
    ("bounds", "left"),
    [
        ({"BoundedFiles": 2}, ["1", "2"]),
        ({"BoundedSize": 9}, ["1", "2"]),
        ({"BoundedSize": 1}, ["1"]),
        ({}, list("123")),
    ],
)
def test_bounds(copied: Callable[..., list[list[str]]], bounds: Record, left: list[str]) -> None:
    objects = {f"{at}.csv": f"n\n{at}\n".encode() for at in (1, 2, 3)}
    assert [row[0] for row in copied(objects, AdditionalOptions=bounds)] == left


def test_a_bookmark_goes_on_where_the_bounds_ended(
    client: Callable[..., Any],
    bucket: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
) -> None:
    for at in range(5):
        client("s3").put_object(Bucket=bucket, Key=f"in/{at}.csv", Body=f"n\n{at}\n".encode())
    nodes = {"node-1": csv_source(bucket, AdditionalOptions={"BoundedFiles": 2}), "node-2": target(bucket, "csv")}
    job = make_job(nodes, DefaultArguments={"--job-bookmark-option": "job-bookmark-enable"})
    counts = []
    for _ in range(4):
        assert run(job)["JobRunState"] == "SUCCEEDED"
        counts.append(sum(len(from_csv(body)) for body in results().values()))
    assert counts == [2, 4, 5, 5]


def test_an_escape_character_takes_the_next_one_as_it_is(copied: Callable[..., list[list[str]]]) -> None:
    body = rb"""a,b
1\,2,"x\"y"
\\n,l\ni\ne
"""
    assert copied({"a.csv": body}, Escaper="\\") == [["1,2", 'x"y'], ["\\n", "l\ni\ne"]]


def test_the_first_data_line_is_skipped_beside_the_header(copied: Callable[..., list[list[str]]]) -> None:
    assert copied({"a.csv": b"a,b\nunit,unit\n1,2\n"}, SkipFirst=True) == [["1", "2"]]


def test_compressed_text_is_read(copied: Callable[..., list[list[str]]]) -> None:
    zstd = pa.compress(b"n\nz\n", codec="zstd", asbytes=True)
    packed = pa.compress(b"n\ns\n", codec="snappy", asbytes=True)
    block = len(b"n\ns\n").to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed
    objects = {"a.csv.zst": zstd, "b.csv.snappy": block, "c.csv.bz2": bz2.compress(b"n\nb\n")}
    objects |= {"d.csv.gz": gzip.compress("n\nZoë\n".encode("latin-1"))}
    assert [row[0] for row in copied(objects)] == ["Zo�", "b", "s", "z"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"CompressionType": "zip"}, "CompressionType must be one of gzip, bzip2, not 'zip'."),
        ({"GroupFiles": "all"}, "GroupFiles must be one of inPartition, none, not 'all'."),
        ({"MaxFilesInBand": 3}, "MaxFilesInBand is not supported here"),
        ({"Exclusions": ["[z-a]"]}, "the pattern '[z-a]' of Exclusions cannot be read"),
        ({"Paths": ["in/"]}, "Paths must be s3://bucket/folder/, not 'in/'."),
        ({"AdditionalOptions": {"BoundedFiles": 0}}, "AdditionalOptions.BoundedFiles must be at least 1, not 0."),
        ({"AdditionalOptions": {"EnableSamplePath": True}}, "AdditionalOptions.SamplePath must be s3://bucket/key"),
        ({"Escaper": "ab"}, "Escaper must be one character, not 'ab'."),
        ({"OptimizePerformance": True, "Multiline": True}, "OptimizePerformance does not go with Multiline."),
    ],
)
def test_options_that_are_none(bucket: str, make_job: Callable[..., str], settings: Record, reason: str) -> None:
    with pytest.raises(ClientError) as refused:
        make_job({"node-1": csv_source(bucket, **settings), "node-2": target(bucket, "csv")})
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"
    assert reason in refused.value.response["Error"]["Message"]


def test_an_object_that_is_not_compressed_as_told_is_named(
    client: Callable[..., Any], bucket: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=b"n\n1\n")
    job = make_job({"node-1": csv_source(bucket, CompressionType="gzip"), "node-2": target(bucket, "csv")})
    assert run(job)["ErrorMessage"].endswith(f"s3://{bucket}/in/a.csv is not gzip, as CompressionType says.")


def test_options_stand_in_the_script(client: Callable[..., Any], bucket: str, make_job: Callable[..., str]) -> None:
    settings = {
        "Exclusions": ["**.pdf"],
        "GroupFiles": "inPartition",
        "GroupSize": "1048576",
        "CompressionType": "gzip",
        "MaxBand": 60,
        "AdditionalOptions": {"BoundedFiles": 2, "EnableSamplePath": True, "SamplePath": "s3://b/in/a.csv"},
    }
    make_job({"node-1": csv_source(bucket, **settings), "node-2": target(bucket, "csv")})
    script = client("s3").get_object(Bucket=bucket, Key="scripts/job.py")["Body"].read().decode()
    assert (
        f'connection_options={{"paths": ["s3://{bucket}/in/"], "recurse": True, "exclusions": "[\\"**.pdf\\"]", '
        '"compressionType": "gzip", "groupFiles": "inPartition", "groupSize": "1048576", "maxBand": 60, '
        '"boundedFiles": "2"}'
    ) in script


def test_what_a_crawler_was_told_to_leave_out_is_left_out_by_a_job(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
    results: Callable[..., dict[str, bytes]],
) -> None:
    table("raw", [["n", "bigint"]], "n\n1\n")
    client("s3").put_object(Bucket=bucket, Key="raw/old/b.csv", Body=b"n\n2\n")
    found = client("glue").get_table(DatabaseName=database, Name="raw")["Table"]
    found["Parameters"]["exclusions"] = json.dumps([f"s3://{bucket}/raw/old/**"])
    kept = ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    client("glue").update_table(DatabaseName=database, TableInput={key: found[key] for key in kept})
    assert run(make_job({"node-1": source(database), "node-2": target(bucket, "csv")}))["JobRunState"] == "SUCCEEDED"
    assert [from_csv(body) for body in results().values()] == [[["1"]]]
