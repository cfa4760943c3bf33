"""`cdr local …`: the local AWS as a background process."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from cdr_helpers import localaws


def add(subparsers: Any) -> None:
    """Add the command `local` and its own commands to a parser's subparsers; each sets `func`.

    That function takes the parsed arguments, returns the exit code, and raises `localaws.LocalAwsError` for an expected
    failure.
    """
    parser = subparsers.add_parser("local", help="start, stop and look at the local AWS")
    commands = parser.add_subparsers(dest="local_command", metavar="COMMAND", required=True)
    for name, text, func in _COMMANDS:
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        command.add_argument("--home", metavar="DIR", help="folder of the endpoint (default: one per checkout)")
        if name == "start":
            command.add_argument("--port", type=_port, metavar="N", help="port on 127.0.0.1 (default: as before)")
        command.set_defaults(func=func)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def _start(arguments: argparse.Namespace) -> int:
    print(localaws.start(arguments.home, arguments.port).url)
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    print("stopped" if localaws.stop(arguments.home) else "not running")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    running = localaws.status(arguments.home)
    if running is None:
        print(f"stopped\nhome {localaws.home_of(arguments.home)}")
    else:
        print(f"running\nurl {running.url}\npid {running.pid}\nhome {running.home}")
    return 0


def _env(arguments: argparse.Namespace) -> int:
    for name, value in localaws.ensure(arguments.home).environment.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _reset(arguments: argparse.Namespace) -> int:
    localaws.reset(arguments.home)
    print("emptied")
    return 0


_COMMANDS = (
    ("start", "start the local AWS in the background and print its address", _start),
    ("stop", "stop the local AWS", _stop),
    ("status", "say whether it runs, where, as which process and in which folder", _status),
    ("env", "print the variables that point any AWS client at it (starts it if need be)", _env),
    ("reset", "empty it: no bucket, no table, no role; keys and port stay", _reset),
)
