"""Objects in, tables out. Each file of `cases/` names where its expectation comes from.

A case has `objects` (key → text, or text with `encoding` or `compress`, or `base64`), the `target` below the bucket,
what the crawler is told (`configuration`, `exclusions`, `classifiers`, `table_prefix`), and all `tables` that the crawl
makes: `columns` in order, and where given `keys`, `partitions`, `parameters` (null: absent), `serde`,
`serde_parameters`, `location`.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Record = dict[str, Any]
CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))


def zipped(data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("data", data)
    return archive.getvalue()


COMPRESS: dict[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "zip": zipped,
}


def body(described: str | Record) -> bytes:
    if isinstance(described, str):
        return described.encode()
    if "base64" in described:
        return base64.b64decode(described["base64"])
    return COMPRESS[described.get("compress")](described["text"].encode(described.get("encoding", "utf-8")))


def create(glue: Any, case: Record, bucket: str, role: str) -> None:
    """The crawler of a case; bucket, database and crawler have one name."""
    names = []
    for index, classifier in enumerate(case.get("classifiers", [])):
        ((kind, rules),) = classifier.items()
        names.append(f"{bucket}-{index}")
        glue.create_classifier(**{kind: {"Name": names[-1], **rules}})
    target = {"Path": f"s3://{bucket}/{case['target']}", "Exclusions": case.get("exclusions", [])}
    options = {"Configuration": json.dumps(case["configuration"])} if "configuration" in case else {}
    glue.create_crawler(
        Name=bucket,
        Role=role,
        DatabaseName=bucket,
        Targets={"S3Targets": [target]},
        Classifiers=names,
        TablePrefix=case.get("table_prefix", ""),
        **options,
    )


def shown(glue: Any, table: Record, wanted: Record, bucket: str) -> Record:
    """Of a table, what a case speaks of, in the case's words."""
    descriptor = table["StorageDescriptor"]
    partitions = glue.get_partitions(DatabaseName=bucket, TableName=table["Name"])["Partitions"]
    parameters = {key: table["Parameters"].get(key) for key in wanted.get("parameters", {})}
    found = {
        "columns": [[column["Name"], column["Type"]] for column in descriptor["Columns"]],
        "keys": [key["Name"] for key in table["PartitionKeys"]],
        "partitions": sorted(partition["Values"] for partition in partitions),
        "parameters": {key: value and value.replace(bucket, "{bucket}") for key, value in parameters.items()},
        "serde": descriptor["SerdeInfo"].get("SerializationLibrary"),
        "serde_parameters": descriptor["SerdeInfo"]["Parameters"],
        "location": descriptor["Location"].removeprefix(f"s3://{bucket}/"),
    }
    assert table["Parameters"].items() <= descriptor["Parameters"].items()
    return {key: found[key] for key in wanted}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(
    path: Path,
    client: Callable[..., Any],
    bucket: str,
    database: str,
    crawler_role: str,
    crawl: Callable[[str], Record],
) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    assert case["origin"].split(":")[0] in ("documented", "observed", "ours")
    glue = client("glue")
    for key, described in case["objects"].items():
        client("s3").put_object(Bucket=bucket, Key=key, Body=body(described))
    create(glue, case, bucket, crawler_role)

    assert crawl(bucket)["LastCrawl"]["Status"] == "SUCCEEDED"

    tables = {table["Name"]: table for table in glue.get_tables(DatabaseName=database)["TableList"]}
    assert tables.keys() == case["tables"].keys()
    for name, wanted in case["tables"].items():
        assert shown(glue, tables[name], wanted, bucket) == wanted
