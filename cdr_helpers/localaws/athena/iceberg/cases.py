"""The cases of MERGE."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import ast


@dataclass
class MergeCase:
    """WHEN [NOT] MATCHED [AND condition] THEN …: `action` is UPDATE, DELETE or INSERT."""

    at: ast.Position
    matched: bool
    condition: ast.Node | None
    action: str
    columns: list[ast.Identifier] = field(default_factory=list)
    values: list[ast.Node] = field(default_factory=list)
