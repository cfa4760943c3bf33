"""JSON files on S3 as source (AWS Glue: "Using the JSON format in AWS Glue"): types are what the values are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import reading, sparktypes
from ..frames import Column, Output
from .catalogsource import json_term
from .s3source import S3Source

if TYPE_CHECKING:
    from ..execute import Run

_KINDS = {"BIGINT": "bigint", "UBIGINT": "bigint", "HUGEINT": "decimal(38,0)", "DOUBLE": "double", "BOOLEAN": "boolean"}


class JsonSource(S3Source):
    """Objects, one a line or one a document; `JsonPath` says where in a document the rows are."""

    def script(self, variables: Sequence[str]) -> str:
        options: dict[str, object] = {"multiLine": bool(self.settings.get("Multiline"))}
        if self.settings.get("JsonPath"):
            options["jsonPath"] = self.settings["JsonPath"]
        return self.read_script("json", options)

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        source = f"({self._rows(run)})"
        row = run.connection.execute(f"SELECT json_group_structure(c0) FROM {source}").fetchone()
        shape = json.loads(row[0]) if row and row[0] else {}
        if not isinstance(shape, dict):
            raise self.fail("its files hold no JSON objects; a JsonPath can say where they are.")
        terms = [json_term(Column(name, _kind(inner))) for name, inner in shape.items()]
        return run.select(terms, source) if terms else run.nothing()

    def _rows(self, run: Run) -> str:
        objects = reading.json_objects_sql(self.parts(run), 0, bool(self.settings.get("Multiline")))
        path = self.settings.get("JsonPath")
        if not path:
            return objects
        found = f"json_extract(c0, {sparktypes.literal(path)})"
        picked = f"unnest({found})" if "*" in path else found
        return f"SELECT {picked} AS c0 FROM ({objects})"


def _kind(shape: Any) -> str:
    """The Spark type of what `json_structure` found. Text stays text, dates too."""
    if isinstance(shape, dict):
        return f"struct<{','.join(f'{name}:{_kind(inner)}' for name, inner in shape.items())}>"
    if isinstance(shape, list):
        return f"array<{_kind(shape[0]) if shape else 'string'}>"
    return _KINDS.get(str(shape), "string")
