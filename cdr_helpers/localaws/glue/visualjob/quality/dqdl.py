"""The Data Quality Definition Language: a ruleset's text as rules.

Source: AWS Glue developer guide, "Data Quality Definition Language (DQDL) reference".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][A-Za-z_0-9]*)|"""
    r"""(?P<sign>!=|>=|<=|[=<>\[\](),-])"""
)
_COMPARISONS = ("=", "!=", ">", ">=", "<", "<=")


class DqdlError(ValueError):
    """A ruleset that is no DQDL; the text says where."""


@dataclass(frozen=True)
class Token:
    """A piece of the text: its kind (text, number, word, sign), what it says, where it begins and ends."""

    kind: str
    value: str
    start: int
    end: int


Value = str | float
"""A literal: text, or a number. `NULL`, `EMPTY` and moments such as `now() - 3 days` are not read."""


@dataclass(frozen=True)
class Condition:
    """What a measure is held against: an operator (`=`, `between`, `in`, `matches` …), values, whether negated."""

    operator: str
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True)
class Rule:
    """One rule: its type, its parameters in quotes, its condition, its threshold, and its text."""

    kind: str
    parameters: tuple[str, ...]
    condition: Condition | None
    threshold: Condition | None
    where: str | None
    text: str


@dataclass(frozen=True)
class Composite:
    """Rules joined by `and` or `or`."""

    operator: str
    rules: tuple[Rule | Composite, ...]
    text: str


AnyRule = Rule | Composite


def parse(ruleset: str) -> list[AnyRule]:
    """The rules of a ruleset. Raises `DqdlError`."""
    return _Parser(ruleset).ruleset()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0

    # ruleset = "Rules" "=" "[" rule { "," rule } "]"
    def ruleset(self) -> list[AnyRule]:
        self.expect("Rules")
        self.expect("=")
        self.expect("[")
        rules = [self.rule()]
        while self.take(","):
            rules.append(self.rule())
        self.expect("]")
        if self.peek():
            self.fail("nothing more may follow; Analyzers are not supported here")
        return rules

    def rule(self) -> AnyRule:
        start = self.here()
        first = self.operand()
        word = self.peek()
        if word not in ("and", "or"):
            return first
        rules = [first]
        while self.take(word):
            rules.append(self.operand())
        if self.peek() in ("and", "or"):
            self.fail("and and or in one rule need parentheses")
        return Composite(word, tuple(rules), self.written(start))

    def operand(self) -> AnyRule:
        if not self.take("("):
            return self.simple()
        inner = self.rule()
        self.expect(")")
        return inner

    def simple(self) -> Rule:
        start = self.here()
        kind = self.word("a rule's type")
        parameters = []
        while self.kind() == "text":
            parameters.append(self.literal())
            if self.peek() == "," and self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].kind == "text":
                self.at += 1
        condition = self.condition() if self.begins_condition() else None
        threshold = where = None
        while self.peek() in ("where", "with"):
            if self.take("where"):
                where = str(self.literal())
            else:
                self.expect("with")
                self.expect("threshold")
                threshold = self.condition()
        texts = tuple(str(one) for one in parameters)
        return Rule(kind, texts, condition, threshold, where, self.written(start))

    def begins_condition(self) -> bool:
        return self.peek() in (*_COMPARISONS, "between", "in", "matches", "not")

    def condition(self) -> Condition:
        negated = self.take("not")
        operator = self.peek()
        if operator in _COMPARISONS and not negated:
            self.at += 1
            return Condition(str(operator), (self.literal(),))
        if self.take("between"):
            low = self.literal()
            self.expect("and")
            return Condition("between", (low, self.literal()), negated)
        if self.take("in"):
            return Condition("in", self.listed(), negated)
        if self.take("matches"):
            return Condition("matches", (self.literal(),), negated)
        return self.fail("a condition is needed: =, >, between, in, matches …")

    def listed(self) -> tuple[Value, ...]:
        self.expect("[")
        values = [self.literal()]
        while self.take(","):
            values.append(self.literal())
        self.expect("]")
        return tuple(values)

    def literal(self) -> Value:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None or token.kind not in ("text", "number"):
            return self.fail("a text in double quotes or a number is needed")
        self.at += 1
        return re.sub(r"\\(.)", _unescaped, token.value[1:-1]) if token.kind == "text" else float(token.value)

    # tokens
    def peek(self) -> str | None:
        """The next word or sign; words fold case."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None:
            return None
        return token.value if token.kind == "sign" else token.value.lower() if token.kind == "word" else ""

    def kind(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def take(self, value: str) -> bool:
        found = self.peek() == value.lower()
        self.at += found
        return found

    def expect(self, value: str) -> None:
        if not self.take(value):
            self.fail(f"'{value}' is needed")

    def word(self, what: str) -> str:
        if self.kind() != "word":
            self.fail(f"{what} is needed")
        self.at += 1
        return self.tokens[self.at - 1].value

    def here(self) -> int:
        return self.tokens[self.at].start if self.at < len(self.tokens) else len(self.text)

    def written(self, start: int) -> str:
        return " ".join(self.text[start : self.tokens[self.at - 1].end].split())

    def fail(self, reason: str) -> NoReturn:
        line = self.text.count("\n", 0, self.here()) + 1
        found = self.tokens[self.at].value if self.at < len(self.tokens) else "the end"
        raise DqdlError(f"The ruleset cannot be read at line {line}, at {found}: {reason}.")


def _unescaped(match: re.Match[str]) -> str:
    return match.group(1) if match.group(1) in '"\\' else match.group(0)


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise DqdlError(f"The ruleset cannot be read at line {line}, at {text[at : at + 10]!r}.")
        if match.lastgroup:
            yield Token(match.lastgroup, match.group(), at, match.end())
        at = match.end()
