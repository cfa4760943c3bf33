"""One look for every figure: type that is readable from the back row, colours that everybody can tell apart.

The colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), chosen to stay distinct for colour-blind readers.
A figure is drawn without pyplot, so no global state changes and nothing is left open.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

INK = "#1A1A1A"
QUIET = "#6B6B6B"
PALE = "#E9EDF2"
PAPER = "#FFFFFF"
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW = "#56B4E9", "#CC79A7", "#F0E442"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, INK)
DASHES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (6, 2)), (0, (3, 1, 1, 1)))
"""Lines differ by dash as well as by colour: a projector is kinder to shapes than to hues."""

SMALL, NORMAL, LARGE = 15, 18, 22
_DOTS_PER_INCH = 110
_PAGE_DOTS_PER_INCH = 80
_SETTINGS = {
    "font.family": "DejaVu Sans",
    "font.size": NORMAL,
    "axes.titlesize": LARGE,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 16,
    "axes.labelsize": NORMAL,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "lines.linewidth": 2.5,
}


@dataclass(frozen=True)
class Picture:
    """A finished figure: PNG bytes, the text that stands for it, and its width in pixels on the page."""

    png: bytes
    alt: str
    width: int

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, Any]]:
        data = {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.alt}
        return data, {"image/png": {"width": self.width, "alt": self.alt}}


def themed(draw: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function that draws: the theme holds while it runs, and nowhere else."""

    @wraps(draw)
    def drawing(*arguments: P.args, **options: P.kwargs) -> R:
        from matplotlib import rc_context

        with rc_context(_SETTINGS):  # type: ignore[arg-type]
            return draw(*arguments, **options)

    return drawing


def axes(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of `width` × `height` inches, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=_DOTS_PER_INCH, facecolor=PAPER, layout="constrained")
    return figure, figure.add_subplot()


def blank(width: float, height: float) -> tuple[Figure, Axes]:
    """As `axes`, for a drawing: one unit is one inch, no frame."""
    figure, ax = axes(width, height)
    figure.set_layout_engine("none")
    ax.set_position((0.0, 0.0, 1.0, 1.0))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.set_axis_off()
    return figure, ax


def picture(figure: Figure, alt: str) -> Picture:
    """`figure` as PNG, with the text `alt` for those who do not see it. The file carries no date and no version."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return Picture(buffer.getvalue(), alt, round(figure.get_figwidth() * _PAGE_DOTS_PER_INCH))


def colour_of(index: int) -> str:
    """The colour of series number `index`; they start again after the last."""
    return SERIES[index % len(SERIES)]


def dash_of(index: int) -> Any:
    """The dash of series number `index`."""
    return DASHES[index % len(DASHES)]
