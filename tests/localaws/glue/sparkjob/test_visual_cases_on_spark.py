"""Every case of visual jobs once more: its generated script on Spark leaves the rows that the endpoint leaves.

One run executes all scripts, since Spark takes seconds to begin.
"""

from __future__ import annotations

import datetime
import io
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastavro
import pyarrow.orc as orc
import pyarrow.parquet as parquet
import pytest

Record = dict[str, Any]
CASES = sorted((Path(__file__).parents[1] / "visualjob" / "cases").glob("*.json"))
REFUSALS = ("is not supported here", "is not written here")
VARIES = re.compile(r"current_timestamp|current_date|\bnow\(\)|gs_now|gs_uuid|uuid\(\)|rand\(")
"""No two runs have the same values of these: cases with them are compared by their number of rows."""


class Case:
    """A case with its bucket: the objects that each engine leaves below `out/`."""

    def __init__(self, path: Path, client: Callable[..., Any], region: str, role: str) -> None:
        self.bucket = f"case-{uuid.uuid4().hex[:12]}"
        self.text = path.read_text(encoding="utf-8").replace("{bucket}", self.bucket)
        self.content: Record = json.loads(self.text)
        self._s3, self._glue, self._role = client("s3"), client("glue"), role
        self._s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": region})
        self._glue.create_database(DatabaseInput={"Name": self.bucket})
        for key, text in self.content.get("objects_in", {}).items():
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def make_job(self) -> str:
        """The job's name."""
        command = {"Name": "glueetl", "ScriptLocation": f"s3://{self.bucket}/scripts/job.py"}
        nodes = self.content["nodes"]
        self._glue.create_job(
            Name=self.bucket, Role=self._role, JobMode="VISUAL", Command=command, CodeGenConfigurationNodes=nodes
        )
        return self.bucket

    def taken(self) -> dict[str, bytes]:
        """The objects below `out/`; then neither they nor the table `out` are there."""
        found = self._s3.list_objects_v2(Bucket=self.bucket, Prefix="out/").get("Contents", [])
        made = {}
        for entry in found:
            made[entry["Key"]] = self._s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"].read()
            self._s3.delete_object(Bucket=self.bucket, Key=entry["Key"])
        self._glue.batch_delete_table(DatabaseName=self.bucket, TablesToDelete=["out"])
        return made


def rows(objects: dict[str, bytes]) -> Counter[str]:
    """The rows of all objects, as JSON with the partition's folder."""
    found: Counter[str] = Counter()
    for key, data in objects.items():
        folder = key.rpartition("/")[0]
        found.update(f"{folder} {json.dumps(row, sort_keys=True, default=shown)}" for row in rows_of(key, data))
    return found


def rows_of(key: str, data: bytes) -> Iterator[Any]:
    """The rows of one object."""
    if data[:4] == b"PAR1":
        yield from parquet.ParquetFile(io.BytesIO(data)).read().to_pylist()
    elif data[:3] == b"ORC":
        yield from orc.ORCFile(io.BytesIO(data)).read().to_pylist()
    elif data[:4] == b"Obj\x01":
        yield from fastavro.reader(io.BytesIO(data))
    else:
        lines = data.decode().splitlines()
        for line in lines:
            yield {k: v for k, v in json.loads(line).items() if v is not None} if line.startswith("{") else line


def shown(value: Any) -> str:
    """A value that JSON does not have; moments are in UTC, whether the file says so or not."""
    return str(value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value)


@pytest.mark.usefixtures("spark")
def test_every_script_gives_the_rows_of_the_endpoint(
    client: Callable[..., Any],
    endpoint: Any,
    bucket: str,
    job_role: str,
    fill_table: Callable[..., None],
    make_script_job: Callable[..., str],
    run: Callable[..., Record],
    body: Callable[[str], Any],
) -> None:
    cases, wanted = {}, {}
    for path in CASES:
        case = Case(path, client, endpoint.region, job_role)
        for name, content in case.content.get("tables", {}).items():
            fill_table(
                case.bucket, case.bucket, name, content["columns"], content["text"], content.get("delimiter", ",")
            )
        ended = run(case.make_job())
        if any(refusal in ended.get("ErrorMessage", "") for refusal in REFUSALS):
            continue  # The endpoint refuses by name what Spark has.
        cases[path.stem], wanted[path.stem] = case, (ended["JobRunState"], case.taken())
    client("s3").put_object(
        Bucket=bucket, Key="cases.json", Body=json.dumps([c.bucket for c in cases.values()]).encode()
    )
    script = (Path(__file__).with_name("scripts") / "every_case.py").read_text(encoding="utf-8")
    ended = run(make_script_job(script, {"--bucket": bucket, "--conf": "spark.sql.shuffle.partitions=2"}))
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    messages, different = body("ended.json"), {}
    for name, case in cases.items():
        state, expected = wanted[name]
        message, objects = messages[case.bucket], case.taken()
        if (message is None) != (state == "SUCCEEDED"):
            different[name] = f"{state} on the endpoint, on Spark: {message}"
            continue
        mine, theirs = rows(objects), rows(expected)
        if VARIES.search(case.text):
            mine, theirs = Counter(" " * mine.total()), Counter(" " * theirs.total())
        if state == "SUCCEEDED" and mine != theirs:
            different[name] = f"only on Spark {mine - theirs}, only on the endpoint {theirs - mine}"
    assert different == {}
