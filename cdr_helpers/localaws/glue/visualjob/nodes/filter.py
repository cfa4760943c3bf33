"""Filter: the condition is Python over each row, and so are its rules (AWS Glue: "Filter class").

A comparison that Python refuses (a number with text, None with anything but equality) throws the row away, negated or
not; `or` and `and` look at their sides from the left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import nested, pythonregex, sparktypes
from ..frames import Frame, Output, every
from ..sparktypes import FRACTIONAL, INTEGRAL, literal
from .base import Node, text

if TYPE_CHECKING:
    from ..execute import Run

OPERATORS = {"EQ": "==", "LT": "<", "GT": ">", "LTE": "<=", "GTE": ">="}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class Test:
    """What one filter says of a row: where it holds and where Python raises instead."""

    holds: str
    raises: str


@dataclass(frozen=True)
class Operand:
    """One side of a comparison: its DuckDB expression, its Spark type, whether it can be NULL, and the condition under
    which Python raises before it has the value; none when it never does."""

    sql: str
    kind: str
    constant: bool
    broken: str = ""


def is_number(value: str) -> bool:
    """Whether a constant stands in the script as a number, not as text."""
    return bool(_NUMBER.fullmatch(value))


class Filter(Node):
    """Rows for which the condition holds."""

    required = ("LogicalOperator", "Filters")

    def check(self) -> None:
        super().check()
        check_filters(self.settings)

    def needs(self) -> tuple[str, ...]:
        return ("re",) if uses_regex(self.settings["Filters"]) else ()

    def script(self, variables: Sequence[str]) -> str:
        condition = condition_text(self.settings)
        return (
            f"{self.variable} = Filter.apply(frame={variables[0]}, f=lambda row: {condition}, "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        return run.select(every(frame), frame, where=condition_sql(self, frame, self.settings))


def check_filters(settings: dict[str, Any]) -> None:
    """Raises ValueError for an operator or operation that the API does not know."""
    if settings.get("LogicalOperator") not in ("AND", "OR"):
        raise ValueError(f"LogicalOperator must be AND or OR, not {settings.get('LogicalOperator')!r}.")
    for one in settings["Filters"]:
        operation = one.get("Operation")
        if operation not in (*OPERATORS, "REGEX", "ISNULL"):
            raise ValueError(f"Operation must be one of EQ, LT, GT, LTE, GTE, REGEX, ISNULL, not {operation!r}.")
        if len(one.get("Values") or []) != (1 if operation == "ISNULL" else 2) and operation != "ISNULL":
            raise ValueError(f"the filter {operation} needs two Values.")
        if operation == "REGEX":
            _check_pattern(one)


def _check_pattern(one: dict[str, Any]) -> None:
    pattern = _last(one)
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"the pattern {pattern!r} is no regular expression: {problem}.") from None


def _last(one: dict[str, Any]) -> str:
    return str((one["Values"][-1].get("Value") or [""])[0])


def uses_regex(filters: list[dict[str, Any]]) -> bool:
    """Whether the script needs `import re`."""
    return any(one["Operation"] == "REGEX" for one in filters)


def condition_text(settings: dict[str, Any]) -> str:
    """The condition as Python over `row`."""
    joiner = f" {settings['LogicalOperator'].lower()} "
    return f"({joiner.join(_test_text(one) for one in settings['Filters'])})"


def _test_text(one: dict[str, Any]) -> str:
    values = [_value_text(value) for value in one["Values"]]
    if one["Operation"] == "REGEX":
        test = f"bool(re.match({text(_last(one))}, {values[0]}))"
    elif one["Operation"] == "ISNULL":
        test = f"{values[0]} is None"
    else:
        test = f"{values[0]} {OPERATORS[one['Operation']]} {values[1]}"
    return f"not({test})" if one.get("Negated") else test


def _value_text(value: dict[str, Any]) -> str:
    if value["Type"] == "COLUMNEXTRACTED":
        return "row" + "".join(f"[{text(step)}]" for step in value["Value"])
    constant = str((value.get("Value") or [""])[0])
    return _python_number(constant) if is_number(constant) else text(constant)


def _python_number(written: str) -> str:
    """A number as Python takes it: no leading zeros."""
    return str(int(written)) if _INTEGER.fullmatch(written) else repr(float(written))


def condition_sql(node: Node, frame: Frame, settings: dict[str, Any]) -> str:
    """The condition over the frame's physical columns: true where the row stays, else false."""
    return condition_test(node, frame, settings).holds


def condition_test(node: Node, frame: Frame, settings: dict[str, Any]) -> Test:
    """Where the condition holds, and where Python raises before it is known."""
    tests = [_test(node, frame, one) for one in settings["Filters"]]
    raises = "false"
    if settings["LogicalOperator"] == "AND":
        for test in reversed(tests):
            raises = f"(({test.raises}) OR (({test.holds}) AND {raises}))"
        return Test(" AND ".join(f"({test.holds})" for test in tests), raises)
    holds = "false"
    for test in reversed(tests):
        holds = f"(({test.holds}) OR (NOT ({test.raises}) AND {holds}))"
        raises = f"(({test.raises}) OR (NOT ({test.holds}) AND {raises}))"
    return Test(holds, raises)


def _test(node: Node, frame: Frame, one: dict[str, Any]) -> Test:
    values = [_operand(node, frame, value) for value in one["Values"]]
    test = _plain_test(node, one, values)
    broken = " OR ".join(value.broken for value in values if value.broken)
    if broken:
        test = Test(f"NOT ({broken}) AND ({test.holds})", f"({broken}) OR ({test.raises})")
    if not one.get("Negated"):
        return test
    return Test(f"NOT ({test.holds}) AND NOT ({test.raises})", test.raises)


def _plain_test(node: Node, one: dict[str, Any], values: list[Operand]) -> Test:
    operation = one["Operation"]
    if operation == "ISNULL":
        return Test(f"{values[0].sql} IS NULL", "false")
    if operation == "REGEX":
        return _regex(node, values[0], _last(one))
    return _comparison(operation, values[0], values[1])


def _operand(node: Node, frame: Frame, value: dict[str, Any]) -> Operand:
    if value["Type"] == "COLUMNEXTRACTED":
        return _column(node, frame, value["Value"])
    constant = str((value.get("Value") or [""])[0])
    if not is_number(constant):
        return Operand(literal(constant), "string", True)
    return _number_operand(constant)


def _column(node: Node, frame: Frame, path: Sequence[str]) -> Operand:
    """A column, or a member of a struct: to look into None is a TypeError in Python."""
    at = node.position(frame, path[0])
    term = every(frame)[at]
    empty = []
    for step in path[1:]:
        found = nested.member(term, step)
        if found is None:
            raise node.fail(f"the nested path {'.'.join(path)} is not in its input ('{path[0]}' is {term.kind}).")
        empty.append(f"{term.sql} IS NULL")
        term = found
    return Operand(term.sql, term.kind, False, " OR ".join(empty))


def _number_operand(constant: str) -> Operand:
    if _INTEGER.fullmatch(constant):
        fits = abs(int(constant)) < 2**63
        return Operand(str(int(constant)) if fits else f"{int(constant)}::HUGEINT", "bigint", True)
    return Operand(f"{float(constant)!r}::DOUBLE", "double", True)


def _regex(node: Node, value: Operand, pattern: str) -> Test:
    if value.kind != "string":
        return Test("false", "true")
    try:
        translated = pythonregex.translate(pattern)
    except pythonregex.Unsupported as problem:
        raise node.fail(f"the pattern {pattern!r} uses {problem}, which is not supported here.") from None
    holds = f"COALESCE(regexp_matches({value.sql}, {literal('^(?:' + translated + ')')}), false)"
    return Test(holds, f"{value.sql} IS NULL")


def _family(kind: str) -> str:
    """Types that Python compares with each other."""
    if kind in INTEGRAL or kind in FRACTIONAL or kind == "boolean" or sparktypes.is_decimal(kind):
        return "number"
    return kind


def _numeric(operand: Operand) -> str:
    return f"({operand.sql})::INTEGER" if operand.kind == "boolean" else operand.sql


def _comparison(operation: str, left: Operand, right: Operand) -> Test:
    nulls = " OR ".join(f"{side.sql} IS NULL" for side in (left, right) if not side.constant) or "false"
    if _family(left.kind) != _family(right.kind):
        if operation == "EQ":
            return Test(_both_null(left, right), "false")
        return Test("false", "true")
    sql = f"{_numeric(left)} {OPERATORS[operation].replace('==', '=')} {_numeric(right)}"
    numbers = [f"NOT isnan({side.sql})" for side in (left, right) if side.kind in FRACTIONAL and not side.constant]
    compared = f"COALESCE({' AND '.join([sql, *numbers])}, false)"
    if operation == "EQ":
        both = _both_null(left, right)
        return Test(compared if both == "false" else f"({compared} OR {both})", "false")
    return Test(compared, nulls)


def _both_null(left: Operand, right: Operand) -> str:
    if left.constant or right.constant:
        return "false"
    return f"({left.sql} IS NULL AND {right.sql} IS NULL)"
