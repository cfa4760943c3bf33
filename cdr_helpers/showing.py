"""Showing things: as rich output in a notebook, as text in a terminal."""

from __future__ import annotations

import sys
from typing import Any


class Nothing:
    """What a display that has done its work shows."""

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": "", "text/plain": ""}


def in_notebook() -> bool:
    """Whether outputs go to a notebook (or an IPython shell) rather than to a plain terminal."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def show(thing: object) -> None:
    """Display `thing` in a notebook; print its text elsewhere."""
    if in_notebook():
        from IPython.display import display

        display(thing)
    else:
        print(thing)


def live_display() -> Any:
    """A display handle with `update`, empty at first; None outside a notebook."""
    if not in_notebook():
        return None
    from IPython.display import display

    return display(Nothing(), display_id=True)
