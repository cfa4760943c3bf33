"""CSV files on S3 as source (S3CsvSource); every column is a string (AWS Glue: "Using the CSV format")."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .. import reading
from ..frames import Output, Term
from ..reading import CsvFormat, Part
from .s3source import S3Source

if TYPE_CHECKING:
    from ..execute import Run

SEPARATORS = {"comma": ",", "ctrla": "\x01", "pipe": "|", "semicolon": ";", "tab": "\t"}
QUOTES = {"quote": '"', "quillemet": "\u00ab", "single_quote": "'", "disabled": ""}


class CsvSource(S3Source):
    """Columns by the header of each file, `col0, col1 …` without one; files with other headers are put together by
    name."""

    required = ("Paths", "Separator", "QuoteChar")

    def check(self) -> None:
        super().check()
        for field, known in (("Separator", SEPARATORS), ("QuoteChar", QUOTES)):
            if self.settings[field] not in known:
                raise ValueError(f"{field} must be one of {', '.join(known)}, not {self.settings[field]!r}.")
        if len(self.settings.get("Escaper") or "\\") != 1:
            raise ValueError(f"Escaper must be one character, not {self.settings['Escaper']!r}.")
        slow = [field for field in ("Multiline", "Escaper") if self.settings.get(field)]
        if self.settings.get("OptimizePerformance") and slow:
            raise ValueError(f"OptimizePerformance does not go with {' or '.join(slow)}.")

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
        if "WriteHeader" in self.settings:
            options["writeHeader"] = bool(self.settings["WriteHeader"])
        return self.read_script("csv", options)

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        parts = self.parts(run)
        nothing_new = not parts and run.files.bookmark is not None
        if nothing_new:
            parts = self.parts(run, old_too=True)
        parts, form = self._readable(run, parts)
        groups = self._grouped(parts, form)
        names = list(dict.fromkeys(name for head in groups for name in head))
        if not names:
            return run.nothing()
        terms = [Term(name, "string", f"c{at}") for at, name in enumerate(names)]
        return run.select(terms, self._union(groups, names, form), where="false" if nothing_new else "")

    def _readable(self, run: Run, parts: list[Part]) -> tuple[list[Part], CsvFormat]:
        """Files and how they are written, after escape characters were resolved: DuckDB knows no such ones."""
        separator, quote = SEPARATORS[self.settings["Separator"]], QUOTES[self.settings["QuoteChar"]]
        # The header is a line of its own, before the first data line.
        skip = int(bool(self.settings.get("WithHeader"))) + int(bool(self.settings.get("SkipFirst")))
        escaper = self.settings.get("Escaper")
        if not escaper:
            return parts, CsvFormat(separator, quote, quote, skip)
        written = CsvFormat(separator, quote, escaper)
        made = [reading.without_escapes(Path(part.path), run.files.fresh(), written) for part in parts]
        plain = [replace(part, path=str(path)) for part, path in zip(parts, made, strict=True)]
        return plain, CsvFormat(separator, skip=skip)

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

    opener = gzip.open if reading.packed_as(Path(path)) == "gzip" else Path.open
    with opener(Path(path), "rb") as opened:
        sample = io.TextIOWrapper(io.BytesIO(opened.read(1 << 20)), "utf-8-sig", "replace", newline="")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE
    rows = csv.reader(sample, delimiter=form.separator, quotechar=form.quote or None, quoting=quoting)
    return next((row for row in rows if row), [])
