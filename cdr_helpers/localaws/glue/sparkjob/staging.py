"""S3 objects as files that Spark reads: linked into the run's folder, under names that Hadoop takes.

Spark comes without a client for S3, and needs none: the bytes lie on this machine already.
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...errors import AwsError, NoSuchKey
from ...s3.access import ObjectAccess, StoredObject, split
from ..visualjob.bookmarks import Reader
from ..visualjob.reading import Files, opened, packed_as

_CHUNK = 1 << 20
_BOM = b"\xef\xbb\xbf"
_GLOB = re.compile(r"[*?\[{]")
# What a name keeps as it is: Hadoop takes `:` for a scheme and the others for patterns.
_SAFE = "=%+@ ,;()~$&'!"
_SUFFIXES = {"gzip": ".gz"}


@dataclass
class Stage:
    """Where a run's input files are put. `bookmark` leaves out what earlier runs have read."""

    access: ObjectAccess
    folder: Path
    bookmark: Reader | None = None
    _files: Files = field(init=False)
    _made: dict[tuple[Path, int, str], Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._files = Files(self.access, self.folder, bookmark=self.bookmark)

    @property
    def read_bytes(self) -> int:
        """How many bytes of objects a run has read."""
        return self._files.read_bytes

    def found(self, uri: str, recurse: bool, context: str) -> list[StoredObject]:
        """The objects at or below a URI, as Glue's own readers list them; with the transformation context of a source
        only what a bookmark has not passed."""
        return self._files.under(_plain(uri), recurse, context)

    def note(self, context: str, read: Iterable[StoredObject]) -> None:
        """Tell the bookmark, if there is one, what a source reads."""
        if context:
            self._files.note(context, read)

    def text(self, stored: StoredObject, skip: int = 0) -> Path:
        """A text object as a file that Spark reads: not packed, or by gzip with a name that says so; without byte order
        mark and its first `skip` lines."""
        [part] = self._files.parts([stored])
        known = (Path(part.path), skip, "text")
        if known not in self._made:
            self._made[known] = self._text(Path(part.path), _stem(stored), skip)
        return self._made[known]

    def _text(self, source: Path, stem: str, skip: int) -> Path:
        target = self._fresh(stem)
        with opened(source) as reader:
            head = reader.read(len(_BOM))
            if head != _BOM and not skip:
                return _linked(source, target.with_name(target.name + _SUFFIXES.get(packed_as(source), "")))
        with opened(source) as reader, target.open("wb") as out:
            reader.read(len(_BOM) if head == _BOM else 0)
            for _ in range(skip):
                reader.readline()
            shutil.copyfileobj(reader, out, _CHUNK)
        return target

    def binary(self, stored: StoredObject) -> Path:
        """An object as it is."""
        [part] = self._files.parts([stored])
        source = Path(part.path)
        known = (source, 0, "binary")
        if known not in self._made:
            self._made[known] = _linked(source, self._fresh(_stem(stored)))
        return self._made[known]

    def _fresh(self, stem: str) -> Path:
        folder = self.folder / uuid.uuid4().hex
        folder.mkdir(parents=True)
        return folder / stem

    def tree(self, uris: Iterable[str]) -> dict[str, Any]:
        """Objects at, or below, or matching `uris`, in folders as their keys have them.

        Returns `root`, the folder that stands for `s3://`, and `paths`, what Spark is to read. Raises `NoSuchKey` for
        a URI at which nothing is.
        """
        root = self._fresh("s3")
        paths: list[str] = []
        for uri in uris:
            tops: dict[str, None] = {}
            for top, stored in self._matching(uri):
                tops[str(root / _place(stored.bucket, top))] = None
                self._into(root, stored)
            if not tops:
                raise NoSuchKey(f"[PATH_NOT_FOUND] Path does not exist: {uri}.")
            paths += tops
        return {"root": str(root), "paths": paths}

    def _matching(self, uri: str) -> Iterator[tuple[str, StoredObject]]:
        """Objects of a URI with the key of what it names: an object, a folder, or either of those that a pattern
        matches."""
        bucket, key = split(_plain(uri))
        glob = _GLOB.search(key)
        if glob is None:
            for stored in self.access.list(f"s3://{bucket}/{key}"):
                folder = key if not key or key.endswith("/") else f"{key}/"
                if stored.key == key or (stored.key.startswith(folder) and not stored.key.endswith("/")):
                    yield key, stored
            return
        pattern = re.compile(_pattern(key.rstrip("/")) + "(?=/|$)")
        for stored in self.access.list(f"s3://{bucket}/{key[: glob.start()]}"):
            match = pattern.match(stored.key)
            if match and not stored.key.endswith("/"):
                yield match.group(0), stored

    def _into(self, root: Path, stored: StoredObject) -> None:
        target = root / _place(stored.bucket, stored.key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                _linked(self.access.readable(stored), target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise AwsError(f"{stored.uri} is an object and a folder; Spark reads only one of them.") from None


def _plain(uri: str) -> str:
    """The URI with the scheme `s3`."""
    bucket, key = split(uri)
    return f"s3://{bucket}/{key}"


def _stem(stored: StoredObject) -> str:
    """A file's name from an object's: the last step of the key, without the endings that mean a compression."""
    name = re.sub(r"(\.(gz|gzip|bz2|zst|snappy|lz4|deflate))+$", "", stored.key.rsplit("/", 1)[-1], flags=re.I)
    return quote(name, safe=" ")[-100:].lstrip("._") or "object"


def _place(bucket: str, key: str) -> Path:
    """Where a key lies below the folder that stands for `s3://`. Steps that a file system does not take are encoded."""
    steps = [quote(step, safe=_SAFE) for step in key.split("/")]
    odd = [step for step in steps[:-1] if step in ("", ".", "..")]
    if odd or any(len(step) > 255 for step in steps):
        raise AwsError(f"The key {key!r} is no path that Spark could read: a step is empty, dots or too long.")
    return Path(bucket, *steps)


def _pattern(glob: str) -> str:
    """Hadoop's pattern for paths as a regular expression: `*`, `?`, `[…]`, `{a,b}` within a step."""
    made, depth = "", 0
    for character in glob:
        if character in "*?":
            made += "[^/]*" if character == "*" else "[^/]"
        elif character in "[]":
            made += character
        elif character in "{}":
            made += "(?:" if character == "{" else ")"
            depth += 1 if character == "{" else -1
        elif character == "," and depth:
            made += "|"
        else:
            made += re.escape(character)
    return made.replace("[!", "[^")


def _linked(source: Path, target: Path) -> Path:
    """The file under another name: a link where the file system has them, else a copy."""
    try:
        target.hardlink_to(source)
    except OSError:
        if target.exists():
            raise
        shutil.copyfile(source, target)
    return target
