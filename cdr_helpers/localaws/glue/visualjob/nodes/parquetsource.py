"""Parquet files on S3 as source: names and types are those of the files (AWS Glue: "Using the Parquet format")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import reading, sparktypes
from ..frames import Column, Output
from .base import Node
from .catalogsource import parquet_term
from .csvsource import check_options, read_script, source_parts

if TYPE_CHECKING:
    from ..execute import Run


class ParquetSource(Node):
    """Files of one schema, or of several that fit by name."""

    arity = (0, 0)
    required = ("Paths",)

    def check(self) -> None:
        super().check()
        check_options(self)

    def script(self, variables: Sequence[str]) -> str:
        return read_script(self, "parquet", {})

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        parts = source_parts(self, run)
        nothing_new = not parts and run.files.bookmark is not None
        if nothing_new:
            parts = source_parts(self, run, old_too=True)
        if not parts:
            return run.nothing()
        found = run.described(reading.parquet_scan(parts))
        terms = [
            parquet_term(self, Column(name, sparktypes.from_duckdb(kind)), f"c{at}", kind)
            for at, (name, kind) in enumerate(found)
        ]
        source = reading.parquet_sql(parts, [name for name, _ in found], 0)
        return run.select(terms, f"({source})", where="false" if nothing_new else "")
