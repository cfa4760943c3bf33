"""Every node type of the API is executed, or refused by name when the job starts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.model import Shape
from botocore.session import Session

from cdr_helpers.localaws.glue.visualjob.nodes import REGISTRY

Record = dict[str, Any]
SHAPE = Session().get_service_model("glue").shape_for("CodeGenConfigurationNode")
REFUSED = sorted(set(SHAPE.members) - set(REGISTRY))


def filled(shape: Shape, depth: int = 0) -> Any:
    """A value of a shape with what it must have."""
    if shape.type_name == "structure":
        return {name: filled(shape.members[name], depth + 1) for name in shape.required_members}
    if shape.type_name == "list":
        return [filled(shape.member, depth + 1)] * max(1, shape.metadata.get("min", 1))
    if shape.type_name == "map":
        return {}
    if shape.type_name in ("integer", "long", "double", "float"):
        return 1
    return shape.type_name == "boolean" or (shape.enum[0] if getattr(shape, "enum", None) else "x")


def test_the_api_has_what_is_executed() -> None:
    assert set(REGISTRY) - set(SHAPE.members) == set()


@pytest.mark.parametrize("kind", REFUSED)
def test_other_types_are_refused_by_name(
    client: Callable[..., Any], bucket: str, make_job: Callable[..., str], run: Callable[..., Record], kind: str
) -> None:
    settings = {**filled(SHAPE.members[kind]), "Name": "My node"}
    nodes: Record = {"node-2": {kind: settings}}
    if "Inputs" in SHAPE.members[kind].members:
        settings["Inputs"] = ["node-1"]
        nodes["node-1"] = {"S3JsonSource": {"Name": "S3", "Paths": [f"s3://{bucket}/in/"]}}
    ended = run(make_job(nodes))
    assert ended["JobRunState"] == "FAILED"
    reason = f"Node 'My node' (node-2, {kind}): the node type {kind} is not supported here: "
    assert ended["ErrorMessage"].startswith(reason)
    assert "knows no such node" not in ended["ErrorMessage"]


def transform(bucket: str, function: str, **parameters: str) -> Record:
    given = [{"Name": name, "Type": "str", "Value": [value]} for name, value in parameters.items()]
    node = {"Name": "T", "TransformName": function, "FunctionName": function, "Path": "s3://b/x.py"}
    target = {"Name": "Target", "Inputs": ["node-2"], "Path": f"s3://{bucket}/out/", "Format": "json"}
    return {
        "node-1": {"S3JsonSource": {"Name": "S3", "Paths": [f"s3://{bucket}/in/"]}},
        "node-2": {"DynamicTransform": {**node, "Inputs": ["node-1"], "Parameters": given}},
        "node-3": {"S3DirectTarget": target},
        "node-4": {"S3DirectTarget": {**target, "Path": f"s3://{bucket}/again/"}},
    }


@pytest.fixture
def twice(
    client: Callable[..., Any], bucket: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> Callable[..., list[list[Record]]]:
    """`twice(function, **parameters)`: the rows that two targets wrote of one transform."""

    def rows(function: str, **parameters: str) -> list[list[Record]]:
        s3 = client("s3")
        s3.put_object(Bucket=bucket, Key="in/a.json", Body=b'{"id": 1}\n{"id": 2}\n')
        ended = run(make_job(transform(bucket, function, **parameters)))
        assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
        made = []
        for prefix in ("out/", "again/"):
            [stored] = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
            body = s3.get_object(Bucket=bucket, Key=stored["Key"])["Body"].read().decode()
            made.append([json.loads(line) for line in body.splitlines()])
        return made

    return rows


def test_identifiers_are_drawn_once(twice: Callable[..., list[list[Record]]]) -> None:
    out, again = twice("gs_uuid", colName="key")
    assert out == again
    assert len({uuid.UUID(row["key"]) for row in out}) == 2


def test_the_current_moment_is_that_of_the_run(twice: Callable[..., list[list[Record]]]) -> None:
    out, again = twice("gs_now", colName="at")
    assert out == again
    moment = datetime.fromisoformat(out[0]["at"]).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)


def test_the_current_moment_has_a_format(twice: Callable[..., list[list[Record]]]) -> None:
    out, _ = twice("gs_now", colName="at", dateFormat="%Y%m%d")
    assert out[0]["at"] in {f"{datetime.now(UTC) - timedelta(minutes=at):%Y%m%d}" for at in (0, 5)}


@pytest.mark.parametrize(
    ("function", "parameters", "reason"),
    [
        ("gs_now", {}, "gs_now needs the parameter colName."),
        ("gs_to_timestamp", {"colName": "id", "colType": "days"}, "colType must be one of iso, seconds, milliseconds"),
        ("gs_format_timestamp", {"colName": "id", "dateFormat": "%Q"}, "the code %Q of dateFormat is not supported"),
        ("gs_array_to_cols", {"colName": "id", "colList": "a,b", "indexes": "1"}, "indexes must be as many whole"),
        ("gs_flatten", {"maxLevels": "x"}, "maxLevels must be a whole number, not 'x'."),
        ("gs_pivot", {"aggCol": "id", "aggFunction": "mode", "colList": "id"}, "aggFunction must be one of avg"),
        ("gs_repartition", {"numPartitionsStr": "0"}, "numPartitionsStr must be a whole number from 1, not '0'."),
    ],
)
def test_parameters_that_make_no_sense(
    bucket: str,
    make_job: Callable[..., str],
    run: Callable[..., Record],
    function: str,
    parameters: dict[str, str],
    reason: str,
) -> None:
    ended = run(make_job(transform(bucket, function, **parameters)))
    assert ended["JobRunState"] == "FAILED"
    assert ended["ErrorMessage"].startswith("Node 'T' (node-2, DynamicTransform): ")
    assert reason in ended["ErrorMessage"]
