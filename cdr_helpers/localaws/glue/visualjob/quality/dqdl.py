"""The Data Quality Definition Language: a ruleset's text as rules.

Source: AWS Glue developer guide, "Data Quality Definition Language (DQDL) reference".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn, TypeVar

_TOKEN = re.compile(
    r"""\s+|(?:\#|//)[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|"""
    r"""(?P<constant>\$[A-Za-z_][A-Za-z_0-9]*)|(?P<word>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign>!=|>=|<=|[=<>\[\](),+-])"""
)
_COMPARISONS = ("=", "!=", ">", ">=", "<", "<=")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
KEYWORDS = ("null", "empty", "whitespaces_only")
_MOST_LABELS = 10


class DqdlError(ValueError):
    """A ruleset that is no DQDL; the text says where."""


@dataclass(frozen=True)
class Token:
    """A piece of the text: its kind (text, number, word, sign), what it says, where it begins and ends."""

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Keyword:
    """`null`, `empty` or `whitespaces_only`."""

    name: str


@dataclass(frozen=True)
class Moment:
    """`now()`, so many seconds earlier or later."""

    offset: float


@dataclass(frozen=True)
class Span:
    """A length of time in seconds: `24 hours`."""

    seconds: float


Value = str | float | Keyword | Moment | Span
"""A literal."""


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
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Composite:
    """Rules joined by `and` or `or`."""

    operator: str
    rules: tuple[Rule | Composite, ...]
    text: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)


AnyRule = Rule | Composite


@dataclass(frozen=True)
class Ruleset:
    """The rules, which hold or fail, and the analyzers, which measure."""

    rules: tuple[AnyRule, ...] = ()
    analyzers: tuple[Rule, ...] = ()


def parse(ruleset: str) -> Ruleset:
    """What a ruleset says. Raises `DqdlError`."""
    return _Parser(ruleset).ruleset()


_Entry = TypeVar("_Entry")


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0
        self.constants: dict[str, str] = {}
        self.labels: dict[str, str] = {}

    # ruleset = { name "=" text } [ "DefaultLabels" "=" labels ] [ "Rules" "=" list ] [ "Analyzers" "=" list ]
    def ruleset(self) -> Ruleset:
        while self.kind() == "word" and self.peek() not in ("rules", "analyzers"):
            self.constant()
        made = Ruleset()
        while self.peek() in ("rules", "analyzers"):
            made = self.section(made)
        if made == Ruleset():
            self.fail("'Rules' is needed")
        if self.peek() is not None:
            self.fail("nothing more may follow")
        return made

    def constant(self) -> None:
        if self.at + 1 >= len(self.tokens) or self.tokens[self.at + 1].value != "=":
            self.fail("'Rules' is needed")
        name = self.word("a name")
        self.expect("=")
        if name == "DefaultLabels":
            self.labels = self.label_list()
        elif self.kind() == "text":
            self.constants[name] = str(self.literal())
        else:
            self.fail("a constant is a text in double quotes")

    def section(self, made: Ruleset) -> Ruleset:
        analyzers = self.word("a section") == "Analyzers"
        self.expect("=")
        if analyzers:
            return replace(made, analyzers=tuple(self.entries(self.simple)))
        return replace(made, rules=tuple(self.entries(self.rule)))

    def entries(self, entry: Callable[[], _Entry]) -> list[_Entry]:
        self.expect("[")
        made = [entry()]
        while self.take(","):
            made.append(entry())
        self.expect("]")
        return made

    def label_list(self) -> dict[str, str]:
        made = dict(self.entries(self.label))
        if len(made) > _MOST_LABELS:
            self.fail(f"a rule has at most {_MOST_LABELS} labels")
        return made

    def label(self) -> tuple[str, str]:
        name = str(self.literal())
        self.expect("=")
        return name, str(self.literal())

    def rule(self) -> AnyRule:
        start = self.here()
        first = self.operand()
        word = self.peek()
        if word not in ("and", "or"):
            return replace(first, labels=self.own_labels() or first.labels)
        rules = [first]
        while self.take(word):
            rules.append(self.operand())
        if self.peek() in ("and", "or"):
            self.fail("and and or in one rule need parentheses")
        text = self.written(start)
        return Composite(word, tuple(rules), text, self.own_labels() or self.labels)

    def own_labels(self) -> dict[str, str]:
        """The labels of a rule, over those of the ruleset; nothing when it has none of its own."""
        if not self.take("labels"):
            return {}
        self.expect("=")
        return self.labels | self.label_list()

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
        while self.kind() in ("text", "constant"):
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
        return Rule(kind, texts, condition, threshold, where, self.written(start), self.labels)

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
        return tuple(self.entries(self.literal))

    def literal(self) -> Value:
        if self.take("("):
            inner = self.literal()
            self.expect(")")
            return inner
        if self.take("now"):
            return self.moment()
        if self.peek() in KEYWORDS:
            self.at += 1
            return Keyword(self.tokens[self.at - 1].value.lower())
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None or token.kind not in ("text", "number", "constant"):
            return self.fail("a text in double quotes or a number is needed")
        self.at += 1
        if token.kind == "constant":
            return self.known(token)
        if token.kind == "number":
            return self.number(float(token.value))
        return re.sub(r"\\(.)", _unescaped, token.value[1:-1])

    def known(self, token: Token) -> str:
        if token.value[1:] not in self.constants:
            self.at -= 1
            self.fail("there is no such constant")
        return self.constants[token.value[1:]]

    def number(self, value: float) -> float | Span:
        seconds = _UNITS.get((self.peek() or "").removesuffix("s"))
        self.at += bool(seconds)
        return Span(value * seconds) if seconds else value

    def moment(self) -> Moment:
        self.expect("(")
        self.expect(")")
        sign = -1 if self.take("-") else 1 if self.take("+") else 0
        if not sign and self.kind() == "number" and self.tokens[self.at].value.startswith("-"):
            sign = 1
        span = self.literal() if sign else Span(0)
        if not isinstance(span, Span):
            return self.fail(f"a number of {', '.join(f'{unit}s' for unit in _UNITS)} is needed")
        return Moment(sign * span.seconds)

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
