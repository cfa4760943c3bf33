"""What the two start calls ask for: filled in with AWS's defaults, and checked.

Source: AWS Glue API reference, "Data Quality API", StartDataQualityRulesetEvaluationRun and
StartDataQualityRuleRecommendationRun.
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import InvalidInput
from ..rolecheck import check_role
from . import sources

Record = dict[str, Any]

DEFAULTS = {"NumberOfWorkers": 5, "Timeout": 2880}
COLUMN, ROW = "COLUMN", "ROW"
_KEPT = ("DataSource", "Role", "NumberOfWorkers", "Timeout", "ClientToken", "AdditionalRunOptions")
_LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,500}")
"""With `/output` behind it no longer than a log group's name may be (API reference, "CreateLogGroup")."""
_ALIAS = re.compile(r"[\w-]+")
MOST_RULESETS = 10


def evaluation(request: Record, account: str) -> Record:
    """The settings of an evaluation run. Raises `InvalidInput`."""
    made = _common(request, account, ("ResultsS3Prefix", "CompositeRuleEvaluationMethod"))
    made["RulesetNames"] = request.get("RulesetNames") or []
    if not 1 <= len(made["RulesetNames"]) <= MOST_RULESETS:
        raise InvalidInput(f"RulesetNames must name 1 to {MOST_RULESETS} rulesets.")
    for alias, source in (request.get("AdditionalDataSources") or {}).items():
        if not _ALIAS.fullmatch(alias) or alias == "primary":
            raise InvalidInput(f"AdditionalDataSources: {alias!r} cannot stand for a data source in a rule.")
        sources.check(source, account)
        made.setdefault("AdditionalDataSources", {})[alias] = source
    options = made.get("AdditionalRunOptions") or {}
    if options.get("CompositeRuleEvaluationMethod") not in (None, COLUMN, ROW):
        raise InvalidInput(f"CompositeRuleEvaluationMethod must be {COLUMN} or {ROW}.")
    prefix = options.get("ResultsS3Prefix")
    if prefix and not re.fullmatch(r"s3://[^/]+(/.*)?", prefix):
        raise InvalidInput(f"ResultsS3Prefix must be s3://bucket/folder/, not {prefix!r}.")
    return made


def recommendation(request: Record, account: str) -> Record:
    """The settings of a recommendation run. Raises `InvalidInput`."""
    made = _common(request, account, ())
    if request.get("DataQualitySecurityConfiguration"):
        raise InvalidInput("DataQualitySecurityConfiguration is not supported here: rulesets are not encrypted.")
    made["RecommendationMode"] = request.get("RecommendationMode") or "BASIC"
    if made["RecommendationMode"] != "BASIC":
        raise InvalidInput(f"RecommendationMode {made['RecommendationMode']} is not supported here; BASIC is.")
    if request.get("CreatedRulesetName"):
        made["CreatedRulesetName"] = request["CreatedRulesetName"]
    return made


def _common(request: Record, account: str, options: tuple[str, ...]) -> Record:
    made = DEFAULTS | {key: request[key] for key in _KEPT if request.get(key) is not None}
    sources.check(made.get("DataSource"), account)
    for name in ("NumberOfWorkers", "Timeout"):
        if not isinstance(made[name], int) or made[name] < 1:
            raise InvalidInput(f"{name} must be at least 1, not {made[name]!r}.")
    _check_options(made.get("AdditionalRunOptions") or {}, (*options, "CustomLogGroupPrefix"))
    group = (made.get("AdditionalRunOptions") or {}).get("CustomLogGroupPrefix")
    if group is not None and not _LOG_GROUP.fullmatch(group):
        raise InvalidInput(f"CustomLogGroupPrefix cannot begin the name of a log group: {group[:60]!r}.")
    check_role(account, made.get("Role"))
    return made


def _check_options(given: Record, known: tuple[str, ...]) -> None:
    """Options that ask for nothing (metrics off, no observations) are none."""
    for name, value in given.items():
        if name not in known and value not in (None, False, "NONE"):
            raise InvalidInput(f"AdditionalRunOptions.{name} is not supported here.")
