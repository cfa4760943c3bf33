"""How a job's process asks the endpoint for what it may not do itself: one JSON object a message, over a connection of
this machine that only the holder of its key can open."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, Listener
from typing import Any

Record = dict[str, Any]


class Bridge:
    """Answers the requests of one process until it is closed. `answer` gets a request and returns what is sent back;
    it handles its own errors."""

    def __init__(self, answer: Callable[[Record], Record]) -> None:
        self._key = secrets.token_bytes(32)
        self._listener = Listener(("127.0.0.1", 0), authkey=self._key)
        self._answer = answer
        self._open: list[Connection] = []
        self._closed = False
        threading.Thread(target=self._accept, name="spark bridge", daemon=True).start()

    @property
    def address(self) -> Record:
        """What the process needs to connect."""
        host, port = self._listener.address
        return {"host": host, "port": port, "key": self._key.hex()}

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection = self._listener.accept()
            except Exception:  # a stranger without the key, or the end
                continue
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), name="spark requests", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                request = json.loads(connection.recv_bytes())
                connection.send_bytes(json.dumps(self._answer(request), default=str).encode())

    def close(self) -> None:
        """Answer no more."""
        self._closed = True
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.close()
