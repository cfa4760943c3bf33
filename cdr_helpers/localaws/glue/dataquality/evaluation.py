"""The work of an evaluation run: its tables read, its rulesets evaluated over them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from ..visualjob import execute
from ..visualjob.frames import NodeFailed, Output
from ..visualjob.graph import Graph
from ..visualjob.nodes.base import MANY, Node
from ..visualjob.quality import measuring, rules
from ..visualjob.quality.results import Evaluation
from . import permissions, published, tables
from .qualityruns import EvaluationRun
from .requests import ROW

Record = dict[str, Any]


class RulesetNode(Node):
    """A ruleset over the first input, which is `primary`, and the others, by alias."""

    arity = (1, MANY)

    def __init__(self, name: str, text: str, aliases: Sequence[str], by_row: bool) -> None:
        super().__init__(f"ruleset {name}", "Ruleset", {"Name": name, "Inputs": ["primary", *aliases]})
        self.text, self.by_row = text, by_row

    def fail(self, reason: str) -> NodeFailed:
        """What goes wrong is said of the ruleset."""
        return NodeFailed(f"Ruleset {self.name}: {reason}")

    def relation(self, run: execute.Run, inputs: Sequence[Output]) -> Output:
        others = {alias: self.frame(inputs, at) for at, alias in enumerate(self.inputs) if at}
        frames = rules.Frames(run.connection, self.frame(inputs), others, run.moment)
        try:
            outcomes, analyzed = measuring.measure(self.text, frames, self.by_row)
        except rules.UnknownRule as problem:
            raise self.fail(str(problem)) from None
        run.evaluations.append(Evaluation(self.name, outcomes, True, analyzed))
        return run.nothing()


def evaluate(run: EvaluationRun, texts: dict[str, str], place: execute.Place, watched: execute.Watched) -> list[Record]:
    """Evaluate rulesets, name → text, over the run's tables in the name of the place's role, and write the results to
    S3 when the run says where to. The results come as GetDataQualityResult returns them.

    Raises `NodeFailed`, `AwsError` and what moto's catalog raises.
    """
    permissions.launch(place)
    permissions.require(place, "GetDataQualityRulesetEvaluationRun", texts)
    execute.run(_graph(run, texts), place, run.started_at, watched)
    permissions.require(place, "PublishDataQuality", texts)
    ended, prefix = utcnow(), run.option("ResultsS3Prefix")
    for one in watched.evaluations if prefix else ():
        published.write(str(prefix), place, one, run, ended)
    made = zip(texts, watched.evaluations, strict=True)
    return [one.as_dict(_origin(run, name, ended)) for name, one in made]


def _graph(run: EvaluationRun, texts: dict[str, str]) -> Graph:
    beside = run.settings.get("AdditionalDataSources") or {}
    by_row = run.option("CompositeRuleEvaluationMethod") == ROW
    nodes: list[Node] = [tables.node("primary", run.settings["DataSource"])]
    nodes += [tables.node(alias, source) for alias, source in beside.items()]
    nodes += [RulesetNode(name, text, list(beside), by_row) for name, text in texts.items()]
    return Graph({node.id: node for node in nodes})


def _origin(run: EvaluationRun, ruleset: str, ended: datetime) -> Record:
    """Where a result is from, as GetDataQualityResult says it."""
    return {
        "EvaluationContext": None,
        "EvaluationRunMode": "ON_DEMAND",
        "DataSource": run.settings["DataSource"],
        "RulesetName": ruleset,
        "RulesetEvaluationRunId": run.run_id,
        "StartedOn": run.started_on,
        "CompletedOn": ended,
    }
