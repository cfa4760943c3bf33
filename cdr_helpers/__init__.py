"""The CDR workshop: the names that its notebooks import.

They are looked up when they are first used: a command or the local AWS pays for no module that it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import cdr_helpers.checks as checks
    import cdr_helpers.cleanup as cleanup
    import cdr_helpers.dashboard as dashboard
    import cdr_helpers.figures as figures
    import cdr_helpers.waiting as waiting
    from cdr_helpers.answers import AnswerSheet
    from cdr_helpers.asking import Ask
    from cdr_helpers.progress import Progress
    from cdr_helpers.waiting import existing_is_fine, missing_is_fine, until_role_is_usable
    from cdr_helpers.workshop import caller_labels, connect, csv_files, second_supply

__all__ = [
    "AnswerSheet",
    "Ask",
    "Progress",
    "caller_labels",
    "checks",
    "cleanup",
    "connect",
    "csv_files",
    "dashboard",
    "existing_is_fine",
    "figures",
    "missing_is_fine",
    "second_supply",
    "until_role_is_usable",
    "waiting",
]

_HOMES = {
    "AnswerSheet": "answers",
    "Ask": "asking",
    "Progress": "progress",
    "caller_labels": "workshop",
    "connect": "workshop",
    "csv_files": "workshop",
    "existing_is_fine": "waiting",
    "missing_is_fine": "waiting",
    "second_supply": "workshop",
    "until_role_is_usable": "waiting",
}
"""Name → the module that defines it. The other names are modules themselves."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOMES.get(name, name)}")
    return getattr(module, name) if name in _HOMES else module
