"""What a set of policies allows. Source: IAM/latest/UserGuide/reference_policies_evaluation-logic.html.

An explicit Deny wins, then an Allow, else the answer is no. A condition that this module does not know counts as not
met in an Allow and as met in a Deny: what is not understood never opens anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any


class Statement:
    """One statement, compiled."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.allows = raw.get("Effect") == "Allow"
        self._actions = _matcher(raw, "Action", re.IGNORECASE)
        self._resources = _matcher(raw, "Resource", 0)
        self._condition = raw.get("Condition") or {}
        self.principal = raw.get("Principal")

    def concerns(self, action: str, resource: str, context: dict[str, str]) -> bool:
        """Whether the statement speaks about this."""
        return self._actions(action) and self._resources(resource) and self._is_met(context)

    def _is_met(self, context: dict[str, str]) -> bool:
        for operator, tests in self._condition.items():
            for name, wanted in tests.items():
                met = _OPERATORS.get(operator, _unknown)(context.get(name.lower()), _listed(wanted))
                if met is None:
                    return not self.allows
                if not met:
                    return False
        return True


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matcher(raw: dict[str, Any], element: str, flags: int) -> Callable[[str], bool]:
    if element in raw:
        pattern = _pattern(raw[element], flags)
        return lambda text: pattern.fullmatch(text) is not None
    if f"Not{element}" in raw:
        pattern = _pattern(raw[f"Not{element}"], flags)
        return lambda text: pattern.fullmatch(text) is None
    return lambda _: True


def _pattern(patterns: Any, flags: int) -> re.Pattern[str]:
    return re.compile("|".join(_glob(str(each)) for each in _listed(patterns)) or "(?!)", flags | re.DOTALL)


def _glob(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)


def _like(actual: str, wanted: list[Any]) -> bool:
    return _pattern(wanted, 0).fullmatch(actual) is not None


def _when_known(test: Callable[[str, list[Any]], bool], absent: bool) -> Callable[[str | None, list[Any]], bool | None]:
    # A key that a request does not carry fails a positive test and passes a negated one.
    return lambda actual, wanted: absent if actual is None else test(actual, wanted)


def _unknown(actual: str | None, wanted: list[Any]) -> bool | None:
    return None


_OPERATORS: dict[str, Callable[[str | None, list[Any]], bool | None]] = {
    "StringEquals": _when_known(lambda actual, wanted: actual in wanted, absent=False),
    "StringNotEquals": _when_known(lambda actual, wanted: actual not in wanted, absent=True),
    "StringLike": _when_known(_like, absent=False),
    "StringNotLike": _when_known(lambda actual, wanted: not _like(actual, wanted), absent=True),
    "StringEqualsIfExists": _when_known(lambda actual, wanted: actual in wanted, absent=True),
    "StringLikeIfExists": _when_known(_like, absent=True),
    "ArnEquals": _when_known(_like, absent=False),
    "ArnLike": _when_known(_like, absent=False),
}


@lru_cache(maxsize=512)
def compiled(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document, compiled once per text. A document that is no policy has none."""
    try:
        raw = json.loads(document)
        return tuple(Statement(each) for each in _listed(raw.get("Statement", [])))
    except (ValueError, AttributeError):
        return ()


def decide(documents: Iterable[str], action: str, resource: str, context: dict[str, str]) -> bool | None:
    """True: allowed; False: denied by a statement; None: no statement allows it."""
    allowed: bool | None = None
    for document in documents:
        for statement in compiled(document):
            if statement.concerns(action, resource, context):
                if not statement.allows:
                    return False
                allowed = True
    return allowed


def trusts(document: str, service: str, context: dict[str, str]) -> bool:
    """Whether a trust policy lets `service` (`glue.amazonaws.com`) assume its role."""
    allowed = False
    for statement in compiled(document):
        if _names_service(statement.principal, service) and statement.concerns("sts:AssumeRole", "*", context):
            if not statement.allows:
                return False
            allowed = True
    return allowed


def _names_service(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    return isinstance(principal, dict) and service in _listed(principal.get("Service", []))
