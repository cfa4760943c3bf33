"""Arguments of a job (AWS Glue: "Accessing parameters using getResolvedOptions")."""

from __future__ import annotations

from collections.abc import Sequence

_GIVEN_ANYWAY = ("JOB_ID", "JOB_RUN_ID", "TempDir", "SECURITY_CONFIGURATION", "job-bookmark-option")


class GlueArgumentError(Exception):
    """An argument that the script asks for was not given."""


def getResolvedOptions(args: Sequence[str], options: Sequence[str]) -> dict[str, str]:
    """The values of `--NAME value` or `--NAME=value` in `args` for the names in `options`, and of some that Glue gives
    itself; hyphens of a name become underscores. Raises `GlueArgumentError` for a name that is not there."""
    given = _given(args)
    missing = [name for name in options if name not in given]
    if missing:
        shown = ", ".join(f"--{name}" for name in missing)
        raise GlueArgumentError(f"the following arguments are required: {shown}")
    wanted = [*options, *(name for name in _GIVEN_ANYWAY if name in given)]
    return {name.replace("-", "_"): given[name] for name in wanted}


def _given(args: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 1
    while at < len(args):
        word = args[at]
        at += 1
        if not word.startswith("--"):
            continue
        name, mark, value = word[2:].partition("=")
        if not mark and at < len(args):
            value = args[at]
            at += 1
        found[name] = value
    return found
