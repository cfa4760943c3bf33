"""Delimited text: AWS's built-in CSV classifier and custom ones (`CsvClassifier`).

Rules of the AWS page "Adding classifiers to a crawler", section "Built-in CSV classifier"; what it leaves open follows
tables that real crawlers made: `col0` … without a header, `col<index>` for cells beyond the header.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from ..inference import column_type
from ..sampling import TEXT_SAMPLE, Sample
from ..schema import Facts, Schema
from ..types import Type

DELIMITERS = ("|", "\t", "\x01", ";", ",")
"""Of delimiters that fit equally well the first is taken: a comma may also be a decimal sign."""
RECORDS = 1000
FIRST_RECORDS = 100
"""Records by which the delimiter is chosen."""
LONGEST_NAME = 150
CUSTOM_TYPES = {"LONG": "bigint", "SHORT": "smallint"}
"""`CustomDatatypes` whose name is not the catalog's."""
NO_TEXT = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins, which Glue does not read."""
MOST_ZEROS = 0.25
"""The share of zero bytes that text may have: UTF-16 without a mark has more."""
NAME = re.compile(r"[ -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\t]*")
"""What a column name may hold (API reference, "Column")."""
_LEADING_COMMENTS = re.compile(r"\A(?:#[^\n]*(?:\n|\Z))+")
Rows = list[list[str]]


@dataclass(frozen=True)
class CsvRules:
    """What is known before the file is looked at: nothing for the built-in classifier."""

    delimiter: str | None = None
    quote: str = '"'
    header: str = "UNKNOWN"
    """PRESENT, ABSENT or UNKNOWN: look."""
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    serde: str | None = None
    single_column: bool = False


BUILT_IN = CsvRules()


def rules_of(classifier: dict[str, object]) -> CsvRules:
    """The rules of a stored `CsvClassifier`."""
    typed = classifier.get("CustomDatatypes") if classifier.get("CustomDatatypeConfigured") else None
    return CsvRules(
        delimiter=str(classifier["Delimiter"]) if classifier.get("Delimiter") else None,
        quote=str(classifier.get("QuoteSymbol") or '"'),
        header=str(classifier.get("ContainsHeader") or "UNKNOWN"),
        names=tuple(str(name) for name in _listed(classifier.get("Header"))),
        types=tuple(CUSTOM_TYPES.get(str(name), str(name).lower()) for name in _listed(typed)),
        serde=str(classifier.get("Serde") or "") or None,
        single_column=bool(classifier.get("AllowSingleColumn")),
    )


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []


def classify(sample: Sample, rules: CsvRules = BUILT_IN) -> Facts | None:
    """The schema of delimited text, None when it is not that."""
    text = _text_of(sample)
    if text is None:
        return None
    delimiter = rules.delimiter or _delimiter(_without_comments(text), rules.quote)
    if delimiter is None:
        return None
    rows, used = _rows(text, delimiter, rules.quote, sample.complete)
    if not _is_table(rows, rules):
        return None
    below = _types(rows[1:])
    header = _has_header(rows[0], below, rules)
    schema = _schema(sample, rules, delimiter, rows, below if header else _types(rows), header, text)
    return _facts(schema, sample, len(rows), used, header, whole=sample.complete and used >= len(text))


def _text_of(sample: Sample) -> str | None:
    if sample.data.count(b"\n") <= RECORDS:
        sample.grow(TEXT_SAMPLE)
    data = sample.data[:TEXT_SAMPLE]
    if data.startswith(NO_TEXT) or (0 in data and not _may_hold_zeros(data)):
        return None
    return data.decode("utf-8-sig", errors="replace")


def _may_hold_zeros(data: bytes) -> bool:
    """Whether zero bytes are characters here: in UTF-8 that has few of them. (A sample may end within a character.)"""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return data.count(0) <= MOST_ZEROS * len(data)


def _without_comments(text: str) -> str:
    """The text after its leading lines that start with `#`."""
    return _LEADING_COMMENTS.sub("", text)


def _has_comments(text: str, end: int) -> bool:
    """Whether a line starts with `#`, were it within a quoted cell: tables of real crawlers count that too."""
    return text.startswith("#") or text.find("\n#", 0, end) >= 0


def _reader(text: str, delimiter: str, quote: str) -> tuple[io.StringIO, Callable[[int], Rows]]:
    csv.field_size_limit(TEXT_SAMPLE)
    lines = io.StringIO(text, newline="")
    records = csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=False)
    return lines, lambda most: [row for row in islice(records, most) if row]


def _delimiter(text: str, quote: str) -> str | None:
    """The delimiter that splits the first records most evenly, and of equally even ones into the most cells."""
    scores = {}
    for delimiter in DELIMITERS:
        rows = _reader(text, delimiter, quote)[1](FIRST_RECORDS) if delimiter in text else []
        widths = Counter(len(row) for row in rows)
        wide = [(count / len(rows), width) for width, count in widths.items() if width > 1]
        if wide and len(rows[0]) > 1:
            scores[delimiter] = max((round(share, 1), width) for share, width in wide)
    return max(scores, key=lambda delimiter: scores[delimiter]) if scores else None


def _rows(text: str, delimiter: str, quote: str, complete: bool) -> tuple[Rows, int]:
    """Up to 1,000 records and a header, and how many characters they took."""
    lines, read = _reader(text, delimiter, quote)
    rows = read(RECORDS + 1)
    used = lines.tell()
    if not complete and used >= len(text):  # the sample ends within this record
        rows = rows[:-1]
    return [row for row in rows if not row[0].startswith("#")] if _has_comments(text, used) else rows, used


def _is_table(rows: Rows, rules: CsvRules) -> bool:
    enough = 1 if rules.header == "ABSENT" else 2
    return len(rows) >= enough and (rules.single_column or len(rows[0]) > 1)


def _has_header(first: Sequence[str], below: Sequence[Type], rules: CsvRules) -> bool:
    """The guide's conditions: every cell text, each but the last one filled and short, and a column below that is not
    text."""
    if rules.header != "UNKNOWN":
        return rules.header == "PRESENT"
    filled = all(cell.strip() and len(cell) < LONGEST_NAME for cell in first[:-1])
    named = filled and all(column_type([cell]) in (None, "string") and NAME.fullmatch(cell) for cell in first)
    return named and any(kind not in (None, "string") for kind in below)


def _types(rows: Rows) -> list[Type]:
    width = len(rows[0]) if rows else 0
    even = all(len(row) == width for row in rows)
    columns = zip(*rows, strict=True) if even else zip_longest(*rows, fillvalue="")
    return [column_type(column) for column in columns]


def _names(row: Sequence[str], width: int) -> list[str]:
    """Column names in lower case; a cell without text, or beyond the header, is `col<index>`."""
    names: list[str] = []
    for index in range(max(width, len(row))):
        name = row[index].strip().lower() if index < len(row) else ""
        names.append(_unused(name or f"col{index}", names))
    return names


def _unused(name: str, taken: list[str]) -> str:
    """A second column of the same name gets a number: the catalog's columns must differ (AWS's own way is unknown)."""
    number = 1
    unique = name
    while unique in taken:
        unique, number = f"{name}_{number}", number + 1
    return unique


def _schema(
    sample: Sample, rules: CsvRules, delimiter: str, rows: Rows, kinds: list[Type], header: bool, text: str
) -> Schema:
    names = _names(rules.names or (rows[0] if header else ()), max(len(kinds), len(rows[0])))
    kinds = kinds + [None] * (len(names) - len(kinds))
    typed = [custom or kind for custom, kind in zip_longest(rules.types[: len(names)], kinds)]
    parameters = {"columnsOrdered": "true", "delimiter": delimiter}
    if header:
        parameters["skip.header.line.count"] = "1"
    if _has_comments(text, len(text)):
        parameters["commentCharacter"] = "#"
    serde = {"field.delim": delimiter}
    if rules.serde == "OpenCSVSerDe":
        parameters["customSerde"] = "OpenCSVSerDe"
        serde = {"quoteChar": rules.quote, "separatorChar": delimiter}
    return Schema(
        "csv",
        tuple(zip(names, typed, strict=True)),
        sample.compression,
        tuple(sorted(parameters.items())),
        tuple(sorted(serde.items())),
        quoted=_all_quoted(rows[header:FIRST_RECORDS], text, delimiter, rules.quote),
    )


def _all_quoted(rows: Rows, text: str, delimiter: str, quote: str) -> bool:
    """Whether the text is what a writer makes that quotes every cell."""
    if not rows or quote not in text:
        return False
    between = f"{quote}{delimiter}{quote}"
    lines = (quote + between.join(cell.replace(quote, quote * 2) for cell in row) + quote for row in rows)
    return "\n".join(lines).replace("\r\n", "\n") in text.replace("\r\n", "\n")


def _facts(schema: Schema, sample: Sample, count: int, used: int, header: bool, whole: bool) -> Facts:
    size = max(1, used // max(1, count))
    return Facts(schema, count - header if whole else sample.size // size, size)
