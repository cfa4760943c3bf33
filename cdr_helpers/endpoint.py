"""The local AWS around a command: running while it works, stopped again if it was not running before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def running(target: str, keep: bool) -> Iterator[None]:
    """See that the local AWS runs, when `target` is `local`.

    One that ran before is left alone; one that was started here is stopped at the end, unless `keep`.
    """
    if target != "local":
        yield
        return
    from cdr_helpers import localaws

    if localaws.status():
        yield
        return
    localaws.start()
    try:
        yield
    finally:
        if not keep:
            localaws.stop()


def url() -> str | None:
    """Where the local AWS answers; None when it does not run."""
    from cdr_helpers import localaws

    found = localaws.status()
    return found.url if found else None
