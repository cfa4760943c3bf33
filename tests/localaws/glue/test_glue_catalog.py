"""The Data Catalog through boto3 and awswrangler."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

Record = dict[str, Any]


@pytest.fixture
def glue(client: Callable[..., Any]) -> Any:
    return client("glue")


def table_input(name: str, *keys: str, **more: Any) -> Record:
    columns = [{"Name": "Imei", "Type": "bigint"}, {"Name": "operator", "Type": "string", "Comment": "home network"}]
    return {
        "Name": name,
        "StorageDescriptor": {"Columns": columns, "Location": f"s3://somewhere/{name}/"},
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        **more,
    }


def partition_input(*values: str) -> Record:
    descriptor = {"Columns": [{"Name": "imei", "Type": "bigint"}], "Location": f"s3://somewhere/{'/'.join(values)}/"}
    return {"Values": list(values), "StorageDescriptor": descriptor}


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# databases


def test_a_database_is_kept_as_given(glue: Any, name: str) -> None:
    described = {"Name": name, "Description": "calls", "LocationUri": "s3://x/", "Parameters": {"a": "b"}}
    glue.create_database(DatabaseInput=described)
    found = glue.get_database(Name=name)["Database"]
    assert described.items() <= found.items()
    assert found["CatalogId"] == "123456789012"
    assert found["CreateTableDefaultPermissions"][0]["Permissions"] == ["ALL"]
    glue.update_database(Name=name, DatabaseInput={"Name": name, "Description": "more"})
    assert glue.get_database(Name=name)["Database"]["Description"] == "more"


def test_names_are_folded_to_lower_case(glue: Any, name: str) -> None:
    """AWS API reference, "Databases" and "Tables": names are stored in lower case."""
    glue.create_database(DatabaseInput={"Name": name.upper()})
    glue.create_table(DatabaseName=name.title(), TableInput=table_input("Raw"))
    assert glue.get_database(Name=name)["Database"]["Name"] == name
    table = glue.get_table(DatabaseName=name.upper(), Name="RAW")["Table"]
    assert (table["DatabaseName"], table["Name"]) == (name, "raw")
    assert table["StorageDescriptor"]["Columns"][0]["Name"] == "Imei"


def test_deleting_a_database_deletes_its_tables(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=table_input("raw"))
    glue.delete_database(Name=database)
    glue.create_database(DatabaseInput={"Name": database})
    assert glue.get_tables(DatabaseName=database)["TableList"] == []


def test_what_is_not_there(glue: Any, database: str, name: str) -> None:
    missing = f"{name}-missing"
    assert refusal(glue.get_database, Name=missing) == ("EntityNotFoundException", f"Database {missing} not found.")
    assert refusal(glue.get_tables, DatabaseName=missing)[0] == "EntityNotFoundException"
    entity = ("EntityNotFoundException", "Entity Not Found")
    assert refusal(glue.get_table, DatabaseName=database, Name="x") == entity
    assert refusal(glue.delete_table, DatabaseName=database, Name="x") == entity
    assert refusal(glue.get_partitions, DatabaseName=database, TableName="x") == entity
    assert refusal(glue.update_table, DatabaseName=database, TableInput=table_input("x")) == entity


def test_what_is_there_already(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=table_input("raw", "d"))
    glue.create_partition(DatabaseName=database, TableName="raw", PartitionInput=partition_input("1"))
    code = "AlreadyExistsException"
    assert refusal(glue.create_database, DatabaseInput={"Name": database})[0] == code
    assert refusal(glue.create_table, DatabaseName=database, TableInput=table_input("RAW"))[0] == code
    again = {"DatabaseName": database, "TableName": "raw", "PartitionInput": partition_input("1")}
    assert refusal(glue.create_partition, **again)[0] == code


# tables


def test_versions_count_from_zero(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=table_input("raw"))
    first = glue.get_table(DatabaseName=database, Name="raw")["Table"]
    assert (first["VersionId"], first["IsRegisteredWithLakeFormation"]) == ("0", False)
    assert first["CreateTime"] == first["UpdateTime"]
    assert first["CreatedBy"].startswith("arn:aws:")
    glue.update_table(DatabaseName=database, TableInput=table_input("raw", Description="second"))
    second = glue.get_table(DatabaseName=database, Name="raw")["Table"]
    assert (second["VersionId"], second["Description"]) == ("1", "second")
    assert second["CreateTime"] == first["CreateTime"] < second["UpdateTime"]
    versions = glue.get_table_versions(DatabaseName=database, TableName="raw")["TableVersions"]
    assert [version["VersionId"] for version in versions] == ["1", "0"]
    old = glue.get_table_version(DatabaseName=database, TableName="raw", VersionId="0")["TableVersion"]
    assert "Description" not in old["Table"]
    glue.delete_table_version(DatabaseName=database, TableName="raw", VersionId="0")
    last = {"DatabaseName": database, "TableName": "raw", "VersionId": "1"}
    assert refusal(glue.delete_table_version, **last)[0] == "InvalidInputException"


def test_an_update_of_an_old_version_is_refused(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=table_input("raw"))
    glue.update_table(DatabaseName=database, TableInput=table_input("raw"), VersionId="0", SkipArchive=True)
    again = {"DatabaseName": database, "TableInput": table_input("raw"), "VersionId": "0"}
    assert refusal(glue.update_table, **again)[0] == "ConcurrentModificationException"
    assert len(glue.get_table_versions(DatabaseName=database, TableName="raw")["TableVersions"]) == 1


def test_tables_are_listed_by_name_expression_and_page(glue: Any, database: str) -> None:
    for table in ("calls_b", "calls_a", "towers"):
        glue.create_table(DatabaseName=database, TableInput=table_input(table))

    def names(**options: Any) -> list[str]:
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database, **options)
        return [table["Name"] for page in pages for table in page["TableList"]]

    assert names() == names(PaginationConfig={"PageSize": 1}) == ["calls_a", "calls_b", "towers"]
    assert names(Expression="calls.*") == names(Expression="calls*") == ["calls_a", "calls_b"]
    assert names(Expression="calls_[b-z]|tow.*s") == ["calls_b", "towers"]
    assert names(Expression="call") == []


def test_search(glue: Any, database: str, name: str) -> None:
    word = name.replace("-", "")
    glue.create_table(DatabaseName=database, TableInput=table_input("first", Description=f"about {word}"))
    glue.create_table(DatabaseName=database, TableInput=table_input("second", Parameters={"owner": word}))
    glue.create_table(DatabaseName=database, TableInput=table_input("third"))

    def names(**options: Any) -> list[str]:
        return sorted(table["Name"] for table in glue.search_tables(**options)["TableList"])

    assert names(SearchText=word) == ["first", "second"]
    where = [{"Key": "DatabaseName", "Value": database}, {"Key": "Name", "Value": "third"}]
    assert names(Filters=where) == ["third"]


def test_batches_tell_what_failed(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=table_input("raw"))
    errors = glue.batch_delete_table(DatabaseName=database, TablesToDelete=["raw", "nope"])["Errors"]
    assert [(error["TableName"], error["ErrorDetail"]["ErrorCode"]) for error in errors] == [
        ("nope", "EntityNotFoundException")
    ]


# partitions


@pytest.fixture
def parted(glue: Any, database: str) -> str:
    """A table `raw` of 250 partitions (`site`, `day`)."""
    glue.create_table(DatabaseName=database, TableInput=table_input("raw", "site", "day"))
    inputs = [partition_input(f"s{number % 2}", f"{number:03}") for number in range(250)]
    for start in range(0, 250, 100):
        part = inputs[start : start + 100]
        glue.batch_create_partition(DatabaseName=database, TableName="raw", PartitionInputList=part)
    return database


def values(glue: Any, database: str, **options: Any) -> list[list[str]]:
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName="raw", **options)
    return [partition["Values"] for page in pages for partition in page["Partitions"]]


def test_partitions_come_in_pages_and_segments(glue: Any, parted: str) -> None:
    everything = values(glue, parted)
    assert len(everything) == 250
    assert values(glue, parted, PaginationConfig={"PageSize": 7}) == everything
    halves = [values(glue, parted, Segment={"SegmentNumber": n, "TotalSegments": 2}) for n in (0, 1)]
    assert sorted(halves[0] + halves[1]) == sorted(everything)
    bare = glue.get_partitions(DatabaseName=parted, TableName="raw", ExcludeColumnSchema=True, MaxResults=1)
    assert "Columns" not in bare["Partitions"][0]["StorageDescriptor"]


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("site = 's1'", 125),
        ("site = 's1' AND day < '010'", 5),
        ("day IN ('001', '002', '999')", 2),
        ("day BETWEEN '100' AND '109' AND NOT site = 's1'", None),
        ("day BETWEEN '100' AND '109'", 10),
        ("day LIKE '24%' OR day = '000'", 11),
        ("day >= '200' AND site <> 's0'", 25),
    ],
)
def test_partition_expressions(glue: Any, parted: str, expression: str, count: int | None) -> None:
    if count is None:  # AWS's grammar has no leading NOT
        asked = {"DatabaseName": parted, "TableName": "raw", "Expression": expression}
        assert refusal(glue.get_partitions, **asked)[0] == "InvalidInputException"
    else:
        assert len(values(glue, parted, Expression=expression)) == count


def test_a_partition_is_changed_and_deleted(glue: Any, parted: str) -> None:
    here = {"DatabaseName": parted, "TableName": "raw"}
    new = partition_input("s0", "000") | {"Parameters": {"a": "b"}}
    glue.update_partition(**here, PartitionValueList=["s0", "000"], PartitionInput=new)
    assert glue.get_partition(**here, PartitionValues=["s0", "000"])["Partition"]["Parameters"] == {"a": "b"}
    moved = partition_input("s9", "000")
    glue.update_partition(**here, PartitionValueList=["s0", "000"], PartitionInput=moved)
    assert refusal(glue.get_partition, **here, PartitionValues=["s0", "000"])[0] == "EntityNotFoundException"
    asked = [{"Values": ["s9", "000"]}, {"Values": ["no", "no"]}]
    assert len(glue.batch_get_partition(**here, PartitionsToGet=asked)["Partitions"]) == 1
    (error,) = glue.batch_delete_partition(**here, PartitionsToDelete=asked)["Errors"]
    assert error["PartitionValues"] == ["no", "no"]
    assert len(values(glue, parted)) == 249


def test_partition_limits(glue: Any, parted: str) -> None:
    here = {"DatabaseName": parted, "TableName": "raw"}
    many = [partition_input("x", str(number)) for number in range(101)]
    assert refusal(glue.batch_create_partition, **here, PartitionInputList=many)[0] == "ValidationException"
    short = refusal(glue.create_partition, **here, PartitionInput=partition_input("x"))
    assert short == (
        "InvalidInputException",
        "The number of partition keys do not match the number of partition values",
    )


def test_partition_indexes(glue: Any, parted: str) -> None:
    here = {"DatabaseName": parted, "TableName": "raw"}
    glue.create_partition_index(**here, PartitionIndex={"IndexName": "by_day", "Keys": ["day"]})
    (index,) = glue.get_partition_indexes(**here)["PartitionIndexDescriptorList"]
    assert (index["IndexName"], index["IndexStatus"], index["Keys"][0]["Name"]) == ("by_day", "ACTIVE", "day")
    glue.delete_partition_index(**here, IndexName="by_day")
    assert glue.get_partition_indexes(**here)["PartitionIndexDescriptorList"] == []


# awswrangler


def test_awswrangler_reads_and_writes_the_catalog(session: boto3.Session, database: str) -> None:
    import awswrangler as wr

    types = {"imei": "bigint", "operator": "string"}
    path = "s3://somewhere/wr/"
    wr.catalog.create_csv_table(
        database=database, table="calls", path=path, columns_types=types, partitions_types={"d": "string"}, sep=";"
    )
    parts = {f"{path}d={number}/": [str(number)] for number in range(30)}
    wr.catalog.add_csv_partitions(database=database, table="calls", partitions_values=parts, columns_types=types)
    assert wr.catalog.get_table_types(database, "calls") == {**types, "d": "string"}
    assert len(wr.catalog.get_partitions(database, "calls", expression="d > '2'")) == 17
    wr.catalog.upsert_table_parameters({"owner": "voice"}, database=database, table="calls")
    assert wr.catalog.get_table_parameters(database, "calls")["owner"] == "voice"
    assert [table["Name"] for table in wr.catalog.get_tables(database=database, name_contains="all")] == ["calls"]
    wr.catalog.delete_all_partitions("calls", database)
    assert wr.catalog.get_partitions(database, "calls") == {}
    assert wr.catalog.does_table_exist(database, "calls")
    assert wr.catalog.delete_table_if_exists(database, "calls")
    wr.catalog.delete_database(database)
    assert database not in wr.catalog.databases()["Database"].tolist()


# what moto would answer although nothing runs


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("create_session", {"Id": "s", "Role": "arn:aws:iam::123456789012:role/r", "Command": {"Name": "glueetl"}}),
    ],
)
def test_what_does_not_run_is_refused(glue: Any, call: str, arguments: Record) -> None:
    code, message = refusal(getattr(glue, call), **arguments)
    assert code == "NotImplementedException"
    assert call in message


def test_column_statistics_are_kept(client: Callable[..., Any], name: str) -> None:
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput={"Name": "t", "PartitionKeys": [{"Name": "day", "Type": "string"}]})
    glue.create_partition(DatabaseName=name, TableName="t", PartitionInput={"Values": ["1"]})
    data = {"Type": "LONG", "LongColumnStatisticsData": {"NumberOfNulls": 1, "NumberOfDistinctValues": 7}}
    moment = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    given = {"ColumnName": "a", "ColumnType": "bigint", "AnalyzedTime": moment, "StatisticsData": data}
    for more, suffix in (({}, "table"), ({"PartitionValues": ["1"]}, "partition")):
        place = {"DatabaseName": name, "TableName": "t", **more}
        getattr(glue, f"update_column_statistics_for_{suffix}")(**place, ColumnStatisticsList=[given])
        found = getattr(glue, f"get_column_statistics_for_{suffix}")(**place, ColumnNames=["a", "b"])
        assert found["ColumnStatisticsList"] == [given]
        assert [each["ColumnName"] for each in found["Errors"]] == ["b"]
        delete = getattr(glue, f"delete_column_statistics_for_{suffix}")
        delete(**place, ColumnName="a")
        with pytest.raises(glue.exceptions.EntityNotFoundException):
            delete(**place, ColumnName="a")
