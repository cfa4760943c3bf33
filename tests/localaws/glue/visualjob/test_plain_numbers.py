"""CSV of digits is read as numbers at once, and gives what the casts of Spark 3.5 make of its text."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

Record = dict[str, Any]
HEAD = "a,b,at,c\n"
# what stands below the header → a bigint, a smallint, text and a bigint
SHEETS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "digits": ("1,2,2021-01-01,3\n-4,-5,,6\n", [(1, 2, "2021-01-01", 3), (-4, -5, "", 6)]),
    "other ways to write them": ("007,+5, 1 ,-0\n 8 ,\t9,\"1\",\"12\"\n", [(7, 5, " 1 ", 0), (8, 9, "1", 12)]),
    "nothing": (',,,\n"","","",""\n', [(None, None, "", None)] * 2),
    "largest": ("9223372036854775807,32767,1,1\n", [(2**63 - 1, 32767, "1", 1)]),
    "no number": ("1,2,3,12:30\n5-,--5,1 2,4\n", [(1, 2, "3", None), (None, None, "1 2", 4)]),
    "too many digits": ("9223372036854775808,32768,0,1\n", [(None, None, "0", 1)]),
    "missing cells": ("1,2\n3,4,5,6\n", [(1, 2, None, None), (3, 4, "5", 6)]),
    "too many cells": ("1,2,3,4,5\n6,7,8,9\n", [(1, 2, "3", 4), (6, 7, "8", 9)]),
    "fractions": ("1.9,-2.5,3,.5\n", [(1, -2, "3", 0)]),
    "no whole numbers to Spark": ("1e3,0x1F,5,1_000\n0b1,1E2,6,2\n", [(None, None, "5", None), (None, None, "6", 2)]),
    "text": ("1,2,noon,3\n4,5,n/a,NULL\n", [(1, 2, "noon", 3), (4, 5, "n/a", None)]),
}  # fmt: skip


@pytest.fixture
def written(
    client: Callable[..., Any], bucket: str, name: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> Callable[..., list[tuple[Any, ...]]]:
    """`written(text)`: what a job that copies a catalog table of that CSV writes as Parquet."""

    def of(*texts: str, kinds: Record | None = None) -> list[tuple[Any, ...]]:
        s3, glue = client("s3"), client("glue")
        for at, text in enumerate(texts):
            s3.put_object(Bucket=bucket, Key=f"in/{at}.csv", Body=text.encode())
        kinds = kinds or {"a": "bigint", "b": "smallint", "at": "string", "c": "bigint"}
        described = {
            "Columns": [{"Name": key, "Type": kind} for key, kind in kinds.items()],
            "Location": f"s3://{bucket}/in/",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
                "Parameters": {"separatorChar": ","},
            },
        }
        glue.create_database(DatabaseInput={"Name": name})
        parameters = {"classification": "csv", "skip.header.line.count": "1"}
        table = {"Name": "numbers", "StorageDescriptor": described, "Parameters": parameters}
        glue.create_table(DatabaseName=name, TableInput=table)
        target = {"Name": "out", "Inputs": ["node-1"], "Path": f"s3://{bucket}/out/", "Format": "parquet"}
        source = {"Name": "in", "Database": name, "Table": "numbers"}
        ended = run(make_job({"node-1": {"S3CatalogSource": source}, "node-2": {"S3DirectTarget": target}}))
        assert ended["JobRunState"] == "SUCCEEDED", ended
        (entry,) = s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        return [tuple(row.values()) for row in pq.read_table(io.BytesIO(body)).to_pylist()]

    return of


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet(written: Callable[..., list[tuple[Any, ...]]], sheet: str) -> None:
    text, expected = SHEETS[sheet]
    assert written(HEAD + text) == expected


def test_a_late_cell_that_is_no_number(written: Callable[..., list[tuple[Any, ...]]]) -> None:
    digits = "".join(f"{at},1,{at},{at}\n" for at in range(30_000))
    found = written(HEAD + digits, HEAD + digits + "7,1,1,5-\n")
    assert len(found) == 60_001
    assert found[-1] == (7, 1, "1", None)
    assert sum(row[0] for row in found) == 2 * sum(range(30_000)) + 7


def test_an_empty_line_of_one_column_is_no_row(written: Callable[..., list[tuple[Any, ...]]]) -> None:
    assert written("a\n1\n\n2\n", kinds={"a": "bigint"}) == [(1,), (2,)]


@pytest.mark.parametrize("ending", ["\r", "\r\n", "\n"])
def test_lines_end_in_three_ways(written: Callable[..., list[tuple[Any, ...]]], ending: str) -> None:
    lines = ["a,b,at,c", "1.7,1,2021,0x10", "2.5,2,2022,1e3", "3,3,2023,7", ""]
    found = written(ending.join(lines))
    assert found == [(1, 1, "2021", None), (2, 2, "2022", None), (3, 3, "2023", 7)]
