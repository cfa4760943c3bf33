"""Objects into tables and partitions.

A folder's objects that are alike are one schema; sibling folders of alike schemas are the partitions of one table, in
the folder above them; what is not alike is a table of its own (AWS pages "How does a crawler determine when to create
partitions?" and "Creating a single schema for each Amazon S3 include path"; re:Post, "How does the AWS Glue crawler
detect the schema?"). Unlike objects in one folder are one table each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ...s3.access import StoredObject
from . import schema
from .schema import Facts, Schema

Classified = tuple[StoredObject, Facts]


@dataclass
class Part:
    """A folder of data: a partition, or a whole table that has none."""

    path: tuple[str, ...]
    """Folders between the table and this one."""
    objects: list[Classified]

    @property
    def schema(self) -> Schema:
        """The columns of all objects in the folder."""
        return schema.merged(facts.schema for _, facts in self.objects)


@dataclass
class Table:
    """A table that the objects make. `location` is its key: a folder with a closing slash, or one object."""

    location: str
    parts: list[Part]

    @property
    def depth(self) -> int:
        """How many partition keys the table has."""
        return len(self.parts[0].path)

    @property
    def objects(self) -> list[Classified]:
        """All objects of the table."""
        return [item for part in self.parts for item in part.objects]

    @property
    def schema(self) -> Schema:
        """The columns of all partitions."""
        return schema.merged(facts.schema for _, facts in self.objects)


@dataclass
class _Folder:
    key: str
    objects: list[Classified] = field(default_factory=list)
    folders: dict[str, _Folder] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """What a crawler's `Configuration` says of grouping."""

    combine: bool = False
    """`TableGroupingPolicy` CombineCompatibleSchemas: formats must agree, columns need not."""
    level: int | None = None
    """`TableLevelConfiguration`: the folder level that holds the tables; the bucket is level 1."""


PLAIN = Rules()


def tables(base: str, objects: Sequence[Classified], rules: Rules = PLAIN) -> list[Table]:
    """The tables below the folder `base` (a key with a closing slash, or empty for a bucket)."""
    root = _Folder(base)
    for item in objects:
        _place(root, item, base)
    return list(_levelled(root, rules) if rules.level else _whole(root, rules))


def _place(root: _Folder, item: Classified, base: str) -> None:
    folder = root
    for name in item[0].key[len(base) :].split("/")[:-1]:
        folder = folder.folders.setdefault(name, _Folder(f"{folder.key}{name}/"))
    folder.objects.append(item)


def _levelled(folder: _Folder, rules: Rules) -> Iterator[Table]:
    """Tables from the folders of the level that the crawler is told to take as tables."""
    if folder.key.count("/") + 1 >= (rules.level or 1):
        yield from _whole(folder, rules)
        return
    yield from _of_objects(folder, rules)
    for below in folder.folders.values():
        yield from _levelled(below, rules)


def _whole(folder: _Folder, rules: Rules) -> list[Table]:
    """The tables of a folder and everything below it; a single one located at the folder if all is alike."""
    own = _of_objects(folder, rules)
    below = [(name, _whole(child, rules)) for name, child in folder.folders.items()]
    if own or not below:
        return own + [table for _, found in below for table in found]
    return _siblings(folder, below, rules)


def _of_objects(folder: _Folder, rules: Rules) -> list[Table]:
    if not folder.objects:
        return []
    if len(_groups([facts.schema for _, facts in folder.objects], rules)) == 1:
        return [Table(folder.key, [Part((), folder.objects)])]
    return [Table(item[0].key, [Part((), [item])]) for item in folder.objects]


def _siblings(folder: _Folder, below: list[tuple[str, list[Table]]], rules: Rules) -> list[Table]:
    """Sibling folders: those of the majority are partitions of one table, the others tables of their own."""
    whole = [
        (name, found[0]) for name, found in below if len(found) == 1 and found[0].location == f"{folder.key}{name}/"
    ]
    groups = _groups([table.schema for _, table in whole], rules, [table.depth for _, table in whole])
    if not groups or 2 * len(groups[0]) <= len(below):
        return [table for _, found in below for table in found]
    joined = [whole[index] for index in groups[0]]
    names = {name for name, _ in joined}
    parts = [Part((name, *part.path), part.objects) for name, table in joined for part in table.parts]
    return [Table(folder.key, parts), *(table for name, found in below if name not in names for table in found)]


def _groups(schemas: Sequence[Schema], rules: Rules, depths: Sequence[int] = ()) -> list[list[int]]:
    """Indices of what belongs together, the largest group first; groups of unequal depth fall apart."""
    like: Callable[[Sequence[Schema]], list[list[int]]] = _by_format if rules.combine else schema.clusters
    groups = like(schemas)
    if not rules.combine and any(not schema.few_enough(schemas[index] for index in group) for group in groups):
        return [[index] for index in range(len(schemas))]
    if depths:
        split = [[i for i in group if depths[i] == depth] for group in groups for depth in {depths[i] for i in group}]
        return sorted(split, key=lambda group: -len(group))
    return groups


def _by_format(schemas: Sequence[Schema]) -> list[list[int]]:
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, one in enumerate(schemas):
        groups.setdefault(one.format, []).append(index)
    return sorted(groups.values(), key=lambda group: -len(group))
