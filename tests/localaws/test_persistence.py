"""Acknowledged = on disk: after `kill -9` and after a restart everything is there."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from cdr_helpers import localaws
from tests.conftest import client_of

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
KILLS = 6
WRITES_BETWEEN = 12


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of this test's own."""
    yield tmp_path / "home"
    localaws.stop(tmp_path / "home")


def kill(running: localaws.Endpoint) -> None:
    """What `kill -9` does, on every system."""
    process = psutil.Process(running.pid)
    process.kill()
    process.wait(20)


class Writer:
    """Writes objects and tables until it is told to stop; remembers what was acknowledged."""

    def __init__(self, running: localaws.Endpoint, number: int) -> None:
        self.s3, self.glue = client_of(running, "s3"), client_of(running, "glue")
        self.number = number
        self.objects: dict[str, bytes] = {}
        self.tables: list[str] = []
        self.enough = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        count = 0
        while True:
            name = f"t{self.number}_{count}"
            body = os.urandom(100 + count * 1000)
            try:
                self.s3.put_object(Bucket="load", Key=name, Body=body)
                self.objects[name] = body
                self.glue.create_table(DatabaseName="load", TableInput={"Name": name})
                self.tables.append(name)
            except Exception:  # the server is gone, at whatever moment
                return
            count += 1
            if count == WRITES_BETWEEN:
                self.enough.set()


def test_six_kills_under_load_lose_nothing(home: Path) -> None:
    running = localaws.start(home)
    s3, glue = client_of(running, "s3"), client_of(running, "glue")
    s3.create_bucket(Bucket="load", CreateBucketConfiguration={"LocationConstraint": running.region})
    glue.create_database(DatabaseInput={"Name": "load"})
    writers: list[Writer] = []
    for number in range(KILLS):
        pair = [Writer(running, 2 * number), Writer(running, 2 * number + 1)]
        assert all(writer.enough.wait(60) for writer in pair)
        kill(running)
        for writer in pair:
            writer.thread.join(60)
        writers += pair
        running = localaws.start(home)
    for writer in writers:
        assert len(writer.objects) >= WRITES_BETWEEN
        for key, body in writer.objects.items():
            assert s3.get_object(Bucket="load", Key=key)["Body"].read() == body
    pages = glue.get_paginator("get_tables").paginate(DatabaseName="load")
    found = {table["Name"] for page in pages for table in page["TableList"]}
    assert {name for writer in writers for name in writer.tables} <= found
    # Nothing lies around that no object needs: what was received and not acknowledged is gone.
    listed = [key for page in s3.get_paginator("list_objects_v2").paginate(Bucket="load") for key in page["Contents"]]
    assert len(list((home / "objects").iterdir())) == len(listed)
    assert [each for each in (home / "scratch").iterdir() if each.is_file()] == []


def restarted(running: localaws.Endpoint) -> localaws.Endpoint:
    kill(running)
    return localaws.start(running.home)


def test_everything_is_there_after_a_restart(home: Path) -> None:
    running = localaws.start(home)
    region = {"CreateBucketConfiguration": {"LocationConstraint": running.region}}
    s3, iam, glue = (client_of(running, name) for name in ("s3", "iam", "glue"))
    athena, kms, logs = (client_of(running, name) for name in ("athena", "kms", "logs"))
    s3.create_bucket(Bucket="kept", **region)
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="kept", Key="k", Body=b"1", Metadata={"m": "1"}, Tagging="a=b")["VersionId"]
    s3.put_object(Bucket="kept", Key="k", Body=b"2")
    s3.put_bucket_tagging(Bucket="kept", Tagging={"TagSet": [{"Key": "owner", "Value": "me"}]})
    upload = s3.create_multipart_upload(Bucket="kept", Key="parts")["UploadId"]
    part = {"Bucket": "kept", "Key": "parts", "UploadId": upload}
    etags = [s3.upload_part(**part, PartNumber=1, Body=b"x" * (5 << 20))["ETag"]]
    role = iam.create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST)["Role"]
    managed = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
    iam.attach_role_policy(RoleName="kept", PolicyArn=managed)
    own = iam.create_policy(PolicyName="own", PolicyDocument=policy("s3:GetObject"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="kept", PolicyArn=own)
    iam.put_role_policy(RoleName="kept", PolicyName="inline", PolicyDocument=policy("s3:PutObject"))
    glue.create_database(DatabaseInput={"Name": "kept"})
    glue.create_table(DatabaseName="kept", TableInput={"Name": "t", "PartitionKeys": [{"Name": "p", "Type": "string"}]})
    values = [{"Values": [str(number)], "StorageDescriptor": {}} for number in range(60)]
    glue.batch_create_partition(DatabaseName="kept", TableName="t", PartitionInputList=values)
    glue.delete_partition(DatabaseName="kept", TableName="t", PartitionValues=["7"])
    athena.create_work_group(Name="kept")
    query = athena.create_named_query(Name="kept", Database="kept", QueryString="SELECT 1")["NamedQueryId"]
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    logs.create_log_group(logGroupName="kept")

    before, running = running, restarted(running)
    assert running.url == before.url
    assert s3.get_object(Bucket="kept", Key="k", VersionId=first)["Metadata"] == {"m": "1"}
    assert s3.get_object(Bucket="kept", Key="k")["Body"].read() == b"2"
    tags = s3.get_object_tagging(Bucket="kept", Key="k", VersionId=first)["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}]
    assert s3.get_bucket_tagging(Bucket="kept")["TagSet"] == [{"Key": "owner", "Value": "me"}]
    etags.append(s3.upload_part(**part, PartNumber=2, Body=b"end")["ETag"])
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="kept", Key="parts")["ContentLength"] == (5 << 20) + 3
    assert iam.get_role(RoleName="kept")["Role"] == role | {"MaxSessionDuration": 3600, "RoleLastUsed": {}}
    attached = iam.list_attached_role_policies(RoleName="kept")["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [managed, own]
    assert iam.list_role_policies(RoleName="kept")["PolicyNames"] == ["inline"]
    assert iam.get_policy(PolicyArn=managed)["Policy"]["AttachmentCount"] == 1
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName="kept", TableName="t")
    found = sorted(int(each["Values"][0]) for page in pages for each in page["Partitions"])
    assert found == [number for number in range(60) if number != 7]
    assert athena.get_work_group(WorkGroup="kept")["WorkGroup"]["Name"] == "kept"
    assert athena.get_named_query(NamedQueryId=query)["NamedQuery"]["Name"] == "kept"
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["kept"]

    glue.delete_table(DatabaseName="kept", Name="t")
    glue.delete_database(Name="kept")
    iam.detach_role_policy(RoleName="kept", PolicyArn=own)
    s3.delete_object(Bucket="kept", Key="k", VersionId=first)
    restarted(running)
    assert glue.get_databases()["DatabaseList"] == []
    attached = iam.list_attached_role_policies(RoleName="kept")["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [managed]
    with pytest.raises(ClientError, match="NoSuchVersion"):
        s3.get_object(Bucket="kept", Key="k", VersionId=first)


def test_what_a_query_makes_in_the_catalog_stays(home: Path) -> None:
    """Glue itself has been asked nothing before."""
    running = localaws.start(home)
    s3, athena = client_of(running, "s3"), client_of(running, "athena")
    s3.create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": running.region})
    started = athena.start_query_execution(
        QueryString="CREATE DATABASE made", ResultConfiguration={"OutputLocation": "s3://results/"}
    )
    where = {"QueryExecutionId": started["QueryExecutionId"]}
    end = time.monotonic() + 30
    while time.monotonic() < end:
        state = athena.get_query_execution(**where)["QueryExecution"]["Status"]["State"]
        if state not in ("QUEUED", "RUNNING"):
            break
    assert state == "SUCCEEDED"
    running = restarted(running)
    names = [each["Name"] for each in client_of(running, "glue").get_databases()["DatabaseList"]]
    assert names == ["made"]
    assert athena.get_query_execution(**where)["QueryExecution"]["Status"]["State"] == "SUCCEEDED"


def policy(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_polite_end_is_as_good_as_a_stop(home: Path) -> None:
    running = localaws.start(home)
    s3 = client_of(running, "s3")
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": running.region})
    psutil.Process(running.pid).send_signal(signal.SIGTERM)
    psutil.Process(running.pid).wait(20)
    localaws.start(home)
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["kept"]


def test_a_home_of_another_version_says_what_to_do(home: Path) -> None:
    import sqlite3

    localaws.start(home)
    localaws.stop(home)
    with sqlite3.connect(home / "state.sqlite") as connection:
        connection.execute("UPDATE facts SET value = '0.0' WHERE name = 'moto'")
    connection.close()
    with pytest.raises(localaws.LocalAwsError, match="with moto 0.0.*`cdr local reset`"):
        localaws.start(home)
    localaws.reset(home)
    assert localaws.start(home).url
