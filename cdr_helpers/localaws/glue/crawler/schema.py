"""What a classifier says of one object, and how much alike two such answers are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import chain

from . import types
from .types import Type

UNKNOWN = "UNKNOWN"
SIMILARITY = 0.7
"""Schemas that agree in more than this share are one table (re:Post, "How does the AWS Glue crawler detect the
schema?")."""
MOST_SCHEMAS = 5
"""… unless more different ones than this come together (same page)."""


@dataclass(frozen=True)
class Schema:
    """The schema of an object, a folder or a table; equal schemas are equal objects, so they can be counted."""

    classification: str
    columns: tuple[tuple[str, Type], ...] = ()
    compression: str = "none"
    parameters: tuple[tuple[str, str], ...] = ()
    """Table parameters that come from the content: delimiter, header lines."""
    serde: tuple[tuple[str, str], ...] = ()
    """SerDe parameters."""
    quoted: bool = False
    """Whether every cell stands in quotes."""
    paths: tuple[str, ...] = ()
    """Top-level JSON keys as they are written in the objects."""

    @property
    def known(self) -> bool:
        """Whether a classifier recognised the content."""
        return self.classification != UNKNOWN

    @property
    def format(self) -> tuple[object, ...]:
        """What two schemas must share to be one table, whatever their columns."""
        content = dict(self.parameters)
        return (self.classification, self.compression, content.get("delimiter"), content.get("customSerde"))


@dataclass(frozen=True)
class Facts:
    """One classified object."""

    schema: Schema
    records: int
    """How many records it holds: counted when the sample was the whole object, else estimated."""
    record_size: int
    """Average bytes of a record, before compression."""


@lru_cache(maxsize=4096)
def similarity(left: Schema, right: Schema) -> float:
    """Shared columns over all columns; a shared name with types that only meet in text counts half."""
    ours, theirs = dict(left.columns), dict(right.columns)
    names = ours.keys() | theirs.keys()
    if not names:
        return 1.0
    return sum(_agreement(ours[name], theirs[name]) for name in ours.keys() & theirs.keys()) / len(names)


def _agreement(left: Type, right: Type) -> float:
    met = types.merge(left, right)
    return 0.5 if met == "string" and left is not None and right is not None and left != right else 1.0


def alike(left: Schema, right: Schema) -> bool:
    """Whether the two belong to one table."""
    return left.format == right.format and similarity(left, right) > SIMILARITY


def clusters(schemas: Sequence[Schema]) -> list[list[int]]:
    """Indices of `schemas` grouped by likeness, the largest group first (of equal ones, the earliest)."""
    groups: list[tuple[Schema, list[int]]] = []
    place: dict[Schema, list[int]] = {}
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for index, schema in enumerate(schemas):
        if schema not in place:
            at = next((at for at in _likely(schema, groups, holders) if alike(groups[at][0], schema)), len(groups))
            if at == len(groups):
                groups.append((schema, []))
                for name in _names(schema):
                    holders[name].append(at)
            place[schema] = groups[at][1]
        place[schema].append(index)
    return [members for _, members in sorted(groups, key=lambda group: -len(group[1]))]


def _names(schema: Schema) -> set[str]:
    """The names of the columns; of a schema without any, one that no other schema has."""
    return {name for name, _ in schema.columns} or {""}


def _likely(
    schema: Schema, groups: Sequence[tuple[Schema, list[int]]], holders: Mapping[str, Sequence[int]]
) -> list[int]:
    """The groups that share names enough to be alike, in their order: thousands of others need no comparison."""
    names = _names(schema)
    shared = Counter(chain.from_iterable(holders.get(name, ()) for name in names))
    most = {at: count for at, count in shared.items() if count > SIMILARITY * len(names)}
    return sorted(at for at, count in most.items() if count > SIMILARITY * len(_names(groups[at][0])))


def few_enough(schemas: Iterable[Schema]) -> bool:
    """Whether these schemas are at most `MOST_SCHEMAS` different sets of columns."""
    return len({frozenset(dict(schema.columns)) for schema in schemas}) <= MOST_SCHEMAS


def merged(schemas: Iterable[Schema]) -> Schema:
    """One schema with the columns of all, of which there must be at least one."""
    return reduce(_merge, dict.fromkeys(schemas))


def _merge(left: Schema, right: Schema) -> Schema:
    return replace(
        left,
        columns=types.merge_fields(left.columns, right.columns),
        parameters=tuple(sorted({**dict(right.parameters), **dict(left.parameters)}.items())),
        quoted=left.quoted and right.quoted,
        paths=tuple(sorted({*left.paths, *right.paths})),
    )
