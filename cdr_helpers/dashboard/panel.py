"""A panel of the dashboard: a picture for each choice of the filter. Choosing needs no script, pointing a small one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

ALL = "all carriers"

STYLE = """
.cdr-panel{max-width:960px;margin:8px 0;color:#1A1A1A}
.cdr-panel h3{margin:0 0 6px;font:bold 20px "DejaVu Sans",Verdana,sans-serif}
.cdr-panel input{position:absolute;opacity:0;width:1px;height:1px}
.cdr-panel label{display:inline-block;margin:0 6px 6px 0;padding:4px 12px;border:2px solid #C9CED6;border-radius:14px;
cursor:pointer;font:15px "DejaVu Sans",Verdana,sans-serif;background:#FFF;color:#1A1A1A}
.cdr-panel input:focus-visible+label{outline:3px solid #E69F00}
.cdr-panel input:checked+label{background:#0072B2;border-color:#0072B2;color:#FFF}
.cdr-panel .view{display:none;background:#FFF}
#cdr-tip{position:fixed;z-index:99;pointer-events:none;background:#1A1A1A;color:#FFF;padding:8px 12px;border-radius:6px;
font:16px "DejaVu Sans",Verdana,sans-serif;white-space:pre-line;max-width:320px;display:none}
"""

SCRIPT = """
(function () {
  if (window.cdrTips) return;
  window.cdrTips = true;
  var tip = document.createElement("div");
  tip.id = "cdr-tip";
  document.body.appendChild(tip);
  document.addEventListener("mousemove", function (event) {
    var mark = event.target.closest ? event.target.closest("[data-tip]") : null;
    if (!mark) { tip.style.display = "none"; return; }
    var title = mark.querySelector("title");
    if (title) title.remove();
    tip.textContent = mark.getAttribute("data-tip");
    tip.style.display = "block";
    var left = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8);
    var top = event.clientY + 18 + tip.offsetHeight > window.innerHeight ? event.clientY - tip.offsetHeight - 12
      : event.clientY + 18;
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = top + "px";
  });
})();
"""


@dataclass(frozen=True)
class Panel:
    """A titled picture. `views`: choice of the filter → SVG; the first is shown at first. `alt` says it in words."""

    key: str
    title: str
    views: Mapping[str, str]
    alt: str

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        html = f"<style>{self.style()}</style>{self.html()}<script>{SCRIPT}</script>"
        return {"text/html": html, "image/svg+xml": next(iter(self.views.values())), "text/plain": self.alt}

    def style(self) -> str:
        """The style sheet, with one rule a choice."""
        shown = ",".join(f"#{self.key}-{at}:checked~.views .view-{at}" for at, _ in enumerate(self.views))
        return f"{STYLE}{shown}{{display:block}}"

    def html(self) -> str:
        """Title, filter and pictures, without style and script."""
        choices = (
            "".join(self._choice(at, words) for at, words in enumerate(self.views))
            if len(self.views) > 1
            else (f'<input type="radio" id="{self.key}-0" name="{self.key}" checked>')
        )
        views = "".join(f'<div class="view view-{at}">{view}</div>' for at, view in enumerate(self.views.values()))
        return (
            f'<section class="cdr-panel" id="{self.key}"><h3>{escape(self.title)}</h3>{choices}'
            f'<div class="views">{views}</div></section>'
        )

    def _choice(self, at: int, words: str) -> str:
        checked = " checked" if at == 0 else ""
        return (
            f'<input type="radio" id="{self.key}-{at}" name="{self.key}"{checked}>'
            f'<label for="{self.key}-{at}">{escape(words)}</label>'
        )
