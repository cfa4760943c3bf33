"""Small pictures as SVG text: sharp at every size, with words for those who do not see them."""

from __future__ import annotations

from html import escape

WIDTH = 640
"""Units across a panel; a phone shows about half a pixel for each, a desktop one or more."""

INK, QUIET, PALE, LINE = "#1A1A1A", "#5A5A5A", "#E9EDF2", "#C9CED6"


def document(height: float, body: str, alt: str) -> str:
    """A picture of `WIDTH` × `height` units. `alt` says what it shows."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {number(height)}" role="img" '
        f'aria-label="{escape(alt)}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="17" '
        f'style="width:100%;height:auto;display:block">{body}</svg>'
    )


def number(value: float) -> str:
    """A coordinate with as many digits as it needs."""
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, words: object, size: float = 17, anchor: str = "start", bold: bool = False) -> str:
    """Words at a place; `anchor` start, middle or end."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" text-anchor="{anchor}" fill="{INK}"{weight}>'
        f"{escape(str(words))}</text>"
    )


def box(x: float, y: float, width: float, height: float, colour: str, tip: str = "", opacity: float = 1) -> str:
    """A filled rectangle; `tip` appears when a person points at it."""
    faint = f' fill-opacity="{opacity:.3g}"' if opacity < 1 else ""
    shape = (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(max(width, 0))}" height="{number(max(height, 0))}" '
        f'fill="{colour}"{faint}'
    )
    return f'{shape} data-tip="{escape(tip)}"><title>{escape(tip)}</title></rect>' if tip else f"{shape}/>"


def rule(x1: float, y1: float, x2: float, y2: float) -> str:
    """A thin line."""
    places = f'x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
    return f'<line {places} stroke="{LINE}" stroke-width="1"/>'


def path(points: list[tuple[float, float]], colour: str, dash: str = "") -> str:
    """A line through points."""
    steps = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{steps}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'
