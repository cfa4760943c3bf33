"""`cdr dashboard`: the board of chapter 08 as one HTML file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdr_helpers.cli._options import add_name, add_target, check_name, connected
from cdr_helpers.errors import UsageError, WorkshopError

if TYPE_CHECKING:
    from cdr_helpers.workshop import Workshop


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "dashboard",
        help="write the dashboard as one HTML file",
        description="Ask Athena the questions of chapter 08 and write the answers as one self-contained page: it opens "
        "in any browser, without a network. Chapters 01 to 04 must have been run.",
        allow_abbrev=False,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.html", help="the file to write")
    add_target(parser)
    add_name(parser)
    parser.set_defaults(func=dashboard)


def dashboard(arguments: argparse.Namespace) -> int:
    """Write the page."""
    check_name(arguments.name)
    if arguments.out.is_dir() or not arguments.out.resolve().parent.is_dir():
        raise UsageError(f"--out: {arguments.out} is no file in a folder that exists")
    with connected(arguments.target, arguments.name) as workshop:
        _check_table(workshop)
        from cdr_helpers import dashboard as board

        text = board.page(board.read(workshop), "Call detail records", f"{workshop.bucket}, by Athena")
    arguments.out.write_text(text, encoding="utf-8")
    print(f"{arguments.out} ({len(text.encode()):,} bytes)")
    return 0


def _check_table(workshop: Workshop) -> None:
    import boto3
    from botocore.exceptions import ClientError

    from cdr_helpers.asking import Ask

    glue = boto3.client("glue")
    try:
        names = {table["Name"] for table in glue.get_tables(DatabaseName=workshop.database)["TableList"]}
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        names = set()
    if not names & set(Ask.TABLES):
        raise WorkshopError(
            f"There is no table of calls in {workshop.database}. Run chapters 01 to 04 first: `cdr goto 05`"
        )
