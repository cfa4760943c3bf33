"""Boxes and arrows, as the two drawings use them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdr_helpers.figures.theme import INK, LARGE, NORMAL, PAPER, QUIET, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STRIPE = 0.14
_SIZES = (SMALL, LARGE, NORMAL)
_COLOURS = (QUIET, INK, QUIET)
_WEIGHTS = ("normal", "bold", "normal")


@dataclass(frozen=True)
class Card:
    """A box with a coloured stripe: where (left, bottom, width, height in inches), the stripe's colour, and its lines:
    a small kind, a large name, a detail."""

    box: tuple[float, float, float, float]
    colour: str
    lines: Sequence[str]

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        left, bottom, width, height = self.box
        return left + width / 2, bottom + height / 2


def draw_card(ax: Axes, card: Card) -> None:
    """Draw `card`; text that is too wide for it is set smaller."""
    from matplotlib.patches import Rectangle

    left, bottom, width, height = card.box
    ax.add_patch(Rectangle((left, bottom), width, height, facecolor=PAPER, edgecolor=card.colour, linewidth=2))
    ax.add_patch(Rectangle((left, bottom), _STRIPE, height, facecolor=card.colour, edgecolor=card.colour))
    step = height / (len(card.lines) + 0.4)
    for number, line in enumerate(card.lines):
        middle = bottom + height - step * (number + 0.7)
        _write(ax, line, (left + _STRIPE + 0.16, middle), width - _STRIPE - 0.3, number)


def _write(ax: Axes, line: str, at: tuple[float, float], room: float, number: int) -> None:
    size = _SIZES[number % 3]
    text = ax.text(*at, line, fontsize=size, color=_COLOURS[number % 3], weight=_WEIGHTS[number % 3], va="center")
    needed = text.get_window_extent().width / ax.figure.dpi
    if needed > room:
        text.set_fontsize(size * room / needed)


def draw_arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = QUIET) -> None:
    """An arrow from `start` to `end` (inches)."""
    ax.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={
            "arrowstyle": "-|>,head_width=0.5,head_length=0.9",
            "lw": 3,
            "color": colour,
            "shrinkA": 2,
            "shrinkB": 2,
        },
    )
