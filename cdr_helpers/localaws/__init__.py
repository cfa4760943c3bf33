"""A local AWS for S3, IAM, STS, Glue and Athena: a background process on this machine, state in a home folder.

This is its only door. Everything else in the package is its own business.
"""

from __future__ import annotations

from pathlib import Path

from . import home as _home
from . import process as _process
from .process import Endpoint, LocalAwsError

__all__ = ["Endpoint", "LocalAwsError", "ensure", "home_of", "reset", "start", "status", "stop"]


def start(home: str | Path | None = None, port: int | None = None) -> Endpoint:
    """Start the endpoint, or find it running; returns when it answers.

    `home` is its folder (default: `CDR_LOCAL_HOME`, else one per checkout); `port` the port on 127.0.0.1 (default: the
    one it had before, else a free one). Raises `LocalAwsError`.
    """
    return _process.start(home, port)


def ensure(home: str | Path | None = None) -> Endpoint:
    """The running endpoint, started if need be. Raises `LocalAwsError`."""
    return _process.start(home)


def status(home: str | Path | None = None) -> Endpoint | None:
    """The running endpoint, or None."""
    return _process.find(_home.resolve(home))


def stop(home: str | Path | None = None) -> bool:
    """Stop the endpoint. False when none ran. Raises `LocalAwsError`."""
    return _process.stop(home)


def reset(home: str | Path | None = None) -> None:
    """Empty the endpoint, running or not; keys and port stay. Raises `LocalAwsError`."""
    _process.reset(home)


def home_of(home: str | Path | None = None) -> Path:
    """Which folder is meant."""
    return _home.resolve(home).root
