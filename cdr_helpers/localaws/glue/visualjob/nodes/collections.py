"""Nodes that make several frames of one, and the one that picks a frame of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..frames import Collection, Output, every, kept
from . import filter as filters
from .base import Node, path_text, text

if TYPE_CHECKING:
    from ..execute import Run


class SplitFields(Node):
    """Two frames: the named columns, and the others (AWS Glue: "SplitFields class")."""

    required = ("Paths",)

    def script(self, variables: Sequence[str]) -> str:
        paths = ", ".join(text(path_text(path)) for path in self.settings["Paths"])
        return (
            f"{self.variable} = SplitFields.apply(frame={variables[0]}, paths=[{paths}], "
            f"name1={text(self.variable + '1')}, name2={text(self.variable + '2')}, "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        named = {self.position(frame, self.flat(path)) for path in self.settings["Paths"]}
        halves = ([at for at in range(len(frame.columns)) if (at in named) == wanted] for wanted in (True, False))
        made = [run.select(kept(frame, half), frame) if half else run.nothing() for half in halves]
        return Collection(tuple((f"{self.variable}{number}", half) for number, half in enumerate(made, start=1)))


class Route(Node):
    """A frame for each group of conditions, then `default_group` with the rows that meet none."""

    required = ("GroupFiltersList",)
    helpers = ("route",)

    def check(self) -> None:
        super().check()
        for group in self._groups:
            if not group.get("GroupName"):
                raise ValueError("each of GroupFiltersList needs a GroupName.")
            filters.check_filters(group)

    @property
    def _groups(self) -> list[dict[str, Any]]:
        return list(self.settings["GroupFiltersList"])

    def needs(self) -> tuple[str, ...]:
        regex = any(filters.uses_regex(group["Filters"]) for group in self._groups)
        return (*(("re",) if regex else ()), *self.helpers)

    def script(self, variables: Sequence[str]) -> str:
        groups = ", ".join(
            f"({text(group['GroupName'])}, lambda row: {filters.condition_text(group)})" for group in self._groups
        )
        none = " and ".join(f"not({filters.condition_text(group)})" for group in self._groups)
        return (
            f"{self.variable} = threadedRoute(glueContext, frame={variables[0]}, groups=[{groups}], "
            f"default=lambda row: ({none}), transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        tests = [filters.condition_test(self, frame, group) for group in self._groups]
        frames = [
            (group["GroupName"], run.select(every(frame), frame, where=test.holds))
            for group, test in zip(self._groups, tests, strict=True)
        ]
        none = " AND ".join(f"(NOT ({test.holds}) AND NOT ({test.raises}))" for test in tests)
        return Collection((*frames, ("default_group", run.select(every(frame), frame, where=none))))


class SelectFromCollection(Node):
    """One frame of a collection (AWS Glue: "SelectFromCollection class")."""

    def check(self) -> None:
        super().check()
        if not isinstance(self.settings.get("Index", 0), int) or self.settings.get("Index", 0) < 0:
            raise ValueError("Index must be a whole number of at least 0.")

    @property
    def _key(self) -> str:
        """The name of the frame, where the node that gives the collection has names for them: the node's own name, or
        the one at its index."""
        keys, index = self.sources[0].frame_names, self.settings.get("Index", 0)
        return self.name if self.name in keys else keys[index] if index < len(keys) else ""

    def script(self, variables: Sequence[str]) -> str:
        key = text(self._key) if self._key else f"list({variables[0]}.keys())[{self.settings.get('Index', 0)}]"
        return (
            f"{self.variable} = SelectFromCollection.apply(dfc={variables[0]}, key={key}, "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        given, index = inputs[0], self.settings.get("Index", 0)
        if isinstance(given, Collection) and self._key:
            named = dict(given.frames)
            if self._key not in named:
                raise self.fail(f"{self._key} is not made of rules that are joined by and or or.")
            return named[self._key]
        if not isinstance(given, Collection):
            raise self.fail(f"its input {self.inputs[0]} is no collection.")
        if index >= len(given.frames):
            raise self.fail(f"its input has {len(given.frames)} frames; there is none with the index {index}.")
        return given.frames[index][1]
