"""Limits that the API model sets to a request's members, refused in the words of AWS's own validation.

Clients check types and required members themselves, not lengths, patterns and enumerations: those come back from AWS as
one `ValidationException` that lists every breach.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from .errors import ValidationProblem

_MEMBER = "failed to satisfy constraint: Member must"


def check(action: str, request: dict[str, Any]) -> None:
    """Raises `ValidationProblem` with every member of `request` that the model of `action` does not allow."""
    shape = _model().operation_model(action).input_shape
    found = list(_breaches(shape, request, "")) if shape else []
    if found:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected"
        raise ValidationProblem(f"{count}: {'; '.join(found)}")


def is_action(action: str) -> bool:
    """Whether the service has an action of this name."""
    return action in _model().operation_names


@functools.cache
def _model() -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model("sagemaker")


def _breaches(shape: Any, value: Any, path: str) -> Iterator[str]:
    checks = {"structure": _of_structure, "list": _of_list, "map": _of_map, "string": _of_string}
    numbers = dict.fromkeys(("integer", "long", "float", "double"), _of_number)
    yield from (checks | numbers).get(shape.type_name, _of_nothing)(shape, value, path)


def _of_nothing(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from ()


def _of_structure(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_joined(path, name)}' {_MEMBER} not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _breaches(member, value[name], _joined(path, name))


def _of_list(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from _length(shape, value, path)
    for at, each in enumerate(value if isinstance(value, list) else (), 1):
        yield from _breaches(shape.member, each, f"{path}.{at}.member")


def _of_map(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from _length(shape, value, path)
    for key, each in value.items() if isinstance(value, dict) else ():
        yield from _breaches(shape.value, each, f"{path}.{key}.member")


def _of_string(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from _length(shape, value, path)
    pattern = shape.metadata.get("pattern")
    if shape.enum and value not in shape.enum:
        yield f"Value '{value}' at '{path}' {_MEMBER} satisfy enum value set: [{', '.join(sorted(shape.enum))}]"
    elif pattern and not _matches(pattern, value):
        yield f"Value '{value}' at '{path}' {_MEMBER} satisfy regular expression pattern: {pattern}"


def _of_number(shape: Any, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield f"Value '{value}' at '{path}' {_MEMBER} have value greater than or equal to {low}"
    if high is not None and value > high:
        yield f"Value '{value}' at '{path}' {_MEMBER} have value less than or equal to {high}"


def _length(shape: Any, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    shown = f"'{value}'" if isinstance(value, str) else f"'[{', '.join(map(str, value))}]'"
    if low is not None and len(value) < low:
        yield f"Value {shown} at '{path}' {_MEMBER} have length greater than or equal to {low}"
    if high is not None and len(value) > high:
        yield f"Value {shown} at '{path}' {_MEMBER} have length less than or equal to {high}"


def _matches(pattern: str, value: str) -> bool:
    # Java's character classes, of which the model uses four.
    for java, python in (
        ("\\p{L}", "a-zA-Z\\u00c0-\\uffff"),
        ("\\p{Z}", r"\s"),
        ("\\p{N}", r"\d"),
        ("\\p{Alnum}", "a-zA-Z0-9"),
    ):
        pattern = pattern.replace(java, python)
    return re.fullmatch(pattern, value) is not None


def _joined(path: str, name: str) -> str:
    # AWS names members in lower camel case, the leading capitals of an abbreviation all in one.
    lowered = re.sub(r"^([A-Z]+)(?=[A-Z][a-z]|$|\d)|^[A-Z]", lambda found: found[0].lower(), name)
    return f"{path}.{lowered}" if path else lowered
