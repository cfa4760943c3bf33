"""One file per kind of node; `REGISTRY` knows them by the API's name. A kind that is absent is refused by name."""

from __future__ import annotations

from .applymapping import ApplyMapping
from .base import Node
from .catalogsource import CatalogSource
from .csvsource import CsvSource
from .dataquality import EvaluateDataQuality
from .dropfields import DropFields
from .filter import Filter
from .renamefield import RenameField
from .s3target import CatalogTarget, DirectTarget, ParquetTarget
from .selectfields import SelectFields
from .sparksql import SparkSql

REGISTRY: dict[str, type[Node]] = {
    "S3CatalogSource": CatalogSource,
    "CatalogSource": CatalogSource,
    "S3CsvSource": CsvSource,
    "ApplyMapping": ApplyMapping,
    "DropFields": DropFields,
    "SelectFields": SelectFields,
    "RenameField": RenameField,
    "Filter": Filter,
    "SparkSQL": SparkSql,
    "EvaluateDataQuality": EvaluateDataQuality,
    "S3DirectTarget": DirectTarget,
    "S3CatalogTarget": CatalogTarget,
    "S3GlueParquetTarget": ParquetTarget,
}
