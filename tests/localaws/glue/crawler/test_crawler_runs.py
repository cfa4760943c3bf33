"""Crawlers over their life: states, history, re-runs under each policy, roles and what they may not do, restarts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError

from cdr_helpers import localaws

Record = dict[str, Any]
Clients = Callable[..., Any]
Finished = Callable[[Any, str], Record]
CSV = b"imei,operator,megabytes\n1,north,1.5\n2,south,2.5\n"
WIDER = b"imei,operator,megabytes,roaming\n1,north,1.5,true\n"
OTHER = b"tower,lat,lon,height,live\nT1,-37.8,144.9,30,true\n"
LOG = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
ENDLESS = b'{"rows": [' + b'{"a": [1, 2, 3], "b": "xxxxxxxxxxxxxxxx"}, ' * 260_000
"""JSON without an end: each such object takes the classifiers about a second."""


class Place:
    """One bucket with a crawler on `in/`; bucket, database and crawler have one name."""

    def __init__(self, client: Clients, finished: Finished, name: str, role: str) -> None:
        self.s3, self.glue, self.logs = client("s3"), client("glue"), client("logs")
        self.finished, self.name, self.role = finished, name, role

    def put(self, **objects: bytes) -> None:
        for key, data in objects.items():
            self.s3.put_object(Bucket=self.name, Key=f"in/{key.replace('__', '/')}", Body=data)

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.name, Key=f"in/{key}")

    def create(self, **options: Any) -> None:
        given = {"Role": self.role, "DatabaseName": self.name, "Targets": self.targets} | options
        self.glue.create_crawler(Name=self.name, **given)

    @property
    def targets(self) -> Record:
        return {"S3Targets": [{"Path": f"s3://{self.name}/in/"}]}

    def crawl(self) -> Record:
        self.glue.start_crawler(Name=self.name)
        return self.finished(self.glue, self.name)["LastCrawl"]

    def table(self, name: str = "in") -> Record:
        return self.glue.get_table(DatabaseName=self.name, Name=name)["Table"]

    def columns(self, name: str = "in") -> dict[str, str]:
        return {column["Name"]: column["Type"] for column in self.table(name)["StorageDescriptor"]["Columns"]}

    def tables(self) -> list[str]:
        return [table["Name"] for table in self.glue.get_tables(DatabaseName=self.name)["TableList"]]

    def partitions(self) -> dict[str, Record]:
        found = self.glue.get_partitions(DatabaseName=self.name, TableName="in")["Partitions"]
        return {"/".join(partition["Values"]): partition for partition in found}

    def summary(self) -> Record:
        return json.loads(self.glue.list_crawls(CrawlerName=self.name)["Crawls"][0]["Summary"])

    def metrics(self) -> Record:
        return self.glue.get_crawler_metrics(CrawlerNameList=[self.name])["CrawlerMetricsList"][0]

    def log(self) -> list[str]:
        events = self.logs.get_log_events(logGroupName="/aws-glue/crawlers", logStreamName=self.name)["events"]
        return [event["message"] for event in events]

    def retype(self, column: str, kind: str) -> None:
        """As a person does it in the console."""
        table = self.table()
        for one in table["StorageDescriptor"]["Columns"]:
            one["Type"] = kind if one["Name"] == column else one["Type"]
        kept = ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
        self.glue.update_table(DatabaseName=self.name, TableInput={key: table[key] for key in kept})

    def reserde(self, library: str) -> None:
        """As a person does it in the console."""
        table = self.table()
        table["StorageDescriptor"]["SerdeInfo"] = {
            "SerializationLibrary": library,
            "Parameters": {"separatorChar": ","},
        }
        kept = ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
        self.glue.update_table(DatabaseName=self.name, TableInput={key: table[key] for key in kept})


@pytest.fixture
def place(client: Clients, finished: Finished, bucket: str, database: str, crawler_role: str) -> Place:
    return Place(client, finished, bucket, crawler_role)


@pytest.fixture
def busy(place: Place) -> Iterator[Place]:
    """A crawler that is some ten seconds under way."""
    place.put(a=ENDLESS)
    for index in range(9):
        source = {"Bucket": place.name, "Key": "in/a"}
        place.s3.copy_object(Bucket=place.name, Key=f"in/b{index}", CopySource=source)
    place.create()
    place.glue.start_crawler(Name=place.name)
    yield place
    if place.glue.get_crawler(Name=place.name)["Crawler"]["State"] == "RUNNING":
        place.glue.stop_crawler(Name=place.name)


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def message_of(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Message"])


# history


def test_a_fresh_crawler(place: Place) -> None:
    place.create(Description="d", TablePrefix="p_", Tags={"team": "voice"})
    crawler = place.glue.get_crawler(Name=place.name)["Crawler"]
    assert crawler["State"] == "READY"
    assert crawler["Version"] == 1
    assert crawler["SchemaChangePolicy"] == {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
    }
    assert crawler["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_EVERYTHING"}
    assert crawler["LineageConfiguration"] == {"CrawlerLineageSettings": "DISABLE"}
    assert crawler["Role"] == place.role.partition(":role/")[2]
    assert crawler["Targets"]["S3Targets"] == [{"Path": f"s3://{place.name}/in/", "Exclusions": []}]
    assert crawler["Targets"]["JdbcTargets"] == []
    assert "LastCrawl" not in crawler
    assert place.glue.list_crawlers(Tags={"team": "voice"})["CrawlerNames"] == [place.name]


def test_history_tells_what_happened(place: Place) -> None:
    place.put(**{"d=1__a.csv": CSV})
    place.create()
    last = place.crawl()
    (run,) = place.glue.list_crawls(CrawlerName=place.name)["Crawls"]
    assert (last["Status"], run["State"]) == ("SUCCEEDED", "COMPLETED")
    assert last["LogGroup"] == run["LogGroup"] == "/aws-glue/crawlers"
    assert last["LogStream"] == place.name
    assert last["MessagePrefix"] == run["CrawlId"]
    assert run["StartTime"] <= run["EndTime"]
    assert place.summary()["TABLE"]["ADD"]["Details"]["names"] == ["in"]
    assert place.summary()["PARTITION"]["ADD"]["Count"] == 1
    metrics = place.metrics()
    assert (metrics["TablesCreated"], metrics["TablesUpdated"], metrics["TablesDeleted"]) == (1, 0, 0)
    assert metrics["LastRuntimeSeconds"] > 0


def test_the_log_is_in_cloudwatch(place: Place) -> None:
    place.put(**{"a.csv": CSV})
    place.create()
    last = place.crawl()
    lines = [line.removeprefix(f"[{last['MessagePrefix']}] ") for line in place.log()]
    assert lines == [
        f"BENCHMARK : Running Start Crawl for Crawler {place.name}",
        f"BENCHMARK : Classification complete, writing results to database {place.name}",
        f"INFO : Created table in in database {place.name}",
        "BENCHMARK : Finished writing to Catalog",
        "BENCHMARK : Crawler has finished running and is in state READY",
    ]


def test_who_made_the_table(place: Place) -> None:
    place.put(**{"a.csv": CSV})
    place.create()
    last = place.crawl()
    table = place.table()
    assert table["CreatedBy"] == f"arn:aws:sts::123456789012:assumed-role/{place.role.split('/')[-1]}/AWS-Crawler"
    assert table["Parameters"]["UPDATED_BY_CRAWLER"] == place.name
    assert table["Parameters"]["CRAWL_RUN_ID"] == last["MessagePrefix"]
    assert table["IsRegisteredWithLakeFormation"] is False
    assert (table["Owner"], table["TableType"], table["VersionId"]) == ("owner", "EXTERNAL_TABLE", "0")
    assert table["LastAccessTime"] == table["CreateTime"] == table["UpdateTime"]


def test_crawls_are_filtered_and_paged(place: Place) -> None:
    place.create()
    ids = [place.crawl()["MessagePrefix"] for _ in range(3)]
    listed = place.glue.list_crawls(CrawlerName=place.name, MaxResults=2)
    more = place.glue.list_crawls(CrawlerName=place.name, NextToken=listed["NextToken"])
    assert [crawl["CrawlId"] for crawl in listed["Crawls"] + more["Crawls"]] == ids[::-1]
    where = [{"FieldName": "STATE", "FilterOperator": "NE", "FieldValue": "COMPLETED"}]
    assert place.glue.list_crawls(CrawlerName=place.name, Filters=where)["Crawls"] == []


# states


def test_a_running_crawler_refuses(busy: Place) -> None:
    glue, name = busy.glue, busy.name
    assert glue.get_crawler(Name=name)["Crawler"]["State"] == "RUNNING"
    assert glue.get_crawler(Name=name)["Crawler"]["CrawlElapsedTime"] >= 0
    assert busy.metrics()["StillEstimating"] is True
    assert code_of(glue.start_crawler, Name=name) == "CrawlerRunningException"
    assert message_of(glue.start_crawler, Name=name) == f"Crawler with name {name} has already started"
    assert code_of(glue.update_crawler, Name=name, Description="x") == "CrawlerRunningException"
    assert code_of(glue.delete_crawler, Name=name) == "CrawlerRunningException"
    glue.stop_crawler(Name=name)
    last = busy.finished(glue, name)["LastCrawl"]
    assert last["Status"] == "CANCELLED"
    assert glue.list_crawls(CrawlerName=name)["Crawls"][0]["State"] == "STOPPED"
    assert busy.tables() == []


def test_an_idle_crawler_cannot_be_stopped(place: Place) -> None:
    place.create()
    assert code_of(place.glue.stop_crawler, Name=place.name) == "CrawlerNotRunningException"


@pytest.mark.parametrize("call", ["get_crawler", "start_crawler", "stop_crawler", "delete_crawler", "update_crawler"])
def test_an_unknown_crawler(client: Callable[..., Any], name: str, call: str) -> None:
    assert code_of(getattr(client("glue"), call), Name=name) == "EntityNotFoundException"


def test_a_deleted_crawler_leaves_its_tables(place: Place) -> None:
    place.put(**{"a.csv": CSV})
    place.create()
    place.crawl()
    place.glue.delete_crawler(Name=place.name)
    assert place.tables() == ["in"]
    answer = place.glue.batch_get_crawlers(CrawlerNames=[place.name])
    assert (answer["Crawlers"], answer["CrawlersNotFound"]) == ([], [place.name])


def test_an_update_keeps_what_is_not_given(place: Place) -> None:
    place.create(Description="d", Schedule="cron(15 12 * * ? *)")
    place.glue.update_crawler(Name=place.name, TablePrefix="p_")
    crawler = place.glue.get_crawler(Name=place.name)["Crawler"]
    assert (crawler["Description"], crawler["TablePrefix"], crawler["Version"]) == ("d", "p_", 2)
    assert crawler["Schedule"] == {"ScheduleExpression": "cron(15 12 * * ? *)", "State": "SCHEDULED"}


def test_schedules_are_switched(place: Place) -> None:
    place.create(Schedule="cron(0 12 * * ? *)")
    place.glue.stop_crawler_schedule(CrawlerName=place.name)
    assert code_of(place.glue.stop_crawler_schedule, CrawlerName=place.name) == "SchedulerNotRunningException"
    place.glue.update_crawler_schedule(CrawlerName=place.name, Schedule="cron(0/15 8-17 ? * MON-FRI *)")
    crawler = place.glue.get_crawler(Name=place.name)["Crawler"]
    assert crawler["Schedule"]["ScheduleExpression"] == "cron(0/15 8-17 ? * MON-FRI *)"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"Targets": {}}, "empty targets"),
        ({"Targets": {"DynamoDBTargets": [{"Path": "t"}]}}, "DynamoDB targets"),
        (
            {
                "Targets": {
                    "S3Targets": [{"Path": "s3://bucket/"}],
                    "CatalogTargets": [{"DatabaseName": "d", "Tables": ["t"]}],
                }
            },
            "Catalog targets cannot be mixed with other targets.",
        ),
        (
            {"Targets": {"CatalogTargets": [{"DatabaseName": "d", "Tables": ["t"]}]}},
            "The SchemaChangePolicy for Catalog targets can have only LOG DeleteBehavior value.",
        ),
        ({"Targets": {"S3Targets": [{"Path": "in/"}]}}, "must be s3://bucket/prefix"),
        ({"Targets": {"S3Targets": [{"Path": "s3://bucket/", "EventQueueArn": "arn:x"}]}}, "EventQueueArn"),
        ({"Schedule": "cron(0 12 * * * *)"}, "must be ?"),
        ({"Configuration": "{"}, "not valid JSON"),
        ({"Configuration": '{"Grouping": {}}'}, "must contain Version"),
        (
            {"Configuration": '{"Version": 1.0, "CrawlerOutput": {"Partitions": {"UpdateBehavior": "x"}}}'},
            "CrawlerOutput.Partitions contains unsupported keys: UpdateBehavior.",
        ),
        ({"Configuration": '{"Version": 1.0, "Grouping": {"TableGroupingPolicy": "x"}}'}, "TableGroupingPolicy"),
        (
            {"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}},
            "can have only LOG DeleteBehavior value and LOG UpdateBehavior value",
        ),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}, "CRAWL_EVENT_MODE"),
        ({"LineageConfiguration": {"CrawlerLineageSettings": "ENABLE"}}, "LineageConfiguration"),
    ],
)
def test_what_create_crawler_refuses(place: Place, options: Record, text: str) -> None:
    assert text in message_of(place.create, **options)
    assert code_of(place.create, **options) == "InvalidInputException"
    assert code_of(place.glue.get_crawler, Name=place.name) == "EntityNotFoundException"


def test_classifiers_are_kept(place: Place) -> None:
    glue, name = place.glue, place.name
    grok = {"Name": name, "Classification": "switchlog", "GrokPattern": "%{NOSUCH:a}"}
    assert code_of(place.create, Classifiers=[name]) == "EntityNotFoundException"
    glue.create_classifier(GrokClassifier=grok)
    assert code_of(glue.create_classifier, GrokClassifier=grok) == "AlreadyExistsException"
    glue.update_classifier(GrokClassifier={"Name": name, "Classification": "other"})
    kept = glue.get_classifier(Name=name)["Classifier"]["GrokClassifier"]
    assert (kept["Classification"], kept["GrokPattern"], kept["Version"]) == ("other", "%{NOSUCH:a}", 2)
    assert {"GrokClassifier": kept} in glue.get_classifiers()["Classifiers"]
    place.create(Classifiers=[name])
    last = place.crawl()
    assert last["Status"] == "FAILED"
    assert last["ErrorMessage"] == f"Classifier {name} cannot be used: grok pattern NOSUCH is not known."
    glue.delete_classifier(Name=name)
    assert code_of(glue.get_classifier, Name=name) == "EntityNotFoundException"


# re-runs


def test_nothing_new_changes_nothing(place: Place) -> None:
    place.put(**{"d=1__a.csv": CSV})
    place.create()
    place.crawl()
    before = place.table()
    place.crawl()
    assert place.table() == before
    assert place.summary() == {}
    assert place.metrics()["TablesCreated"] == 0


def test_more_rows_update_the_statistics(place: Place) -> None:
    place.put(**{"a.csv": CSV})
    place.create()
    place.crawl()
    place.put(**{"b.csv": CSV})
    place.crawl()
    table = place.table()
    assert (table["Parameters"]["objectCount"], table["VersionId"]) == ("2", "1")
    assert place.metrics()["TablesUpdated"] == 1


@pytest.mark.parametrize(
    ("policy", "columns"),
    [
        (
            {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
            ["imei", "operator", "megabytes", "roaming"],
        ),
        (LOG, ["imei", "operator", "megabytes"]),
    ],
)
def test_columns_follow_the_update_policy(place: Place, policy: Record, columns: list[str]) -> None:
    """AWS page "Setting crawler configuration options"."""
    place.put(**{"a.csv": CSV})
    place.create(SchemaChangePolicy=policy)
    place.crawl()
    place.put(**{"a.csv": WIDER})
    place.crawl()
    assert list(place.columns()) == columns


def test_merge_new_columns_only_adds(place: Place) -> None:
    """AWS page "Setting crawler configuration options"."""
    merge = {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    place.put(**{"a.csv": CSV})
    place.create(Configuration=json.dumps(merge))
    place.crawl()
    place.retype("imei", "string")
    place.put(**{"a.csv": b"imei,megabytes,roaming\n1,1.5,true\n"})
    place.crawl()
    assert place.columns() == {"imei": "string", "operator": "string", "megabytes": "double", "roaming": "boolean"}


def test_partitions_inherit_from_the_table(place: Place) -> None:
    """AWS page "Setting crawler configuration options"."""
    inherit = {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
    place.put(**{"d=1__a.csv": CSV})
    place.create(SchemaChangePolicy=LOG, Configuration=json.dumps(inherit))
    place.crawl()
    place.retype("imei", "string")
    place.put(**{"d=2__a.csv": CSV})
    place.crawl()
    types = {key: one["StorageDescriptor"]["Columns"][0]["Type"] for key, one in place.partitions().items()}
    assert types == {"1": "string", "2": "string"}


def test_merge_new_columns_does_not_change_what_a_table_is(place: Place) -> None:
    """AWS page "Setting crawler configuration options": an incompatible attribute deprecates the table."""
    merge = {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    place.put(**{"a.csv": CSV})
    place.create(Configuration=json.dumps(merge))
    place.crawl()
    place.put(**{"a.csv": CSV.replace(b",", b";")})
    place.crawl()
    parameters = place.table()["Parameters"]
    assert parameters["delimiter"] == ","
    assert "DEPRECATED_BY_CRAWLER" in parameters
    assert any("incompatible change of delimiter that needs to be resolved" in line for line in place.log())


def test_merge_new_columns_keeps_the_serde(place: Place) -> None:
    """AWS page "Setting crawler configuration options": parameters of the SerDe change if the crawler sets them."""
    merge = {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    place.put(**{"a.csv": CSV})
    place.create(Configuration=json.dumps(merge))
    place.crawl()
    serde = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    place.reserde(serde)
    place.put(**{"a.csv": WIDER})
    place.crawl()
    found = place.table()["StorageDescriptor"]["SerdeInfo"]
    assert (found["SerializationLibrary"], found["Parameters"]) == (serde, {"separatorChar": ","})
    assert "roaming" in place.columns()


def test_partitions_inherit_formats_and_serde(place: Place) -> None:
    """AWS page "Setting crawler configuration options"."""
    inherit = {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
    place.put(**{"d=1__a.csv": CSV})
    place.create(SchemaChangePolicy=LOG, Configuration=json.dumps(inherit))
    place.crawl()
    serde = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    place.reserde(serde)
    place.put(**{"d=2__a.csv": CSV})
    place.crawl()
    found = {one["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] for one in place.partitions().values()}
    assert found == {serde}


# tables of the catalog as targets


def hand_made(place: Place, name: str, keys: list[str], folder: str = "in") -> None:
    """A table as a person makes it."""
    storage = {"Columns": [{"Name": "imei", "Type": "string"}], "Location": f"s3://{place.name}/{folder}"}
    given = {"Name": name, "StorageDescriptor": storage, "PartitionKeys": [{"Name": key} for key in keys]}
    place.glue.create_table(DatabaseName=place.name, TableInput=given)


def of_catalog(place: Place, *names: str) -> Record:
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}
    targets = {"CatalogTargets": [{"DatabaseName": place.name, "Tables": list(names)}]}
    return {"Targets": targets, "SchemaChangePolicy": policy}


def test_a_table_of_the_catalog_is_kept_up_to_date(place: Place) -> None:
    """AWS page "Crawler source type": existing tables are updated, partitions added; no table is made or deleted."""
    hand_made(place, "mine", ["day"])
    place.put(**{"day=1__a.csv": CSV, "day=2__a.csv": CSV})
    place.create(**of_catalog(place, "mine"))
    assert place.crawl()["Status"] == "SUCCEEDED"
    assert place.tables() == ["mine"]
    assert place.columns("mine") == {"imei": "bigint", "operator": "string", "megabytes": "double"}
    found = place.glue.get_partitions(DatabaseName=place.name, TableName="mine")["Partitions"]
    assert sorted(one["Values"] for one in found) == [["1"], ["2"]]
    for key in ("day=1/a.csv", "day=2/a.csv"):
        place.delete(key)
    assert place.crawl()["Status"] == "SUCCEEDED"
    assert place.tables() == ["mine"]


def test_what_is_not_laid_out_as_its_table_is_left_out(place: Place) -> None:
    hand_made(place, "mine", [])
    place.put(**{"day=1__a.csv": CSV, "day=2__a.csv": CSV})
    place.create(**of_catalog(place, "mine"))
    place.crawl()
    assert place.columns("mine") == {"imei": "string"}
    assert any("is not laid out as its table in the Data Catalog" in line for line in place.log())


def test_a_table_of_the_catalog_must_be_there(place: Place) -> None:
    place.create(**of_catalog(place, "mine"))
    ended = place.crawl()
    assert (ended["Status"], ended["ErrorMessage"]) == ("FAILED", f"Table mine not found in database {place.name}.")


def test_gone_objects_deprecate_the_table(place: Place) -> None:
    """Public dumps of deprecated crawler tables."""
    place.put(**{"a.csv": CSV})
    place.create()
    place.crawl()
    place.delete("a.csv")
    place.crawl()
    table = place.table()
    assert int(table["Parameters"]["DEPRECATED_BY_CRAWLER"]) > 1_600_000_000_000
    assert table["StorageDescriptor"]["Parameters"]["DEPRECATED_BY_CRAWLER"]
    marked = f"Table in in database {place.name} is marked deprecated because a matching schema was not found"
    assert any(marked in line for line in place.log())
    place.put(**{"a.csv": CSV})
    place.crawl()
    assert "DEPRECATED_BY_CRAWLER" not in place.table()["Parameters"]


def test_gone_objects_delete_table_and_partition(place: Place) -> None:
    """AWS page "Setting crawler configuration options"."""
    place.put(**{"d=1__a.csv": CSV, "d=2__a.csv": CSV})
    place.create(SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "DELETE_FROM_DATABASE"})
    place.crawl()
    place.delete("d=1/a.csv")
    place.crawl()
    assert list(place.partitions()) == ["2"]
    place.delete("d=2/a.csv")
    place.crawl()
    assert place.tables() == []
    assert place.metrics()["TablesDeleted"] == 1


def test_gone_objects_are_only_logged(place: Place) -> None:
    place.put(**{"a.csv": CSV})
    place.create(SchemaChangePolicy=LOG)
    place.crawl()
    before = place.table()
    place.delete("a.csv")
    place.crawl()
    assert place.table() == before


def test_other_tables_are_left_alone(place: Place) -> None:
    """A table that another hand made in the same database, and one of the same name elsewhere."""
    described = {"Name": "in", "StorageDescriptor": {"Location": f"s3://{place.name}/elsewhere/", "Columns": []}}
    place.glue.create_table(DatabaseName=place.name, TableInput=described)
    place.put(**{"a.csv": CSV})
    place.create(SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "DELETE_FROM_DATABASE"})
    place.crawl()
    (other,) = set(place.tables()) - {"in"}
    assert other.startswith("in_") and len(other) == len("in_") + 32
    place.crawl()
    assert set(place.tables()) == {"in", other}
    place.delete("a.csv")
    place.crawl()
    assert place.tables() == ["in"]


def test_new_folders_only_adds_partitions(place: Place) -> None:
    """AWS page "Incremental crawls"."""
    place.put(**{"d=1__a.csv": CSV})
    place.create(SchemaChangePolicy=LOG, RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"})
    place.crawl()
    place.put(**{"d=1__a.csv": WIDER, "d=2__a.csv": CSV})
    place.crawl()
    assert list(place.partitions()) == ["1", "2"]
    assert list(place.columns()) == ["imei", "operator", "megabytes"]


def test_a_folder_with_other_keys_is_skipped(place: Place) -> None:
    """re:Post, "Why does the AWS Glue crawler not add new partitions?"."""
    place.put(**{"d=1__a.csv": CSV})
    place.create()
    place.crawl()
    place.put(**{"day=2__a.csv": CSV})
    place.crawl()
    assert list(place.partitions()) == ["1"]
    assert any("Skipped folder day=2" in line for line in place.log())


def test_a_table_threshold_fails_the_crawl(place: Place) -> None:
    place.put(usage__a=CSV, towers__a=OTHER)
    output = {"Version": 1.0, "CrawlerOutput": {"Tables": {"TableThreshold": 1}}}
    place.create(Configuration=json.dumps(output))
    last = place.crawl()
    assert last["Status"] == "FAILED"
    assert "greater than the table threshold" in last["ErrorMessage"]
    assert place.tables() == []


# roles, buckets, databases


def test_the_managed_policy_alone_makes_no_table(place: Place, make_role: Callable[..., str]) -> None:
    """aws-blog.com, "Glue Crawlers: No GetObject, No Problem": the run succeeds, the log says AccessDenied. A crawler
    that has read the objects before rebuilds a table from memory."""
    place.put(**{"a.csv": CSV})
    place.role = make_role(f"{place.name}-managed")
    place.create()
    assert place.crawl()["Status"] == "SUCCEEDED"
    assert place.tables() == []
    assert any("AccessDenied" in line and f"s3://{place.name}/in/a.csv" in line for line in place.log())


def test_a_table_is_not_gone_because_it_cannot_be_read(place: Place, make_role: Callable[..., str]) -> None:
    place.put(**{"a.csv": CSV})
    place.create(SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "DELETE_FROM_DATABASE"})
    place.crawl()
    place.glue.update_crawler(Name=place.name, Role=make_role(f"{place.name}-managed"))
    place.put(**{"a.csv": CSV + CSV})
    place.crawl()
    assert place.tables() == ["in"]


def test_a_deleted_table_comes_back_from_memory(place: Place, make_role: Callable[..., str]) -> None:
    """aws-blog.com, "Glue Crawlers: No GetObject, No Problem"."""
    place.put(**{"a.csv": CSV})
    place.create()
    place.crawl()
    place.glue.delete_table(DatabaseName=place.name, Name="in")
    place.glue.update_crawler(Name=place.name, Role=make_role(f"{place.name}-managed"))
    place.crawl()
    assert list(place.columns()) == ["imei", "operator", "megabytes"]


def test_a_role_that_may_not_list_fails(place: Place, make_role: Callable[..., str]) -> None:
    glue_only = {"Effect": "Allow", "Action": ["glue:*", "logs:*", "s3:GetObject"], "Resource": "*"}
    place.role = make_role(f"{place.name}-no-list", glue_only, managed=False)
    place.create()
    last = place.crawl()
    assert last["Status"] == "FAILED"
    assert "s3:ListBucket" in last["ErrorMessage"] and "/AWS-Crawler" in last["ErrorMessage"]


def test_a_role_that_may_not_write_the_catalog_fails(place: Place, make_role: Callable[..., str]) -> None:
    reads = {"Effect": "Allow", "Action": ["s3:*", "glue:Get*"], "Resource": "*"}
    place.put(**{"a.csv": CSV})
    place.role = make_role(f"{place.name}-no-write", reads, managed=False)
    place.create()
    last = place.crawl()
    assert (last["Status"], place.tables()) == ("FAILED", [])
    assert "glue:CreateTable" in last["ErrorMessage"]


@pytest.mark.parametrize("kind", ["missing", "of another service"])
def test_a_role_that_glue_cannot_assume(place: Place, make_role: Callable[..., str], kind: str) -> None:
    role = f"{place.name}-role"
    if kind != "missing":
        make_role(role, service="lambda.amazonaws.com")
    text = "Service is unable to assume provided role. Please verify role's TrustPolicy."
    assert message_of(place.create, Role=role) == text
    assert code_of(place.create, Role=role) == "InvalidInputException"


def test_a_role_that_has_gone_since(place: Place, make_role: Callable[..., str], client: Callable[..., Any]) -> None:
    place.role = make_role(f"{place.name}-gone", managed=False)
    place.create()
    client("iam").delete_role(RoleName=f"{place.name}-gone")
    last = place.crawl()
    assert last["Status"] == "FAILED"
    assert "unable to assume provided role" in last["ErrorMessage"]


def test_a_missing_bucket_fails_the_crawl(place: Place) -> None:
    place.create(Targets={"S3Targets": [{"Path": f"s3://{place.name}-not-there/in/"}]})
    last = place.crawl()
    assert (last["Status"], last["ErrorMessage"]) == ("FAILED", "The specified bucket does not exist")
    assert place.glue.list_crawls(CrawlerName=place.name)["Crawls"][0]["State"] == "FAILED"


def test_a_missing_database_fails_the_crawl(place: Place) -> None:
    place.put(**{"a.csv": CSV})
    place.create(DatabaseName=f"{place.name}-not-there")
    assert place.crawl()["ErrorMessage"] == f"Database {place.name}-not-there not found."


# a restart


@pytest.fixture
def own_endpoint(tmp_path: Path) -> Iterator[localaws.Endpoint]:
    running = localaws.start(tmp_path / "home")
    yield running
    localaws.stop(running.home)


def test_a_crawl_that_was_killed_has_failed(own_endpoint: localaws.Endpoint, finished: Finished) -> None:
    def client(service: str) -> Any:
        running = localaws.ensure(own_endpoint.home)
        return boto3.client(
            service,
            endpoint_url=running.url,
            aws_access_key_id=running.access_key,
            aws_secret_access_key=running.secret_key,
            region_name=running.region,
        )

    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [one]}) for one in (trust, everything)]
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=documents[0])
    client("iam").put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=documents[1])
    region = {"LocationConstraint": own_endpoint.region}
    client("s3").create_bucket(Bucket="restart-test", CreateBucketConfiguration=region)
    assert client("glue").get_databases()["DatabaseList"] == []
    client("glue").create_database(DatabaseInput={"Name": "restart-test"})
    place = Place(client, finished, "restart-test", "r")
    place.put(a=CSV)
    place.create()
    place.crawl()
    place.put(b=ENDLESS, c=ENDLESS + b" ", d=ENDLESS + b"  ")
    place.glue.start_crawler(Name=place.name)
    process = psutil.Process(own_endpoint.pid)
    process.kill()
    process.wait(10)

    place = Place(client, finished, "restart-test", "r")
    crawler = place.glue.get_crawler(Name=place.name)["Crawler"]
    assert crawler["State"] == "READY"
    assert crawler["LastCrawl"]["Status"] == "FAILED"
    assert "endpoint stopped while the crawler was running" in crawler["LastCrawl"]["ErrorMessage"]
    states = [crawl["State"] for crawl in place.glue.list_crawls(CrawlerName=place.name)["Crawls"]]
    assert states == ["FAILED", "COMPLETED"]
    assert list(place.columns()) == ["imei", "operator", "megabytes"]
    for key in ("b", "c", "d"):
        place.delete(key)
    assert place.crawl()["Status"] == "SUCCEEDED"
