"""After `kill -9`: rulesets and results are there, and a run that was under way has failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from cdr_helpers import localaws

TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
ENDLESS = "SELECT count(*) FROM primary a" + "".join(f" CROSS JOIN primary t{at}" for at in range(18))
BUCKET = "aws-glue-kept"
SOURCE = {"GlueTable": {"DatabaseName": "kept", "TableName": "calls"}}


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[localaws.Endpoint]:
    """An endpoint of this test's own, whose machine's clock is not UTC's."""
    monkeypatch.setenv("TZ", "America/New_York")
    yield localaws.start(tmp_path / "home")
    localaws.stop(tmp_path / "home")


def test_what_was_acknowledged_is_there_and_what_was_under_way_has_failed(
    running: localaws.Endpoint,
    client_at: Callable[[localaws.Endpoint], Callable[..., Any]],
    over: Callable[..., dict[str, Any]],
) -> None:
    client = client_at(running)
    s3, iam, glue = client("s3"), client("iam"), client("glue")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": running.region})
    s3.put_object(Bucket=BUCKET, Key="calls/a.json", Body=f'{{"at": "{datetime.now(UTC):%F %T}"}}\n'.encode() * 9)
    iam.create_role(RoleName="kept", AssumeRolePolicyDocument=json.dumps({"Statement": [TRUST]}))
    managed = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
    iam.attach_role_policy(RoleName="kept", PolicyArn=managed)
    glue.create_database(DatabaseInput={"Name": "kept"})
    serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
    storage = {
        "Columns": [{"Name": "at", "Type": "timestamp"}],
        "SerdeInfo": serde,
        "Location": f"s3://{BUCKET}/calls/",
    }
    glue.create_table(DatabaseName="kept", TableInput={"Name": "calls", "StorageDescriptor": storage})
    glue.create_data_quality_ruleset(Name="short", Ruleset='Rules = [ RowCount = 9, DataFreshness "at" < 1 hours ]')
    glue.create_data_quality_ruleset(Name="long", Ruleset=f'Rules = [ CustomSql "{ENDLESS}" > 1 ]')

    def start(ruleset: str) -> str:
        given = {"DataSource": SOURCE, "Role": "kept", "RulesetNames": [ruleset]}
        return glue.start_data_quality_ruleset_evaluation_run(**given)["RunId"]

    get = glue.get_data_quality_ruleset_evaluation_run
    before, under_way = over(get, start("short")), start("long")
    assert before["Status"] == "SUCCEEDED"
    process = psutil.Process(running.pid)
    process.kill()
    process.wait(20)
    localaws.start(running.home)
    assert get(RunId=before["RunId"])["ResultIds"] == before["ResultIds"]
    assert glue.get_data_quality_result(ResultId=before["ResultIds"][0])["Score"] == 1.0
    assert [one["Name"] for one in glue.list_data_quality_rulesets()["Rulesets"]] == ["long", "short"]
    after = get(RunId=under_way)
    assert after["Status"] == "FAILED"
    assert after["ErrorString"] == "The endpoint was stopped while the run was under way."
