"""HTTP/1.1 on a loopback socket: requests as they were sent, answers that stream files.

Signatures cover what was sent, byte for byte, so nothing is normalised here: the path stays encoded, a header keeps its
value. One thread a connection, kept alive; a request's body is read by whoever handles it.
"""

from __future__ import annotations

import logging
import socket
import socketserver
import sys
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, BinaryIO

from .s3.blobs import Bytes

MAX_LINE = 65536
MAX_HEADERS = 200
IDLE_SECONDS = 300.0
DRAIN_BYTES = 1 << 20
_NO_BODY = frozenset({204, 304})
_log = logging.getLogger(__name__)


class BadRequest(Exception):
    """What came is not HTTP/1.1 as this server speaks it; the connection ends."""


class Body:
    """The body of one request, read at most to its end."""

    def __init__(self, file: BinaryIO, length: int | None, chunked: bool, go_ahead: Callable[[], None]) -> None:
        self._file, self._left, self._chunked = file, length or 0, chunked
        self._go_ahead: Callable[[], None] | None = go_ahead
        self.length = length
        self.finished = not chunked and not length

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; empty at the end. Raises `BadRequest` when the connection breaks off."""
        if self.finished:
            return b""
        if self._go_ahead:
            self._go_ahead()
            self._go_ahead = None
        if self._chunked and not self._left and not self._next_chunk():
            return b""
        data = self._file.read(min(size, self._left))
        if not data:
            raise BadRequest("the request body terminated unexpectedly")
        self._left -= len(data)
        if not self._left:
            self._end_of_run()
        return data

    def _next_chunk(self) -> bool:
        try:
            self._left = int(self._file.readline(MAX_LINE).split(b";")[0], 16)
        except ValueError:
            raise BadRequest("a chunk has no size") from None
        if self._left:
            return True
        while self._file.readline(MAX_LINE).strip():
            pass
        self.finished = True
        return False

    def _end_of_run(self) -> None:
        if self._chunked:
            self._file.readline(MAX_LINE)
        else:
            self.finished = True

    def drain(self) -> bool:
        """Read away a short rest, so that the connection can go on. False when it cannot."""
        if self._go_ahead and not self.finished:
            return False
        if self.finished:
            return True
        left = DRAIN_BYTES
        while left > 0:
            data = self.read(min(left, 65536))
            if not data:
                return True
            left -= len(data)
        return self.finished


class Incoming:
    """One request as it came. `headers`: lower-case name → values joined by commas."""

    __slots__ = ("method", "path", "query", "headers", "spelled", "body")

    def __init__(self, method: str, target: str, lines: list[tuple[str, str]], body: Body) -> None:
        self.method = method
        self.path, _, self.query = target.partition("?")
        self.headers: dict[str, str] = {}
        self.spelled: dict[str, str] = {}
        for name, value in lines:
            key = name.lower()
            self.headers[key] = f"{self.headers[key]},{value}" if key in self.headers else value
            self.spelled[key] = name
        self.body = body


Answer = tuple[int, dict[str, str], Any]
Application = Callable[[Incoming], Answer]


class Connection(socketserver.StreamRequestHandler):
    """Reads requests off one connection until it ends."""

    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    rbufsize = 1 << 16
    server: LoopbackServer

    def handle(self) -> None:
        try:
            while self._one():
                pass
        except (BadRequest, OSError):
            return

    def _one(self) -> bool:
        line = self.rfile.readline(MAX_LINE + 1)
        if not line.strip():
            return bool(line)
        words = line.decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1.") or len(line) > MAX_LINE:
            raise BadRequest("no request line")
        request = self._request(words[0], words[1])
        answer = self.server.application(request)
        alive = request.headers.get("connection", "").lower() != "close" and words[2] != "HTTP/1.0"
        alive = request.body.drain() and alive
        self._send(request.method, answer, alive)
        return alive

    def _request(self, method: str, target: str) -> Incoming:
        if not target.startswith("/"):
            # The absolute form is for proxies; its host would be a second, unsigned one.
            raise BadRequest("no absolute path")
        lines: list[tuple[str, str]] = []
        while True:
            line = self.rfile.readline(MAX_LINE + 1)
            if line in (b"\r\n", b"\n"):
                break
            name, colon, value = line.decode("utf-8", "surrogateescape").partition(":")
            if not colon or name != name.strip() or len(lines) > MAX_HEADERS or len(line) > MAX_LINE:
                raise BadRequest("no header line")
            lines.append((name, value.strip()))
        return Incoming(method, target, lines, self._body(lines))

    def _body(self, lines: list[tuple[str, str]]) -> Body:
        lengths = {value for name, value in lines if name.lower() == "content-length"}
        codings = [value.lower() for name, value in lines if name.lower() == "transfer-encoding"]
        if len(lengths) > 1 or (lengths and codings) or codings not in ([], ["chunked"]):
            raise BadRequest("no single length")
        length = next(iter(lengths), None)
        if length is not None and not (length.isascii() and length.isdigit()):
            raise BadRequest("no length")
        waits = any(name.lower() == "expect" and value.lower() == "100-continue" for name, value in lines)
        go_ahead = self._continue if waits else _nothing
        body = Body(self.rfile, int(length) if length else None, bool(codings), go_ahead)  # type: ignore[arg-type]
        if not waits:
            body._go_ahead = None
        return body

    def _continue(self) -> None:
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _send(self, method: str, answer: Answer, alive: bool) -> None:
        status, headers, body = answer
        length = _length(body)
        head = [f"HTTP/1.1 {status} {_phrase(status)}"]
        names = {name.lower() for name in headers}
        head += [f"{name}: {value}" for name, value in headers.items() if _may_send(name, method)]
        if "date" not in names:
            head.append(f"Date: {formatdate(usegmt=True)}")
        if status not in _NO_BODY and not (method == "HEAD" and "content-length" in names):
            head.append(f"Content-Length: {length}")
        if not alive:
            head.append("Connection: close")
        data = ("\r\n".join(head) + "\r\n\r\n").encode("utf-8", "surrogateescape")
        if method == "HEAD" or status in _NO_BODY or not length:
            self.wfile.write(data)
        elif isinstance(body, Bytes):
            self._send_file(data, body)
        else:
            self.wfile.write(data + body)

    def _send_file(self, head: bytes, body: Bytes) -> None:
        with body.path.open("rb") as file:
            self.wfile.write(head)
            self.connection.sendfile(file, body.start, body.size)


def _nothing() -> None:
    """The client waits for no go-ahead."""


def _length(body: Any) -> int:
    return len(body) if body else 0


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"


def _may_send(name: str, method: str) -> bool:
    # The length of a HEAD's answer is the object's; of all others it is what is sent.
    lowered = name.lower()
    return lowered not in ("connection", "transfer-encoding", "status") and (
        lowered != "content-length" or method == "HEAD"
    )


class LoopbackServer(socketserver.ThreadingTCPServer):
    """Listens on 127.0.0.1 only. Raises `OSError` when the port is taken."""

    daemon_threads = True
    request_queue_size = 128
    # On Windows the option would let a second process take the port over.
    allow_reuse_address = sys.platform != "win32"

    def __init__(self, port: int, application: Application) -> None:
        self.application = application
        super().__init__(("127.0.0.1", port), Connection)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.exception("connection")

    def get_request(self) -> tuple[socket.socket, Any]:
        accepted, address = super().get_request()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return accepted, address


def read_all(body: Body, limit: int) -> bytes | None:
    """The whole body in memory; None when it is longer than `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    for part in blocks(body):
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


def blocks(body: Body, size: int = 1 << 18) -> Iterable[bytes]:
    """The body, a block at a time."""
    while block := body.read(size):
        yield block
