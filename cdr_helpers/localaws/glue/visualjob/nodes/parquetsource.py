"""Parquet files on S3 as source: names and types are those of the files (AWS Glue: "Using the Parquet format")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .. import reading, sparktypes
from ..frames import Column, Output
from .catalogsource import parquet_term
from .s3source import S3Source

if TYPE_CHECKING:
    from ....s3.access import StoredObject
    from ..execute import Run


class ParquetSource(S3Source):
    """Files of one schema, or of several that fit by name."""

    compressions = ("snappy", "lzo", "gzip", "brotli", "lz4", "uncompressed", "none")

    def _check_packing(self, run: Run, chosen: Iterable[StoredObject]) -> None:
        """A Parquet file says itself how its pages are compressed."""

    def script(self, variables: Sequence[str]) -> str:
        return self.read_script("parquet", {})

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        parts = self.parts(run)
        nothing_new = not parts and run.files.bookmark is not None
        if nothing_new:
            parts = self.parts(run, old_too=True)
        if not parts:
            return run.nothing()
        found = run.described(reading.parquet_scan(parts))
        terms = [
            parquet_term(self, Column(name, sparktypes.from_duckdb(kind)), f"c{at}", kind)
            for at, (name, kind) in enumerate(found)
        ]
        source = reading.parquet_sql(parts, [name for name, _ in found], 0)
        return run.select(terms, f"({source})", where="false" if nothing_new else "")
