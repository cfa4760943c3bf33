"""The process of a job on Spark: Python with a Java virtual machine and Python workers below it.

It lives in a session of its own, so that all of them are found and ended whatever became of the first. It ends when its
standard input does: an endpoint that is killed takes it along.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

FLUSH_SECONDS = 0.5
MOST_CHARACTERS = 200_000
"""Of one line in CloudWatch Logs, which takes 256 KiB."""

SITE = Path(__file__).with_name("site")
Write = Callable[[str, list[str]], None]


class Child:
    """The process of one run. `write(stream, lines)` gets what it prints: the stream is `output` or `error`."""

    def __init__(self, spec: dict[str, Any], environment: dict[str, str], folder: Path, write: Write) -> None:
        self._stopped = False
        self._process = subprocess.Popen(
            [sys.executable, "-u", str(SITE / "runner.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=sys.platform != "win32",
        )
        self._lines = [
            Lines("output", _pipe(self._process.stdout), write),
            Lines("error", _pipe(self._process.stderr), write),
        ]
        with contextlib.suppress(OSError):
            entrance = _pipe(self._process.stdin)
            entrance.write(json.dumps(spec).encode() + b"\n")
            entrance.flush()

    def wait(self) -> int:
        """Its exit code, once it has ended and everything that it started is gone; negative for a signal."""
        code = self._process.wait()
        self._end_family()
        for lines in self._lines:
            lines.finish()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        return code

    @property
    def stopped(self) -> bool:
        """Whether it was told to end."""
        return self._stopped

    def interrupt(self) -> None:
        """End it and all it started; more than once is no harm."""
        if self._process.poll() is None:
            self._stopped = True
            self._end_family()

    def _end_family(self) -> None:
        import psutil

        # Twice: a process may start another while the first look is taken.
        for _ in range(2):
            for member in list(self._family()):
                with contextlib.suppress(psutil.Error, OSError):
                    member.kill()

    def _family(self) -> Iterator[Any]:
        import psutil

        with contextlib.suppress(psutil.Error):
            if self._process.poll() is None:
                yield psutil.Process(self._process.pid)
                yield from psutil.Process(self._process.pid).children(recursive=True)
        if sys.platform != "win32":
            for process in psutil.process_iter():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    if os.getsid(process.pid) == self._process.pid and process.pid != self._process.pid:
                        yield process


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("a child without its pipes")
    return stream


class Lines:
    """What a process prints, handed on line by line, a batch each half second."""

    def __init__(self, stream: str, source: IO[bytes], write: Write) -> None:
        self._stream, self._source, self._write = stream, source, write
        self._found: list[str] = []
        self._lock, self._over = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._flush)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        try:
            for line in self._source:
                text = line.decode("utf-8", "replace").rstrip("\r\n")[:MOST_CHARACTERS]
                with self._lock:
                    self._found += [text] if text else []
        finally:
            self._over.set()

    def _flush(self) -> None:
        over = False
        while not over:
            over = self._over.wait(FLUSH_SECONDS)
            with self._lock:
                found, self._found = self._found, []
            if found:
                self._write(self._stream, found)

    def finish(self) -> None:
        """Wait until everything was handed on."""
        for thread in self._threads:
            thread.join()
        self._source.close()


def how_it_ended(code: int) -> str:
    """An exit code in words, for a process that said nothing of its failure."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"The Spark process of the run was ended by {signal.Signals(-code).name}."
        return f"The Spark process of the run was ended by signal {-code}."
    return f"The Spark process of the run ended with exit code {code}; /aws-glue/jobs/error has its output."
