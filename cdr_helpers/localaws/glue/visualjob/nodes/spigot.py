"""Spigot: writes a sample of the rows aside, as JSON, and lets all of them pass (AWS Glue: "Spigot class")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..frames import Output
from ..writing import Shape
from .base import Node, text
from .s3target import Destination

if TYPE_CHECKING:
    from ..execute import Run


class Spigot(Node):
    """The first `Topk` rows, or each row with the probability `Prob`, or the first so many of those."""

    required = ("Path",)

    @property
    def _top(self) -> int | None:
        return self.settings.get("Topk")

    @property
    def _share(self) -> float | None:
        return self.settings.get("Prob")

    def check(self) -> None:
        super().check()
        if self._share is not None and not 0 <= float(self._share) <= 1:
            raise ValueError(f"Prob must be between 0 and 1, not {self._share}.")

    def script(self, variables: Sequence[str]) -> str:
        options = {"topk": self._top, "prob": self._share}
        shown = ", ".join(f"{text(key)}: {value}" for key, value in options.items() if value is not None)
        return (
            f"{self.variable} = Spigot.apply(frame={variables[0]}, path={text(self.settings['Path'])}, "
            f"options={{{shown}}}, transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        frame = self.frame(inputs)
        kept = f" WHERE random() < {float(self._share)}" if self._share is not None and self._share < 1 else ""
        limit = f" LIMIT {int(self._top)}" if self._top is not None else ""
        sample = run.view(f"SELECT * FROM {frame.sql}{kept}{limit}", frame.columns)
        run.write(self, sample, Destination(self.settings["Path"], Shape("json")))
        return frame
