"""The rule types: what each measures of a frame, and when it holds.

Source: AWS Glue developer guide, "DQDL rule type reference". A missing value fails `in` and `matches`, and is left out
of comparisons and statistics.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .. import casts, sparktypes
from ..frames import Frame
from .dqdl import AnyRule, Composite, Condition, Keyword, Moment, Rule, Span, Value

if TYPE_CHECKING:
    from ..sparkconnection import SparkConnection


class UnknownRule(ValueError):
    """A rule type, or a form of it, that is not evaluated here; the text names it."""


class MissingColumn(UnknownRule):
    """A rule names a column that is not there: the rule fails, in AWS's words, and the others are evaluated (AWS Glue
    developer guide, "DQDL reference", the example of labels in an API response)."""

    def __init__(self, rule: Rule, column: str) -> None:
        super().__init__(f"the rule {rule.text} names the column '{column}', which is not there.")
        self.reason = f"Input data does not include column {column}!"


@dataclass(frozen=True)
class Outcome:
    """How a rule ended: its text, whether it holds, why not, and what was measured."""

    rule: str
    passed: bool
    reason: str
    metrics: Mapping[str, float]
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_row(self) -> tuple[str, str, str | None, str]:
        """Rule, Outcome, FailureReason, EvaluatedMetrics as the node's results have them."""
        import json

        shown = json.dumps(dict(self.metrics))
        return self.rule, "Passed" if self.passed else "Failed", self.reason or None, shown


@dataclass(frozen=True)
class Measured:
    """What an analyzer measured: its text, and the metrics."""

    text: str
    metrics: Mapping[str, float]


class Frames:
    """A frame that is measured by queries; others beside it, by alias; what `now()` is, in epoch milliseconds."""

    def __init__(
        self, connection: SparkConnection, frame: Frame, others: Mapping[str, Frame] | None = None, moment: int = 0
    ) -> None:
        self.connection, self.frame, self.others, self.moment = connection, frame, dict(others or {}), moment

    def position(self, rule: Rule, at: int = 0) -> int:
        """The column that a rule names. Raises `UnknownRule` when it names none, `MissingColumn` for one that is not
        there."""
        if len(rule.parameters) <= at:
            raise UnknownRule(f"the rule {rule.text} names too few columns.")
        found = self.frame.find(rule.parameters[at])
        if found is None:
            raise MissingColumn(rule, rule.parameters[at])
        return found

    def measure(self, expression: str, where: str | None = None) -> float | None:
        """An aggregate over the frame, as a number."""
        condition = f" WHERE {where}" if where else ""
        row = self.connection.execute(f"SELECT {expression} FROM {self.frame.sql}{condition}").fetchone()
        return None if row is None or row[0] is None else float(row[0])


def evaluate(rules: Sequence[AnyRule], frames: Frames) -> list[Outcome]:
    """The outcomes of rules, in their order. Raises `UnknownRule`."""
    return [replace(_outcome(rule, frames), labels=rule.labels) for rule in rules]


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
    try:
        return maker(rule, frames)
    except MissingColumn as missing:
        return Outcome(rule.text, False, missing.reason, {})


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
    """A number; `"1.0"` is one too."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise UnknownRule(f"a number is needed, not {value!r}.") from None


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
_UNIQUE = "(SELECT count(*) FROM (SELECT 1 FROM {rows}{where} GROUP BY {c} HAVING count(*) = 1 AND {c} IS NOT NULL))"


def _statistic(rule: Rule, frames: Frames, name: str = "") -> float | None:
    at, where = frames.position(rule), _where(rule, frames)
    column = f"c{at}"
    condition = f" WHERE {where}" if where else ""
    unique = _UNIQUE.format(rows=frames.frame.sql, where=condition, c=column)
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
def _test(rule: Rule, condition: Condition, sql: str, kind: str, moment: int = 0) -> str:
    """Whether one value meets a condition; NULL for a missing value under a comparison."""
    keywords = [one.name for one in condition.values if isinstance(one, Keyword)]
    values = [_constant(rule, one, kind, moment) for one in condition.values if not isinstance(one, Keyword)]
    if keywords and condition.operator not in ("=", "!=", "in"):
        raise UnknownRule(f"the rule {rule.text}: {keywords[0].upper()} goes with =, != and in alone.")
    if condition.operator == "between":
        test = f"({sql} > {values[0]} AND {sql} < {values[1]})"
    elif condition.operator == "in" or keywords:
        named = [_KEYWORDS[word].format(v=sql) for word in keywords]
        listed = [f"COALESCE({sql} IN ({', '.join(values)}), false)"] if values else []
        test = f"({' OR '.join([*named, *listed])})"
        test = f"NOT {test}" if condition.operator == "!=" else test
    elif condition.operator == "matches":
        pattern = sparktypes.literal(str(condition.values[0]))
        test = f"COALESCE(regexp_full_match({sql}::VARCHAR, {pattern}), false)"
    else:
        test = f"({sql} {condition.operator.replace('!=', '<>')} {values[0]})"
    return f"NOT {test}" if condition.negated else test


_KEYWORDS = {
    "null": "({v} IS NULL)",
    "empty": "COALESCE({v}::VARCHAR = '', false)",
    "whitespaces_only": "COALESCE(regexp_full_match({v}::VARCHAR, '\\s+'), false)",
}


def _constant(rule: Rule, value: Value, kind: str, moment: int) -> str:
    if isinstance(value, Moment):
        if kind not in ("date", "timestamp"):
            raise UnknownRule(f"the rule {rule.text}: now() is compared with dates and timestamps, not with {kind}.")
        return f"make_timestamp({(moment + round(value.offset * 1000)) * 1000})"
    if isinstance(value, float):
        return f"{value!r}"
    if not isinstance(value, str):
        raise UnknownRule(f"the rule {rule.text}: {value!r} is no value to compare with.")
    return casts.cast(sparktypes.literal(value), "string", kind) if kind != "string" else sparktypes.literal(value)


def _share(rule: Rule, frames: Frames, test: str, name: str) -> Outcome:
    """The share of rows that meet a test: all of them, or what the threshold says."""
    counted = f"count(*) FILTER (WHERE {test}) / nullif(count(*) FILTER (WHERE ({test}) IS NOT NULL), 0)::DOUBLE"
    value = frames.measure(counted, _where(rule, frames))
    value = 1.0 if value is None else value
    return _judged(rule, name, value, rule.threshold or Condition("=", (1.0,)))


def _column_values(rule: Rule, frames: Frames) -> Outcome:
    return _share(rule, frames, _value_test(rule, frames), f"Column.{rule.parameters[0]}.ColumnValues.Compliance")


def _value_test(rule: Rule, frames: Frames) -> str:
    at = frames.position(rule)
    return _test(rule, _needed(rule), f"c{at}", frames.frame.columns[at].kind, frames.moment)


def _column_length(rule: Rule, frames: Frames) -> Outcome:
    return _share(rule, frames, _length_test(rule, frames), f"Column.{rule.parameters[0]}.ColumnLength.Compliance")


def _length_test(rule: Rule, frames: Frames) -> str:
    return _test(rule, _needed(rule), f"length(c{frames.position(rule)}::VARCHAR)", "bigint")


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
        query = translate.query(rule.parameters[0], {"primary": frames.frame, **frames.others})
    except translate.SparkSqlError as problem:
        raise UnknownRule(f"the rule {rule.text}: {problem}") from None
    if len(query.columns) != 1:
        raise UnknownRule(
            f"the rule {rule.text} needs a query of one column; row-level queries are not supported here."
        )
    row: Any = frames.connection.execute(query.sql).fetchone()
    value = None if row is None or row[0] is None else float(row[0])
    return _judged(rule, "Dataset.*.CustomSQL", value, _needed(rule))


def _freshness(rule: Rule, frames: Frames) -> Outcome:
    """How long ago a column's moments were."""
    return _share(rule, frames, _fresh(rule, frames), f"Column.{rule.parameters[0]}.DataFreshness.Compliance")


def _fresh(rule: Rule, frames: Frames) -> str:
    at, condition = frames.position(rule), _needed(rule)
    kind = frames.frame.columns[at].kind
    if kind not in ("date", "timestamp"):
        raise UnknownRule(f"the rule {rule.text} needs a date or a timestamp, not {kind}.")
    if not all(isinstance(one, Span) for one in condition.values):
        raise UnknownRule(f"the rule {rule.text} needs lengths of time, as in 24 hours.")
    spans = tuple(one.seconds for one in condition.values if isinstance(one, Span))
    age = f"(({frames.moment * 1000} - epoch_us(c{at}::TIMESTAMP)) / 1000000.0)"
    return _test(rule, replace(condition, values=spans), age, "double")


# ---- rules about two frames
def _other(rule: Rule, frames: Frames, alias: str) -> Frame:
    if alias not in frames.others:
        known = ", ".join(frames.others) or "none"
        raise UnknownRule(f"the rule {rule.text} names the data source '{alias}'; those beside primary: {known}.")
    return frames.others[alias]


def _column(rule: Rule, frame: Frame, name: str) -> int:
    found = frame.find(name.strip())
    if found is None:
        raise MissingColumn(rule, name.strip())
    return found


def _as_text(frame: Frame, at: int, alias: str) -> str:
    kind = frame.columns[at].kind
    return f"{alias}.c{at}" if kind == "string" else casts.cast(f"{alias}.c{at}", kind, "string")


def _row_count_match(rule: Rule, frames: Frames) -> Outcome:
    """Rows of the primary frame for each of the other."""
    other = _other(rule, frames, rule.parameters[0])
    here = frames.measure("count(*)") or 0.0
    there = Frames(frames.connection, other).measure("count(*)") or 0.0
    value = here / there if there else None
    return _judged(rule, f"Dataset.{rule.parameters[0]}.RowCountMatch", value, _needed(rule))


def _schema_match(rule: Rule, frames: Frames) -> Outcome:
    """The share of columns that both frames have with one type. AWS says how two columns match, not what the share is
    of: here it is of the frame that has more."""
    other = _other(rule, frames, rule.parameters[0])
    here, there = ({(one.name.lower(), one.kind) for one in frame.columns} for frame in (frames.frame, other))
    share = len(here & there) / max(len(here), len(there), 1)
    return _judged(rule, f"Dataset.{rule.parameters[0]}.SchemaMatch", share, _needed(rule))


def _referenced(rule: Rule, frames: Frames) -> tuple[Frame, str]:
    """The other frame (as `o`) and when a row of the primary one (as `p`) is in it: `"a,b" "reference.{x,y}"`."""
    if len(rule.parameters) != 2 or "." not in rule.parameters[1]:
        raise UnknownRule(f"the rule {rule.text} needs columns, and columns of another data source.")
    alias, _, named = rule.parameters[1].partition(".")
    other = _other(rule, frames, alias)
    here = [_column(rule, frames.frame, name) for name in rule.parameters[0].split(",")]
    there = [_column(rule, other, name) for name in named.strip("{}").split(",")]
    if len(here) != len(there):
        raise UnknownRule(f"the rule {rule.text} names {len(here)} columns and {len(there)} to find them in.")
    pairs = zip(here, there, strict=True)
    equal = (f"{_as_text(frames.frame, a, 'p')} IS NOT DISTINCT FROM {_as_text(other, b, 'o')}" for a, b in pairs)
    return other, " AND ".join(equal)


def _referential_integrity(rule: Rule, frames: Frames) -> Outcome:
    """The share of rows whose values the other frame has."""
    other, equal = _referenced(rule, frames)
    found = f"SELECT count(*) FROM {frames.frame.sql} p SEMI JOIN {other.sql} o ON {equal}"
    share = frames.measure(f"({found}) / nullif(count(*), 0)::DOUBLE")
    return _judged(rule, f"Column.{rule.parameters[0]}.ReferentialIntegrity", share, _needed(rule))


def _dataset_match(rule: Rule, frames: Frames) -> Outcome:
    """The share of rows that have their like in the other frame: `"reference" "key->its_key" "column->its_column"`."""
    if len(rule.parameters) not in (2, 3):
        raise UnknownRule(f"the rule {rule.text} needs a data source, its keys, and at most columns to compare.")
    other = _other(rule, frames, rule.parameters[0])
    keys = _mapped(rule, frames.frame, other, rule.parameters[1])
    if len(rule.parameters) == 3:
        compared = _mapped(rule, frames.frame, other, rule.parameters[2])
    else:
        names = [one.name for one in frames.frame.columns if other.find(one.name) is not None]
        compared = _mapped(rule, frames.frame, other, ",".join(names))
    for frame, side in ((frames.frame, 0), (other, 1)):
        _check_keys(rule, Frames(frames.connection, frame), [pair[side] for pair in keys])
    joined = [f"{_as_text(frames.frame, a, 'p')} = {_as_text(other, b, 'o')}" for a, b in keys]
    alike = [f"{_as_text(frames.frame, a, 'p')} IS NOT DISTINCT FROM {_as_text(other, b, 'o')}" for a, b in compared]
    matched = f"SELECT count(*) FROM {frames.frame.sql} p JOIN {other.sql} o ON {' AND '.join([*joined, *alike])}"
    total = f"greatest(count(*), (SELECT count(*) FROM {other.sql}))"
    share = frames.measure(f"({matched}) / nullif({total}, 0)::DOUBLE")
    return _judged(rule, f"Dataset.{rule.parameters[0]}.DatasetMatch", share, _needed(rule))


def _mapped(rule: Rule, here: Frame, there: Frame, text: str) -> list[tuple[int, int]]:
    """The positions of `a->x,b` in both frames."""
    pairs = [part.partition("->") for part in text.split(",")]
    return [(_column(rule, here, one), _column(rule, there, other or one)) for one, _, other in pairs]


def _check_keys(rule: Rule, frames: Frames, keys: list[int]) -> None:
    listed = ", ".join(f"c{at}" for at in keys)
    complete = " AND ".join(f"c{at} IS NOT NULL" for at in keys)
    if frames.measure("count(*)") != frames.measure(f"count(DISTINCT ({listed}))", complete):
        raise UnknownRule(f"the rule {rule.text}: Provided key map not suitable for given data frames.")


_AGGREGATION = re.compile(r"\s*(sum|avg)\s*\(\s*(?:(\w+)\.)?([^()]+?)\s*\)\s*", re.IGNORECASE)


def _aggregate_match(rule: Rule, frames: Frames) -> Outcome:
    """One sum or average by another: `"SUM(price)" "SUM(reference.price)"`."""
    parts = [_AGGREGATION.fullmatch(text) for text in rule.parameters]
    if len(parts) != 2 or None in parts:
        raise UnknownRule(f"the rule {rule.text} needs two of sum(column) and avg(column).")
    values, names = [], []
    for function, alias, name in (part.groups() for part in parts if part):
        frame = frames.frame if alias in (None, "primary") else _other(rule, frames, alias)
        at = _column(rule, frame, name)
        number = (
            casts.cast(f"c{at}", frame.columns[at].kind, "double") if frame.columns[at].kind != "double" else f"c{at}"
        )
        values.append(Frames(frames.connection, frame).measure(f"{function}({number})"))
        names.append(name)
    share = values[0] / values[1] if values[0] is not None and values[1] else None
    return _judged(rule, f"Column.{','.join(dict.fromkeys(names))}.AggregateMatch", share, _needed(rule))


# ---- rules about single rows
def row_test(rule: Rule, frames: Frames) -> str | None:
    """Whether a row meets a rule, as a condition over the frame's columns; None for rules about the whole frame and
    those that name a column which is not there. Rows that the rule's `where` leaves out pass. Raises `UnknownRule`."""
    maker = ROW_TESTS.get(rule.kind)
    if maker is None:
        return None
    where = _where(rule, frames)
    try:
        test = f"COALESCE({maker(rule, frames)}, true)"
    except MissingColumn:
        return None
    return f"CASE WHEN {where} THEN {test} ELSE true END" if where else test


def _there(rule: Rule, frames: Frames) -> str:
    return f"c{frames.position(rule)} IS NOT NULL"


def _alone(rule: Rule, frames: Frames) -> str:
    """Whether no other row has the same values."""
    columns = ", ".join(f"c{frames.position(rule, at)}" for at in range(len(rule.parameters)))
    return f"count(*) FILTER (WHERE {_where(rule, frames) or 'true'}) OVER (PARTITION BY {columns}) = 1"


def _key_test(rule: Rule, frames: Frames) -> str:
    there = " AND ".join(f"c{frames.position(rule, at)} IS NOT NULL" for at in range(len(rule.parameters)))
    return f"({_alone(rule, frames)} AND {there})"


def _reference_test(rule: Rule, frames: Frames) -> str:
    other, equal = _referenced(rule, frames)
    return f"EXISTS (SELECT 1 FROM {other.sql} o WHERE {equal})"


ROW_TESTS: dict[str, Callable[[Rule, Frames], str]] = {
    "IsComplete": _there,
    "Completeness": _there,
    "IsUnique": _alone,
    "Uniqueness": _alone,
    "UniqueValueRatio": _alone,
    "IsPrimaryKey": _key_test,
    "ColumnValues": _value_test,
    "ColumnLength": _length_test,
    "DataFreshness": _fresh,
    "ReferentialIntegrity": _reference_test,
}
"""Rule types that say of each row whether it is good (AWS Glue: "DQDL rule type reference", row-level results)."""


# ---- analyzers: what they measure, without a verdict
def analyze(analyzers: Sequence[Rule], frames: Frames) -> list[Measured]:
    """What analyzers measure. Raises `UnknownRule`."""
    return [Measured(one.text, _measured(one, frames)) for one in analyzers]


def _measured(rule: Rule, frames: Frames) -> dict[str, float]:
    if rule.kind == "AllStatistics":
        kind = frames.frame.columns[frames.position(rule)].kind
        more = "ColumnLength" if kind == "string" else "ColumnValues"
        return {
            name: value
            for part in ("RowCount", "Completeness", "Uniqueness", more)
            for name, value in _measured(replace(rule, kind=part), frames).items()
        }
    found = _metrics(rule, frames)
    return {name: value for name, value in found.items() if value is not None}


def _metrics(rule: Rule, frames: Frames) -> dict[str, float | None]:
    column = f"Column.{','.join(rule.parameters)}"
    if rule.kind in ("ColumnValues", "ColumnLength"):
        at = frames.position(rule)
        kind = frames.frame.columns[at].kind
        text = rule.kind == "ColumnLength"
        if not text and kind not in (*sparktypes.INTEGRAL, *sparktypes.FRACTIONAL) and not sparktypes.is_decimal(kind):
            raise UnknownRule(f"the analyzer {rule.text} needs a column of numbers, not of {kind}.")
        measured, ends = (f"length(c{at}::VARCHAR)", "Length") if text else (f"c{at}", "")
        where = _where(rule, frames)
        return {
            f"{column}.Maximum{ends}": frames.measure(f"max({measured})", where),
            f"{column}.Minimum{ends}": frames.measure(f"min({measured})", where),
        }
    if rule.kind in _STATISTICS:
        return {f"{column}.{rule.kind}": _statistic(rule, frames)}
    if rule.kind in ("RowCount", "ColumnCount", "ColumnCorrelation"):
        return dict(RULES[rule.kind](replace(rule, condition=Condition(">=", (0.0,))), frames).metrics)
    raise UnknownRule(f"the analyzer {rule.kind} is not supported here; {', '.join(ANALYZERS)} are.")


ANALYZERS = tuple(
    sorted(
        ["AllStatistics", "ColumnValues", "ColumnLength", *_STATISTICS, "RowCount", "ColumnCount", "ColumnCorrelation"]
    )
)

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
    "DataFreshness": _freshness,
    "RowCountMatch": _row_count_match,
    "SchemaMatch": _schema_match,
    "ReferentialIntegrity": _referential_integrity,
    "DatasetMatch": _dataset_match,
    "AggregateMatch": _aggregate_match,
}
