"""What every node of a visual job has: checks, its PySpark text, its DuckDB relation.

A node's file keeps the three together because they must mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..frames import Column, Frame, NodeFailed, Output, Term
from .refusals import REASONS

if TYPE_CHECKING:
    from ..execute import Run

MANY = 1000


class Node:
    """One node. Subclasses say how many inputs they take and fill in `check`, `script` and `relation`."""

    arity: ClassVar[tuple[int, int]] = (1, 1)
    is_target: ClassVar[bool] = False
    only_on_spark: ClassVar[bool] = False
    required: ClassVar[tuple[str, ...]] = ()
    helpers: ClassVar[tuple[str, ...]] = ()
    frame_names: ClassVar[tuple[str, ...]] = ()
    """The names of the frames that a node gives, where Glue names them."""

    def __init__(self, node_id: str, kind: str, settings: dict[str, Any]) -> None:
        self.id = node_id
        self.kind = kind
        self.settings = settings
        self.name: str = settings.get("Name", node_id)
        self.inputs: list[str] = list(settings.get("Inputs") or [])
        self.sources: list[Node] = []

    @property
    def variable(self) -> str:
        """The node's variable in the script: its name without odd characters, then `_node` and the id's digits."""
        name = re.sub(r"\W", "", self.name, flags=re.ASCII) or "node"
        name = f"_{name}" if name[0].isdigit() else name
        return f"{name}_{re.sub(r'[^A-Za-z0-9_]', '', self.id)}"

    def check(self) -> None:
        """What can be said without running. Raises ValueError with the reason."""
        for field in ("Name", *self.required):
            if self.settings.get(field) in (None, "", []):
                raise ValueError(f"{field} is required.")

    def refusal(self) -> str:
        """Why the node is not executed here; nothing when it is. The job can be saved; its run fails at its start."""
        return ""

    def needs(self) -> tuple[str, ...]:
        """The helper texts of `script` that this node's lines use."""
        return self.helpers

    def script(self, variables: Sequence[str]) -> str:
        """The PySpark lines; `variables` are those of the inputs."""
        raise NotImplementedError

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        """The node's result as DuckDB relation."""
        raise NotImplementedError

    def fail(self, reason: str) -> NodeFailed:
        """The failure of this node, named."""
        return NodeFailed(f"Node '{self.name}' ({self.id}, {self.kind}): {reason}")

    def frame(self, inputs: Sequence[Output], at: int = 0) -> Frame:
        """An input that must be a single frame."""
        given = inputs[at]
        if not isinstance(given, Frame):
            raise self.fail(f"its input {self.inputs[at]} is a collection; put a SelectFromCollection between them.")
        return given

    def position(self, frame: Frame, name: str) -> int:
        """The position of a column that must exist."""
        found = frame.find(name)
        if found is None:
            raise self.fail(f"column '{name}' is not in its input, which has {', '.join(frame.names) or 'none'}.")
        return found

    def flat(self, path: Sequence[str]) -> str:
        """The one step of a path. Paths into nested data are not executed here."""
        if len(path) != 1:
            raise self.fail(f"the nested path {'.'.join(path)} is not supported here; only top-level columns are.")
        return path[0]


class Refused(Node):
    """A node type that is not executed here: the job can be saved, its run fails and names it."""

    arity = (0, MANY)

    def check(self) -> None:
        """Nothing is known about its settings."""

    def script(self, variables: Sequence[str]) -> str:
        return f"# Node type {self.kind} is not generated here."

    def refusal(self) -> str:
        reason = REASONS.get(self.kind, "AWS Glue's API knows no such node")
        return f"the node type {self.kind} is not supported here: {reason}."

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        raise self.fail(self.refusal())


def path_text(path: Sequence[str]) -> str:
    """A field path as Glue's transforms take it: steps joined by dots, odd steps in backticks."""
    return ".".join(f"`{step}`" if "." in step else step for step in path)


def text(value: object) -> str:
    """A value as Python source in double quotes, as Glue Studio writes its scripts."""
    import json

    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def columns_of(terms: Sequence[Term]) -> tuple[Column, ...]:
    """The columns that terms make."""
    return tuple(Column(term.name, term.kind) for term in terms)
