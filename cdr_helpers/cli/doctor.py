"""`cdr doctor`: is this machine, or this account, ready for a class?"""

from __future__ import annotations

import argparse
from typing import Any

from cdr_helpers.cli._options import add_name, add_target, check_name


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "doctor",
        help="check the machine, or the account, before a class",
        description="Check Python, the packages against the lock, the disk, the kernel, and the local AWS; on the "
        "target aws the credentials, the region and the permissions. Nothing is made or changed. Exit code 1 when "
        "something would stop the workshop.",
        allow_abbrev=False,
    )
    add_target(parser)
    add_name(parser)
    parser.set_defaults(func=doctor)


def doctor(arguments: argparse.Namespace) -> int:
    """Print one line a check, with the cure where one is needed."""
    check_name(arguments.name)
    from cdr_helpers import readiness

    findings = list(readiness.of_machine())
    findings += readiness.of_local() if arguments.target == "local" else readiness.of_account(arguments.name)
    for finding in findings:
        print(finding)
    problems = [finding for finding in findings if finding.status == readiness.BAD]
    print(f"{len(problems)} of {len(findings)} checks need attention." if problems else "Ready.")
    return 1 if problems else 0
