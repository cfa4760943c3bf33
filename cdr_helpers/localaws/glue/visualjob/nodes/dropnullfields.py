"""Drop Null Fields: columns in which every value is missing, or is one of those that stand for nothing.

Rows never go. Source: AWS Glue user guide, "Using Drop Null Fields".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import sparktypes
from ..frames import Output, kept
from .base import Node, text

if TYPE_CHECKING:
    from ..execute import Run

_NUMBERS = ("int", "bigint", "double")
_BLANKS = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"


class DropNullFields(Node):
    """The columns that hold something."""

    helpers = ("nulls",)

    @property
    def _texts(self) -> list[str]:
        boxes = self.settings.get("NullCheckBoxList") or {}
        found = [""] if boxes.get("IsEmpty") else []
        found += ["null"] if boxes.get("IsNullString") else []
        return found + [str(one["Value"]) for one in self._listed() if not _is_number(one)]

    @property
    def _numbers(self) -> list[int]:
        boxes = self.settings.get("NullCheckBoxList") or {}
        return ([-1] if boxes.get("IsNegOne") else []) + [
            int(one["Value"]) for one in self._listed() if _is_number(one)
        ]

    def _listed(self) -> list[dict[str, Any]]:
        return list(self.settings.get("NullTextList") or [])

    def check(self) -> None:
        super().check()
        for one in self._listed():
            if _is_number(one) and not str(one.get("Value")).lstrip("-").isdigit():
                raise ValueError(f"NullTextList: {one.get('Value')!r} is no whole number.")

    def script(self, variables: Sequence[str]) -> str:
        texts = f"{{{', '.join(map(text, self._texts))}}}" if self._texts else "set()"
        numbers = f"{{{', '.join(map(str, self._numbers))}}}" if self._numbers else "set()"
        return (
            f"{self.variable} = drop_nulls(glueContext, frame={variables[0]}, nullStringSet={texts}, "
            f"nullIntegerSet={numbers}, transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        tests = [f"count(*) FILTER (WHERE {self._something(f'c{at}', column.kind)})" for at, column in _all(frame)]
        counts = run.connection.execute(f"SELECT {', '.join(tests)} FROM {frame.sql}").fetchone() or ()
        left = [at for at, count in enumerate(counts) if count]
        return run.select(kept(frame, left), frame) if left else run.nothing()

    def _something(self, sql: str, kind: str) -> str:
        if kind == "string" and self._texts:
            return f"trim({sql}, {_BLANKS}) NOT IN ({', '.join(map(sparktypes.literal, self._texts))})"
        if kind in _NUMBERS and self._numbers:
            return f"{sql} NOT IN ({', '.join(map(str, self._numbers))})"
        return f"{sql} IS NOT NULL"


def _all(frame: Any) -> list[tuple[int, Any]]:
    return list(enumerate(frame.columns))


def _is_number(one: dict[str, Any]) -> bool:
    return str((one.get("Datatype") or {}).get("Id", "")).lower() in ("integer", "long", "int", "double", "bigint")
