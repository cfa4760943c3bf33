"""Change Schema: rename, cast, drop, reorder (AWS Glue: "ApplyMapping class")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import casts, sparktypes
from ..frames import Frame, Output, Term, term, text_of
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class ApplyMapping(Node):
    """Only mapped columns remain, in the mapping's order. A source type that is not the column's own gives NULLs."""

    required = ("Mapping",)

    @property
    def mapping(self) -> list[dict[str, Any]]:
        """The entries that are not dropped."""
        return [entry for entry in self.settings["Mapping"] if not entry.get("Dropped")]

    def check(self) -> None:
        super().check()
        for entry in self.mapping:
            if entry.get("Children"):
                raise ValueError(
                    f"the mapping of {_source(entry)} has Children; nested mappings are not supported here."
                )
            if not entry.get("FromPath") or not entry.get("ToKey"):
                raise ValueError(f"the mapping {entry} needs FromPath and ToKey.")
            for side in ("FromType", "ToType"):
                sparktypes.parse(entry.get(side) or "string")

    def script(self, variables: Sequence[str]) -> str:
        rows = ", ".join(f"({', '.join(map(text, self._row(entry)))})" for entry in self.mapping)
        return (
            f"{self.variable} = ApplyMapping.apply(frame={variables[0]}, mappings=[{rows}], "
            f"transformation_ctx={text(self.variable)})"
        )

    @staticmethod
    def _row(entry: dict[str, Any]) -> tuple[str, str, str, str]:
        return (
            path_text(entry["FromPath"]),
            entry.get("FromType") or "string",
            path_text([entry["ToKey"]]),
            entry.get("ToType") or "string",
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        return run.select([self._term(frame, entry) for entry in self.mapping], frame)

    def _term(self, frame: Frame, entry: dict[str, Any]) -> Term:
        wanted = sparktypes.parse(entry.get("ToType") or "string")
        declared = sparktypes.parse(entry.get("FromType") or "string")
        sql, kind = self._value(frame, entry["FromPath"])
        if not _same(declared, kind):
            return Term(entry["ToKey"], wanted, f"CAST(NULL AS {sparktypes.duckdb(wanted)})")
        try:
            value, cell = casts.cast(sql, kind, wanted), casts.cell(sql, kind, wanted)
        except casts.CastRefused as refusal:
            raise self.fail(f"column '{_source(entry)}': {refusal}.") from None
        if kind == wanted and len(entry["FromPath"]) == 1:
            cell = text_of(frame, self.position(frame, entry["FromPath"][0]))
        return term(entry["ToKey"], wanted, value, cell)

    def _value(self, frame: Frame, path: list[str]) -> tuple[str, str]:
        """The expression and type of a source path; steps below the first go into structs."""
        at = self.position(frame, path[0])
        sql, kind = f"c{at}", frame.columns[at].kind
        for step in path[1:]:
            members = {name.lower(): (name, inner) for name, inner in sparktypes.fields(kind)}
            if not kind.startswith("struct<") or step.lower() not in members:
                raise self.fail(f"the nested path {'.'.join(path)} is not in its input ('{path[0]}' is {kind}).")
            name, kind = members[step.lower()]
            sql = f"struct_extract({sql}, {sparktypes.literal(name)})"
        return sql, kind


def _source(entry: dict[str, Any]) -> str:
    return ".".join(entry.get("FromPath") or ["?"])


def _same(declared: str, kind: str) -> bool:
    """Whether the declared source type is the column's. Glue's `int` and `long` of inferred data count as one, and so
    do decimals of any size."""
    if declared == kind or kind == "void":
        return True
    if sparktypes.is_nested(kind):
        return declared.split("<")[0] == kind.split("<")[0]
    return sparktypes.is_decimal(declared) and sparktypes.is_decimal(kind)
