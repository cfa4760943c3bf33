"""The way to the endpoint: one question at a time, each answered in the name of the job's role."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable
from multiprocessing.connection import Client, Connection
from typing import Any

_CHANGES = ("publish", "put", "purge")

after_writes: list[Callable[[], None]] = []
"""Called when objects or tables have changed."""

_lock = threading.Lock()
_connection: Connection | None = None


class EndpointError(Exception):
    """What the endpoint answered instead of a result; `code` is AWS's, where it has one."""

    from_endpoint = True

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"An error occurred ({code}): {message}" if code else message)
        self.code, self.message = code, message


def connect(host: str, port: int, key: str) -> None:
    """Open the connection; called once, before the script runs."""
    global _connection
    _connection = Client((host, port), authkey=bytes.fromhex(key))


def ask(do: str, **request: Any) -> Any:
    """The endpoint's answer to a question. Raises `EndpointError`."""
    if _connection is None:
        raise RuntimeError("awsglue works inside a job run; this process is none")
    with _lock:
        _connection.send_bytes(json.dumps({"do": do, **request}).encode())
        answer = json.loads(_connection.recv_bytes())
    if "error" in answer:
        raise EndpointError(answer["error"]["code"], answer["error"]["message"])
    if do in _CHANGES:
        for call in after_writes:
            call()
    return answer["result"]


def new_folder() -> str:
    """A fresh folder of this run, for files that are handed to the endpoint."""
    return tempfile.mkdtemp(prefix="out-")
