"""A progress bar that a room can watch and a saved notebook can keep.

While work goes on, one display is updated in place. At the end it is emptied and the final state is displayed as an
output of its own: a tool that ignores updates (nbval does) then sees the same two outputs as one that follows them.
Neither needs widgets, so a saved notebook shows the final state anywhere, without the network.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from html import escape
from types import TracebackType
from typing import Any

from cdr_helpers.showing import Nothing, live_display, show

_UPDATE_SECONDS = 0.1
_BAR_CELLS = 24
_COLOURS = {"live": "#0072B2", "done": "#009E73", "failed": "#D55E00"}
_MARKS = {"live": "…", "done": "✓", "failed": "✗"}


@dataclass(frozen=True)
class Bar:
    """One state of a bar. `share` is 0 to 1, or None while nobody knows how much is left."""

    label: str
    note: str
    share: float | None
    state: str

    def __str__(self) -> str:
        filled = round(_BAR_CELLS * (self.share or 0.0))
        cells = "█" * filled + "░" * (_BAR_CELLS - filled)
        return f"{_MARKS[self.state]} {self.label} {cells} {self.note}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": str(self)}

    def _html(self) -> str:
        colour = _COLOURS[self.state]
        width = 100 * (self.share if self.share is not None else 0.35)
        track = f'<div style="background-color:{colour};width:{width:.0f}%;height:18px"></div>'
        return (
            '<div style="font-size:115%;margin:4px 0">'
            f'<div><b style="color:{colour}">{_MARKS[self.state]}</b> {escape(self.label)} – {escape(self.note)}</div>'
            f'<div style="background-color:#E5E5E5;width:60%;height:18px">{track}</div></div>'
        )


class Progress:
    """A bar with a label; a context manager that ends in `finish`, or in a failed bar when its block raises.

    `total` is the amount of work (bytes, files), None when it is unknown.
    """

    def __init__(self, label: str, total: float | None = None) -> None:
        self.label = label
        self.total = total
        self._done = 0.0
        self._note = ""
        self._ended = False
        self._shown_at = 0.0
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._handle: Any = None

    def __enter__(self) -> Progress:
        self._handle = live_display()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None and not self._ended:
            self._end(Bar(self.label, "stopped", self._share(), "failed"))
        elif not self._ended:
            self.finish(self._note or "done")

    def advance(self, amount: float) -> None:
        """Add `amount` of finished work. Safe from several threads, as boto3's upload callbacks are."""
        with self._lock:
            self._done += amount
            self._refresh()

    def say(self, note: str) -> None:
        """Say what goes on now; the seconds since the start are added while it is live."""
        with self._lock:
            self._note = note
            self._refresh()

    def finish(self, note: str) -> None:
        """End with a full bar and `note`, which should not vary from run to run."""
        self._end(Bar(self.label, note, 1.0, "done"))

    def fail(self, note: str) -> None:
        """End with a bar that says that the work failed."""
        self._end(Bar(self.label, note, self._share(), "failed"))

    def _share(self) -> float | None:
        return min(self._done / self.total, 1.0) if self.total else None

    def _refresh(self) -> None:
        now = time.monotonic()
        if self._handle is None or now - self._shown_at < _UPDATE_SECONDS:
            return
        self._shown_at = now
        note = f"{self._note} · {now - self._started:.0f} s".lstrip(" ·")
        self._handle.update(Bar(self.label, note, self._share(), "live"))

    def _end(self, bar: Bar) -> None:
        self._ended = True
        if self._handle is not None:
            self._handle.update(Nothing())
        show(bar)
