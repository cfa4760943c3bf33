"""Transforms as classes with `apply` (AWS Glue: "AWS Glue PySpark transforms"). Each is a method of the frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .dynamicframe import DynamicFrame, DynamicFrameCollection


class GlueTransform:
    """What all transforms share: `Transform.apply(…)` makes one and calls it."""

    @classmethod
    def apply(cls, *args: Any, **named: Any) -> Any:
        """The transform's result."""
        return cls()(*args, **named)

    @classmethod
    def name(cls) -> str:
        """The transform's name."""
        return cls.__name__

    def __call__(self, *args: Any, **named: Any) -> Any:
        raise NotImplementedError


class ApplyMapping(GlueTransform):
    """Columns by a mapping."""

    def __call__(self, frame: DynamicFrame, mappings: Sequence[Any], case_sensitive: bool = False, **named: Any) -> Any:
        return frame.apply_mapping(mappings, case_sensitive, **named)


class SelectFields(GlueTransform):
    """The named columns."""

    def __call__(self, frame: DynamicFrame, paths: Sequence[str], **named: Any) -> Any:
        return frame.select_fields(paths, **named)


class DropFields(GlueTransform):
    """All columns but the named ones."""

    def __call__(self, frame: DynamicFrame, paths: Sequence[str], **named: Any) -> Any:
        return frame.drop_fields(paths, **named)


class RenameField(GlueTransform):
    """One column under another name."""

    def __call__(self, frame: DynamicFrame, old_name: str, new_name: str, **named: Any) -> Any:
        return frame.rename_field(old_name, new_name, **named)


class Filter(GlueTransform):
    """Rows for which a function holds."""

    def __call__(self, frame: DynamicFrame, f: Callable[[Any], Any], **named: Any) -> Any:
        return frame.filter(f, **named)


class Map(GlueTransform):
    """What a function makes of each row."""

    def __call__(self, frame: DynamicFrame, f: Callable[[Any], Any], **named: Any) -> Any:
        return frame.map(f, **named)


class Join(GlueTransform):
    """Rows side by side whose keys are equal."""

    def __call__(
        self, frame1: DynamicFrame, frame2: DynamicFrame, keys1: Sequence[str], keys2: Sequence[str], **named: Any
    ) -> Any:
        return frame1.join(keys1, keys2, frame2, **named)


class SplitFields(GlueTransform):
    """The named columns, and the others."""

    def __call__(
        self, frame: DynamicFrame, paths: Sequence[str], name1: str = "frame1", name2: str = "frame2", **named: Any
    ) -> Any:
        return frame.split_fields(paths, name1, name2, **named)


class SplitRows(GlueTransform):
    """The rows that meet comparisons, and the others."""

    def __call__(
        self,
        frame: DynamicFrame,
        comparison_dict: Mapping[str, Mapping[str, Any]],
        name1: str = "frame1",
        name2: str = "frame2",
        **named: Any,
    ) -> Any:
        return frame.split_rows(comparison_dict, name1, name2, **named)


class SelectFromCollection(GlueTransform):
    """A frame of a collection."""

    def __call__(self, dfc: DynamicFrameCollection, key: str, transformation_ctx: str = "") -> Any:
        return dfc.select(key, transformation_ctx)


class MapToCollection(GlueTransform):
    """What a function makes of each frame of a collection."""

    def __call__(
        self, dfc: DynamicFrameCollection, callable: Callable[..., Any], transformation_ctx: str = "", **_: Any
    ) -> Any:
        return dfc.map(callable, transformation_ctx)


class FlatMap(GlueTransform):
    """The frames of the collections that a transform makes of each frame."""

    def __call__(
        self,
        dfc: DynamicFrameCollection,
        BaseTransform: type[GlueTransform],
        frame_name: str,
        transformation_ctx: str = "",
        **base_kwargs: Any,
    ) -> Any:
        def transformed(frame: DynamicFrame, context: str) -> Any:
            made = BaseTransform.apply(**{frame_name: frame, "transformation_ctx": context, **base_kwargs})
            if isinstance(made, DynamicFrame):
                return DynamicFrameCollection({context: made}, made.glue_ctx)
            return made

        return dfc.flatmap(transformed, transformation_ctx)


class DropNullFields(GlueTransform):
    """The columns without those whose type is null."""

    def __call__(self, frame: DynamicFrame, transformation_ctx: str = "", **_: Any) -> Any:
        return frame.drop_null_fields(transformation_ctx)


class ResolveChoice(GlueTransform):
    """Casts of columns."""

    def __call__(self, frame: DynamicFrame, specs: Any = None, choice: str = "", **named: Any) -> Any:
        return frame.resolveChoice(specs, choice, **named)


class Relationalize(GlueTransform):
    """Flat frames of nested data."""

    def __call__(
        self, frame: DynamicFrame, staging_path: str = "", name: str = "roottable", options: Any = None, **named: Any
    ) -> Any:
        return frame.relationalize(name, staging_path, options, **named)


class UnnestFrame(GlueTransform):
    """Structs as columns."""

    def __call__(self, frame: DynamicFrame, **named: Any) -> Any:
        return frame.unnest(**named)


class Unbox(GlueTransform):
    """A column of JSON texts as structs."""

    def __call__(self, frame: DynamicFrame, path: str, format: str, **named: Any) -> Any:
        return frame.unbox(path, format, **named)


class Spigot(GlueTransform):
    """A sample written aside."""

    def __call__(self, frame: DynamicFrame, path: str, options: Any = None, **named: Any) -> Any:
        return frame.spigot(path, options, **named)


class Union(GlueTransform):
    """The rows of two frames."""

    def __call__(self, frame1: DynamicFrame, frame2: DynamicFrame, **named: Any) -> Any:
        return frame1.union(frame2, **named)


class _NotBuilt(GlueTransform):
    def __call__(self, *args: Any, **named: Any) -> Any:
        raise NotImplementedError(f"the transform {type(self).__name__} is not supported here")


class FillMissingValues(_NotBuilt):
    """A model fills in values."""


class FindMatches(_NotBuilt):
    """A model finds matches."""


class FindIncrementalMatches(_NotBuilt):
    """A model finds matches of new rows."""


class ErrorsAsDynamicFrame(_NotBuilt):
    """The rows for which a transform raised."""


class UnwrapDbJson(_NotBuilt):
    """DynamoDB's JSON as plain columns."""


__all__ = [
    "ApplyMapping",
    "DropFields",
    "DropNullFields",
    "ErrorsAsDynamicFrame",
    "FillMissingValues",
    "Filter",
    "FindIncrementalMatches",
    "FindMatches",
    "FlatMap",
    "GlueTransform",
    "Join",
    "Map",
    "MapToCollection",
    "Relationalize",
    "RenameField",
    "ResolveChoice",
    "SelectFields",
    "SelectFromCollection",
    "Spigot",
    "SplitFields",
    "SplitRows",
    "Unbox",
    "Union",
    "UnnestFrame",
    "UnwrapDbJson",
]
