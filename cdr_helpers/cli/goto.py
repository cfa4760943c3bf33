"""`cdr goto NN`: the state that a notebook starts from."""

from __future__ import annotations

import argparse
from typing import Any

from cdr_helpers.cli._options import add_name, add_target, check_name, connected


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "goto",
        help="bring the state to the start of a notebook",
        description="Delete what notebook NN and later ones made, run the ones before it, and leave the local AWS "
        "running: for whoever joins late, or wants to do a chapter again. Copies of what ran are in runs/goto.",
        allow_abbrev=False,
    )
    parser.add_argument("number", type=_number, metavar="NN", help="the number of a notebook, such as 04")
    add_target(parser)
    add_name(parser)
    parser.set_defaults(func=goto)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a notebook, such as 04")
    return int(text)


def goto(arguments: argparse.Namespace) -> int:
    """Reset what is later, run what is before."""
    from cdr_helpers import cleanup, runner

    check_name(arguments.name)
    notebooks = runner.find(runner.NOTEBOOKS)
    [wanted] = runner.select(notebooks, [arguments.number], keep=True)
    before = tuple(number for number in map(runner.number, notebooks) if number < arguments.number)
    with connected(arguments.target, arguments.name, keep=True) as workshop:
        if arguments.number != runner.CLEANUP:
            cleanup.delete(workshop, arguments.number, lambda resource: print(f"deleted {resource}"))
        if before:
            out = runner.ROOT / "runs" / "goto"
            runner.run(runner.Request(arguments.target, arguments.name, only=before, out=out, keep=True))
    print(f"Ready for {runner.short(wanted)}")
    return 0
