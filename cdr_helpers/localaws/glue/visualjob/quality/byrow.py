"""Composite rules that are evaluated row by row: one holds when every row meets it.

Source: AWS Glue developer guide, "DQDL reference", "How composite rules work".
"""

from __future__ import annotations

from . import rules
from .dqdl import AnyRule, Composite, Condition
from .rules import Frames, Outcome, UnknownRule

RATIOS = ("Completeness", "DatasetMatch", "ReferentialIntegrity", "Uniqueness", "UniqueValueRatio")
"""Rule types whose outcome is a share of the rows, and says nothing about one of them. AWS names all but the last."""


def outcome(rule: Composite, frames: Frames) -> Outcome:
    """How a composite rule ends when each row is held against it as a whole; rules that are about all rows count as
    their outcome. Raises `UnknownRule` for rules that rely on ratios or thresholds."""
    counted = "count(*) FILTER (WHERE met) / nullif(count(*), 0)::DOUBLE"
    query = f"SELECT {counted} FROM (SELECT {_test(rule, frames)} AS met FROM {frames.frame.sql} p)"
    row = frames.connection.execute(query).fetchone()
    share = 1.0 if row is None or row[0] is None else float(row[0])
    passed = rules.holds(Condition("=", (1.0,)), share)
    reason = "" if passed else f"Value: {share:g} does not meet the constraint requirement!"
    return Outcome(rule.text, passed, reason, {})


def _test(rule: AnyRule, frames: Frames) -> str:
    """Whether a row meets a rule, as a condition over the frame's columns."""
    if isinstance(rule, Composite):
        return f"({f' {rule.operator.upper()} '.join(_test(one, frames) for one in rule.rules)})"
    if rule.kind in RATIOS or rule.threshold:
        raise UnknownRule(
            f"the rule {rule.text} relies on a ratio: composite rules cannot be evaluated by row with it."
        )
    test = rules.row_test(rule, frames)
    if test is None:
        [whole] = rules.evaluate([rule], frames)
        return str(whole.passed)
    return f"({test})"
