"""Work in the background that passes through AWS's states."""

from __future__ import annotations

import threading
from collections.abc import Callable


def start(name: str, work: Callable[[], None]) -> threading.Thread:
    """Run `work` in a daemon thread. `work` handles its own errors: whatever it raises here is a defect and is
    written to the endpoint's log."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
