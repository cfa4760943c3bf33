"""Change Schema: rename, cast, drop, reorder (AWS Glue: "ApplyMapping class")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import casts, nested, sparktypes
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
        for target, entry in (leaf for top in self.mapping for leaf in _leaves(top)):
            if not entry.get("FromPath") or not all(target):
                raise ValueError(f"the mapping {entry} needs FromPath and ToKey.")
            for side in ("FromType", "ToType"):
                sparktypes.parse(entry.get(side) or "string")

    def script(self, variables: Sequence[str]) -> str:
        leaves = [leaf for entry in self.mapping for leaf in _leaves(entry)]
        rows = ", ".join(f"({', '.join(map(text, self._row(*leaf)))})" for leaf in leaves)
        return (
            f"{self.variable} = ApplyMapping.apply(frame={variables[0]}, mappings=[{rows}], "
            f"transformation_ctx={text(self.variable)})"
        )

    @staticmethod
    def _row(target: list[str], entry: dict[str, Any]) -> tuple[str, str, str, str]:
        return (
            path_text(entry["FromPath"]),
            entry.get("FromType") or "string",
            path_text(target),
            entry.get("ToType") or "string",
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        return run.select([self._term(frame, entry) for entry in self.mapping], frame)

    def _term(self, frame: Frame, entry: dict[str, Any]) -> Term:
        children = _children(entry)
        if children:
            inner = [self._term(frame, child) for child in children]
            source, _ = self._value(frame, entry.get("FromPath") or children[0]["FromPath"][:-1])
            return nested.packed(entry["ToKey"], inner, f"{source} IS NOT NULL")
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
        term = Term(frame.columns[at].name, frame.columns[at].kind, f"c{at}")
        for step in path[1:]:
            found = nested.member(term, step)
            if found is None:
                raise self.fail(f"the nested path {'.'.join(path)} is not in its input ('{path[0]}' is {term.kind}).")
            term = found
        return term.sql, term.kind


def _children(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [child for child in entry.get("Children") or [] if not child.get("Dropped")]


def _leaves(entry: dict[str, Any]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Target path and entry of each mapping that has no children."""
    children = _children(entry)
    for child in children:
        for target, leaf in _leaves(child):
            yield [entry.get("ToKey") or "", *target], leaf
    if not children:
        yield [entry.get("ToKey") or ""], entry


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
