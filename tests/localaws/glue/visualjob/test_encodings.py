"""What a job makes of bytes that are no UTF-8, and of text that is unusual."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Record = dict[str, Any]
LATIN_1 = "id;place\n1;Zürich\n".encode("latin-1")


@pytest.fixture
def rows(
    client: Callable[..., Any], bucket: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> Callable[..., Any]:
    """`rows(bodies, *nodes)`: put the bodies at `in/a`, `in/b` …, run a job of these nodes and a Parquet target after
    the last of them; its rows, or the run's error message."""

    def of(bodies: list[bytes], *nodes: Record) -> Any:
        s3 = client("s3")
        for at, body in enumerate(bodies):
            s3.put_object(Bucket=bucket, Key=f"in/{'ab'[at]}", Body=body)
        numbered = {f"node-{at}": node for at, node in enumerate(nodes, 1)}
        target = {"Name": "out", "Inputs": [f"node-{len(nodes)}"], "Path": f"s3://{bucket}/out/", "Format": "parquet"}
        ended = run(make_job({**numbered, "node-9": {"S3DirectTarget": target}}))
        if ended["JobRunState"] == "FAILED":
            return ended["ErrorMessage"]
        (entry,) = s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        return pq.read_table(io.BytesIO(body)).to_pylist()

    return of


def csv_source(bucket: str, key: str) -> Record:
    settings = {"Separator": "semicolon", "QuoteChar": "quote", "WithHeader": True}
    return {"S3CsvSource": {"Name": key, "Paths": [f"s3://{bucket}/in/{key}"], **settings}}


def test_latin_1_that_is_compressed_is_read_as_what_it_holds(rows: Callable[..., Any], bucket: str) -> None:
    assert rows([gzip.compress(LATIN_1)], csv_source(bucket, "a")) == [{"id": "1", "place": "Z\ufffdrich"}]


def test_latin_1_beside_parquet_leaves_parquet_alone(rows: Callable[..., Any], bucket: str) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"id": ["2"], "place": ["Bern"]}), out)
    parquet = {"S3ParquetSource": {"Name": "b", "Paths": [f"s3://{bucket}/in/b"]}}
    union = {"Union": {"Name": "both", "Inputs": ["node-1", "node-2"], "UnionType": "ALL"}}
    found = rows([LATIN_1, out.getvalue()], csv_source(bucket, "a"), parquet, union)
    assert sorted(found, key=lambda row: row["id"]) == [
        {"id": "1", "place": "Z\ufffdrich"},
        {"id": "2", "place": "Bern"},
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_fails_the_run_by_the_name_of_its_object(rows: Callable[..., Any], bucket: str, encoding: str) -> None:
    text = "\ufeff" * (encoding == "utf-16-be") + "id;place\n1;Zürich\n"
    assert rows([text.encode(encoding)], csv_source(bucket, "a")) == (
        f"Unable to parse file: s3://{bucket}/in/a. It is UTF-16, and Glue reads UTF-8: convert it."
    )


def test_a_zero_is_a_character_like_any_other(rows: Callable[..., Any], bucket: str) -> None:
    assert rows([b"id;place\n1;a\0b\n"], csv_source(bucket, "a")) == [{"id": "1", "place": "a\0b"}]


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
@pytest.mark.parametrize("heading", ['"a;""b"', '"a\nb"'])
def test_a_quoted_header_after_a_byte_order_mark_ends_where_it_ends(
    rows: Callable[..., Any], bucket: str, heading: str, packed: Callable[[bytes], bytes]
) -> None:
    found = rows([packed(f"\ufeff{heading};c\n1;2\n".encode())], csv_source(bucket, "a"))
    assert [list(row.values()) for row in found] == [["1", "2"]]
