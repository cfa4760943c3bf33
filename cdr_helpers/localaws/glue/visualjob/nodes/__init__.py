"""One file per kind of node; `REGISTRY` knows them by the API's name. A kind that is absent is refused by name."""

from __future__ import annotations

from .aggregate import Aggregate
from .applymapping import ApplyMapping
from .base import Node
from .catalogsource import CatalogSource
from .collections import Route, SelectFromCollection, SplitFields
from .csvsource import CsvSource
from .customcode import CustomCode
from .dataquality import EvaluateDataQuality, EvaluateDataQualityMultiFrame
from .dropduplicates import DropDuplicates
from .dropfields import DropFields
from .dropnullfields import DropNullFields
from .dynamictransform import DynamicTransform
from .filter import Filter
from .join import Join
from .jsonsource import JsonSource
from .merge import Merge
from .parquetsource import ParquetSource
from .renamefield import RenameField
from .s3target import CatalogTarget, DirectTarget, ParquetTarget
from .selectfields import SelectFields
from .sparksql import SparkSql
from .spigot import Spigot
from .union import Union

REGISTRY: dict[str, type[Node]] = {
    "S3CatalogSource": CatalogSource,
    "CatalogSource": CatalogSource,
    "S3CsvSource": CsvSource,
    "S3JsonSource": JsonSource,
    "S3ParquetSource": ParquetSource,
    "ApplyMapping": ApplyMapping,
    "SelectFields": SelectFields,
    "DropFields": DropFields,
    "RenameField": RenameField,
    "Filter": Filter,
    "SparkSQL": SparkSql,
    "Join": Join,
    "Union": Union,
    "Aggregate": Aggregate,
    "DropDuplicates": DropDuplicates,
    "DropNullFields": DropNullFields,
    "SplitFields": SplitFields,
    "Route": Route,
    "SelectFromCollection": SelectFromCollection,
    "Merge": Merge,
    "Spigot": Spigot,
    "CustomCode": CustomCode,
    "DynamicTransform": DynamicTransform,
    "EvaluateDataQuality": EvaluateDataQuality,
    "EvaluateDataQualityMultiFrame": EvaluateDataQualityMultiFrame,
    "S3DirectTarget": DirectTarget,
    "S3CatalogTarget": CatalogTarget,
    "CatalogTarget": CatalogTarget,
    "S3GlueParquetTarget": ParquetTarget,
}
