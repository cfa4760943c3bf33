"""A ruleset's text, measured: what its rules give and what its analyzers find."""

from __future__ import annotations

from dataclasses import replace

from . import byrow, dqdl, rules


def measure(
    ruleset: str, frames: rules.Frames, by_row: bool = False
) -> tuple[list[rules.Outcome], list[rules.Measured]]:
    """The outcomes of a ruleset's rules, in their order, and what its analyzers measure. With `by_row`, composite rules
    are held against each row as a whole. Raises `DqdlError`, `UnknownRule`."""
    parsed = dqdl.parse(ruleset)
    outcomes = [_outcome(rule, frames, by_row) for rule in parsed.rules]
    return outcomes, rules.analyze(parsed.analyzers, frames)


def _outcome(rule: dqdl.AnyRule, frames: rules.Frames, by_row: bool) -> rules.Outcome:
    if by_row and isinstance(rule, dqdl.Composite):
        return replace(byrow.outcome(rule, frames), labels=rule.labels)
    [outcome] = rules.evaluate([rule], frames)
    return outcome
