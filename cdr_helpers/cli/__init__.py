"""The `cdr` command. Every other file of this folder is one command: `add(subparsers)` declares it.

Exit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted. Expected failures are one line on stderr.
Commands import what is heavy inside their functions, so that `cdr --help` answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import NoReturn

from cdr_helpers.errors import WorkshopError

INTERRUPTED = 130
"""What shells report for a program that Ctrl-C ended: 128 + SIGINT."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line that says where help is."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see `{self.prog} --help`)\n")


class _Help(argparse.HelpFormatter):
    """Help texts begin where the longest command still has room before them; argparse forgets the inner indent."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = 4 + max(map(len, command_modules()))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` defaults to the process's arguments."""
    _print_any_character()
    try:
        arguments = parser().parse_args(argv)
        return int(arguments.func(arguments))
    except KeyboardInterrupt:
        print("\ncdr: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        expected = _one_line(error)
        if expected is None:
            raise
        print(f"cdr: {expected}", file=sys.stderr)
        return getattr(error, "exit_code", 1)


def parser() -> argparse.ArgumentParser:
    """The parser with every command in it."""
    top = Parser(
        prog="cdr",
        description="The CDR workshop: run its notebooks, its local AWS and its data generator.",
        allow_abbrev=False,
        formatter_class=_Help,
    )
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in command_modules():
        importlib.import_module(f"{__name__}.{module}").add(subparsers)
    return top


def command_modules() -> list[str]:
    """The files of this folder that are commands: those whose names begin with a letter."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def _one_line(error: Exception) -> str | None:
    """The message of a failure that a person can act on; None for a bug, which keeps its traceback."""
    if isinstance(error, WorkshopError):
        return str(error)
    if isinstance(error, OSError):
        return _of_the_system(error)
    if any(kind.__module__ in _EXPECTED_MODULES for kind in type(error).__mro__):
        return " ".join(str(error).split())
    return None


_EXPECTED_MODULES = ("botocore.exceptions", "cdr_helpers.localaws.errors", "cdr_helpers.localaws.process")
"""Where exceptions come from that speak to a person: named as text, so that nothing heavy is imported to ask."""


def _of_the_system(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def _print_any_character() -> None:
    """A console whose encoding lacks a character shows `?` there instead of failing (Windows, LANG=C)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
