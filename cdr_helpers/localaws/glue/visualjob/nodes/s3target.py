"""S3 targets: files under a path, or under a catalog table's location, and the catalog kept up to date.

Sources: AWS Glue "Updating the schema, and adding new partitions in the Data Catalog" and `S3DirectTarget`,
`S3CatalogTarget`, `S3GlueParquetTarget` of the API.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .. import writing
from ..frames import Frame, Output
from ..reading import separator_of
from ..writing import Shape
from .base import Node, text

if TYPE_CHECKING:
    from ..execute import Run


@dataclass(frozen=True)
class Destination:
    """Where and how a target writes, and the table to keep: None for no catalog update."""

    path: str
    shape: Shape
    keys: tuple[str, ...] = ()
    database: str | None = None
    table: str | None = None
    update_columns: bool = False
    glue_parquet: bool = False


DEFAULT_RULESET = "Rules = [ ColumnCount > 0 ]"
"""What every target with automatic data quality is checked against."""
KEPT = ("csv", "json", "avro", "parquet")
"""The formats that Glue updates the catalog for."""


class Target(Node):
    """What all targets share."""

    is_target = True

    def check(self) -> None:
        super().check()
        path = self.settings.get("Path", "s3://bucket/")
        if not path.startswith(("s3://", "s3a://")) or not path.split("//", 1)[1].strip("/"):
            raise ValueError(f"Path must be s3://bucket/folder/, not {path!r}.")
        policy = self.policy
        if policy.get("UpdateBehavior") not in (None, "UPDATE_IN_DATABASE", "LOG"):
            raise ValueError(f"UpdateBehavior must be UPDATE_IN_DATABASE or LOG, not {policy['UpdateBehavior']!r}.")
        if policy.get("EnableUpdateCatalog") and self.kind != "S3CatalogTarget":
            for field in ("Database", "Table"):
                if not policy.get(field):
                    raise ValueError(f"SchemaChangePolicy.{field} is required with EnableUpdateCatalog.")
        if not re.fullmatch(r"([1-9]\d{0,3})?", str(self.settings.get("NumberTargetPartitions") or "")):
            raise ValueError(
                "NumberTargetPartitions must be a whole number from 1 to 9999, "
                f"not {self.settings['NumberTargetPartitions']!r}."
            )

    @property
    def policy(self) -> dict[str, Any]:
        """The schema change policy."""
        return self.settings.get("SchemaChangePolicy") or {}

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the partition columns."""
        return tuple(self.flat(path) for path in self.settings.get("PartitionKeys") or [])

    @property
    def quality(self) -> bool:
        """Whether Glue Studio adds its default data quality rule before the target."""
        return bool((self.settings.get("AutoDataQuality") or {}).get("IsEnabled"))

    @property
    def _context(self) -> str:
        return (self.settings.get("AutoDataQuality") or {}).get("EvaluationContext") or "EvaluateDataQuality"

    def needs(self) -> tuple[str, ...]:
        return ("quality",) if self.quality else ()

    def script(self, variables: Sequence[str]) -> str:
        return "\n".join(
            [*self._quality_lines(variables[0]), *self._coalesce(variables[0]), self.write_script(variables[0])]
        )

    def _quality_lines(self, frame: str) -> list[str]:
        if not self.quality:
            return []
        return [
            f"EvaluateDataQuality().process_rows(frame={frame}, ruleset=DEFAULT_DATA_QUALITY_RULESET, "
            f'publishing_options={{"dataQualityEvaluationContext": {text(self._context)}, '
            f'"enableDataQualityResultsPublishing": True}}, additional_options='
            f'{{"dataQualityResultsPublishing.strategy": "BEST_EFFORT", "observations.scope": "ALL"}})'
        ]

    @property
    def parts(self) -> int:
        """How many files, in each partition, the target asks for; 1 when it says nothing."""
        return int(self.settings.get("NumberTargetPartitions") or 1)

    def _coalesce(self, frame: str) -> list[str]:
        if not self.settings.get("NumberTargetPartitions"):
            return []
        return [f"if ({frame}.count() >= 1):", f"    {frame} = {frame}.coalesce({self.parts})"]

    def write_script(self, frame: str) -> str:
        """The lines that write `frame`."""
        raise NotImplementedError

    def destination(self, run: Run) -> Destination:
        """Where the target writes. Raises `NodeFailed`."""
        raise NotImplementedError

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        to = self.destination(run)
        if self.quality:
            self._evaluate(run, frame)
        run.write(self, frame, to)
        return frame

    def _evaluate(self, run: Run, frame: Frame) -> None:
        from ..quality import dqdl, rules
        from ..quality.results import Evaluation

        outcomes = rules.evaluate(dqdl.parse(DEFAULT_RULESET).rules, rules.Frames(run.connection, frame))
        run.evaluations.append(Evaluation(self._context, outcomes, published=True))

    def _shape(self, form: str, compression: str | None, separator: str = ",") -> Shape:
        """How to write a format. Raises `NodeFailed` for what is not written, or not kept in the catalog."""
        try:
            codec = writing.codec(form, compression)
        except writing.CannotWrite as problem:
            raise self.fail(str(problem)) from None
        if self.policy.get("EnableUpdateCatalog") and form not in KEPT:
            raise self.fail(f"AWS Glue keeps the catalog for {', '.join(KEPT)} alone, not for {form}.")
        return Shape(form, codec, self.parts, separator)


class DirectTarget(Target):
    """Files of a format under a path."""

    required: ClassVar[tuple[str, ...]] = ("Path", "Format")

    @property
    def written_format(self) -> tuple[str, dict[str, str]]:
        """The format's name in the script and its options."""
        form, compression = self.settings["Format"], self.settings.get("Compression")
        if form in ("parquet", "glueparquet"):
            return "glueparquet", {"compression": compression or "snappy"}
        return form, {}

    def write_script(self, frame: str) -> str:
        return self._sink(frame) if self.policy.get("EnableUpdateCatalog") else self._plain(frame)

    def _sink(self, frame: str) -> str:
        form, options = self.written_format
        compression = self._packing()
        packed = f"compression={text(compression)}, " if compression else ""
        shown = "".join(f", {key}={text(value)}" for key, value in options.items())
        behavior = self.policy.get("UpdateBehavior") or "LOG"
        keys = ", ".join(map(text, self.keys))
        return (
            f'{self.variable} = glueContext.getSink(path={text(self.settings["Path"])}, connection_type="s3", '
            f"updateBehavior={text(behavior)}, partitionKeys=[{keys}], {packed}enableUpdateCatalog=True, "
            f"transformation_ctx={text(self.variable)})\n"
            f"{self.variable}.setCatalogInfo(catalogDatabase={text(self.policy['Database'])},"
            f"catalogTableName={text(self.policy['Table'])})\n"
            f"{self.variable}.setFormat({text(form)}{shown})\n"
            f"{self.variable}.writeFrame({frame})"
        )

    def _plain(self, frame: str) -> str:
        form, options = self.written_format
        compression = self._packing()
        packed = f', "compression": {text(compression)}' if compression else ""
        shown = ", ".join(f"{text(key)}: {text(value)}" for key, value in options.items())
        formatted = f"format_options={{{shown}}}, " if shown else ""
        keys = ", ".join(map(text, self.keys))
        return (
            f'{self.variable} = glueContext.write_dynamic_frame.from_options(frame={frame}, connection_type="s3", '
            f'format={text(form)}, connection_options={{"path": {text(self.settings["Path"])}{packed}, '
            f'"partitionKeys": [{keys}]}}, {formatted}transformation_ctx={text(self.variable)})'
        )

    def _packing(self) -> str | None:
        compression = self.settings.get("Compression")
        packed = self.written_format[0] != "glueparquet" and compression not in (None, "", "none")
        return compression if packed else None

    def destination(self, run: Run) -> Destination:
        form = "parquet" if self.settings["Format"] == "glueparquet" else self.settings["Format"]
        return self._place(self._shape(form, self.settings.get("Compression")))

    def _place(self, shape: Shape) -> Destination:
        updates = bool(self.policy.get("EnableUpdateCatalog"))
        return Destination(
            self.settings["Path"].replace("s3a://", "s3://"),
            shape,
            self.keys,
            self.policy["Database"] if updates else None,
            self.policy["Table"] if updates else None,
            self.policy.get("UpdateBehavior") == "UPDATE_IN_DATABASE",
            shape.form == "parquet",
        )


class ParquetTarget(DirectTarget):
    """Glue's own Parquet writer under a path."""

    required = ("Path",)

    @property
    def written_format(self) -> tuple[str, dict[str, str]]:
        return "glueparquet", {"compression": self.settings.get("Compression") or "snappy"}

    def _packing(self) -> str | None:
        return None

    def destination(self, run: Run) -> Destination:
        return self._place(self._shape("parquet", self.settings.get("Compression")))


class CatalogTarget(Target):
    """A catalog table's location, in the table's format."""

    required = ("Database", "Table")

    def write_script(self, frame: str) -> str:
        options = []
        if self.policy.get("EnableUpdateCatalog"):
            behavior = self.policy.get("UpdateBehavior") or "LOG"
            options = ['"enableUpdateCatalog": True', f'"updateBehavior": {text(behavior)}']
        if self.keys:
            options.append(f'"partitionKeys": [{", ".join(map(text, self.keys))}]')
        extra = f"additional_options={{{', '.join(options)}}}, " if options else ""
        return (
            f"{self.variable} = glueContext.write_dynamic_frame.from_catalog(frame={frame}, "
            f"database={text(self.settings['Database'])}, table_name={text(self.settings['Table'])}, "
            f"{extra}transformation_ctx={text(self.variable)})"
        )

    def destination(self, run: Run) -> Destination:
        table = run.table(self, self.settings["Database"], self.settings["Table"])
        storage = table["StorageDescriptor"]
        form = self._form(table)
        keys = self.keys or tuple(key["Name"] for key in table.get("PartitionKeys") or [])
        updates = bool(self.policy.get("EnableUpdateCatalog"))
        return Destination(
            storage["Location"],
            self._shape(form, None, separator_of(table)),
            keys,
            self.settings["Database"] if updates else None,
            self.settings["Table"] if updates else None,
            self.policy.get("UpdateBehavior") == "UPDATE_IN_DATABASE",
        )

    def _form(self, table: dict[str, Any]) -> str:
        parameters = table.get("Parameters") or {}
        library = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("SerializationLibrary", "").lower()
        marks = {"parquet": "parquet", "json": "json", "lazysimple": "csv", "opencsv": "csv"}
        marks |= {"orc": "orc", "avro": "avro"}
        found = next((form for mark, form in marks.items() if mark in library), None)
        return parameters.get("classification") or found or "unknown"


def positions(node: Node, frame: Frame, names: Sequence[str]) -> list[int]:
    """The positions of partition columns, which must exist."""
    return [node.position(frame, name) for name in names]
