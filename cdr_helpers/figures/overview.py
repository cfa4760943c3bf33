"""The whole workshop in one picture: what each chapter adds to the pipeline."""

from __future__ import annotations

from cdr_helpers.figures.drawing import Card, draw_arrow, draw_card
from cdr_helpers.figures.theme import BLUE, GREEN, ORANGE, PURPLE, QUIET, VERMILION, Picture, blank, picture, themed

_STEPS = (
    ("call records", "CSV files", "on your disk", QUIET),
    ("01 · S3", "raw/", "as they came", GREEN),
    ("02, 03 · Glue", "raw", "a crawled table", PURPLE),
    ("04 · Glue", "processed", "times are times", ORANGE),
    ("05 · Athena", "answers", "in plain SQL", BLUE),
)
_WIDTH, _HEIGHT, _GAP, _MARGIN = 2.35, 1.6, 0.5, 0.2
_LAST = "99 deletes it all again"


@themed
def pipeline() -> Picture:
    """The five stations from files to answers, with their chapters."""
    width = 2 * _MARGIN + len(_STEPS) * (_WIDTH + _GAP) - _GAP
    figure, ax = blank(width, _HEIGHT + 2 * _MARGIN + 0.5)
    cards = [
        Card((_MARGIN + place * (_WIDTH + _GAP), _MARGIN + 0.5, _WIDTH, _HEIGHT), colour, lines)
        for place, (*lines, colour) in enumerate(_STEPS)
    ]
    for before, after in zip(cards, cards[1:], strict=False):
        draw_arrow(ax, (before.box[0] + _WIDTH, before.centre[1]), (after.box[0], after.centre[1]))
    for card in cards:
        draw_card(ax, card)
    ax.text(width / 2, _MARGIN, _LAST, ha="center", va="center", fontsize=18, color=VERMILION)
    return picture(figure, "\n→ ".join(" | ".join(card.lines) for card in cards) + f"\n{_LAST}")
