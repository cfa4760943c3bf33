"""Whether a machine or an account is ready for the workshop: what `cdr doctor` prints."""

from __future__ import annotations

import contextlib
import io
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from cdr_helpers import endpoint
from cdr_helpers import workshop as workshops
from cdr_helpers.errors import WorkshopError

OK, BAD, NOTE = "ok", "BAD", "note"

ROOT = Path(__file__).resolve().parent.parent
_OLDEST_PYTHON = (3, 11)
_DISK_GB = 2.0
_MEMORY_GB = 2.0


@dataclass(frozen=True)
class Finding:
    """One check: its status, what was looked at, what was found and, unless it is fine, the cure."""

    status: str
    subject: str
    found: str
    cure: str = ""

    def __str__(self) -> str:
        line = f"{self.status:<5} {self.subject:<14} {self.found}"
        return f"{line.rstrip('.')}. {self.cure}" if self.cure and self.status != OK else line


def _finding(fine: bool, subject: str, found: str, cure: str) -> Finding:
    return Finding(OK if fine else BAD, subject, found, cure)


def of_machine() -> Iterator[Finding]:
    """Python, the packages, the disk, the memory and the kernel."""
    yield _finding(
        sys.version_info >= _OLDEST_PYTHON,
        "python",
        f"{platform.python_version()} on {platform.system()}",
        "Python 3.11 or newer is needed: make PYTHON=python3.12 env",
    )
    yield _packages()
    yield _gigabytes("disk", shutil.disk_usage(ROOT).free, _DISK_GB, "Make room on this disk.")
    yield from _memory()
    yield _kernel()


def _gigabytes(subject: str, free: float, needed: float, cure: str) -> Finding:
    return _finding(free >= needed * 1e9, subject, f"{free / 1e9:.1f} GB free, {needed:.0f} needed", cure)


def _memory() -> Iterator[Finding]:
    import psutil

    yield _gigabytes("memory", psutil.virtual_memory().available, _MEMORY_GB, "Close other programs.")


def locked_versions(lock: str) -> dict[str, str]:
    """Package → version of the lines of a lock that apply to this machine."""
    from packaging.requirements import Requirement

    lines = re.findall(r"^([A-Za-z0-9][^\\\n]*?)\s*\\?$", lock, flags=re.MULTILINE)
    wanted = [requirement for requirement in map(Requirement, lines) if _applies(requirement)]
    return {requirement.name: str(requirement.specifier).removeprefix("==") for requirement in wanted}


def _applies(requirement: Any) -> bool:
    return requirement.marker is None or bool(requirement.marker.evaluate())


def _packages() -> Finding:
    """Compare what is installed with the lock."""
    lock = ROOT / "requirements.lock"
    if not lock.exists():
        return Finding(BAD, "packages", f"{lock} is missing", "Clone the project again.")
    wanted = locked_versions(lock.read_text(encoding="utf-8"))
    wrong = [
        f"{name} {_installed(name)}, not {version}" for name, version in wanted.items() if _installed(name) != version
    ]
    found = f"{len(wanted)} as locked" if not wrong else f"{len(wrong)} not as locked: {', '.join(wrong[:3])}"
    return _finding(not wrong, "packages", found, "Run `make env` again.")


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _kernel() -> Finding:
    """Notebooks name the kernel `python3`, which must be the Python that has the packages."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    cure = "Run `make env` again, and start Jupyter from the project's own .venv."
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding(BAD, "kernel", "there is no kernel python3", cure)
    own = program.startswith("python") or Path(program).resolve() == Path(sys.executable).resolve()
    return _finding(own, "kernel", "python3" if own else f"python3 is {program}", cure)


# ── target local ────────────────────────────────────────────────────────────────────────────────────────────────────


def of_local() -> Iterator[Finding]:
    """The local AWS: it answers, or could be started."""
    url = endpoint.url()
    if url is None:
        yield Finding(NOTE, "local AWS", "stopped", "It starts by itself when a notebook connects.")
        return
    yield Finding(OK, "local AWS", f"running at {url}")
    yield from _connection("local", None)


# ── target aws ──────────────────────────────────────────────────────────────────────────────────────────────────────


def of_account(name: str | None) -> Iterator[Finding]:
    """The account that boto3 finds: credentials, region, and what the caller may look at."""
    yield from _connection("aws", name)


def _connection(target: str, name: str | None) -> Iterator[Finding]:
    cure = (
        "See what `aws sts get-caller-identity` says." if target == "aws" else "Run `cdr local stop`, then try again."
    )
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # `connect` shows the names: for a notebook
            found = workshops.connect(target, name or workshops.DEFAULT_NAME)
    except WorkshopError as error:
        yield Finding(BAD, "credentials", str(error), cure)
        return
    yield Finding(OK, "credentials", f"account {found.account_id}, region {found.region}")
    for subject, look in _LOOKS.items():
        yield _look(subject, look, found)


_LOOKS: dict[str, Callable[[Any, Any], object]] = {
    "s3": lambda session, workshop: session.client("s3").list_buckets(),
    "iam": lambda session, workshop: session.client("iam").list_role_policies(RoleName=workshop.role),
    "glue catalog": lambda session, workshop: session.client("glue").get_databases(MaxResults=1),
    "glue crawlers": lambda session, workshop: session.client("glue").get_crawlers(MaxResults=1),
    "glue jobs": lambda session, workshop: session.client("glue").get_jobs(MaxResults=1),
    "athena": lambda session, workshop: session.client("athena").get_work_group(WorkGroup="primary"),
}
"""What the workshop must be allowed at the least; each call reads and changes nothing."""

_MISSING_IS_FINE = ("NoSuchEntity", "EntityNotFoundException")


def _look(subject: str, look: Callable[[Any, Any], object], workshop: Any) -> Finding:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        look(boto3.Session(region_name=workshop.region), workshop)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MISSING_IS_FINE:
            return Finding(BAD, subject, _one_line(error), "Ask whoever owns the account for this permission.")
    except BotoCoreError as error:
        return Finding(BAD, subject, _one_line(error), "Is this service in this region, and the network up?")
    return Finding(OK, subject, "may be used")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
