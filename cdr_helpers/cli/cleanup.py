"""`cdr cleanup`: delete what the workshop made."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from cdr_helpers.cli._options import add_name, add_target, check_name, connected


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "cleanup",
        help="delete what the workshop made",
        description="List what the workshop made and delete it: the same as 99_cleanup. It asks first.",
        allow_abbrev=False,
    )
    add_target(parser)
    add_name(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(func=cleanup)


def cleanup(arguments: argparse.Namespace) -> int:
    """List, ask, delete, and look again."""
    check_name(arguments.name)
    from cdr_helpers import cleanup as resources
    from cdr_helpers.errors import UsageError, WorkshopError

    if not arguments.yes and not sys.stdin.isatty():
        raise UsageError("nothing was deleted: there is no terminal to ask at; say --yes to delete without asking")
    with connected(arguments.target, arguments.name) as workshop:
        found = resources.inventory(workshop)
        for resource in found:
            print(resource)
        if not found:
            print("There is nothing to delete.")
            return 0
        if not arguments.yes and not _agreed(len(found)):
            print("Nothing was deleted.")
            return 1
        resources.delete(workshop, progress=lambda resource: print(f"deleted {resource.kind} {resource.name}"))
        left = resources.inventory(workshop)
        if left:
            raise WorkshopError(f"still there: {', '.join(map(str, left))}; run this again")
        print("Nothing is left.")
    return 0


def _agreed(count: int) -> bool:
    try:
        return input(f"Delete these {count}? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
