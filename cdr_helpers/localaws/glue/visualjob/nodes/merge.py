"""Merge: rows of a staging input replace those of the source with the same key (AWS Glue: `mergeDynamicFrame`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import casts, sparktypes
from ..frames import Column, Frame, Output
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class Merge(Node):
    """Source rows whose key is not staged, then all staged rows. Columns are matched by name, the source's first."""

    arity = (2, 2)
    required = ("Source", "PrimaryKeys")

    def check(self) -> None:
        super().check()
        if self.settings["Source"] not in self.inputs:
            raise ValueError(f"Source {self.settings['Source']} is none of its Inputs.")

    @property
    def _order(self) -> tuple[int, int]:
        source = self.inputs.index(self.settings["Source"])
        return source, 1 - source

    def script(self, variables: Sequence[str]) -> str:
        source, staging = self._order
        keys = ", ".join(text(path_text(path)) for path in self.settings["PrimaryKeys"])
        return (
            f"{self.variable} = {variables[source]}.mergeDynamicFrame(stage_dynamic_frame={variables[staging]}, "
            f"primary_keys=[{keys}], transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        source, staging = (self.frame(inputs, at) for at in self._order)
        test = " AND ".join(self._equal(source, staging, self.flat(path)) for path in self.settings["PrimaryKeys"])
        columns = [*source.columns, *(one for one in staging.columns if source.find(one.name) is None)]
        old = f"SELECT {_named(source, columns, 's')} FROM {source.sql} s ANTI JOIN {staging.sql} t ON {test}"
        return run.view(f"{old} UNION ALL SELECT {_named(staging, columns, 't')} FROM {staging.sql} t", columns)

    def _equal(self, source: Frame, staging: Frame, key: str) -> str:
        return f"s.c{self.position(source, key)} = t.c{self.position(staging, key)}"


def _named(frame: Frame, columns: Sequence[Column], alias: str) -> str:
    """The frame's columns under these names, as these types; those that it has not are NULL."""
    made = []
    for to, column in enumerate(columns):
        at = frame.find(column.name)
        sql = f"CAST(NULL AS {sparktypes.duckdb(column.kind)})"
        if at is not None:
            sql = casts.cast(f"{alias}.c{at}", frame.columns[at].kind, column.kind)
        made.append(f"{sql} AS c{to}")
    return ", ".join(made)
