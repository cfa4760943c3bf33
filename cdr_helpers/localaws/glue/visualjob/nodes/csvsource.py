"""CSV files on S3 as source (S3CsvSource); every column is a string (AWS Glue: "Using the CSV format")."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from .. import reading
from ..frames import Output, Term
from ..reading import CsvFormat, Part
from .base import Node, text

if TYPE_CHECKING:
    from ..execute import Run

SEPARATORS = {"comma": ",", "ctrla": "\x01", "pipe": "|", "semicolon": ";", "tab": "\t"}
QUOTES = {"quote": '"', "quillemet": "\u00ab", "single_quote": "'", "disabled": ""}


class CsvSource(Node):
    """Columns by the header of each file, `col0, col1 …` without one; files with other headers are put together by
    name."""

    arity = (0, 0)
    required = ("Paths", "Separator", "QuoteChar")

    def check(self) -> None:
        super().check()
        for field, known in (("Separator", SEPARATORS), ("QuoteChar", QUOTES)):
            if self.settings[field] not in known:
                raise ValueError(f"{field} must be one of {', '.join(known)}, not {self.settings[field]!r}.")
        check_options(self)

    def script(self, variables: Sequence[str]) -> str:
        quote = QUOTES[self.settings["QuoteChar"]]
        options = {
            "quoteChar": quote or -1,
            "withHeader": bool(self.settings.get("WithHeader")),
            "separator": SEPARATORS[self.settings["Separator"]],
        }
        if self.settings.get("Multiline"):
            options["multiLine"] = True
        if self.settings.get("Escaper"):
            options["escaper"] = self.settings["Escaper"]
        if self.settings.get("SkipFirst"):
            options["skipFirst"] = True
        if "OptimizePerformance" in self.settings:
            options["optimizePerformance"] = bool(self.settings["OptimizePerformance"])
        return read_script(self, "csv", options)

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        parts = source_parts(self, run)
        nothing_new = not parts and run.files.bookmark is not None
        if nothing_new:
            parts = source_parts(self, run, old_too=True)
        form = CsvFormat(
            SEPARATORS[self.settings["Separator"]],
            QUOTES[self.settings["QuoteChar"]],
            self.settings.get("Escaper") or QUOTES[self.settings["QuoteChar"]],
            int(bool(self.settings.get("WithHeader") or self.settings.get("SkipFirst"))),
        )
        groups = self._grouped(parts, form)
        names = list(dict.fromkeys(name for head in groups for name in head))
        if not names:
            return run.nothing()
        terms = [Term(name, "string", f"c{at}") for at, name in enumerate(names)]
        return run.select(terms, self._union(groups, names, form), where="false" if nothing_new else "")

    def _grouped(self, parts: list[Part], form: CsvFormat) -> dict[tuple[str, ...], list[Part]]:
        """Files by their columns' names."""
        groups: dict[tuple[str, ...], list[Part]] = {}
        for part in parts:
            head = column_names(part.path, form, bool(self.settings.get("WithHeader")))
            groups.setdefault(head, []).append(part)
        return groups

    @staticmethod
    def _union(groups: dict[tuple[str, ...], list[Part]], names: list[str], form: CsvFormat) -> str:
        selects = []
        for head, parts in groups.items():
            picks = [f"c{head.index(name)}" if name in head else "NULL::VARCHAR" for name in names]
            listed = ", ".join(f"{pick} AS c{at}" for at, pick in enumerate(picks))
            selects.append(f"SELECT {listed} FROM ({reading.csv_sql(parts, len(head), 0, form)})")
        return f"({' UNION ALL '.join(selects)})"


def column_names(path: str, form: CsvFormat, header: bool) -> tuple[str, ...]:
    """What Glue calls the columns of a CSV file: as its first row says, else `col0`, `col1` …"""
    row = first_row(path, form)
    return _unique(tuple(row) if header else tuple(f"col{at}" for at in range(len(row))))


def _unique(head: Sequence[str]) -> tuple[str, ...]:
    """A header's names; a name that is there already gets its position added, as does an empty one."""
    seen: list[str] = []
    for at, name in enumerate(head):
        seen.append(name if name and name not in seen else f"{name or 'col'}{at}")
    return tuple(seen)


def first_row(path: str, form: CsvFormat) -> list[str]:
    """The cells of a file's first row."""
    import gzip
    from pathlib import Path

    opener = gzip.open if reading.gzipped(path) else Path.open
    with opener(Path(path), "rb") as opened:
        sample = io.TextIOWrapper(io.BytesIO(opened.read(1 << 20)), "utf-8-sig", "replace", newline="")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE
    rows = csv.reader(sample, delimiter=form.separator, quotechar=form.quote or None, quoting=quoting)
    return next((row for row in rows if row), [])


def check_options(node: Node) -> None:
    """Options of S3 sources that would change which rows are read and are not built."""
    if node.settings.get("Exclusions"):
        raise ValueError("Exclusions is not supported here.")
    options = node.settings.get("AdditionalOptions") or {}
    for option in ("BoundedSize", "BoundedFiles", "EnableSamplePath"):
        if options.get(option):
            raise ValueError(f"AdditionalOptions.{option} is not supported here.")


def source_parts(node: Node, run: Run, old_too: bool = False) -> list[Part]:
    """The objects of an S3 source's paths; with `old_too` also those that a bookmark has passed."""
    recurse, context = node.settings.get("Recurse", False), "" if old_too else node.variable
    found = {}
    for path in node.settings["Paths"]:
        found.update({stored.uri: stored for stored in run.files.under(path, recurse, context)})
    return run.files.parts(found.values())


def read_script(node: Node, form: str, options: Mapping[str, object]) -> str:
    """The line that reads a format from the node's paths."""
    paths = ", ".join(text(path) for path in node.settings["Paths"])
    shown = ", ".join(
        f"{text(key)}: {value!r}" if isinstance(value, bool | int) else f"{text(key)}: {text(value)}"
        for key, value in options.items()
    )
    recurse = ', "recurse": True' if node.settings.get("Recurse") else ""
    return (
        f"{node.variable} = glueContext.create_dynamic_frame.from_options(format_options={{{shown}}}, "
        f'connection_type="s3", format={text(form)}, connection_options={{"paths": [{paths}]{recurse}}}, '
        f"transformation_ctx={text(node.variable)})"
    )
