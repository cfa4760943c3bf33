"""What the workshop itself can complain about. Each message is one line: what is wrong, where, and the cure.

WorkshopError
├── CheckFailed          a chapter did not achieve what it should
├── UsageError           the command was called in a way that cannot work
└── NotebookError        a notebook could not be run to its end
    └── NotARunnable     it cannot be run at all: no `parameters` cell, an unknown parameter

What AWS complains about arrives as botocore's `ClientError` with AWS's own code and text.
"""

from __future__ import annotations


class WorkshopError(Exception):
    """Something that a person can put right. `cdr` prints its message as one line, without a traceback."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the message is all a reader needs."""
        return [f"{type(self).__name__}: {self}"]


class CheckFailed(WorkshopError):
    """The check at the end of a chapter found something wrong; the message says what, how much, and the cure."""


class UsageError(WorkshopError):
    """The command line asks for something that cannot work."""

    exit_code = 2


class NotebookError(WorkshopError):
    """A notebook did not run to its end; the message shows the failing cell."""


class NotARunnable(NotebookError):
    """A notebook that the runner refuses before it starts a kernel."""
