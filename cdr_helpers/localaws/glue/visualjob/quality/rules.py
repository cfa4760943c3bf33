"""The rule types: what each measures of a frame, and when it holds.

Source: AWS Glue developer guide, "DQDL rule type reference". A missing value fails `in` and `matches`, and is left out
of comparisons and statistics.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import casts, sparktypes
from ..frames import Frame
from .dqdl import AnyRule, Composite, Condition, Rule, Value

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class UnknownRule(ValueError):
    """A rule type, or a form of it, that is not evaluated here; the text names it."""


@dataclass(frozen=True)
class Outcome:
    """How a rule ended: its text, whether it holds, why not, and what was measured."""

    rule: str
    passed: bool
    reason: str
    metrics: Mapping[str, float]

    def as_row(self) -> tuple[str, str, str | None, str]:
        """Rule, Outcome, FailureReason, EvaluatedMetrics as the node's results have them."""
        import json

        shown = json.dumps(dict(self.metrics))
        return self.rule, "Passed" if self.passed else "Failed", self.reason or None, shown


class Frames:
    """A frame that is measured by queries."""

    def __init__(self, connection: DuckDBPyConnection, frame: Frame) -> None:
        self.connection, self.frame = connection, frame

    def position(self, rule: Rule, at: int = 0) -> int:
        """The column that a rule names. Raises `UnknownRule` when there is none."""
        if len(rule.parameters) <= at:
            raise UnknownRule(f"the rule {rule.text} names too few columns.")
        found = self.frame.find(rule.parameters[at])
        if found is None:
            raise UnknownRule(f"the rule {rule.text} names the column '{rule.parameters[at]}', which is not there.")
        return found

    def measure(self, expression: str, where: str | None = None) -> float | None:
        """An aggregate over the frame, as a number."""
        condition = f" WHERE {where}" if where else ""
        row = self.connection.execute(f"SELECT {expression} FROM {self.frame.view}{condition}").fetchone()
        return None if row is None or row[0] is None else float(row[0])


def evaluate(rules: list[AnyRule], frames: Frames) -> list[Outcome]:
    """The outcomes of a ruleset, in its order. Raises `UnknownRule`."""
    return [_outcome(rule, frames) for rule in rules]


def _outcome(rule: AnyRule, frames: Frames) -> Outcome:
    if isinstance(rule, Composite):
        inner = [_outcome(one, frames) for one in rule.rules]
        passed = all(one.passed for one in inner) if rule.operator == "and" else any(one.passed for one in inner)
        metrics = {name: value for one in inner for name, value in one.metrics.items()}
        reason = "" if passed else "; ".join(one.reason for one in inner if one.reason)
        return Outcome(rule.text, passed, reason, metrics)
    maker = RULES.get(rule.kind)
    if maker is None:
        raise UnknownRule(f"the rule type {rule.kind} is not supported here; {', '.join(sorted(RULES))} are.")
    return maker(rule, frames)


def _needed(rule: Rule) -> Condition:
    if rule.condition is None:
        raise UnknownRule(f"the rule {rule.text} needs a condition.")
    return rule.condition


def _where(rule: Rule, frames: Frames) -> str | None:
    if rule.where is None:
        return None
    from ..sparksql import translate

    try:
        return translate.condition(rule.where, frames.frame)
    except translate.SparkSqlError as problem:
        raise UnknownRule(f"the where of the rule {rule.text}: {problem}") from None


def holds(condition: Condition, value: float | None) -> bool:
    """Whether a measured number meets a condition; nothing measured meets none."""
    if value is None:
        return False
    numbers = [_number(one) for one in condition.values]
    found = {
        "=": lambda: value == numbers[0],
        "!=": lambda: value != numbers[0],
        ">": lambda: value > numbers[0],
        ">=": lambda: value >= numbers[0],
        "<": lambda: value < numbers[0],
        "<=": lambda: value <= numbers[0],
        "between": lambda: numbers[0] < value < numbers[1],
        "in": lambda: value in numbers,
    }.get(condition.operator)
    if found is None:
        raise UnknownRule(f"{condition.operator} is no condition for a number.")
    return bool(found()) != condition.negated


def _number(value: Value) -> float:
    if isinstance(value, str):
        raise UnknownRule(f"a number is needed, not {value!r}.")
    return value


def _judged(rule: Rule, name: str, value: float | None, condition: Condition) -> Outcome:
    passed = holds(condition, value)
    shown = "no value" if value is None else f"{value:g}"
    reason = "" if passed else f"Value: {shown} does not meet the constraint requirement!"
    return Outcome(rule.text, passed, reason, {} if value is None else {name: value})


# ---- statistics of one column: rule type → aggregate over {c}
_STATISTICS = {
    "Completeness": "count({c}) / nullif(count(*), 0)::DOUBLE",
    "Uniqueness": "sp_dq_unique({c}) / nullif(count({c}), 0)::DOUBLE",
    "UniqueValueRatio": "sp_dq_unique({c}) / nullif(count(DISTINCT {c}), 0)::DOUBLE",
    "DistinctValuesCount": "count(DISTINCT {c})",
    "Mean": "avg({c}::DOUBLE)",
    "Sum": "sum({c}::DOUBLE)",
    "StandardDeviation": "stddev_pop({c}::DOUBLE)",
    "Entropy": "entropy({c}) * ln(2.0)",
}
_UNIQUE = "(SELECT count(*) FROM (SELECT 1 FROM {view}{where} GROUP BY {c} HAVING count(*) = 1 AND {c} IS NOT NULL))"


def _statistic(rule: Rule, frames: Frames, name: str = "") -> float | None:
    at, where = frames.position(rule), _where(rule, frames)
    column = f"c{at}"
    condition = f" WHERE {where}" if where else ""
    unique = _UNIQUE.format(view=frames.frame.view, where=condition, c=column)
    expression = _STATISTICS[name or rule.kind].format(c=column).replace(f"sp_dq_unique({column})", unique)
    return frames.measure(expression, where)


def _by_statistic(rule: Rule, frames: Frames) -> Outcome:
    return _judged(rule, f"Column.{rule.parameters[0]}.{rule.kind}", _statistic(rule, frames), _needed(rule))


def _always(statistic: str) -> Callable[[Rule, Frames], Outcome]:
    """A rule that wants a statistic to be 1."""

    def made(rule: Rule, frames: Frames) -> Outcome:
        value = _statistic(rule, frames, statistic)
        return _judged(rule, f"Column.{rule.parameters[0]}.{statistic}", value, Condition("=", (1.0,)))

    return made


def _primary_key(rule: Rule, frames: Frames) -> Outcome:
    columns = ", ".join(f"c{frames.position(rule, at)}" for at in range(len(rule.parameters)))
    complete = " AND ".join(f"c{frames.position(rule, at)} IS NOT NULL" for at in range(len(rule.parameters)))
    total = frames.measure("count(*)") or 0.0
    distinct = frames.measure(f"count(DISTINCT ({columns}))", complete) or 0.0
    name = f"Multicolumn.{','.join(rule.parameters)}.Uniqueness"
    return _judged(rule, name, distinct / total if total else None, Condition("=", (1.0,)))


def _row_count(rule: Rule, frames: Frames) -> Outcome:
    return _judged(rule, "Dataset.*.RowCount", frames.measure("count(*)", _where(rule, frames)), _needed(rule))


def _column_count(rule: Rule, frames: Frames) -> Outcome:
    return _judged(rule, "Dataset.*.ColumnCount", float(len(frames.frame.columns)), _needed(rule))


def _column_exists(rule: Rule, frames: Frames) -> Outcome:
    there = bool(rule.parameters) and frames.frame.find(rule.parameters[0]) is not None
    return Outcome(rule.text, there, "" if there else f"Column {rule.parameters[0]} does not exist!", {})


def _correlation(rule: Rule, frames: Frames) -> Outcome:
    one, other = (f"c{frames.position(rule, at)}::DOUBLE" for at in (0, 1))
    value = frames.measure(f"corr({one}, {other})", _where(rule, frames))
    return _judged(rule, f"Multicolumn.{','.join(rule.parameters)}.ColumnCorrelation", value, _needed(rule))


def _names_match(rule: Rule, frames: Frames) -> Outcome:
    odd = [name for name in frames.frame.names if not re.fullmatch(rule.parameters[0], name)]
    reason = f"Columns that do not match the pattern: {', '.join(odd)}" if odd else ""
    share = 1 - len(odd) / max(len(frames.frame.names), 1)
    return Outcome(rule.text, not odd, reason, {"Dataset.*.ColumnNamesPatternMatchRatio": share})


# ---- rules about every value
def _test(rule: Rule, condition: Condition, sql: str, kind: str) -> str:
    """Whether one value meets a condition; NULL for a missing value under a comparison."""
    values = [_constant(one, kind) for one in condition.values]
    if condition.operator == "between":
        test = f"({sql} > {values[0]} AND {sql} < {values[1]})"
    elif condition.operator == "in":
        test = f"COALESCE({sql} IN ({', '.join(values)}), false)"
    elif condition.operator == "matches":
        pattern = sparktypes.literal(str(condition.values[0]))
        test = f"COALESCE(regexp_full_match({sql}::VARCHAR, {pattern}), false)"
    else:
        test = f"({sql} {condition.operator.replace('!=', '<>')} {values[0]})"
    return f"NOT {test}" if condition.negated else test


def _constant(value: Value, kind: str) -> str:
    if isinstance(value, float):
        return f"{value!r}"
    return casts.cast(sparktypes.literal(value), "string", kind) if kind != "string" else sparktypes.literal(value)


def _share(rule: Rule, frames: Frames, test: str, name: str) -> Outcome:
    """The share of rows that meet a test: all of them, or what the threshold says."""
    counted = f"count(*) FILTER (WHERE {test}) / nullif(count(*) FILTER (WHERE ({test}) IS NOT NULL), 0)::DOUBLE"
    value = frames.measure(counted, _where(rule, frames))
    value = 1.0 if value is None else value
    return _judged(rule, name, value, rule.threshold or Condition("=", (1.0,)))


def _column_values(rule: Rule, frames: Frames) -> Outcome:
    at = frames.position(rule)
    test = _test(rule, _needed(rule), f"c{at}", frames.frame.columns[at].kind)
    return _share(rule, frames, test, f"Column.{rule.parameters[0]}.ColumnValues.Compliance")


def _column_length(rule: Rule, frames: Frames) -> Outcome:
    test = _test(rule, _needed(rule), f"length(c{frames.position(rule)}::VARCHAR)", "bigint")
    return _share(rule, frames, test, f"Column.{rule.parameters[0]}.ColumnLength.Compliance")


_TYPES = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "INTEGER": "int",
    "LONG": "bigint",
    "DOUBLE": "double",
    "FLOAT": "float",
    "STRING": "string",
}


def _column_type(rule: Rule, frames: Frames) -> Outcome:
    at, condition = frames.position(rule), _needed(rule)
    wanted = _TYPES.get(str(condition.values[0]).upper())
    if wanted is None or condition.operator != "=":
        raise UnknownRule(f"the rule {rule.text} needs = and one of {', '.join(_TYPES)}.")
    kind, column = frames.frame.columns[at].kind, f"c{at}"
    as_text = column if kind == "string" else casts.cast(column, kind, "string")
    cast = as_text if wanted == "string" else casts.cast(as_text, "string", wanted)
    test = f"CASE WHEN {column} IS NOT NULL THEN ({cast}) IS NOT NULL END"
    return _share(rule, frames, test, f"Column.{rule.parameters[0]}.ColumnDataType.Compliance")


def _custom_sql(rule: Rule, frames: Frames) -> Outcome:
    from ..sparksql import translate

    try:
        query = translate.query(rule.parameters[0], {"primary": frames.frame})
    except translate.SparkSqlError as problem:
        raise UnknownRule(f"the rule {rule.text}: {problem}") from None
    if len(query.columns) != 1:
        raise UnknownRule(
            f"the rule {rule.text} needs a query of one column; row-level queries are not supported here."
        )
    row: Any = frames.connection.execute(query.sql).fetchone()
    value = None if row is None or row[0] is None else float(row[0])
    return _judged(rule, "Dataset.*.CustomSQL", value, _needed(rule))


RULES: dict[str, Callable[[Rule, Frames], Outcome]] = {
    **dict.fromkeys(_STATISTICS, _by_statistic),
    "IsComplete": _always("Completeness"),
    "IsUnique": _always("Uniqueness"),
    "IsPrimaryKey": _primary_key,
    "RowCount": _row_count,
    "ColumnCount": _column_count,
    "ColumnExists": _column_exists,
    "ColumnCorrelation": _correlation,
    "ColumnNamesMatchPattern": _names_match,
    "ColumnValues": _column_values,
    "ColumnLength": _column_length,
    "ColumnDataType": _column_type,
    "CustomSql": _custom_sql,
}
