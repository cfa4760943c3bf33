"""What CreateCrawler and UpdateCrawler accept: targets, policies, the `Configuration` JSON.

What AWS refuses is refused with AWS's text where it is known; what AWS accepts and this endpoint does not do is
refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ..errors import InvalidInput
from .grouping import Rules

Record = dict[str, Any]

NAME = re.compile(r"[\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF\t]{1,255}")
S3_PATH = re.compile(r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9](?:/.*)?", re.DOTALL)
OTHER_TARGETS = {
    "JdbcTargets": "JDBC",
    "MongoDBTargets": "MongoDB",
    "DynamoDBTargets": "DynamoDB",
    "DeltaTargets": "Delta Lake",
    "IcebergTargets": "Iceberg",
    "HudiTargets": "Hudi",
}
CHOICES = {
    ("SchemaChangePolicy", "UpdateBehavior"): ("LOG", "UPDATE_IN_DATABASE"),
    ("SchemaChangePolicy", "DeleteBehavior"): ("LOG", "DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE"),
    ("RecrawlPolicy", "RecrawlBehavior"): ("CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY"),
    ("LineageConfiguration", "CrawlerLineageSettings"): ("DISABLE",),
}
"""Values that are carried out; lineage and event-driven crawls are not."""


def check_name(name: str) -> None:
    """Raises `InvalidInput`."""
    if not NAME.fullmatch(name or ""):
        raise InvalidInput("Crawler name must be 1 to 255 characters on one line.")


def targets(described: Record) -> Record:
    """The targets as GetCrawler shows them, every kind with its list. S3 targets, or tables of the catalog that lie on
    S3: raises `InvalidInput` for others."""
    for key, kind in OTHER_TARGETS.items():
        if described.get(key):
            raise InvalidInput(f"{kind} targets ({key}) are not supported by this endpoint; S3Targets are.")
    on_s3, in_catalog = described.get("S3Targets") or [], described.get("CatalogTargets") or []
    if not on_s3 and not in_catalog:
        raise InvalidInput("Crawler cannot have empty targets. Give at least one S3 target.")
    if on_s3 and in_catalog:
        raise InvalidInput("Catalog targets cannot be mixed with other targets.")
    for target in on_s3:
        _check_s3(target)
    for target in in_catalog:
        _check_catalog(target)
    ours = [{"Exclusions": [], **target} for target in on_s3]
    return {"S3Targets": ours, "CatalogTargets": in_catalog, **{key: [] for key in OTHER_TARGETS}}


def _check_catalog(target: Record) -> None:
    if not target.get("DatabaseName") or not target.get("Tables"):
        raise InvalidInput("A Data Catalog target needs DatabaseName and at least one of Tables.")
    _check_alone(target, "a Data Catalog target")


def _check_alone(target: Record, kind: str) -> None:
    for key in ("ConnectionName", "EventQueueArn", "DlqEventQueueArn"):
        if target.get(key):
            raise InvalidInput(f"{key} of {kind} is not supported by this endpoint.")


def _check_s3(target: Record) -> None:
    path = target.get("Path") or ""
    if not S3_PATH.fullmatch(path):
        raise InvalidInput(f"The S3 path {path!r} is not valid. It must be s3://bucket/prefix.")
    _check_alone(target, "an S3 target")
    size = target.get("SampleSize")
    if size is not None and not 1 <= size <= 249:
        raise InvalidInput("SampleSize must be between 1 and 249.")


def check_policies(settings: Record) -> None:
    """Values of the policies, and what CRAWL_NEW_FOLDERS_ONLY wants. Raises `InvalidInput`."""
    for (policy, key), allowed in CHOICES.items():
        value = (settings.get(policy) or {}).get(key)
        if value is not None and value not in allowed:
            raise InvalidInput(f"{policy}.{key} {value} is not supported. Supported: {', '.join(allowed)}.")
    schema, recrawl = settings.get("SchemaChangePolicy") or {}, settings.get("RecrawlPolicy") or {}
    logs_only = schema.get("UpdateBehavior") == "LOG" and schema.get("DeleteBehavior") == "LOG"
    if recrawl.get("RecrawlBehavior") == "CRAWL_NEW_FOLDERS_ONLY" and not logs_only:
        raise InvalidInput(
            "The SchemaChangePolicy for CRAWL_NEW_FOLDERS_ONLY can have only LOG DeleteBehavior value and LOG "
            "UpdateBehavior value."
        )

    if (settings.get("Targets") or {}).get("CatalogTargets") and schema.get("DeleteBehavior") != "LOG":
        raise InvalidInput("The SchemaChangePolicy for Catalog targets can have only LOG DeleteBehavior value.")


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_level(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _one_of(*values: str) -> Callable[[Any], bool]:
    return lambda value: value in values


KEYS: Record = {
    "Version": lambda value: value in (1, 1.0),
    "CrawlerOutput": {
        "Partitions": {"AddOrUpdateBehavior": _one_of("InheritFromTable")},
        "Tables": {"AddOrUpdateBehavior": _one_of("MergeNewColumns"), "TableThreshold": _is_level},
    },
    "Grouping": {
        "TableGroupingPolicy": _one_of("CombineCompatibleSchemas"),
        "TableLevelConfiguration": _is_level,
    },
    "CreatePartitionIndex": _is_bool,
}
"""The keys of `Configuration` and what each may hold (AWS page "Setting crawler configuration options")."""


def parse(text: str | None) -> Record:
    """The `Configuration` as a dict, checked. Raises `InvalidInput` that names the key."""
    if not text:
        return {}
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"Crawler configuration is not valid JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise InvalidInput("Crawler configuration must be a JSON object.")
    _check_keys("Configuration", parsed, KEYS)
    if "Version" not in parsed:
        raise InvalidInput("Configuration must contain Version: 1.0.")
    return parsed


def _check_keys(where: str, value: Record, known: Record) -> None:
    unknown = [key for key in value if key not in known]
    if unknown:
        raise InvalidInput(f"{where} contains unsupported keys: {', '.join(unknown)}.")
    for key, held in value.items():
        inner = key if where == "Configuration" else f"{where}.{key}"
        if isinstance(known[key], dict):
            if not isinstance(held, dict):
                raise InvalidInput(f"{inner} must be a JSON object.")
            _check_keys(inner, held, known[key])
        elif not known[key](held):
            raise InvalidInput(f"{inner} has an unsupported value: {json.dumps(held)}.")


def grouping_rules(configuration: Record) -> Rules:
    """What a checked configuration says of grouping."""
    grouping = configuration.get("Grouping") or {}
    combine = grouping.get("TableGroupingPolicy") == "CombineCompatibleSchemas"
    return Rules(combine=combine, level=grouping.get("TableLevelConfiguration"))


def output(configuration: Record, kind: str) -> Record:
    """The part of `CrawlerOutput` for `Tables` or `Partitions`."""
    return (configuration.get("CrawlerOutput") or {}).get(kind) or {}
