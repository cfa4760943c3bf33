"""What several commands share: options, and the workshop that they are about."""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cdr_helpers.errors import UsageError, WorkshopError

if TYPE_CHECKING:
    from cdr_helpers.workshop import Workshop


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


@contextmanager
def connected(target: str, name: str | None, keep: bool = False) -> Iterator[Workshop]:
    """The workshop on a target. A local AWS that was not running is stopped again at the end, unless `keep`."""
    from cdr_helpers import endpoint, workshop

    with endpoint.running(target, keep):
        with contextlib.redirect_stdout(io.StringIO()):  # `connect` shows the names: for a notebook
            found = workshop.connect(target, name or workshop.DEFAULT_NAME)
        yield found
