"""XML: each element with the row tag is a record; its attributes and children are the columns.

A custom `XMLClassifier` names the row tag (AWS page "Writing custom classifiers"). Without one, the tag that repeats
most among the root's children is taken: AWS says only that the schema comes from the document's tags.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from .. import types
from ..inference import column_type
from ..sampling import TEXT_SAMPLE, Sample
from ..schema import Facts, Schema
from ..types import Type


def classify(sample: Sample, row_tag: str | None = None) -> Facts | None:
    """The schema of XML text, None when it is not that or holds no such row."""
    if not sample.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return None
    sample.grow(TEXT_SAMPLE)
    elements = list(_elements(sample.data))
    tag = row_tag or _repeated(elements)
    rows = [element for depth, element in elements if element.tag == tag and depth]
    if not rows:
        return None
    columns: tuple[tuple[str, Type], ...] = ()
    for row in rows:
        columns = types.merge_fields(columns, _fields(row))
    size = max(1, len(sample.data) // len(rows))
    count = len(rows) if sample.complete else sample.size // size
    return Facts(Schema("xml", columns, sample.compression, serde=(("rowTag", str(tag)),)), count, size)


def _elements(data: bytes) -> Iterator[tuple[int, Element]]:
    """Elements that end within the sample, with their depth below the root."""
    parser: Any = XMLPullParser(("start", "end"))
    depth = -1
    try:
        parser.feed(data)
        for event, element in parser.read_events():
            depth += 1 if event == "start" else -1
            if event == "end":
                yield depth + 1, element
    except ParseError:
        return


def _repeated(elements: list[tuple[int, Element]]) -> str | None:
    tags = Counter(element.tag for depth, element in elements if depth == 1)
    return tags.most_common(1)[0][0] if tags else None


def _fields(element: Element) -> tuple[tuple[str, Type], ...]:
    fields: dict[str, Type] = {name.lower(): column_type([value]) for name, value in element.attrib.items()}
    for child in element:
        name, kind = child.tag.lower(), _type(child)
        fields[name] = ("array", types.merge(fields[name], kind)) if name in fields else kind
    return tuple(fields.items())


def _type(element: Element) -> Type:
    if len(element) or element.attrib:
        return ("struct", _fields(element))
    return column_type([element.text or ""])
