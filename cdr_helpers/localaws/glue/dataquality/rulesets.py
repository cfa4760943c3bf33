"""Rulesets in the Data Catalog (API reference, "Data Quality API"; errors from AWS Glue developer guide,
"Troubleshooting AWS Glue Data Quality errors")."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from .. import paging
from ..catalog import CatalogCalls
from ..errors import AlreadyExists, EntityNotFound, InvalidInput, InvalidRequest
from ..visualjob.quality import dqdl
from .filters import same_table, within

Record = dict[str, Any]

LONGEST = 65536
"""Characters of a ruleset, by the API's model."""


@dataclass
class StoredRuleset:
    """A ruleset: its text in DQDL, the table that it is for, if any, and the run that has recommended it, if any."""

    name: str
    text: str
    description: str | None = None
    target: Record | None = None
    recommended_by: str | None = None
    client_token: str | None = None
    created_on: datetime = field(default_factory=utcnow)
    modified_on: datetime = field(default_factory=utcnow)

    def _common(self) -> Record:
        return {
            "Name": self.name,
            "Description": self.description,
            "TargetTable": self.target,
            "CreatedOn": self.created_on,
            "LastModifiedOn": self.modified_on,
            "RecommendationRunId": self.recommended_by,
        }

    def as_dict(self) -> Record:
        """The ruleset as GetDataQualityRuleset returns it."""
        return self._common() | {"Ruleset": self.text}

    def as_summary(self) -> Record:
        """The ruleset as ListDataQualityRulesets returns it."""
        return self._common() | {"RuleCount": len(dqdl.parse(self.text).rules)}


def parsed(text: object) -> dqdl.Ruleset:
    """What a ruleset says. Raises `InvalidRequest` for one that is too long, `InvalidInput` for one that is no DQDL."""
    if not isinstance(text, str) or not 1 <= len(text) <= LONGEST:
        raise InvalidRequest(
            "1 validation error detected: Value at 'ruleset' failed to satisfy constraint: Member must have "
            f"length between 1 and {LONGEST}"
        )
    try:
        return dqdl.parse(text)
    except dqdl.DqdlError as problem:
        raise InvalidInput(f"DataQuality rules cannot be parsed. {problem}") from None


class RulesetCalls(CatalogCalls):
    """CreateDataQualityRuleset and its kin."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.quality_rulesets: dict[str, StoredRuleset] = {}

    def answer_create_data_quality_ruleset(self, request: Record) -> Record:
        """CreateDataQualityRuleset. A request that is sent again with its client token creates nothing and is no error.

        Raises `AlreadyExists`, `InvalidInput`."""
        if request.get("DataQualitySecurityConfiguration"):
            raise InvalidInput("DataQualitySecurityConfiguration is not supported here: rulesets are not encrypted.")
        text = request.get("Ruleset")
        parsed(text)
        made = StoredRuleset(str(request.get("Name")), str(text), request.get("Description"))
        made.target, made.client_token = request.get("TargetTable"), request.get("ClientToken")
        before = self.quality_rulesets.get(made.name)
        if before is None or not made.client_token or before.client_token != made.client_token:
            self.add_ruleset(made)
            if request.get("Tags"):
                self.tag_resource(self._ruleset_arn(made.name), request["Tags"])
        return {"Name": made.name}

    def add_ruleset(self, made: StoredRuleset) -> None:
        """Keep a new ruleset. Raises `AlreadyExists`."""
        if made.name in self.quality_rulesets:
            raise AlreadyExists("Another ruleset with the same name already exists.")
        self.quality_rulesets[made.name] = made

    def _ruleset_arn(self, name: str) -> str:
        return f"arn:aws:glue:{self.region_name}:{self.account_id}:dataQualityRuleset/{name}"

    def ruleset(self, name: object) -> StoredRuleset:
        """Raises `EntityNotFound`."""
        found = self.quality_rulesets.get(str(name))
        if found is None:
            raise EntityNotFound(f"Cannot find Data Quality Ruleset in account {self.account_id} with name {name}")
        return found

    def answer_get_data_quality_ruleset(self, request: Record) -> Record:
        """GetDataQualityRuleset. Raises `EntityNotFound`."""
        return self.ruleset(request.get("Name")).as_dict()

    def answer_update_data_quality_ruleset(self, request: Record) -> Record:
        """UpdateDataQualityRuleset: what the request names is replaced. Raises `EntityNotFound`, `InvalidInput`."""
        found = self.ruleset(request.get("Name"))
        if request.get("Ruleset") is not None:
            parsed(request["Ruleset"])
            found.text = request["Ruleset"]
        found.description = request.get("Description", found.description)
        found.modified_on = utcnow()
        return {"Name": found.name, "Description": found.description, "Ruleset": found.text}

    def answer_delete_data_quality_ruleset(self, request: Record) -> Record:
        """DeleteDataQualityRuleset: its runs and results stay. Raises `EntityNotFound`."""
        name = self.ruleset(request.get("Name")).name
        del self.quality_rulesets[name]
        self.tagger.delete_all_tags_for_resource(self._ruleset_arn(name))
        return {}

    def answer_list_data_quality_rulesets(self, request: Record) -> Record:
        """ListDataQualityRulesets, by name, that the filter lets through and that have the tags."""
        wanted, tags = request.get("Filter") or {}, (request.get("Tags") or {}).items()
        found = [
            one.as_summary()
            for one in sorted(self.quality_rulesets.values(), key=lambda one: one.name)
            if _meets(one, wanted) and tags <= self.get_tags(self._ruleset_arn(one.name)).items()
        ]
        return paging.answer("Rulesets", found, request, 1000)


def _meets(ruleset: StoredRuleset, wanted: Record) -> bool:
    if wanted.get("Name") not in (None, ruleset.name) or wanted.get("Description") not in (None, ruleset.description):
        return False
    if "TargetTable" in wanted and not same_table(ruleset.target, wanted["TargetTable"]):
        return False
    created = within(ruleset.created_on, wanted.get("CreatedAfter"), wanted.get("CreatedBefore"))
    return created and within(ruleset.modified_on, wanted.get("LastModifiedAfter"), wanted.get("LastModifiedBefore"))
