"""What the `awsglue` package gives a script: one run of `scripts/transforms.py`, and what it found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).with_name("scripts")

Record = dict[str, Any]
OBJECTS = {
    "in/a.csv": 'id;note;kind\n1;"a;\nb";b c\n2;;x\n3\n',
    "in/b.csv": "kind;more\nx;\u00e9\n",
    "in/c.csv.bak": "no\n",
    "in/_hidden": "no\n",
    "deep.json": '{"data": [{"a": 1, "b": null}, {"a": 2.5, "b": "x"}]}',
    "parts/year=2021/a.csv": "id\n1\n2\n",
    "parts/year=2022/a.csv": "id\n3\n",
}


@pytest.mark.usefixtures("spark")
def test_transforms_sources_and_targets(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    make_script_job: Callable[..., str],
    run: Callable[..., Record],
    body: Callable[[str], Any],
    keys: Callable[[str], list[str]],
    lines: Callable[[str, str], list[str]],
) -> None:
    for key, text in OBJECTS.items():
        client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())
    script = (SCRIPTS / "transforms.py").read_text(encoding="utf-8")
    ended = run(make_script_job(script, {"--bucket": bucket, "--conf": "spark.sql.shuffle.partitions=2"}))
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    expected = (SCRIPTS / "transforms.json").read_text(encoding="utf-8").replace("{bucket}", bucket)
    assert body("found.json") == json.loads(expected)

    def text(key: str) -> str:
        return client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    folders = {key.rsplit("/", 1)[0]: text(key) for key in keys("out/")}
    assert folders["out/kind=b c"] == "id|note|more\n1|a;\nb|\n"
    assert [key for key in keys("several/") if "/one/" not in key] == []
    assert [text(key) for key in keys("spigot/")] == ['{"id":1}\n{"id":2}\n']
    table = client("glue").get_table(DatabaseName=database, Name="made")["Table"]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["kind"]
    assert table["Parameters"]["CreatedByJobRun"] == ended["Id"]
    partitions = client("glue").get_partitions(DatabaseName=database, TableName="made")["Partitions"]
    assert sorted(one["Values"][0] for one in partitions) == ["__HIVE_DEFAULT_PARTITION__", "b c", "x"]
    results = client("glue").list_data_quality_results(Filter={"JobName": bucket})["Results"]
    assert [result["JobRunId"] for result in results] == [ended["Id"]]
    assert any(line.startswith("done ") for line in lines("output", ended["Id"]))
    assert any(line.endswith("INFO GlueLogger: all is found") for line in lines("error", ended["Id"]))
