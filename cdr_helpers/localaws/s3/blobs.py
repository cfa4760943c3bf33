"""Object bytes as plain files with opaque names, never changed once they have their name."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
import uuid
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from .. import home

BLOCK = 1 << 20
# A file whose object is gone stays a while: somebody may have looked the object up and not opened the file yet.
GRACE_SECONDS = 30.0


class Bytes:
    """A run of bytes in a file: what a GET answers, a copy reads, and `[a:b]` narrows.

    `md5` is known when the run is a whole file whose digest was taken as it was written.
    """

    __slots__ = ("path", "start", "size", "md5")

    def __init__(self, path: Path, start: int, size: int, md5: str | None = None) -> None:
        self.path, self.start, self.size, self.md5 = path, start, size, md5

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> Bytes:
        begin, end, _ = part.indices(self.size)
        if begin == 0 and end == self.size:
            return self
        return Bytes(self.path, self.start + begin, max(0, end - begin))

    def __bytes__(self) -> bytes:
        return b"".join(self.blocks())

    def blocks(self) -> Iterator[bytes]:
        """The bytes, a block at a time."""
        with self.path.open("rb") as file:
            yield from read_blocks(file, self.start, self.size)


def read_blocks(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    """`size` bytes of an open file from `start` on."""
    file.seek(start)
    while size > 0:
        block = file.read(min(BLOCK, size))
        if not block:
            raise OSError(f"{file.name} is shorter than its object")
        size -= len(block)
        yield block


class Received:
    """A finished file below `scratch` that becomes a blob by getting its name. `checksums`: base64 by algorithm."""

    __slots__ = ("path", "size", "md5", "checksums")

    def __init__(self, path: Path, size: int, md5: str | None, checksums: dict[str, str] | None = None) -> None:
        self.path, self.size, self.md5 = path, size, md5
        self.checksums = checksums or {}

    def __len__(self) -> int:
        return self.size


def new_path() -> Path:
    """A fresh name for a blob."""
    return home.active().objects / uuid.uuid4().hex


def new_scratch() -> Path:
    """A fresh name for a file that is still being written."""
    return home.active().scratch / uuid.uuid4().hex


def store_bytes(data: bytes) -> Bytes:
    """Write a blob from memory."""
    part, path = new_scratch(), new_path()
    part.write_bytes(data)
    part.replace(path)
    return Bytes(path, 0, len(data), hashlib.md5(data, usedforsecurity=False).hexdigest())


def store_received(received: Received) -> Bytes:
    """Make a finished file a blob."""
    path = new_path()
    received.path.replace(path)
    return Bytes(path, 0, received.size, received.md5 or file_md5(Bytes(path, 0, received.size)))


def store_copy(source: Bytes) -> Bytes:
    """A blob with the bytes of another: the same file under a second name where the system can, else a copy."""
    path = new_path()
    if source.start == 0 and source.size == source.path.stat().st_size and _linked(source.path, path):
        return Bytes(path, 0, source.size, source.md5 or file_md5(source))
    return store_joined([source])


def _linked(source: Path, path: Path) -> bool:
    try:
        os.link(source, path)
    except (OSError, NotImplementedError):
        return False
    return True


def store_joined(parts: list[Bytes], md5: bool = True) -> Bytes:
    """A blob made of the parts one after the other; without `md5` its digest is not taken."""
    part, path = new_scratch(), new_path()
    digest = hashlib.md5(usedforsecurity=False) if md5 else None
    with part.open("wb") as target:
        for each in parts:
            _append(each, target, digest.update if digest else None)
    part.replace(path)
    return Bytes(path, 0, sum(len(each) for each in parts), digest.hexdigest() if digest else None)


def _append(source: Bytes, target: BinaryIO, update: Callable[[bytes], None] | None) -> None:
    if update is None and hasattr(os, "copy_file_range") and _append_in_kernel(source, target):
        return
    for block in source.blocks():
        target.write(block)
        if update:
            update(block)


def _append_in_kernel(source: Bytes, target: BinaryIO) -> bool:
    target.flush()
    done = 0
    with source.path.open("rb") as file:
        while done < source.size:
            try:
                moved = os.copy_file_range(
                    file.fileno(), target.fileno(), source.size - done, source.start + done, target.tell()
                )
            except OSError:
                return False if not done else _raise_short(source)
            if not moved:
                return False if not done else _raise_short(source)
            done += moved
            target.seek(moved, os.SEEK_CUR)
    return True


def _raise_short(source: Bytes) -> bool:
    raise OSError(f"{source.path} could not be copied whole")


def file_md5(source: Bytes) -> str:
    """The MD5 of the bytes, in hex."""
    digest = hashlib.md5(usedforsecurity=False)
    for block in source.blocks():
        digest.update(block)
    return digest.hexdigest()


def file_crc32(source: Bytes) -> int:
    """The CRC-32 of the bytes."""
    value = 0
    for block in source.blocks():
        value = zlib.crc32(block, value)
    return value


class Trash:
    """Files whose object is gone. They are removed only after that is saved, and a while later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unsaved: list[Path] = []
        self._waiting: deque[tuple[float, Path]] = deque()

    def add(self, path: Path) -> None:
        """The blob's object is gone in memory."""
        with self._lock:
            self._unsaved.append(path)

    def saved(self) -> None:
        """What happened so far is on disk."""
        if not self._unsaved:
            return
        until = time.monotonic() + GRACE_SECONDS
        with self._lock:
            self._waiting.extend((until, path) for path in self._unsaved)
            self._unsaved.clear()

    def empty(self) -> None:
        """Remove what has waited long enough."""
        now = time.monotonic()
        again: list[tuple[float, Path]] = []
        while self._waiting and self._waiting[0][0] <= now:
            _, path = self._waiting.popleft()
            try:
                path.unlink(missing_ok=True)
            except OSError:  # Windows: still open somewhere
                again.append((now + GRACE_SECONDS, path))
        self._waiting.extend(again)

    def clear(self) -> None:
        """Forget everything (the folder itself is replaced)."""
        with self._lock:
            self._unsaved.clear()
            self._waiting.clear()


trash = Trash()


def sweep(known: set[str]) -> int:
    """Remove files that belong to no object: left by a crash between writing and saving. Returns how many."""
    orphans = [entry for entry in os.scandir(home.active().objects) if entry.name not in known]
    for entry in orphans:
        Path(entry.path).unlink(missing_ok=True)
    return len(orphans)


def empty_scratch() -> None:
    """Remove work files of a process that is gone."""
    for entry in list(home.active().scratch.iterdir()):
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
