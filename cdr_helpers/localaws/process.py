"""The endpoint as a background process: one per home, found again, never mistaken for another program."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import home

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
REGION = "ap-southeast-2"


class LocalAwsError(Exception):
    """An expected failure, in one line."""


@dataclass(frozen=True)
class Endpoint:
    """A running endpoint."""

    url: str
    access_key: str
    secret_key: str
    region: str
    pid: int
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point any AWS client at it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
        }


@contextlib.contextmanager
def held(path: Path, otherwise: str, seconds: float = 0.0) -> Iterator[None]:
    """Hold a lock file; `LocalAwsError(otherwise)` when somebody else still has it after `seconds`."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(path, timeout=seconds, mode=home.PRIVATE_FILE):
            yield
    except Timeout:
        raise LocalAwsError(otherwise) from None


def announce(place: home.Home, port: int, nonce: str) -> None:
    """Called by the server when it listens: how to find it, now and after a restart."""
    home.write_private(place.settings, {"port": port})
    home.write_private(place.process, {"pid": os.getpid(), "port": port, "nonce": nonce})


def report_failure(place: home.Home, message: str) -> None:
    """Called by the server when it cannot start; the starter reads it."""
    with contextlib.suppress(OSError):
        home.write_private(place.failure, {"pid": os.getpid(), "message": message})


def _ask(place: home.Home, port: int, command: str, seconds: float) -> dict[str, Any] | None:
    """The running server's answer to one of the endpoint's own commands; None when there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("POST", f"/_localaws/{command}", headers={"x-localaws-control": place.keys().control})
        response = connection.getresponse()
        return json.loads(response.read()) if response.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def find(place: home.Home) -> Endpoint | None:
    """The endpoint that runs in this home, or None."""
    known = home.read_json(place.process)
    if not known or not _is_alive(known) or not place.key_file.exists():
        return None
    answer = _ask(place, known["port"], "status", seconds=START_SECONDS)
    if answer is None or answer["nonce"] != known["nonce"]:
        return None
    return _endpoint(place, known)


def _endpoint(place: home.Home, known: dict[str, Any]) -> Endpoint:
    keys = place.keys()
    url = f"http://127.0.0.1:{known['port']}"
    return Endpoint(url, keys.access_key, keys.secret_key, REGION, known["pid"], place.root)


def _is_alive(known: dict[str, Any]) -> bool:
    # A closed port answers at once, so the process table is not asked: that would mean importing psutil.
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", int(known.get("port", 0)))) == 0


def start(root: str | Path | None = None, port: int | None = None) -> Endpoint:
    """Start the endpoint of a home unless it runs, and return when it answers. Raises `LocalAwsError`."""
    place = home.resolve(root)
    running = find(place) if place.process.exists() else None
    if running is None:
        _require_ours(place)
        _make(place)
        with held(place.start_lock, f"another start in {place.root} does not end", START_SECONDS):
            place.make_keys()
            running = find(place) or _spawn(place, port)
    if port and running.url != f"http://127.0.0.1:{port}":
        raise LocalAwsError(f"the endpoint already runs at {running.url}; `cdr local stop` it to change the port")
    return running


def _make(place: home.Home) -> None:
    try:
        place.make()
    except OSError as error:
        raise LocalAwsError(f"the home folder {place.root} cannot be used: {error.strerror}") from None


def _require_ours(place: home.Home) -> None:
    """A home is new, empty, or an endpoint's already: `reset` removes what is in it."""
    if place.root.exists() and not place.root.is_dir():
        raise LocalAwsError(f"the home folder {place.root} is a file")
    if place.root.is_dir() and not place.key_file.exists():
        strangers = [each.name for each in place.root.iterdir() if not each.name.endswith(".lock")]
        if set(strangers) - {"objects", "scratch"}:
            raise LocalAwsError(f"the folder {place.root} holds other files; name a new or an empty one as --home")


def _spawn(place: home.Home, port: int | None) -> Endpoint:
    wanted = port or int(home.read_json(place.settings).get("port", 0))
    place.failure.unlink(missing_ok=True)
    place.process.unlink(missing_ok=True)
    command = [sys.executable, "-m", "cdr_helpers.localaws.server", "--home", str(place.root), "--port", str(wanted)]
    child = subprocess.Popen(command, **_detached(place))
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if child.poll() is not None:
            raise LocalAwsError(_failure(place))
        running = find(place) if place.process.exists() else None
        if running is not None:
            return running
        time.sleep(POLL_SECONDS)
    child.kill()
    raise LocalAwsError(f"the endpoint did not answer within {START_SECONDS:.0f} s; see {place.log}")


def _failure(place: home.Home) -> str:
    message = home.read_json(place.failure).get("message")
    return str(message or f"the endpoint ended while it started; see {place.log}")


def _detached(place: home.Home) -> dict[str, Any]:
    """Options that leave the child nothing of its parent: no stream, no session, no folder."""
    environment = dict(os.environ)
    package = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [package, environment.get("PYTHONPATH")]))
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "close_fds": True,
        "cwd": str(place.root),
        "env": environment,
    }
    if sys.platform == "win32":
        options["creationflags"] = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        options["start_new_session"] = True
    return options


def stop(root: str | Path | None = None) -> bool:
    """Stop the endpoint of a home. False when none ran. Raises `LocalAwsError`."""
    place = home.resolve(root)
    if not place.root.is_dir():
        return False
    with held(place.start_lock, f"a start in {place.root} does not end", START_SECONDS):
        running = find(place)
        if running is None:
            return _kill_unresponsive(place)
        _ask(place, int(running.url.rpartition(":")[2]), "stop", seconds=5.0)
        if not _gone(running.pid, STOP_SECONDS):
            _kill_unresponsive(place)
        place.process.unlink(missing_ok=True)
        return True


def _kill_unresponsive(place: home.Home) -> bool:
    """End a server that does not answer, if that process is one: its command line names this home."""
    pid = home.read_json(place.process).get("pid")
    if not isinstance(pid, int) or not _is_our_server(pid, place):
        place.process.unlink(missing_ok=True)
        return False
    import psutil

    with contextlib.suppress(psutil.Error):
        psutil.Process(pid).kill()
    place.process.unlink(missing_ok=True)
    return _gone(pid, STOP_SECONDS)


def _is_our_server(pid: int, place: home.Home) -> bool:
    import psutil

    try:
        line = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return "cdr_helpers.localaws.server" in line and str(place.root) in line


def _gone(pid: int, seconds: float) -> bool:
    import psutil

    try:
        psutil.Process(pid).wait(seconds)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def reset(root: str | Path | None = None) -> None:
    """Empty the home, keeping keys and port, whether the endpoint runs or not. Raises `LocalAwsError`."""
    place = home.resolve(root)
    if not place.root.is_dir():
        return
    _require_ours(place)
    with held(place.start_lock, f"a start in {place.root} does not end", START_SECONDS):
        running = find(place)
        if running is not None:
            if _ask(place, int(running.url.rpartition(":")[2]), "reset", seconds=60.0) is None:
                raise LocalAwsError(f"the endpoint at {running.url} could not be reset; see {place.log}")
            return
        with held(place.run_lock, f"the endpoint in {place.root} runs and does not answer; `cdr local stop` it"):
            _empty(place)


def _empty(place: home.Home) -> None:
    for each in place.root.glob("state.sqlite*"):
        each.unlink(missing_ok=True)
    gone = place.root / f"gone-{uuid.uuid4().hex}"
    if place.objects.exists():
        place.objects.replace(gone)
    shutil.rmtree(place.results, ignore_errors=True)
    place.make()
    shutil.rmtree(gone, ignore_errors=True)
