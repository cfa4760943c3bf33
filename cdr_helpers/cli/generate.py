"""`cdr generate`: mock call detail records with known answers."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "generate",
        help="write mock CDR files and their ground truth",
        description="Write one CSV file of mock call detail records a month, and ground-truth.json: what an analyst "
        "should find in them. From 100 rows a month on, an outage, scam callers and robot diallers are planted, and "
        "labels/caller-labels.csv says which callers are unwanted.",
        allow_abbrev=False,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files; it is made")
    parser.add_argument("--months", type=int, default=12, metavar="N", help="how many files (default: 12)")
    parser.add_argument("--rows", type=int, default=5_000, metavar="N", help="rows per month (default: 5000)")
    parser.add_argument(
        "--start", type=_month, default="2021-01", metavar="YYYY-MM", help="first month (default: 2021-01)"
    )
    parser.add_argument(
        "--date-format",
        choices=("iso", "dmy"),
        default="iso",
        help="iso: 2021-02-25 11:53:07; dmy: 25-02-2021 11:53, which a plain cast turns into NULL (default: iso)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed, the same files (default: 1)")
    parser.set_defaults(func=generate)


def _month(text: str) -> date:
    try:
        year, month = text.split("-")
        if len(year) != 4 or len(month) != 2:
            raise ValueError
        return date(int(year), int(month), 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no month; write it as 2021-01") from None


def generate(arguments: argparse.Namespace) -> int:
    """Write the files and say what was written."""
    from cdr_helpers.records import effects, generator

    settings = generator.Settings(
        arguments.months, arguments.rows, arguments.start, arguments.date_format, arguments.seed
    )
    truth = generator.generate(arguments.out, settings)
    if settings.rows < effects.SMALLEST_MONTH:
        print(f"Below {effects.SMALLEST_MONTH} rows a month there is no room for an outage, scammers or robots.")
    print(f"{len(truth['files'])} files, {truth['rows']:,} rows, and {generator.GROUND_TRUTH} in {arguments.out}")
    return 0
