"""What sources on S3 share: which objects they read, and how the script says so.

Source: AWS Glue "Amazon S3 connection option reference". `GroupFiles`, `GroupSize`, `MaxBand` and `OptimizePerformance`
say how Spark works, not which rows it reads; `SamplePath` names the file that the console infers a schema from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ....s3.access import StoredObject, split
from ...globs import glob
from .. import reading
from ..reading import Part
from .base import Node, text

if TYPE_CHECKING:
    from ..execute import Run

GROUPING = ("inPartition", "none")


class S3Source(Node):
    """Objects below `Paths`, without those that `Exclusions` names, as many as the bounds allow."""

    arity = (0, 0)
    required: ClassVar[tuple[str, ...]] = ("Paths",)
    compressions: ClassVar[tuple[str, ...]] = ("gzip", "bzip2")

    def check(self) -> None:
        super().check()
        for path in self.settings["Paths"]:
            if not re.fullmatch(r"s3[an]?://[^/]+(/.*)?", path):
                raise ValueError(f"Paths must be s3://bucket/folder/, not {path!r}.")
        packed = self.settings.get("CompressionType") or None
        if packed not in (None, *self.compressions):
            raise ValueError(f"CompressionType must be one of {', '.join(self.compressions)}, not {packed!r}.")
        if (self.settings.get("GroupFiles") or "none") not in GROUPING:
            raise ValueError(f"GroupFiles must be one of {', '.join(GROUPING)}, not {self.settings['GroupFiles']!r}.")
        if not re.fullmatch(r"\d*", self.settings.get("GroupSize") or ""):
            raise ValueError(f"GroupSize must be a number of bytes, not {self.settings['GroupSize']!r}.")
        if self.settings.get("MaxFilesInBand"):
            raise ValueError("MaxFilesInBand is not supported here: S3 lists here what it holds, at once.")
        check_bounds(self)
        exclusions(self)

    def parts(self, run: Run, old_too: bool = False) -> list[Part]:
        """The objects to read; with `old_too` also those that a bookmark has passed."""
        recurse, context = bool(self.settings.get("Recurse")), "" if old_too else self.variable
        patterns, found = exclusions(self), {}
        for path in self.settings["Paths"]:
            for stored in run.files.under(path, recurse, context):
                if not _excluded(stored, path, patterns):
                    found[stored.uri] = stored
        chosen = list(found.values()) if old_too else bounded(self, run, found.values())
        self._check_packing(run, chosen)
        return run.files.parts(chosen)

    def _check_packing(self, run: Run, chosen: Iterable[StoredObject]) -> None:
        wanted = self.settings.get("CompressionType")
        for stored in chosen if wanted else ():
            if reading.packed_as(run.files.access.readable(stored)) != wanted:
                raise self.fail(f"{stored.uri} is not {wanted}, as CompressionType says.")

    def read_script(self, form: str, options: Mapping[str, object]) -> str:
        """The line that reads a format from the node's paths."""
        shown = ", ".join(f"{text(key)}: {_python(value)}" for key, value in options.items())
        connection: dict[str, object] = {"paths": self.settings["Paths"]}
        if self.settings.get("Recurse"):
            connection["recurse"] = True
        if self.settings.get("Exclusions"):
            connection["exclusions"] = json.dumps(globs_of(self.settings["Exclusions"]), ensure_ascii=False)
        for field, option in _CONNECTION.items():
            if self.settings.get(field):
                connection[option] = self.settings[field]
        connection |= bounds(self)
        listed = ", ".join(f"{text(key)}: {_python(value)}" for key, value in connection.items())
        return (
            f"{self.variable} = glueContext.create_dynamic_frame.from_options(format_options={{{shown}}}, "
            f'connection_type="s3", format={text(form)}, connection_options={{{listed}}}, '
            f"transformation_ctx={text(self.variable)})"
        )


_CONNECTION = {
    "CompressionType": "compressionType",
    "GroupFiles": "groupFiles",
    "GroupSize": "groupSize",
    "MaxBand": "maxBand",
}
_BOUNDS = {"BoundedFiles": "boundedFiles", "BoundedSize": "boundedSize"}


def _python(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    return repr(value) if isinstance(value, bool | int) else text(value)


def globs_of(given: Sequence[str]) -> list[str]:
    """The patterns of `Exclusions`: each entry is one, or a JSON list of some."""
    made: list[str] = []
    for entry in given:
        try:
            listed = json.loads(entry)
        except ValueError:
            listed = entry
        made += [str(one) for one in listed] if isinstance(listed, list) else [entry]
    return made


def exclusions(node: Node) -> list[re.Pattern[str]]:
    """The patterns of objects that are left out. Raises ValueError for one that cannot be read."""
    made = []
    for pattern in globs_of(node.settings.get("Exclusions") or []):
        try:
            made.append(glob(pattern))
        except re.error as problem:
            raise ValueError(f"the pattern {pattern!r} of Exclusions cannot be read: {problem}.") from None
    return made


def _excluded(stored: StoredObject, path: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    """Patterns are held against the key below the path, and against the whole address."""
    relative = stored.key[len(split(path)[1]) :].lstrip("/") or stored.key.rpartition("/")[2]
    return any(pattern.fullmatch(relative) or pattern.fullmatch(stored.uri) for pattern in patterns)


def check_bounds(node: Node) -> None:
    """That the bounds are counts. Raises ValueError."""
    options: dict[str, Any] = node.settings.get("AdditionalOptions") or {}
    for option in _BOUNDS:
        if options.get(option) is not None and int(options[option]) < 1:
            raise ValueError(f"AdditionalOptions.{option} must be at least 1, not {options[option]}.")
    sample = options.get("SamplePath") or ""
    if options.get("EnableSamplePath") and not sample.startswith("s3://"):
        raise ValueError(f"AdditionalOptions.SamplePath must be s3://bucket/key, not {sample!r}.")


def bounds(node: Node) -> dict[str, str]:
    """The bounds as options of the script, which are texts."""
    options = node.settings.get("AdditionalOptions") or {}
    return {option: str(options[field]) for field, option in _BOUNDS.items() if options.get(field)}


def bounded(node: Node, run: Run, found: Iterable[StoredObject]) -> list[StoredObject]:
    """The objects that a run reads, and notes in its bookmark: in the order of their keys, as many as `BoundedFiles`
    says, and as long as they are no more bytes than `BoundedSize` together; the first one always (AWS Glue: "Workload
    partitioning with bounded execution")."""
    options = node.settings.get("AdditionalOptions") or {}
    files, size = options.get("BoundedFiles"), options.get("BoundedSize")
    chosen: list[StoredObject] = []
    total = 0
    for stored in found:
        total += stored.size
        if chosen and ((files and len(chosen) >= int(files)) or (size and total > int(size))):
            break
        chosen.append(stored)
    run.files.note(node.variable, chosen)
    return chosen
