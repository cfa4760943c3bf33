"""Nested columns: parts of structs kept or dropped, structs as columns, arrays as frames of their own (AWS Glue:
"SelectFields", "DropFields", "UnnestFrame", "Relationalize" classes)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import columns
from .columns import at, chosen, quoted

Tree = dict[Any, Any]
"""Column's position, or member's name → the tree below it; an empty one stands for all of it."""


def tree_of(frame: Any, paths: Sequence[str]) -> Tree:
    """The paths that exist."""
    tree: Tree = {}
    for path in paths:
        found = columns.located(frame, path)
        if found is None:
            continue
        inner = columns.member(frame.schema.fields[found[0]].dataType, found[1])
        if inner is None:
            continue
        steps = [found[0], *inner[0]]
        here = tree
        for step in steps[:-1]:
            here = here.setdefault(step, {})
        here[steps[-1]] = {}
    return tree


def pruned(frame: Any, tree: Tree, keep: bool) -> Any:
    """A frame with only what the tree names, or without it. Raises ValueError when nothing would be left."""
    terms = []
    for index, field in enumerate(frame.schema.fields):
        if index not in tree:
            terms += [] if keep else [(field.name, at(index))]
        elif tree[index]:
            terms.append((field.name, _struct(at(index), field.dataType, tree[index], keep)))
        elif keep:
            terms.append((field.name, at(index)))
    if not terms:
        listed = ", ".join(frame.columns) or "none"
        raise ValueError(f"no column is left of {listed}" if not keep else f"none of the fields is among {listed}")
    return chosen(frame, terms)


def _struct(value: Any, kind: Any, tree: Tree, keep: bool) -> Any:
    from pyspark.sql import functions

    members = []
    for field in kind.fields:
        inner = value.getField(field.name)
        if field.name not in tree:
            members += [] if keep else [inner.alias(field.name)]
        elif tree[field.name]:
            members.append(_struct(inner, field.dataType, tree[field.name], keep).alias(field.name))
        elif keep:
            members.append(inner.alias(field.name))
    return functions.when(value.isNotNull(), functions.struct(*members))


def renamed(value: Any, kind: Any, steps: Sequence[str], name: str) -> Any:
    """A struct with the member at `steps` under another name."""
    from pyspark.sql import functions

    members = []
    for field in kind.fields:
        inner = value.getField(field.name)
        if field.name != steps[0]:
            members.append(inner.alias(field.name))
        elif len(steps) == 1:
            members.append(inner.alias(name))
        else:
            members.append(renamed(inner, field.dataType, steps[1:], name).alias(field.name))
    return functions.when(value.isNotNull(), functions.struct(*members))


def _leaves(value: Any, kind: Any, name: str) -> list[tuple[str, Any, Any]]:
    """Name, expression and type of a column, or of the members of a struct, however deep."""
    from pyspark.sql.types import StructType

    if not isinstance(kind, StructType):
        return [(name, value, kind)]
    made = []
    for field in kind.fields:
        made += _leaves(value.getField(field.name), field.dataType, f"{name}.{field.name}")
    return made


def _flat(frame: Any) -> list[tuple[str, Any, Any]]:
    made = []
    for index, field in enumerate(frame.schema.fields):
        made += _leaves(at(index), field.dataType, field.name)
    return made


def unnested(frame: Any) -> Any:
    """Structs as columns."""
    return chosen(frame, [(name, value) for name, value, _ in _flat(frame)])


def relationalized(frame: Any, root: str) -> dict[str, Any]:
    """Flat frames by name. A frame of an array has `id`, the value that stands in its place, `index`, and the elements
    as `column.val`, or `column.val.member` for those of structs."""
    from pyspark.sql import functions
    from pyspark.sql.types import ArrayType, MapType

    made: dict[str, Any] = {}
    pending = [(root, frame)]
    while pending:
        name, one = pending.pop(0)
        leaves = _flat(one)
        arrays = [each for each in leaves if isinstance(each[2], ArrayType | MapType)]
        # The ids must be the same wherever the frame is read, so it is kept.
        base = chosen(one, [(leaf, value) for leaf, value, _ in leaves])
        if arrays:
            base = base.withColumn("\x00id", functions.monotonically_increasing_id()).persist()
        terms = []
        for index, (leaf, _, kind) in enumerate(leaves):
            if not isinstance(kind, ArrayType | MapType):
                terms.append((leaf, at(index)))
                continue
            number = at(len(leaves)) + functions.lit(1)
            terms.append((leaf, functions.when(at(index).isNotNull(), number)))
            pending.append((f"{name}_{leaf}", _elements(base, index, leaf, kind, len(leaves))))
        made[name] = chosen(base, terms) if terms else base
    return made


def _elements(base: Any, index: int, leaf: str, kind: Any, mark: int) -> Any:
    """The elements of an array column, or the entries of a map, a row each."""
    from pyspark.sql import functions
    from pyspark.sql.types import MapType

    plain = columns.numbered(base).select((at(mark) + functions.lit(1)).alias("id"), at(index).alias("value"))
    if isinstance(kind, MapType):
        entries = functions.posexplode(functions.map_entries("value"))
        found = plain.select("id", entries.alias("index", "entry"))
        parts = [functions.col("entry.key").alias("k"), functions.col("entry.value").alias("v")]
        return found.select("id", "index", *parts).toDF("id", "index", f"{leaf}.key", f"{leaf}.val")
    found = plain.select("id", functions.posexplode("value").alias("index", "val"))
    return found.select("id", "index", quoted("val")).toDF("id", "index", f"{leaf}.val")
