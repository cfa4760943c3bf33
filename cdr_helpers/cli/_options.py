"""Options that several commands share."""

from __future__ import annotations

import argparse

from cdr_helpers.errors import UsageError, WorkshopError


def add_target(parser: argparse.ArgumentParser) -> None:
    """`--target local|aws`."""
    parser.add_argument(
        "--target",
        choices=("local", "aws"),
        default="local",
        help="local: the AWS of this machine; aws: the account that boto3 finds (default: local)",
    )


def add_name(parser: argparse.ArgumentParser) -> None:
    """`--name NAME`, the word that every resource's name is made of."""
    parser.add_argument(
        "--name", metavar="NAME", help="what the workshop's resources are called (default: call-detail-records-mock)"
    )


def check_name(name: str | None) -> None:
    """Raise `UsageError` for a name that a bucket cannot have."""
    from cdr_helpers import workshop

    if name is None:
        return
    try:
        workshop.check_name(name)
    except WorkshopError as error:
        raise UsageError(f"--name: {error}") from None
