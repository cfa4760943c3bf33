"""Whatever Python's csv module writes is crawled and transformed: no row is lost or made up, and each cell is what the
writer was given, as text or as the number or truth value that the crawler saw in it.

What the sheets keep to, because Glue documents no more:

- One of the five delimiters of the built-in classifier, two columns or more, `"` as quote, quotes doubled (AWS pages
  "Built-in CSV classifier" and "Using the CSV format in AWS Glue").
- UTF-8, with or without a byte order mark, and Latin-1: Glue reads UTF-8, and bytes that are none become U+FFFD. UTF-16
  is no text to it: the table's classification is UNKNOWN and a job that reads it fails and says so. Zero bytes are text
  in UTF-8 alone.
- A carriage return within a cell stands in quotes, or it ends a record as it does for every Hadoop reader. The writer
  of Python before 3.13 leaves it bare when the line ends are `\\n`; such cells have `\\r\\n` instead.
- A header is only taken for one when a column below it is not text (first page). Then the header is a row.

`CDR_PROPERTY_BATCHES` asks for more batches of sheets, each of them other ones (the suite's are always the same).
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Record = dict[str, Any]
Row = tuple[Any, ...]
ASKED = os.environ.get("CDR_PROPERTY_BATCHES")
BATCHES = settings(
    max_examples=int(ASKED or 8),
    derandomize=not ASKED,
    database=None,
    deadline=None,
    # A batch is a crawl and a job: to shrink it would take minutes, and the message shows the one sheet that failed.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
SHEETS = 12
"""How many of them one crawl and one job see."""
SECONDS = 60
QUOTES = {'"': "quote", "'": "single_quote", None: "disabled"}
SEPARATORS = {",": "comma", ";": "semicolon", "|": "pipe", "\t": "tab", "\x01": "ctrla"}
REPEATS = (1, 1, 1, 1, 1, 1, 60, 900)
"""How often a sheet has its rows: mostly once, now and then more often than the crawler looks."""

SPECIAL = " ,;|\t\"\n\r'#\\\x01.-:/0\ufeff\u2028"
characters = st.one_of(st.sampled_from(SPECIAL), st.characters(codec="utf-8", exclude_characters="\x00"))
text = st.text(characters, max_size=12)
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**70), 2**70),
    "double": st.floats(),
    "decimal": st.decimals(places=2, allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12),
    "decimal comma": st.integers(0, 99999).map(lambda n: f"{n // 100},{n % 100:02}"),
    "timestamp": st.datetimes(),
    "iso": st.datetimes().map(lambda moment: moment.isoformat()),
    "dmy": st.datetimes().map(lambda moment: f"{moment:%d-%m-%Y %H:%M}"),
    "boolean": st.booleans(),
    "text": text,
    "zero": st.sampled_from(("zero \x00 byte", "none")),
    "empty": st.just(""),
    "missing": st.none(),
}
names = st.text(st.characters(codec="utf-8", categories=("L", "N", "Zs", "P", "S")), max_size=8)


@dataclass(frozen=True)
class Sheet:
    """What a writer is given, and how it writes."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    repeats: int
    delimiter: str
    quoting: int
    ending: str
    encoding: str
    packed: bool
    quote: str | None = '"'
    escape: str | None = None

    @property
    def data(self) -> bytes:
        """The object's bytes."""
        out = io.StringIO(newline="")
        writer = csv.writer(
            out,
            delimiter=self.delimiter,
            quoting=self.quoting,  # type: ignore[arg-type]
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=not self.escape,
            lineterminator=self.ending,
        )
        writer.writerow(self.header)
        writer.writerows(self.rows * self.repeats)
        data = out.getvalue().encode(self.encoding, "replace")
        return gzip.compress(data) if self.packed else data

    @property
    def texts(self) -> list[tuple[str, ...]]:
        """The cells of header and rows as a reader of UTF-8 sees them."""
        seen = [tuple(self._seen(cell) for cell in row) for row in (self.header, *self.rows)]
        return seen[:1] + seen[1:] * self.repeats

    def _seen(self, cell: Any) -> str:
        written = "" if cell is None else repr(cell) if isinstance(cell, float) else str(cell)
        return written.encode(self.encoding.removesuffix("-sig"), "replace").decode("utf-8", "replace")


def replaced(row: Row, old: str, new: str) -> Row:
    return tuple(cell.replace(old, new) if isinstance(cell, str) else cell for cell in row)


@st.composite
def sheets(draw: Any, encodings: Sequence[str] = ("utf-8", "utf-8-sig", "latin-1")) -> Sheet:
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=2, max_size=draw(st.sampled_from((4, 4, 30)))))
    # A number at its end keeps names apart in every encoding, a letter at its beginning makes it no number.
    header = [f"n{draw(names)}_{at}" for at, _ in enumerate(kinds)]
    mixed = draw(st.booleans())
    cells = [st.one_of(CELLS[kind], *([st.none(), text] if mixed else [])) for kind in kinds]
    rows = draw(st.lists(st.tuples(*cells), min_size=1, max_size=8))
    ending, encoding = draw(st.sampled_from(("\n", "\r\n"))), draw(st.sampled_from(encodings))
    if ending == "\n":
        rows = [replaced(row, "\r", "\r\n") for row in rows]
    if encoding == "latin-1":
        rows = [replaced(row, "\x00", "") for row in rows]
    return Sheet(
        tuple(header),
        tuple(rows),
        draw(st.sampled_from(REPEATS)),
        draw(st.sampled_from(sorted(SEPARATORS))),
        draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))),
        ending,
        encoding,
        draw(st.sampled_from((False, False, False, True))),
    )


@st.composite
def other_sheets(draw: Any) -> Sheet:
    """What Python writes when it is told to write otherwise: single quotes, escape characters in place of doubled
    quotes or of all quotes, one column, lines that a carriage return ends."""
    sheet = draw(sheets(encodings=("utf-8",)))
    width = draw(st.sampled_from((1, len(sheet.header))))
    quote, escape, quoting = draw(
        st.sampled_from(
            (
                ("'", None, sheet.quoting),
                ('"', None, sheet.quoting),
                ('"', "\\", sheet.quoting),
                (None, "\\", csv.QUOTE_NONE),
            )
        )
    )
    rows = [row[:width] for row in sheet.rows]
    if width == 1 and quoting == csv.QUOTE_NONE:
        rows = [row if str(row[0] or "") else ("alone",) for row in rows]
    ending = draw(st.sampled_from((sheet.ending, "\r")))
    # What Python before 3.13 would leave bare: the other of the two line ends.
    for letter in {"\r", "\n"} - {*ending} if quoting == csv.QUOTE_NONE or ending == "\r" else ():
        rows = [replaced(row, letter, "") for row in rows]
    return replace(
        sheet, header=sheet.header[:width], rows=tuple(rows), quote=quote, escape=escape, quoting=quoting, ending=ending
    )


def batches(sheet: st.SearchStrategy[Sheet], size: int = SHEETS) -> st.SearchStrategy[list[Sheet]]:
    return st.lists(sheet, min_size=size, max_size=size)


# ── crawl and transform ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Bench:
    """Crawls a batch of sheets, each in a folder of its own, and runs one job over all of them."""

    s3: Any
    glue: Any
    bucket: str
    role: str

    def put(self, batch: Sequence[Sheet]) -> str:
        """A fresh name: of the folder with the sheets' objects, and of a database."""
        name = f"batch-{uuid.uuid4().hex}"
        self.glue.create_database(DatabaseInput={"Name": name})
        for at, sheet in enumerate(batch):
            self.s3.put_object(Bucket=self.bucket, Key=f"{name}/t{at}/a.csv", Body=sheet.data)
        return name

    def crawl(self, name: str, numbers: Sequence[int], classifiers: Sequence[str] = ()) -> list[Record]:
        """The tables of the sheets of these numbers, which are a target each."""
        crawler_name = f"{name}-{numbers[0]}"
        targets = {"S3Targets": [{"Path": f"s3://{self.bucket}/{name}/t{at}/"} for at in numbers]}
        self.glue.create_crawler(
            Name=crawler_name, Role=self.role, DatabaseName=name, Targets=targets, Classifiers=classifiers
        )
        self.glue.start_crawler(Name=crawler_name)
        crawler = until(
            lambda: self.glue.get_crawler(Name=crawler_name)["Crawler"], lambda crawler: crawler["State"] == "READY"
        )
        assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler["LastCrawl"]
        tables = {table["Name"]: table for table in self.glue.get_tables(DatabaseName=name)["TableList"]}
        return [tables[f"t{at}"] for at in numbers]

    def crawl_as_written(self, name: str, at: int, sheet: Sheet) -> Record:
        """The table of a sheet, crawled with a classifier that says how it is written."""
        told = {
            "Name": f"{name}-{at}",
            "Delimiter": sheet.delimiter,
            "QuoteSymbol": sheet.quote,
            "ContainsHeader": "PRESENT",
            "AllowSingleColumn": True,
            "Serde": "OpenCSVSerDe",
        }
        self.glue.create_classifier(CsvClassifier=told)
        return self.crawl(name, [at], [told["Name"]])[0]

    def run(self, nodes: Record) -> Record:
        """The ended run of a visual job with these nodes."""
        name = f"job-{uuid.uuid4().hex}"
        self.glue.create_job(
            Name=name,
            Role=self.role,
            JobMode="VISUAL",
            GlueVersion="5.0",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{self.bucket}/scripts/{name}.py"},
            CodeGenConfigurationNodes=nodes,
        )
        run = {"JobName": name, "RunId": self.glue.start_job_run(JobName=name)["JobRunId"]}
        return until(
            lambda: self.glue.get_job_run(**run)["JobRun"],
            lambda found: found["JobRunState"] not in ("STARTING", "RUNNING"),
        )

    def written(self, name: str) -> dict[str, list[Row]]:
        """Folder below `out/` → the rows of its Parquet file."""
        found: dict[str, list[Row]] = {}
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"{name}/out/").get("Contents", ())
        for entry in listed:
            table = pq.read_table(io.BytesIO(self.s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"].read()))
            rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
            assert entry["Key"].split("/")[2] not in found
            found[entry["Key"].split("/")[2]] = rows
        return found

    def branch(self, name: str, label: str, source: Record, columns: Sequence[tuple[str, str]]) -> Record:
        """Source, Change Schema with every column, Parquet target."""
        mapping = [
            {"ToKey": to, "FromPath": [to], "FromType": kind, "ToType": kind, "Dropped": False} for to, kind in columns
        ]
        ((kind, settings),) = source.items()
        path = f"s3://{self.bucket}/{name}/out/{label}/"
        target = {"Name": "out", "Inputs": [f"{label}-map"], "Path": path, "Format": "parquet"}
        return {
            f"{label}-in": {kind: {"Name": f"in {label}", **settings}},
            f"{label}-map": {"ApplyMapping": {"Name": "map", "Inputs": [f"{label}-in"], "Mapping": mapping}},
            f"{label}-out": {"S3DirectTarget": target},
        }

    def csv_source(self, name: str, at: int, sheet: Sheet) -> Record:
        return {
            "S3CsvSource": {
                "Paths": [f"s3://{self.bucket}/{name}/t{at}/"],
                "Separator": SEPARATORS[sheet.delimiter],
                "QuoteChar": QUOTES[sheet.quote],
                "WithHeader": True,
                **({"Escaper": sheet.escape} if sheet.escape else {}),
            }
        }


def until(look: Callable[[], Record], over: Callable[[Record], bool]) -> Record:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if over(found := look()):
            return found
        time.sleep(0.02)
    raise AssertionError(f"not over after {SECONDS} s")


@pytest.fixture(scope="module")
def bench(client: Callable[..., Any], endpoint: Any, make_role: Callable[..., str]) -> Bench:
    bucket = f"properties-{uuid.uuid4().hex[:8]}"
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": endpoint.region})
    role = make_role(bucket, {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"})
    return Bench(client("s3"), client("glue"), bucket, role)


# ── what must hold ──────────────────────────────────────────────────────────────────────────────────────────────────


def difference(wanted: Sequence[tuple[str, ...]], found: Sequence[Row]) -> str | None:
    """What is not as the writer was given it, None when all is."""
    if len(wanted) != len(found):
        return f"{len(found)} rows of {len(wanted)}"
    for number, (texts, values) in enumerate(zip(wanted, found, strict=True)):
        for cell, value in zip(texts, values, strict=True):
            if not same(cell, value):
                return f"row {number}: {cell!r} became {value!r}"
    return None


def same(cell: str, value: Any) -> bool:
    if isinstance(value, str):
        return cell == value
    if value is None:
        return not cell.strip(" ")
    if isinstance(value, bool):
        return cell.strip().lower() == str(value).lower()
    return type(value)(cell) == value


@BATCHES
@given(batches(sheets()))
def test_each_cell_of_each_row_arrives(bench: Bench, batch: list[Sheet]) -> None:
    name = bench.put(batch)
    tables = bench.crawl(name, range(len(batch)))
    nodes: Record = {}
    for at, (sheet, table) in enumerate(zip(batch, tables, strict=True)):
        assert table["Parameters"]["classification"] == "csv", (sheet, sheet.data)
        columns = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
        nodes |= bench.branch(name, f"t{at}", {"S3CatalogSource": {"Database": name, "Table": f"t{at}"}}, columns)
        named = [(head, "string") for head in sheet.texts[0]]
        nodes |= bench.branch(name, f"s{at}", bench.csv_source(name, at, sheet), named)

    run = bench.run(nodes)
    assert run["JobRunState"] == "SUCCEEDED", run["ErrorMessage"]

    written = bench.written(name)
    for at, (sheet, table) in enumerate(zip(batch, tables, strict=True)):
        skipped = int(table["Parameters"].get("skip.header.line.count", "0"))
        crawled = difference(sheet.texts[skipped:], written[f"t{at}"])
        assert not crawled, (crawled, sheet, sheet.data[:2000])
        read = difference(sheet.texts[1:], written[f"s{at}"])
        assert not read, (read, sheet, sheet.data[:2000])


@settings(BATCHES, max_examples=int(ASKED or 3))
@given(batches(other_sheets(), 8))
def test_each_cell_arrives_from_sheets_that_are_written_otherwise(bench: Bench, batch: list[Sheet]) -> None:
    name = bench.put(batch)
    nodes: Record = {}
    crawled = {}
    for at, sheet in enumerate(batch):
        named = [(head, "string") for head in sheet.texts[0]]
        nodes |= bench.branch(name, f"s{at}", bench.csv_source(name, at, sheet), named)
        if sheet.escape:  # no classifier can be told about it
            continue
        crawled[f"t{at}"] = table = bench.crawl_as_written(name, at, sheet)
        columns = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
        nodes |= bench.branch(name, f"t{at}", {"S3CatalogSource": {"Database": name, "Table": f"t{at}"}}, columns)

    run = bench.run(nodes)
    assert run["JobRunState"] == "SUCCEEDED", run["ErrorMessage"]

    written = bench.written(name)
    for at, sheet in enumerate(batch):
        for label in (f"s{at}", f"t{at}"):
            if label in written or label in crawled:
                lost = difference(sheet.texts[1:], written[label])
                assert not lost, (label, lost, sheet, sheet.data[:2000])


@settings(BATCHES, max_examples=1)
@given(batches(sheets(encodings=("utf-16",)), 3))
def test_utf_16_is_unknown_and_a_job_says_so(bench: Bench, batch: list[Sheet]) -> None:
    name = bench.put(batch)
    for at, table in enumerate(bench.crawl(name, range(len(batch)))):
        assert table["Parameters"]["classification"] == "UNKNOWN"
        for source in (
            {"S3CatalogSource": {"Database": name, "Table": f"t{at}"}},
            bench.csv_source(name, at, batch[at]),
        ):
            run = bench.run(bench.branch(name, f"t{at}", source, [("a", "string")]))
            assert run["JobRunState"] == "FAILED"
            assert "UNKNOWN" in run["ErrorMessage"] or "UTF-16" in run["ErrorMessage"]
