"""Rulesets in the Data Catalog."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

Record = dict[str, Any]
TEXT = 'Rules = [ IsComplete "id", RowCount between 1 and 9 ]'


@pytest.fixture
def create(client: Callable[..., Any]) -> Callable[..., None]:
    """`create(name)`: a ruleset of two rules."""
    return lambda name, **settings: client("glue").create_data_quality_ruleset(
        **{"Name": name, "Ruleset": TEXT} | settings
    )


def test_a_ruleset_is_kept_changed_and_deleted(
    client: Callable[..., Any], create: Callable[..., None], name: str
) -> None:
    glue, target = client("glue"), {"TableName": "calls", "DatabaseName": name}
    assert create(name, Description="first", TargetTable=target)["Name"] == name
    found = glue.get_data_quality_ruleset(Name=name)
    assert (found["Ruleset"], found["Description"], found["TargetTable"]) == (TEXT, "first", target)
    changed = glue.update_data_quality_ruleset(Name=name, Ruleset="Rules = [ RowCount > 1 ]")
    assert (changed["Name"], changed["Description"], changed["Ruleset"]) == (name, "first", "Rules = [ RowCount > 1 ]")
    after = glue.get_data_quality_ruleset(Name=name)
    assert after["LastModifiedOn"] > after["CreatedOn"] == found["CreatedOn"]
    glue.delete_data_quality_ruleset(Name=name)
    for call in (glue.get_data_quality_ruleset, glue.delete_data_quality_ruleset, glue.update_data_quality_ruleset):
        with pytest.raises(
            glue.exceptions.EntityNotFoundException, match="Cannot find Data Quality Ruleset in account"
        ):
            call(Name=name)


def test_names_are_unique_and_client_tokens_are_known_again(create: Callable[..., None], name: str) -> None:
    create(name, ClientToken="one")
    create(name, ClientToken="one")
    with pytest.raises(ClientError, match="AlreadyExistsException.*Another ruleset with the same name already exists."):
        create(name, ClientToken="two")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"Ruleset": "Rules = [ RowCount > 'x' ]"}, "DataQuality rules cannot be parsed. .* at line 1"),
        ({"Ruleset": "IsComplete"}, "DataQuality rules cannot be parsed."),
        ({"DataQualitySecurityConfiguration": "x"}, "DataQualitySecurityConfiguration is not supported here"),
    ],
)
def test_what_is_no_ruleset_is_refused(create: Callable[..., None], name: str, settings: Record, reason: str) -> None:
    with pytest.raises(ClientError, match=f"InvalidInputException.*{reason}"):
        create(name, **settings)


def test_rulesets_are_listed_by_what_they_are(
    client: Callable[..., Any], create: Callable[..., None], name: str
) -> None:
    glue, tags = client("glue"), {"test": name}
    calls, other = ({"TableName": table, "DatabaseName": name} for table in ("calls", "other"))
    create(f"{name}-a", Tags=tags, TargetTable=calls, Description=name)
    create(f"{name}-b", Tags=tags, TargetTable=other)
    create(f"{name}-c", Tags=tags | {"more": "yes"}, TargetTable=calls)

    def listed(**given: Any) -> list[str]:
        found = glue.list_data_quality_rulesets(**given)["Rulesets"]
        assert {one["RuleCount"] for one in found} <= {2}
        return [one["Name"][-1] for one in found]

    def filtered(**wanted: Any) -> list[str]:
        return listed(Tags=tags, Filter=wanted)

    assert listed(Tags=tags) == ["a", "b", "c"]
    assert listed(Tags={"more": "yes", "test": name}) == ["c"]
    assert filtered(TargetTable=calls) == ["a", "c"]
    assert filtered(Name=f"{name}-b") == ["b"]
    assert filtered(Description=name) == ["a"]
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    assert filtered(CreatedAfter=now - hour, LastModifiedBefore=now + hour) == ["a", "b", "c"]
    assert filtered(CreatedBefore=now - hour) == filtered(LastModifiedAfter=now + hour) == []
    first = glue.list_data_quality_rulesets(Tags=tags, MaxResults=2)
    rest = glue.list_data_quality_rulesets(Tags=tags, MaxResults=2, NextToken=first["NextToken"])
    assert [one["Name"][-1] for one in first["Rulesets"] + rest["Rulesets"]] == ["a", "b", "c"]
    assert "NextToken" not in rest
