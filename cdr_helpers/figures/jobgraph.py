"""The nodes of a visual job, drawn as on Glue Studio's canvas: data flows from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdr_helpers.figures.drawing import Card, draw_arrow, draw_card
from cdr_helpers.figures.theme import BLUE, GREEN, ORANGE, PALE, Picture, blank, picture, themed

_WIDTH, _HEIGHT, _GAP, _MARGIN = 5.6, 1.5, 0.75, 0.5
_LONGEST = 36
_ROLES = {"source": ("Data source", BLUE), "target": ("Data target", GREEN), "transform": ("Transform", ORANGE)}
_TITLES = {
    "S3CatalogSource": "Data Catalog",
    "CatalogSource": "Data Catalog",
    "S3CsvSource": "S3 bucket",
    "ApplyMapping": "Change Schema",
    "SparkSQL": "SQL Query",
    "S3DirectTarget": "S3 bucket",
    "S3CatalogTarget": "Data Catalog",
    "S3GlueParquetTarget": "S3 bucket",
}
"""Node type of the API → the title that the console gives it; others carry the same words in both."""


@themed
def job_graph(nodes: Mapping[str, Mapping[str, Any]]) -> Picture:
    """Draw `nodes`, a job's `CodeGenConfigurationNodes`: node id → {node type: its settings}."""
    levels = _levels(nodes)
    rows: dict[int, list[str]] = {}
    for node, level in levels.items():
        rows.setdefault(level, []).append(node)
    width = 2 * _MARGIN + max(len(row) * (_WIDTH + _GAP) - _GAP for row in rows.values())
    height = 2 * _MARGIN + len(rows) * (_HEIGHT + _GAP) - _GAP
    cards = {
        node: _card(nodes[node], _box(level, place, len(row), width, height))
        for level, row in rows.items()
        for place, node in enumerate(row)
    }
    return _draw(nodes, cards, width, height)


def _levels(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """How many steps each node is away from its sources. Inputs that do not exist count as none."""
    levels: dict[str, int] = {}

    def level(node: str, seen: frozenset[str]) -> int:
        if node not in levels:
            before = [name for name in _inputs(nodes[node]) if name in nodes and name not in seen]
            levels[node] = 1 + max((level(name, seen | {node}) for name in before), default=-1)
        return levels[node]

    return {node: level(node, frozenset({node})) for node in nodes}


def _inputs(node: Mapping[str, Any]) -> list[str]:
    return list(_settings(node)[1].get("Inputs", []))


def _settings(node: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return next(iter(node.items()))


def _box(level: int, place: int, count: int, width: float, height: float) -> tuple[float, float, float, float]:
    row_width = count * (_WIDTH + _GAP) - _GAP
    left = (width - row_width) / 2 + place * (_WIDTH + _GAP)
    return left, height - _MARGIN - _HEIGHT - level * (_HEIGHT + _GAP), _WIDTH, _HEIGHT


def _card(node: Mapping[str, Any], box: tuple[float, float, float, float]) -> Card:
    kind, settings = _settings(node)
    role, colour = _ROLES[_role(kind)]
    return Card(
        box, colour, (f"{role} – {_TITLES.get(kind, kind)}", str(settings.get("Name", kind)), _detail(settings))
    )


def _role(kind: str) -> str:
    return next((role for role in ("source", "target") if kind.lower().endswith(role)), "transform")


def _detail(settings: Mapping[str, Any]) -> str:
    """What a person would check first on this node."""
    if "Mapping" in settings:
        return _mapping_detail(settings["Mapping"])
    if "SqlQuery" in settings:
        return _shortened(settings["SqlQuery"])
    place = settings.get("Path") or settings.get("Table") or settings.get("Paths") or ""
    form = settings.get("Format")
    return f"{place} ({form})" if form else str(place)


def _shortened(query: str) -> str:
    """The query's first words and its last."""
    words = query.split()
    shown = " ".join(words)
    return shown if len(shown) <= _LONGEST else f"{words[0]} … {' '.join(words[-2:])}"


def _mapping_detail(mapping: list[dict[str, Any]]) -> str:
    dropped = sum(bool(entry.get("Dropped")) for entry in mapping)
    retyped = sum(not entry.get("Dropped") and entry["FromType"] != entry["ToType"] for entry in mapping)
    return f"{len(mapping)} columns: {retyped} get a new type, {dropped} dropped"


def _draw(nodes: Mapping[str, Mapping[str, Any]], cards: Mapping[str, Card], width: float, height: float) -> Picture:
    figure, ax = blank(width, height)
    figure.set_facecolor(PALE)
    edges = [(start, node) for node in nodes for start in _inputs(nodes[node]) if start in cards]
    for start, end in edges:
        (x0, y0), (x1, y1) = cards[start].centre, cards[end].centre
        draw_arrow(ax, (x0, y0 - _HEIGHT / 2), (x1, y1 + _HEIGHT / 2))
    for card in cards.values():
        draw_card(ax, card)
    return picture(figure, _alt(cards, edges))


def _alt(cards: Mapping[str, Card], edges: list[tuple[str, str]]) -> str:
    boxes = "\n".join("  " + " | ".join(card.lines) for card in cards.values())
    arrows = "\n".join(f"  {cards[start].lines[1]} → {cards[end].lines[1]}" for start, end in edges)
    return f"Visual job\n{boxes}\nArrows\n{arrows}"
