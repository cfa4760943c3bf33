"""The life of a visual job and its runs, through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Record = dict[str, Any]
TEXT = "start_datetime,caller\n2021-02-25 11:53:00,61400000001\n25-02-2021 11:53,61400000002\n"
COLUMNS = [["start_datetime", "string"], ["caller", "bigint"]]


def source(database: str, name: str = "raw") -> Record:
    return {"S3CatalogSource": {"Name": "Source", "Database": database, "Table": name}}


def mapping(*names: str, to: str = "string", inputs: str = "node-1") -> Record:
    made = [{"ToKey": name, "FromPath": [name], "FromType": "string", "ToType": to, "Dropped": False} for name in names]
    return {"ApplyMapping": {"Name": "Change Schema", "Inputs": [inputs], "Mapping": made}}


def target(bucket: str, inputs: str = "node-1", **settings: Any) -> Record:
    node = {"Name": "Target", "Inputs": [inputs], "Path": f"s3://{bucket}/out/", "Format": "csv", **settings}
    return {"S3DirectTarget": node}


def keeping(database: str, table: str = "out") -> Record:
    policy = {"EnableUpdateCatalog": True, "UpdateBehavior": "UPDATE_IN_DATABASE", "Database": database, "Table": table}
    return {"SchemaChangePolicy": policy}


def columns(glue: Any, database: str, table: str = "out") -> list[list[str]]:
    found = glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]["Columns"]
    return [[column["Name"], column["Type"]] for column in found]


@pytest.fixture
def raw(table: Callable[..., None]) -> None:
    """The table that the jobs read."""
    table("raw", COLUMNS, TEXT)


@pytest.mark.usefixtures("raw")
def test_a_second_run_appends_and_a_changed_graph_updates_the_table(
    client: Callable[..., Any], bucket: str, database: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    glue, s3 = client("glue"), client("s3")
    job = make_job({"node-1": source(database), "node-2": target(bucket, **keeping(database))})
    assert run(job)["JobRunState"] == "SUCCEEDED"
    assert columns(glue, database) == COLUMNS
    first = glue.get_table(DatabaseName=database, Name="out")["Table"]["Parameters"]
    assert run(job)["JobRunState"] == "SUCCEEDED"
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]]
    assert len(set(keys)) == 2
    assert glue.get_table(DatabaseName=database, Name="out")["Table"]["Parameters"] == first

    definition = glue.get_job(JobName=job)["Job"]
    update = {key: definition[key] for key in ("Role", "Command", "GlueVersion", "JobMode")}
    nodes = {
        "node-1": source(database),
        "node-2": mapping("start_datetime", to="timestamp"),
        "node-3": target(bucket, "node-2", **keeping(database)),
    }
    glue.update_job(JobName=job, JobUpdate={**update, "CodeGenConfigurationNodes": nodes})
    script = s3.get_object(Bucket=bucket, Key="scripts/job.py")["Body"].read().decode()
    assert 'ApplyMapping.apply(frame=Source_node1, mappings=[("start_datetime", "string"' in script
    assert run(job)["JobRunState"] == "SUCCEEDED"
    assert columns(glue, database) == [["start_datetime", "timestamp"]]


@pytest.mark.usefixtures("raw")
def test_runs_are_told_truly(
    client: Callable[..., Any], bucket: str, database: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    glue = client("glue")
    job = make_job(
        {"node-1": source(database), "node-2": target(bucket)}, Timeout=10, WorkerType="G.1X", NumberOfWorkers=2
    )
    ended = run(job)
    assert ended["Id"].startswith("jr_")
    assert ended["JobMode"] == "VISUAL"
    assert (ended["Attempt"], ended["Timeout"], ended["WorkerType"], ended["NumberOfWorkers"]) == (0, 10, "G.1X", 2)
    assert ended["StartedOn"] <= ended["CompletedOn"]
    assert ended["LogGroupName"] == "/aws-glue/jobs"
    assert [one["Id"] for one in glue.get_job_runs(JobName=job)["JobRuns"]] == [ended["Id"]]
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_job_run(JobName=job, RunId="jr_0")


@pytest.mark.usefixtures("raw")
def test_a_catalog_target_writes_where_its_table_lies(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    table("copy", COLUMNS, TEXT.splitlines()[0] + "\n")
    node = {"S3CatalogTarget": {"Name": "Target", "Inputs": ["node-1"], "Database": database, "Table": "copy"}}
    assert run(make_job({"node-1": source(database), "node-2": node}))["JobRunState"] == "SUCCEEDED"
    keys = [entry["Key"] for entry in client("s3").list_objects_v2(Bucket=bucket, Prefix="copy/")["Contents"]]
    assert len(keys) == 2


def test_partitions_get_their_folders_and_catalog_entries(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
) -> None:
    table("raw", [["id", "bigint"], ["carrier", "string"]], "id,carrier\n1,no rth\n2,so/uth\n3,no rth\n")
    node = target(bucket, PartitionKeys=[["carrier"]], **keeping(database))
    assert run(make_job({"node-1": source(database), "node-2": node}))["JobRunState"] == "SUCCEEDED"
    found = client("glue").get_partitions(DatabaseName=database, TableName="out")["Partitions"]
    places = {entry["Values"][0]: entry["StorageDescriptor"]["Location"] for entry in found}
    assert places == {
        "no rth": f"s3://{bucket}/out/carrier=no rth/",
        "so/uth": f"s3://{bucket}/out/carrier=so%2Futh/",
    }
    body = next(
        client("s3").get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().decode()
        for entry in client("s3").list_objects_v2(Bucket=bucket, Prefix="out/carrier=no")["Contents"]
    )
    assert body == "id\n1\n3\n"


@pytest.mark.usefixtures("raw")
def test_what_one_job_writes_as_parquet_another_reads_with_its_types(
    client: Callable[..., Any], bucket: str, database: str, make_job: Callable[..., str], run: Callable[..., Record]
) -> None:
    parquet = target(bucket, "node-2", Format="parquet", Compression="snappy")
    job = make_job({"node-1": source(database), "node-2": mapping("start_datetime", to="timestamp"), "node-3": parquet})
    assert run(job)["JobRunState"] == "SUCCEEDED"
    client("glue").delete_job(JobName=job)
    reader = {"S3ParquetSource": {"Name": "Parquet", "Paths": [f"s3://{bucket}/out/"], "Recurse": True}}
    second = target(bucket, Path=f"s3://{bucket}/again/", **keeping(database))
    assert run(make_job({"node-1": reader, "node-2": second}))["JobRunState"] == "SUCCEEDED"
    assert columns(client("glue"), database) == [["start_datetime", "timestamp"]]


GRAPHS = {
    "a cycle": (
        {"node-1": mapping("a", inputs="node-2"), "node-2": mapping("a", inputs="node-1")},
        "The job graph has a cycle through 'Change Schema' (node-1), 'Change Schema' (node-2).",
    ),
    "an input that is no node": (
        {"node-2": target("b", "node-9")},
        "Node 'Target' (node-2, S3DirectTarget) has the input node-9, which is no node of the job.",
    ),
    "two inputs": (
        {
            "node-1": source("d"),
            "node-2": source("d"),
            "node-3": {"DropFields": {"Name": "Drop", "Inputs": ["node-1", "node-2"], "Paths": [["a"]]}},
        },
        "needs 1 input, it has 2.",
    ),
    "an operation that is none": (
        {
            "node-1": source("d"),
            "node-2": {
                "Filter": {
                    "Name": "F",
                    "Inputs": ["node-1"],
                    "LogicalOperator": "AND",
                    "Filters": [{"Operation": "LIKE", "Values": [{"Type": "CONSTANT", "Value": ["1"]}]}],
                }
            },
        },
        "Operation must be one of EQ, LT, GT, LTE, GTE, REGEX, ISNULL, not 'LIKE'.",
    ),
    "an alias of no input": (
        {
            "node-1": source("d"),
            "node-2": {
                "SparkSQL": {
                    "Name": "SQL",
                    "Inputs": ["node-1"],
                    "SqlQuery": "SELECT 1",
                    "SqlAliases": [{"From": "node-7", "Alias": "a"}],
                }
            },
        },
        "'node-7' is no input of the node",
    ),
}


@pytest.mark.parametrize("wrong", GRAPHS)
def test_a_wrong_graph_is_refused_when_the_job_is_created(
    client: Callable[..., Any], make_job: Callable[..., str], bucket: str, wrong: str
) -> None:
    nodes, reason = GRAPHS[wrong]
    with pytest.raises(ClientError) as refused:
        make_job(nodes)
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"
    assert reason in refused.value.response["Error"]["Message"]
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        client("glue").get_job(JobName=bucket)


@pytest.mark.parametrize(("allowed", "missing"), [("s3:PutObject", "s3:GetObject"), ("s3:GetObject", "s3:PutObject")])
@pytest.mark.usefixtures("raw")
def test_a_role_that_may_not_read_or_write_fails_the_run(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    make_role: Callable[..., str],
    make_job: Callable[..., str],
    run: Callable[..., Record],
    allowed: str,
    missing: str,
) -> None:
    role = make_role(bucket, {"Effect": "Allow", "Action": allowed, "Resource": f"arn:aws:s3:::{bucket}/*"})
    nodes = {"node-1": source(database), "node-2": target(bucket, **keeping(database))}
    ended = run(make_job(nodes, Role=role))
    assert ended["JobRunState"] == "FAILED"
    assert "AccessDenied" in ended["ErrorMessage"]
    assert missing in ended["ErrorMessage"]
    assert client("s3").list_objects_v2(Bucket=bucket, Prefix="out/")["KeyCount"] == 0
    assert [table["Name"] for table in client("glue").get_tables(DatabaseName=database)["TableList"]] == ["raw"]


def test_a_role_that_glue_may_not_assume_is_refused(
    bucket: str, make_role: Callable[..., str], make_job: Callable[..., str]
) -> None:
    role = make_role(bucket, service="ec2.amazonaws.com")
    with pytest.raises(ClientError, match="Service is unable to assume provided role"):
        make_job({"node-1": source("d"), "node-2": target(bucket)}, Role=role)


def test_unknown_jobs(client: Callable[..., Any], name: str) -> None:
    with pytest.raises(ClientError, match="Failed to start job run due to missing metadata"):
        client("glue").start_job_run(JobName=name)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        client("glue").get_job(JobName=name)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_large_object_falls_into_partitions_of_text_with_all_its_rows(
    client: Callable[..., Any],
    bucket: str,
    database: str,
    table: Callable[..., None],
    make_job: Callable[..., str],
    run: Callable[..., Record],
    form: str,
) -> None:
    rows = 300_000
    text = "".join(f"{at},{'south' if at % 3 else 'no rth'}\n" for at in range(rows))
    table("raw", [["id", "bigint"], ["carrier", "string"]], "id,carrier\n" + text)
    node = target(bucket, Format=form, PartitionKeys=[["carrier"]])
    ended = run(make_job({"node-1": source(database), "node-2": node}))
    assert ended["JobRunState"] == "SUCCEEDED", ended["ErrorMessage"]
    s3, found = client("s3"), {}
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]:
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().decode()
        found[entry["Key"].split("/")[1]] = body.count("\n") - (form == "csv")
    assert found == {"carrier=no rth": rows // 3, "carrier=south": rows - rows // 3}
