"""The whole board as one file that needs nothing else: no network, no server, no library."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cdr_helpers.dashboard.panel import SCRIPT, STYLE, Panel
from cdr_helpers.unanswered import Unanswered

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; background: #F4F6F8; color: #1A1A1A; font: 17px "DejaVu Sans", Verdana, sans-serif }}
header {{ background: #1A1A1A; color: #FFF; padding: 14px 22px }}
h1 {{ margin: 0; font-size: 24px }}
header p {{ margin: 4px 0 0; font-size: 15px; color: #DDD }}
main {{ display: grid; gap: 14px; padding: 14px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)) }}
main > .cdr-panel {{ max-width: none; margin: 0 }}
#outages, #days {{ grid-column: 1 / -1 }}
#outages .views {{ max-width: 640px }}
#days .views {{ max-width: 900px }}
main > section {{ background: #FFF; border-radius: 8px; padding: 14px; max-width: none; margin: 0; min-width: 0 }}
{style}
</style>
</head>
<body>
<header><h1>{title}</h1><p>{subtitle}</p></header>
<main>
{panels}
</main>
<script>{script}</script>
</body>
</html>
"""


def page(panels: Sequence[Panel | Unanswered], title: str, subtitle: str) -> str:
    """The HTML text of a board. What has no answer says why, in its place."""
    style = STYLE + "".join(panel.style().removeprefix(STYLE) for panel in panels if isinstance(panel, Panel))
    return _PAGE.format(
        title=escape(title),
        subtitle=escape(subtitle),
        style=style,
        script=SCRIPT,
        panels="\n".join(map(_section, panels)),
    )


def _section(panel: Panel | Unanswered) -> str:
    return panel.html() if isinstance(panel, Panel) else f"<section><p>◆ {escape(panel.reason)}</p></section>"
