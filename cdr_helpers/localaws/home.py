"""What lies where in the endpoint's home folder, and its key pair."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER_NAME = ".cdr-local"
HOME_VARIABLE = "CDR_LOCAL_HOME"
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


@dataclass(frozen=True)
class Keys:
    """The one key pair that requests must be signed with, and the token of the endpoint's own commands."""

    access_key: str
    secret_key: str
    control: str


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

    @property
    def results(self) -> Path:
        """Results of queries that Athena keeps itself ("managed query results"); made when there is one."""
        return self.root / "results"

    @property
    def database(self) -> Path:
        """State of the services."""
        return self.root / "state.sqlite"

    @property
    def log(self) -> Path:
        """What the server has to say: defects with their traceback, refused starts."""
        return self.root / "server.log"

    @property
    def settings(self) -> Path:
        """The port, kept over restarts."""
        return self.root / "endpoint.json"

    @property
    def process(self) -> Path:
        """Process id, port and nonce of the running server."""
        return self.root / "server.json"

    @property
    def start_lock(self) -> Path:
        """Held while the endpoint is started or stopped, so that two kernels end with one server."""
        return self.root / "start.lock"

    @property
    def run_lock(self) -> Path:
        """Held by the server as long as it lives."""
        return self.root / "run.lock"

    def make(self) -> None:
        """Make the folder, readable by its owner only. Raises `OSError` when it cannot be made."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(PRIVATE_FOLDER)
        for folder in (self.objects, self.scratch):
            folder.mkdir(exist_ok=True, mode=PRIVATE_FOLDER)

    @property
    def key_file(self) -> Path:
        """The key pair; what makes a folder the home of an endpoint."""
        return self.root / "keys.json"

    @property
    def failure(self) -> Path:
        """Why the last start failed, for whoever started it."""
        return self.root / "failure.json"

    def make_keys(self) -> None:
        """Make the key pair unless there is one; while `start_lock` is held."""
        if not self.key_file.exists():
            write_private(self.key_file, _new_keys())

    def keys(self) -> Keys:
        """The key pair. Raises `OSError` without one."""
        return Keys(**json.loads(self.key_file.read_text("utf-8")))


def _new_keys() -> dict[str, str]:
    letters = string.ascii_uppercase + string.digits[2:8]
    return {
        # The form of AWS's own keys: 20 characters, of which clients check the alphabet at most.
        "access_key": "AKIA" + "".join(secrets.choice(letters) for _ in range(16)),
        "secret_key": secrets.token_urlsafe(30),
        "control": secrets.token_urlsafe(30),
    }


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only the owner may read, whole or not at all."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    part.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of the home; empty when it is missing or cut short."""
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def default_root() -> Path:
    """`CDR_LOCAL_HOME`, else `.cdr-local` in the checkout, else a folder of the user for this installation."""
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file():
        return checkout / FOLDER_NAME
    mark = hashlib.sha256(str(checkout).encode()).hexdigest()[:12]
    return Path.home() / FOLDER_NAME / mark


def resolve(root: str | Path | None = None) -> Home:
    """The home at `root`, or the default one."""
    return Home(Path(root).expanduser().absolute() if root else default_root())


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
