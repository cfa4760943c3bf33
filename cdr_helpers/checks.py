"""The verdict that ends a chapter: one green line, or a failure that names the column, the rows and the cure."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdr_helpers.errors import CheckFailed
from cdr_helpers.unanswered import Unanswered

if TYPE_CHECKING:
    import pandas as pd

_GREEN = "#009E73"
_LISTED = 5


@dataclass(frozen=True)
class Verdict:
    """A statement that was found true."""

    statement: str

    def __str__(self) -> str:
        return f"✓ {self.statement}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        html = (
            f'<div style="font-size:115%;border-left:6px solid {_GREEN};padding-left:12px;margin:4px 0">'
            f'<b style="color:{_GREEN}">✓</b> {escape(self.statement)}</div>'
        )
        return {"text/html": html, "text/plain": str(self)}


def check(statement: str, holds: bool, otherwise: str) -> Verdict:
    """The green line for `statement`. Raises `CheckFailed`, with `otherwise` as fault and cure, unless it `holds`."""
    if not holds:
        raise CheckFailed(f"✗ Not true: {statement}. {otherwise}")
    return Verdict(statement)


REQUIRED = (
    "start_datetime",
    "translated_calling_number",
    "translated_called_number",
    "connect_datetime",
    "disconnect_datetime",
    "charged_duration",
    "originating_carrier_id",
    "terminating_carrier_id",
)
"""Columns without which the chapters have nothing to work on; the others may be missing."""


def records(files: Iterable[Path]) -> Verdict:
    """Every file is a CSV of call records: the same columns everywhere, the indispensable ones among them."""
    heads = {file.name: _head(file) for file in files}
    first = next(iter(heads.values()))
    odd = [name for name, head in heads.items() if head != first]
    missing = [column for column in REQUIRED if column not in first]
    return check(
        f"{len(heads)} files of call records, each with the same {len(first)} columns",
        not odd and not missing,
        _sentences({"with other columns than the first file": odd, "columns missing": missing})
        + " One folder holds files of one kind, with the column names in the first line.",
    )


def _head(file: Path) -> tuple[str, ...]:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return tuple(next(csv.reader(lines), ()))


def uploaded(files: Iterable[Path], objects: Mapping[str, int]) -> Verdict:
    """Every file is in S3, byte for byte as long as on disk, and nothing else is.

    `objects`: file name → size in bytes of what lies below the prefix.
    """
    sizes = {file.name: file.stat().st_size for file in files}
    wrong = [name for name in sizes if objects.get(name) != sizes[name]]
    extra = [name for name in objects if name not in sizes]
    return check(
        f"{len(sizes)} files with {sum(sizes.values()):,} bytes are in the folder, and nothing else",
        not wrong and not extra,
        _sentences({"missing or cut short": wrong, "not from this data": extra}) + " Run the upload cell again.",
    )


def one_table(tables: Iterable[Mapping[str, Any]], name: str, location: str) -> Verdict:
    """Of `tables` (as `get_tables` gives them), table `name` and no other describes what lies below `location`."""
    found = [table["Name"] for table in tables if table["StorageDescriptor"]["Location"].startswith(location)]
    extra = [table for table in found if table != name]
    return check(
        f"table {name} describes {location}, and no other table does",
        found == [name],
        (_sentences({"more than expected": extra}) or f"There is no table {name}. ")
        + " Look into the folder: files of one kind only? Then at the role's policy: may it read them?",
    )


def columns_are(table: Mapping[str, Any], expected: Mapping[str, str]) -> Verdict:
    """Catalog `table` (as `get_table` gives it) has just the columns `expected` (name → type), in that order."""
    found = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    differences = {
        "missing": [name for name in expected if name not in found],
        "unexpected": [name for name in found if name not in expected],
        "of another type": [
            f"{name} is {found[name]}, not {kind}" for name, kind in expected.items() if found.get(name, kind) != kind
        ],
    }
    name = table["Name"]
    return check(
        f"table {name} has the {len(expected)} expected columns, each with the expected type",
        list(found.items()) == list(expected.items()),
        (_sentences(differences) or "The order of the columns differs.") + f" Make table {name} again.",
    )


def rows_conserved(rows_in: int, rows_out: int) -> Verdict:
    """The job lost no row and wrote none twice. Header lines are not rows."""
    cure = (
        "More rows than before: an earlier run's files are still in the folder. Empty it, then run the job again."
        if rows_out > rows_in
        else "Rows are missing: look at the job's error log, and whether every file of the source was readable."
    )
    return check(
        f"rows in = rows out: {rows_in:,}",
        int(rows_in) == int(rows_out),
        f"{rows_in:,} rows went in, {rows_out:,} came out. {cure}",
    )


def no_time_lost(
    empty_before: Mapping[str, int], empty_after: Mapping[str, int], example: Callable[[str], str]
) -> Verdict:
    """No text became NULL on its way to a `timestamp`.

    `empty_before`, `empty_after`: column → rows without a value, in the source and in the target. `example` finds a
    text of that column that is no timestamp; it is called only for a column that lost values.
    """
    lost = {column: int(rows) - int(empty_before[column]) for column, rows in empty_after.items()}
    losers = {column: rows for column, rows in lost.items() if rows > 0}
    return check(
        f"no datetime became NULL in {', '.join(lost)}",
        not losers,
        _lost_times({column: (rows, example(column)) for column, rows in losers.items()}),
    )


def _lost_times(losers: Mapping[str, tuple[int, str]]) -> str:
    found = "; ".join(
        f"column {column} has {rows:,} NULLs that were text before, such as {text!r}"
        for column, (rows, text) in losers.items()
    )
    pattern = next((datetime_pattern(text) for _, text in losers.values()), "")
    column = next(iter(losers), "")
    return (
        f"{found}. A cast to timestamp reads 'yyyy-MM-dd HH:mm:ss' only and gives NULL for anything else. "
        "In the job, put a SQL Query transform between the source and Change Schema, with "
        f"to_timestamp({column}, '{pattern}') AS {column} for each of these columns, and run it again."
    )


_PATTERNS = (
    (r"\d\d-\d\d-\d{4} \d\d:\d\d", "dd-MM-yyyy HH:mm"),
    (r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d", "dd-MM-yyyy HH:mm:ss"),
    (r"\d\d/\d\d/\d{4} \d\d:\d\d", "dd/MM/yyyy HH:mm"),
    (r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", "dd/MM/yyyy HH:mm:ss"),
    (r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", "yyyy/MM/dd HH:mm:ss"),
)
"""Form of a text → the pattern with which Spark's `to_timestamp` reads it."""


def datetime_pattern(text: str) -> str:
    """The `to_timestamp` pattern of a datetime such as `25-02-2021 11:53`; a general hint for an unknown form."""
    known = (pattern for form, pattern in _PATTERNS if re.fullmatch(form, text))
    return next(known, "the pattern of your data")


def same_total(rows: int, sum_of_parts: int) -> Verdict:
    """A whole and the sum of its parts are the same number."""
    return check(
        f"the days add up to the table: {rows:,} calls",
        rows == sum_of_parts,
        f"The table has {rows:,} calls, the days have {sum_of_parts:,}. Run this notebook again from its top: "
        "the table has changed between two queries.",
    )


def only_these_failed(history: Iterable[Mapping[str, Any]], expected: Iterable[str]) -> Verdict:
    """Of the runs in `history` (each with `run` and `state`), those `expected` did not succeed, and no other."""
    failed, wanted = [line["run"] for line in history if line["state"] != "SUCCEEDED"], list(expected)
    return check(
        f"the runs that failed are those that had to: {', '.join(wanted)}",
        failed == wanted,
        f"These failed: {', '.join(failed) or 'none'}. Look at the message above, and run the chapter again.",
    )


def nothing_scheduled(triggers: Iterable[Mapping[str, Any]]) -> Verdict:
    """None of the `triggers` (as `get_triggers` gives them) is on a schedule and started."""
    running = [one["Name"] for one in triggers if one["Type"] == "SCHEDULED" and one["State"] == "ACTIVATED"]
    return check(
        "no schedule is left running",
        not running,
        f"Still started: {', '.join(running)}. Stop them with `stop_trigger`, or they will go on at night.",
    )


_EXAMPLES, _FREQUENT = 50, 500


def learnable(callers: pd.DataFrame | Unanswered) -> Verdict | Unanswered:
    """Whether anything can be learned: `callers` has one line with the counts of callers that are `labelled`, of these
    the `unwanted` ones, and the `frequent` ones, seen three times or more. An `Unanswered` names what is missing."""
    if isinstance(callers, Unanswered):
        return callers
    labelled, unwanted, frequent = (int(callers[name].iloc[0]) for name in ("labelled", "unwanted", "frequent"))
    if not labelled:
        return Unanswered("The labels name none of these callers, so there is nothing to learn from.")
    if frequent < _FREQUENT:
        return Unanswered(
            f"This data holds no answer: {frequent:,} of {labelled:,} callers are seen three times or more. A habit "
            "shows only in somebody who calls again."
        )
    if not _EXAMPLES <= unwanted <= labelled - _EXAMPLES:
        return Unanswered(
            f"This data holds no answer: {unwanted:,} of {labelled:,} callers are labelled as unwanted. To tell two "
            f"kinds apart, {_EXAMPLES} examples of each are the least."
        )
    return Verdict(
        f"{labelled:,} labelled callers, {unwanted:,} of them unwanted, {frequent:,} seen three times or more"
    )


def better_than_rules(rules: pd.DataFrame | Unanswered, model: pd.DataFrame | Unanswered) -> Verdict | Unanswered:
    """The model suspects fewer innocents than the rules for the same share of unwanted callers found.

    `rules`: one line with `precision` and `recall`; `model`: one line per threshold with the same columns.
    """
    if isinstance(rules, Unanswered) or isinstance(model, Unanswered):
        return rules if isinstance(rules, Unanswered) else model
    precision, recall = (float(rules[name].iloc[0]) for name in ("precision", "recall"))
    best = float(model[model["recall"] >= recall]["precision"].max())
    return check(
        f"finding {recall:.0%} of the unwanted callers, the model is right {best / precision:.1f} times as often as "
        "the rules",
        best > precision,
        f"At this recall the model is right in {best:.0%} of its suspicions, the rules in {precision:.0%}. Rules that "
        "do as well are easier to explain: keep them, or give the model more examples and other features.",
    )


def self_contained(page: str, megabytes: int = 5) -> Verdict:
    """An HTML page is small and takes nothing from elsewhere: no script, style, picture or font of another address."""
    size = len(page.encode())
    foreign = sorted(set(re.findall(r"""(?:src|href)=["']?([^"' >#][^"' >]*)|url\(([^)]+)\)""", page)))
    return check(
        f"the page is one file of less than {megabytes} MB that needs no network",
        size < megabytes * 1_000_000 and not foreign,
        f"It has {size:,} bytes and takes from elsewhere: {foreign or 'nothing'}.",
    )


def nothing_left(inventory: Iterable[Any]) -> Verdict:
    """The clean-up deleted everything. `inventory`: what still exists, each with a readable text."""
    left = [str(item) for item in inventory]
    return check("nothing is left", not left, _sentences({"still there": left}) + " Run this notebook again.")


def _sentences(found: Mapping[str, list[str]]) -> str:
    """`{"missing": ["a", "b"]}` as "2 missing: a, b."; kinds without any are left out."""
    return " ".join(f"{len(names)} {kind}: {_listed(names)}." for kind, names in found.items() if names)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
