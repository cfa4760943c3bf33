"""What lies where in the endpoint's home folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The endpoint's folder on disk."""

    root: Path

    @property
    def objects(self) -> Path:
        """Object bytes: one file per object version, never changed in place."""
        return self.root / "objects"

    @property
    def scratch(self) -> Path:
        """Work files of engines: spills, parts before they become objects. Emptied at start. Same file system as
        `objects`, so a finished part is moved, not copied."""
        return self.root / "scratch"


_active: Home | None = None


def activate(home: Home) -> None:
    """Called once by the server process, before anything else."""
    global _active
    _active = home


def active() -> Home:
    """The home of the server that this code runs in."""
    if _active is None:
        raise RuntimeError("no local AWS runs in this process")
    return _active
