"""InputFilter and OutputFilter of a transform job on CSV rows: `$`, `$[2]`, `$[-1]`, `$[0,3]`, `$[1:]`, `$[:-1]`.

Source: developer guide, "Associate prediction results with input records" (supported JSONPath operators).
"""

from __future__ import annotations

import re

_INDEX = r"-?\d+"
_FORM = re.compile(rf"\$(?:\[(?:(?P<slice>(?:{_INDEX})?:(?:{_INDEX})?)|(?P<list>{_INDEX}(?:\s*,\s*{_INDEX})*))\])?")


def is_usable(text: str) -> bool:
    """Whether it is a filter that rows of CSV can have."""
    return _FORM.fullmatch(text.strip()) is not None


def apply(text: str, row: list[str]) -> list[str]:
    """The fields of a row that a filter lets through, in the filter's order; places that do not exist give nothing."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a filter: {text}")
    if found["slice"]:
        start, end = (int(each) if each else None for each in found["slice"].split(":"))
        return row[start:end]
    if found["list"]:
        places = [int(each) for each in found["list"].split(",")]
        return [row[at] for at in places if -len(row) <= at < len(row)]
    return row
