"""XML as lines of JSON: each element with the row tag is an object with the columns of a table.

Source: AWS Glue "Using the XML format in AWS Glue". A column is a child or an attribute (with or without the prefix
`_`), whatever its case; a child that is there more than once is an array; the text of an element that has attributes is
`_VALUE`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError, iterparse

from . import reading, sparktypes
from .frames import Column

_VALUE, _ATTRIBUTE = "_value", "_"


def to_json(source: Path, target: Path, row_tag: str, columns: Sequence[Column]) -> Path:
    """Write the rows of an XML file as JSON lines. Raises ValueError for text that is no XML."""
    kind = f"struct<{','.join(f'{column.name}:{column.kind}' for column in columns)}>"
    with reading.opened(source) as data, target.open("w", encoding="utf-8") as out:
        for element in _rows(data, row_tag):
            out.write(json.dumps(_value([element], kind), ensure_ascii=False) + "\n")
    return target


def _rows(data: IO[bytes], row_tag: str) -> Iterator[Element]:
    """Each outermost element of the tag; what has been read is let go."""
    inside = 0
    try:
        for event, element in iterparse(data, ("start", "end")):
            if _local(element.tag) == row_tag:
                inside += 1 if event == "start" else -1
                if event == "end" and not inside:
                    yield element
            if event == "end" and not inside:
                element.clear()
    except ParseError as problem:
        raise ValueError(str(problem)) from None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _value(elements: list[Element], kind: str) -> object:
    """What elements of one name are as a value of a type."""
    if kind.startswith("array<"):
        return [_value([element], sparktypes.element(kind)) for element in elements]
    if kind.startswith("struct<"):
        return {name: _member(elements[0], name.lower(), inner) for name, inner in sparktypes.fields(kind)}
    return "".join(elements[0].itertext()) if len(elements[0]) else (elements[0].text or "")


def _member(element: Element, name: str, kind: str) -> object:
    children = [child for child in element if _local(child.tag).lower() == name]
    if children:
        return _value(children, kind)
    for attribute, text in element.attrib.items():
        if _local(attribute).lower() in (name, name.removeprefix(_ATTRIBUTE)):
            return text
    return element.text if name == _VALUE else None
