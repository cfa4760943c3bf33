"""`python -m …sagemaker.learning TASK SPEC`: one task, reported as one JSON object a line."""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from .reading import Unusable


def report(event: str, **members: Any) -> None:
    """Tell the endpoint."""
    sys.stdout.write(json.dumps({"event": event, **members}) + "\n")
    sys.stdout.flush()


def _end_with_the_endpoint() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> None:
    """Run the task that the command line names; what the data does not allow is reported, not raised."""
    task, place = sys.argv[1:]
    threading.Thread(target=_end_with_the_endpoint, daemon=True).start()
    spec = json.loads(Path(place).read_text(encoding="utf-8"))
    work = importlib.import_module(f"{__package__}.{task}")
    try:
        work.run(spec, report)
    except Unusable as problem:
        report("failed", reason=str(problem))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # The thread that waits for the endpoint's end must not hold up this one's.
    os._exit(0)
