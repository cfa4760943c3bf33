"""`cdr run`: the notebooks, executed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cdr_helpers.cli._options import add_name, add_target, check_name


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "run",
        help="execute the notebooks",
        description="Execute the notebooks in order with papermill and say how each went. A failing cell ends the run "
        "and is shown. 99_cleanup runs last, unless --keep. On the target local the local AWS is started for the run "
        "if it is not running, and stopped again, unless --keep.",
        allow_abbrev=False,
    )
    add_target(parser)
    add_name(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="upload the CSV files of DIR instead of data/")
    parser.add_argument("--only", type=_numbers, default=(), metavar="01,02", help="run just these, 99 only if named")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the executed copies (default: runs/latest)")
    parser.add_argument("--keep", action="store_true", help="leave what was made, and the local AWS running")
    parser.set_defaults(func=run)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers such as 01,02") from None


def run(arguments: argparse.Namespace) -> int:
    """Check the arguments, then run."""
    from cdr_helpers import runner
    from cdr_helpers.errors import UsageError, WorkshopError
    from cdr_helpers.workshop import csv_files

    check_name(arguments.name)
    if arguments.data:
        try:
            csv_files(arguments.data)
        except WorkshopError as error:
            raise UsageError(f"--data: {error}") from None
    out = arguments.out or runner.LATEST
    only = tuple(arguments.only)
    runner.run(runner.Request(arguments.target, arguments.name, arguments.data, only, out, arguments.keep))
    return 0
