"""The runs of Data Quality: evaluations and recommendations (API reference, "Data Quality API")."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ... import persistence, runs
from ...iam import roles
from .. import paging
from ..errors import Conflict, EntityNotFound, InvalidInput
from ..visualjob.underway import ActiveRun, reason
from . import filters, logs, qualityruns, requests, rulesets
from .qualityruns import EvaluationRun, QualityRun, RecommendationRun
from .results import ResultCalls
from .rulesets import RulesetCalls, StoredRuleset

if TYPE_CHECKING:
    from ..visualjob.execute import Place

Record = dict[str, Any]
Kind = TypeVar("Kind", bound=QualityRun)
Keep = Callable[[], None]
"""Keeps what a run has made; called in the same change that makes the run SUCCEEDED."""

_INTERRUPTED = "The endpoint was stopped while the run was under way."
_active: dict[str, ActiveRun] = {}


class QualityCalls(RulesetCalls, ResultCalls):
    """StartDataQualityRulesetEvaluationRun, StartDataQualityRuleRecommendationRun and what reports on them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.quality_runs: dict[str, QualityRun] = {}

    # evaluations
    def answer_start_data_quality_ruleset_evaluation_run(self, request: Record) -> Record:
        """StartDataQualityRulesetEvaluationRun: the rulesets as they are now, in the background.

        Raises `EntityNotFound` for a ruleset, `InvalidInput`, `Conflict`."""
        run = EvaluationRun(requests.evaluation(request, self.account_id))
        texts = {name: self.ruleset(name).text for name in run.settings["RulesetNames"]}
        for name, text in texts.items():
            if rulesets.parsed(text).analyzers:
                raise InvalidInput(
                    f"Ruleset {name} has Analyzers, which AWS evaluates in jobs, not in the Data Catalog."
                )
        return {"RunId": self._start_quality_run(run, lambda active: self._evaluate(run, texts, active))}

    def answer_get_data_quality_ruleset_evaluation_run(self, request: Record) -> Record:
        """GetDataQualityRulesetEvaluationRun. Raises `EntityNotFound`."""
        return self._quality_run(EvaluationRun, request).as_dict()

    def answer_batch_get_data_quality_ruleset_evaluation_run(self, request: Record) -> Record:
        """BatchGetDataQualityRulesetEvaluationRun."""
        found = {run.run_id: run for run in self._quality_runs(EvaluationRun)}
        ids = request.get("RunIds") or []
        return {
            "Runs": [found[one].as_dict() for one in ids if one in found],
            "RunsNotFound": [one for one in ids if one not in found],
        }

    def answer_list_data_quality_ruleset_evaluation_runs(self, request: Record) -> Record:
        """ListDataQualityRulesetEvaluationRuns: those that the filter lets through, the newest first."""
        name = (request.get("Filter") or {}).get("RulesetName")
        found = [run for run in self._filtered(EvaluationRun, request) if name in (None, *run.settings["RulesetNames"])]
        return paging.answer("Runs", [run.as_summary() for run in found], request, 1000)

    def answer_cancel_data_quality_ruleset_evaluation_run(self, request: Record) -> Record:
        """CancelDataQualityRulesetEvaluationRun. Raises `EntityNotFound`, `InvalidInput` for a run that has ended."""
        return self._cancel(self._quality_run(EvaluationRun, request))

    # recommendations
    def answer_start_data_quality_rule_recommendation_run(self, request: Record) -> Record:
        """StartDataQualityRuleRecommendationRun, in the background. Raises `InvalidInput`, `Conflict`."""
        run = RecommendationRun(requests.recommendation(request, self.account_id))
        return {"RunId": self._start_quality_run(run, lambda active: self._recommend(run, active))}

    def answer_get_data_quality_rule_recommendation_run(self, request: Record) -> Record:
        """GetDataQualityRuleRecommendationRun. Raises `EntityNotFound`."""
        return self._quality_run(RecommendationRun, request).as_dict()

    def answer_list_data_quality_rule_recommendation_runs(self, request: Record) -> Record:
        """ListDataQualityRuleRecommendationRuns: those that the filter lets through and that have the tags, the newest
        first."""
        tags = (request.get("Tags") or {}).items()
        found = [run for run in self._filtered(RecommendationRun, request) if tags <= self._run_tags(run).items()]
        return paging.answer("Runs", [run.as_summary() for run in found], request, 1000)

    def _run_tags(self, run: QualityRun) -> dict[str, str]:
        return self.get_tags(f"arn:aws:glue:{self.region_name}:{self.account_id}:dqRun/{run.run_id}")

    def answer_cancel_data_quality_rule_recommendation_run(self, request: Record) -> Record:
        """CancelDataQualityRuleRecommendationRun. Raises `EntityNotFound`, `InvalidInput` for a run that has ended."""
        return self._cancel(self._quality_run(RecommendationRun, request))

    # both
    def _quality_runs(self, kind: type[Kind]) -> list[Kind]:
        return [run for run in list(self.quality_runs.values()) if isinstance(run, kind)]

    def _quality_run(self, kind: type[Kind], request: Record) -> Kind:
        found = self.quality_runs.get(str(request.get("RunId")))
        if not isinstance(found, kind):
            raise EntityNotFound(
                f"Cannot find Data Quality run in account {self.account_id} with id {request['RunId']}"
            )
        return found

    def _filtered(self, kind: type[Kind], request: Record) -> list[Kind]:
        wanted = request.get("Filter") or {}
        found = [
            run
            for run in self._quality_runs(kind)
            if filters.within(run.started_on, wanted.get("StartedAfter"), wanted.get("StartedBefore"))
            and ("DataSource" not in wanted or _of_table(run, wanted["DataSource"]))
        ]
        return sorted(found, key=lambda run: run.started_on, reverse=True)

    def _cancel(self, run: QualityRun) -> Record:
        if not run.under_way:
            raise InvalidInput(f"Data quality run {run.run_id} has the state {run.state} and cannot be cancelled.")
        run.enter(qualityruns.STOPPING)
        active = _active.get(run.run_id)
        if active:
            active.end(qualityruns.STOPPED)
        return {}

    def _started_before(self, run: QualityRun) -> QualityRun | None:
        """The run that the same request has started, by its client token. Raises `Conflict` for another request's."""
        token = run.settings.get("ClientToken")
        found = [one for one in self._quality_runs(type(run)) if token and one.settings.get("ClientToken") == token]
        if found and found[0].settings != run.settings:
            raise Conflict(f"The client token {token} was used for another request.")
        return found[0] if found else None

    def _start_quality_run(self, run: QualityRun, work: Callable[[ActiveRun], Keep]) -> str:
        before = self._started_before(run)
        if before is not None:
            return before.run_id
        self.quality_runs[run.run_id] = run
        _active[run.run_id] = ActiveRun()
        runs.start(f"data quality {run.run_id}", lambda: self._carry_out(run.run_id, work))
        return run.run_id

    def recover_quality_runs(self) -> None:
        """After a restart: runs that were under way have failed."""
        for run in list(self.quality_runs.values()):
            if run.under_way:
                run.enter(qualityruns.FAILED, _INTERRUPTED)

    # the work of a run, in its own thread
    def _carry_out(self, run_id: str, work: Callable[[ActiveRun], Keep]) -> None:
        from ..visualjob import execute

        active = _active[run_id]
        with persistence.changing("glue"):
            run = self.quality_runs[run_id]
            if run.state == qualityruns.STARTING:
                run.enter(qualityruns.RUNNING)
        logs.tell(self.account_id, self.region_name, run)
        seconds = min(run.settings["Timeout"] * 60, threading.TIMEOUT_MAX)
        active.timer = threading.Timer(seconds, active.end, (qualityruns.TIMEOUT,))
        active.timer.daemon = True
        active.timer.start()
        active.watched = execute.Watched()
        state, message, keep = _outcome(work, active)
        active.over.set()
        active.timer.cancel()
        with persistence.changing("glue"):
            run = self.quality_runs[run_id]
            state = active.ends_as or state
            if state == qualityruns.SUCCEEDED:
                try:
                    keep()
                except Exception as problem:
                    state, message = qualityruns.FAILED, reason(problem)
            run.enter(state, message)
        _active.pop(run_id, None)
        lines = [line for one in active.watched.evaluations for line in one.lines()]
        logs.tell(self.account_id, self.region_name, run, lines)

    def _place(self, run: QualityRun) -> Place:
        from ..visualjob.execute import Place

        session = roles.assume(self.account_id, run.settings["Role"])
        return Place(self.account_id, self.region_name, "", run.run_id, session)

    def _evaluate(self, run: EvaluationRun, texts: dict[str, str], active: ActiveRun) -> Keep:
        from . import evaluation

        results = evaluation.evaluate(run, texts, self._place(run), active.watched)

        def keep() -> None:
            self.quality_results.update({one["ResultId"]: one for one in results})
            run.results = [one["ResultId"] for one in results]

        return keep

    def _recommend(self, run: RecommendationRun, active: ActiveRun) -> Keep:
        from . import recommendation

        text = recommendation.recommend(run, self._place(run), active.watched)

        def keep() -> None:
            if run.created:
                table = filters.table_in(run.settings["DataSource"])
                target: Record = {key: table.get(key) for key in ("TableName", "DatabaseName", "CatalogId")}
                self.add_ruleset(StoredRuleset(run.created, text, target=target, recommended_by=run.run_id))
            run.recommended = text

        return keep


def _outcome(work: Callable[[ActiveRun], Keep], active: ActiveRun) -> tuple[str, str, Keep]:
    """The state that a run's work ends in, its message, and what keeps what it has made."""
    try:
        return qualityruns.SUCCEEDED, "", work(active)
    except Exception as problem:
        return qualityruns.FAILED, "" if active.ends_as else reason(problem), _nothing


def _nothing() -> None:
    """Nothing was made."""


def _of_table(run: QualityRun, source: Record) -> bool:
    return filters.same_table(filters.table_in(run.settings["DataSource"]), filters.table_in(source))
