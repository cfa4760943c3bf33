"""The background process: started once, found again, never mistaken for another."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cdr_helpers import localaws
from tests.conftest import client_of

START_SECONDS, RESET_SECONDS = 3.0, 1.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of this test's own."""
    yield tmp_path / "home"
    localaws.stop(tmp_path / "home")


def test_two_kernels_that_start_at_once_end_with_one_server(home: Path) -> None:
    program = f"from cdr_helpers import localaws; print(localaws.ensure({str(home)!r}).pid)"
    command = [sys.executable, "-c", program]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    pids = {child.communicate(timeout=60)[0].strip() for child in started}
    assert len(pids) == 1
    mine = [
        each.pid for each in psutil.process_iter(["cmdline"]) if str(home) in (each.info["cmdline"] or []) and each.pid
    ]
    assert [str(pid) for pid in mine] == list(pids)


def test_a_life(home: Path) -> None:
    assert localaws.status(home) is None
    assert localaws.stop(home) is False
    begin = time.monotonic()
    first = localaws.start(home)
    client_of(first, "s3").list_buckets()
    assert time.monotonic() - begin < START_SECONDS
    assert localaws.start(home) == localaws.status(home) == localaws.ensure(home) == first
    assert psutil.pid_exists(first.pid)
    assert localaws.stop(home) is True
    assert not psutil.pid_exists(first.pid)
    assert localaws.status(home) is None
    again = localaws.start(home)
    assert (again.url, again.access_key, again.secret_key) == (first.url, first.access_key, first.secret_key)


def test_reset_empties_and_keeps_keys_and_port(home: Path) -> None:
    first = localaws.start(home)
    fill(first)
    begin = time.monotonic()
    localaws.reset(home)
    assert time.monotonic() - begin < RESET_SECONDS
    assert localaws.status(home) == first
    require_empty(first)
    fill(first)
    localaws.stop(home)
    localaws.reset(home)
    assert localaws.status(home) is None
    again = localaws.start(home)
    assert (again.url, again.secret_key) == (first.url, first.secret_key)
    require_empty(again)


def fill(running: localaws.Endpoint) -> None:
    s3 = client_of(running, "s3")
    s3.create_bucket(Bucket="full", CreateBucketConfiguration={"LocationConstraint": running.region})
    s3.put_object(Bucket="full", Key="k", Body=b"x")
    client_of(running, "glue").create_database(DatabaseInput={"Name": "full"})
    client_of(running, "iam").create_role(RoleName="full", AssumeRolePolicyDocument="{}")


def require_empty(running: localaws.Endpoint) -> None:
    assert client_of(running, "s3").list_buckets()["Buckets"] == []
    assert client_of(running, "glue").get_databases()["DatabaseList"] == []
    assert client_of(running, "iam").list_roles()["Roles"] == []
    assert list((running.home / "objects").iterdir()) == []


def test_a_taken_port_is_said(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(localaws.LocalAwsError, match=f"port {port} of 127.0.0.1 is taken"):
            localaws.start(home, port)
    assert localaws.start(home, port).url == f"http://127.0.0.1:{port}"
    with pytest.raises(localaws.LocalAwsError, match="already runs at"):
        localaws.start(home, port - 1)


def test_a_stale_process_file_harms_nobody(home: Path) -> None:
    running = localaws.start(home)
    localaws.stop(home)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    port = int(running.url.rpartition(":")[2])
    (home / "server.json").write_text(json.dumps({"pid": bystander.pid, "port": port, "nonce": "old"}))
    assert localaws.status(home) is None
    assert localaws.stop(home) is False
    assert bystander.poll() is None
    (home / "server.json").write_text(json.dumps({"pid": bystander.pid, "port": port, "nonce": "old"}))
    assert localaws.start(home).pid != bystander.pid
    bystander.communicate(b"\n", timeout=20)


def test_a_folder_with_other_files_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(localaws.LocalAwsError, match="holds other files"):
        localaws.start(tmp_path)
    with pytest.raises(localaws.LocalAwsError, match="holds other files"):
        localaws.reset(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(localaws.LocalAwsError, match="is a file"):
        localaws.start(tmp_path / "file")
