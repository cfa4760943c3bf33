"""A table's columns, and how a job changed them. Every change has a sign and a word beside its colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

_LOOKS = {
    "same": ("", "", "#FFFFFF"),
    "notice": ("◆", "", "#FFF3D6"),
    "renamed": ("✎", "renamed", "#DCEBFA"),
    "retyped": ("⇄", "new type", "#D8F2E7"),
    "dropped": ("✗", "dropped", "#F9DDCF"),
    "added": ("+", "added", "#EFE1F0"),
}
"""Kind of change → sign, word, background."""

_CELL = "text-align:left;padding:4px 14px;border-bottom:1px solid #DDDDDD;color:#1A1A1A"


@dataclass(frozen=True)
class _Line:
    cells: tuple[str, ...]
    kind: str
    word: str = ""

    @property
    def sign(self) -> str:
        return _LOOKS[self.kind][0]

    @property
    def remark(self) -> str:
        return self.word or _LOOKS[self.kind][1]


@dataclass(frozen=True)
class SchemaTable:
    """Lines of a schema under `heads`, as HTML and as text."""

    title: str
    heads: tuple[str, ...]
    lines: tuple[_Line, ...]

    def __repr__(self) -> str:
        rows = [self.heads, *((*line.cells, f"{line.sign} {line.remark}".strip()) for line in self.lines)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.heads))]
        text = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([self.title, *text])

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": repr(self)}

    def _html(self) -> str:
        heads = "".join(
            f'<th style="{_CELL};border-bottom:2px solid #6B6B6B">{escape(head)}</th>' for head in self.heads
        )
        body = "".join(_row(line) for line in self.lines)
        return (
            f'<div style="font-size:115%"><b>{escape(self.title)}</b>'
            f'<table style="border-collapse:collapse;margin-top:6px"><tr>{heads}</tr>{body}</table></div>'
        )


def _row(line: _Line) -> str:
    style = f"{_CELL};background-color:{_LOOKS[line.kind][2]}"
    cells = [*map(escape, line.cells), f"<b>{line.sign}</b> {escape(line.remark)}"]
    return "<tr>" + "".join(f'<td style="{style}">{cell}</td>' for cell in cells) + "</tr>"


def columns_of(table: Mapping[str, Any]) -> dict[str, str]:
    """Name → type of the columns of `table` (as `get_table` gives it), partition keys last."""
    columns = [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]
    return {column["Name"]: column["Type"] for column in columns}


def schema(table: Mapping[str, Any], notice: Mapping[str, str] | None = None) -> SchemaTable:
    """The columns of `table`. `notice`: column → a remark, drawn with a mark."""
    remarks = notice or {}
    lines = tuple(
        _Line((str(number), name, kind), "notice" if name in remarks else "same", remarks.get(name, ""))
        for number, (name, kind) in enumerate(columns_of(table).items(), 1)
    )
    return SchemaTable(f"table {table['Name']}: {len(lines)} columns", ("", "column", "type", ""), lines)


def glossary(meanings: Mapping[str, str]) -> SchemaTable:
    """What columns mean. `meanings`: column → its meaning, empty for one that nobody has explained."""
    lines = tuple(_Line((name, meaning), "same" if meaning else "notice") for name, meaning in meanings.items())
    return SchemaTable(f"{len(lines)} columns", ("column", "meaning", ""), lines)


def schema_change(
    before: Mapping[str, Any], after: Mapping[str, Any], mapping: Iterable[Mapping[str, Any]] = ()
) -> SchemaTable:
    """The columns of two tables side by side, each change marked.

    `mapping`: the entries of the job's ApplyMapping node; from it we know which column became which.
    """
    old, new = columns_of(before), columns_of(after)
    names = {entry["FromPath"][-1]: entry["ToKey"] for entry in mapping if not entry.get("Dropped")}
    pairs = [(name, names.get(name, name)) for name in old]
    lines = [_compared(name, old[name], to, new.get(to)) for name, to in pairs]
    known = {to for _, to in pairs}
    lines += [_Line(("", "", name, kind), "added") for name, kind in new.items() if name not in known]
    heads = (f"{before['Name']}: column", "type", f"{after['Name']}: column", "type", "")
    return SchemaTable(f"{len(old)} columns before, {len(new)} after", heads, tuple(lines))


def _compared(name: str, kind: str, new_name: str, new_kind: str | None) -> _Line:
    if new_kind is None:
        return _Line((name, kind, "–", ""), "dropped")
    words = [word for word, changed in (("renamed", name != new_name), ("new type", kind != new_kind)) if changed]
    look = {"new type": "retyped", "renamed": "renamed"}[words[-1]] if words else "same"
    return _Line((name, kind, new_name, new_kind), look, ", ".join(words))
