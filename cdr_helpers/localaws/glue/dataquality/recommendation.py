"""The work of a recommendation run: a table measured by analyzers, and the rules that its measures suggest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..visualjob import execute, sparktypes
from ..visualjob.frames import Column, Frame, NodeFailed, Output, Term
from ..visualjob.graph import Graph
from ..visualjob.nodes.base import Node
from ..visualjob.quality import dqdl, rules
from . import permissions, recommended, tables
from .qualityruns import RecommendationRun
from .recommended import MOST_VALUES, Profile
from .rulesets import LONGEST

Record = dict[str, Any]


class Recommending(Node):
    """Measures the rows of its input; `ruleset` is what they suggest."""

    def __init__(self) -> None:
        super().__init__("recommend", "Recommendation", {"Name": "recommend", "Inputs": ["primary"]})
        self.ruleset = ""

    def fail(self, reason: str) -> NodeFailed:
        """What goes wrong is said without the name of a node, which nobody gave."""
        return NodeFailed(f"The rules cannot be recommended: {reason}")

    def relation(self, run: execute.Run, inputs: Sequence[Output]) -> Output:
        frame = _kept(run, self.frame(inputs))
        frames = rules.Frames(run.connection, frame, None, run.moment)
        profiles = [_profile(frames, at) for at, one in enumerate(frame.columns) if not sparktypes.is_nested(one.kind)]
        self.ruleset = _ruleset(recommended.rules(int(frames.measure("count(*)") or 0), profiles))
        return run.nothing()


def _kept(run: execute.Run, frame: Frame) -> Frame:
    """The rows, read once and kept: each column is measured several times."""
    terms = [Term(column.name, column.kind, f"c{at}") for at, column in enumerate(frame.columns)]
    return run.settled(run.select(terms, frame))


def _profile(frames: rules.Frames, at: int) -> Profile:
    column = frames.frame.columns[at]
    kinds = ["Completeness", "Uniqueness"]
    if recommended.is_number(column.kind):
        kinds += ["ColumnValues", "StandardDeviation"]
    elif column.kind == "string":
        kinds += ["ColumnLength"]
    metrics = {name: value for kind in kinds for name, value in _measured(frames, kind, column).items()}
    return Profile(column.name, column.kind, metrics, _values(frames, at) if column.kind == "string" else ())


def _measured(frames: rules.Frames, kind: str, column: Column) -> dict[str, float]:
    """What an analyzer of this kind says of a column, under the last part of the metrics' names."""
    [one] = rules.analyze([dqdl.Rule(kind, (column.name,), None, None, None, kind)], frames)
    return {name.rpartition(".")[2]: value for name, value in one.metrics.items()}


def _values(frames: rules.Frames, at: int) -> tuple[tuple[str, int], ...]:
    """The values of a column and their numbers of rows, the most frequent first; none when there are too many."""
    query = (
        f"SELECT c{at}, count(*) FROM {frames.frame.sql} WHERE c{at} IS NOT NULL GROUP BY 1 "
        f"ORDER BY 2 DESC, 1 LIMIT {MOST_VALUES + 1}"
    )
    found = frames.connection.execute(query).fetchall()
    return tuple((text, count) for text, count in found) if len(found) <= MOST_VALUES else ()


def _ruleset(found: Sequence[str]) -> str:
    """The rules as DQDL; the last are left out when they would make it longer than a ruleset may be."""
    begin, end, between = "Rules = [\n    ", "\n]", ",\n    "
    room, kept = LONGEST - len(begin) - len(end), list[str]()
    for rule in found:
        room -= len(rule) + len(between)
        if room < 0:
            break
        kept.append(rule)
    return f"{begin}{between.join(kept)}{end}"


def recommend(run: RecommendationRun, place: execute.Place, watched: execute.Watched) -> str:
    """The ruleset that the rows of the run's table suggest, read in the name of the place's role.

    Raises `NodeFailed`, `AwsError` and what moto's catalog raises.
    """
    permissions.launch(place)
    permissions.require(place, "GetDataQualityRuleRecommendationRun", ["*"])
    last = Recommending()
    nodes: list[Node] = [tables.node("primary", run.settings["DataSource"]), last]
    execute.run(Graph({node.id: node for node in nodes}), place, run.started_at, watched)
    permissions.require(place, "PublishDataQuality", ["*"])
    if run.created:
        permissions.require(place, "CreateDataQualityRuleset", [run.created])
    return last.ruleset
