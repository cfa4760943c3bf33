"""Graphs with their input, and what a run makes of them. Each file of `cases/` names where its expectation comes from.

A case has `tables` (name → columns and the text of its CSV file) or `objects_in` (key → text), the graph's `nodes`
(`{bucket}` stands for bucket and database), and of what the run writes: `objects` (key → text, `{run}` for the moment
in a part's name), or `rows` of the Parquet files below `out/` as text, in order; the `table` in the catalog
(`columns`, `keys`); `script`, a part of the generated script. Or `error`, a part of the run's message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
from pyarrow import BufferReader

Record = dict[str, Any]
CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))


def written(s3: Any, bucket: str) -> dict[str, bytes]:
    """The objects below `out/`: key → bytes."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix="out/").get("Contents", [])
    return {entry["Key"]: s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read() for entry in found}


def rows(objects: dict[str, bytes]) -> list[list[str | None]]:
    """The rows of Parquet files as text."""
    made: list[list[str | None]] = []
    for body in objects.values():
        for row in parquet.ParquetFile(BufferReader(body)).read().to_pylist():
            made.append([shown(value) for value in row.values()])
    return sorted(made, key=lambda row: [(value is None, str(value).zfill(20)) for value in row])


def shown(value: Any) -> str | None:
    if value is None:
        return None
    if hasattr(value, "hour"):
        return str(value.replace(tzinfo=None))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | list | dict) else str(value)


def catalog_shape(glue: Any, database: str) -> Record:
    found = glue.get_table(DatabaseName=database, Name="out")["Table"]
    columns = [[column["Name"], column["Type"]] for column in found["StorageDescriptor"]["Columns"]]
    return {"columns": columns, "keys": [key["Name"] for key in found["PartitionKeys"]]}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(
    path: Path,
    client: Callable[..., Any],
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    case = json.loads(path.read_text(encoding="utf-8").replace("{bucket}", bucket))
    assert case["origin"].split(":")[0] in ("Spark", "documented", "observed", "ours")
    for name, content in case.get("tables", {}).items():
        table(name, content["columns"], content["text"], content.get("delimiter", ","))
    for key, text in case.get("objects_in", {}).items():
        client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())

    ended = run(make_job(case["nodes"]))

    if "error" in case:
        assert ended["JobRunState"] == "FAILED"
        assert case["error"] in ended["ErrorMessage"]
        assert written(client("s3"), bucket) == {}
        return
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    objects = written(client("s3"), bucket)
    if "objects" in case:
        found = {re.sub(r"run-\d{13}-", "run-{run}-", key): body.decode() for key, body in objects.items()}
        assert found == case["objects"]
    if "rows" in case:
        assert rows(objects) == case["rows"]
    if "table" in case:
        assert catalog_shape(client("glue"), database) == case["table"]
    if "script" in case:
        script = client("s3").get_object(Bucket=bucket, Key="scripts/job.py")["Body"].read().decode()
        assert case["script"] in script
