"""Processes that learn and score: their memory, their crashes and their libraries are not the endpoint's.

A child is `python -m …sagemaker.learning TASK SPEC`. It reports one JSON object a line on its standard output, and it
ends when its standard input does: an endpoint that is killed takes its children with it.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import JobFailed

_log = logging.getLogger(__name__)
_MODULE = f"{__package__}.learning"


class Child:
    """One such process, at work in `folder`, which also takes its error output."""

    def __init__(self, task: str, spec: dict[str, Any], folder: Path) -> None:
        self._stopped = False
        self._errors = folder / "errors.txt"
        place = folder / "spec.json"
        place.write_text(json.dumps(spec), encoding="utf-8")
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _MODULE, task, str(place)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=folder,
            )

    def events(self) -> Iterator[dict[str, Any]]:
        """What it reports, until it ends. Raises `JobFailed` when it ends badly and was not stopped."""
        if self._process.stdout is None:
            raise RuntimeError("a child without an output")
        for line in self._process.stdout:
            event = json.loads(line)
            if event["event"] == "failed":
                self.stop()
                raise JobFailed(event["reason"])
            yield event
        code = self._process.wait()
        if code and not self._stopped:
            _log.error("%s", self._errors.read_text(encoding="utf-8", errors="replace")[-4000:])
            raise JobFailed(
                f"AlgorithmError: the process ended with exit code {code}; the endpoint's log has the details"
            )

    @property
    def stopped(self) -> bool:
        """Whether it was told to end."""
        return self._stopped

    def stop(self) -> None:
        """End it."""
        self._stopped = True
        self._process.kill()
        self._process.wait()
