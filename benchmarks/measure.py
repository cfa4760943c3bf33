"""Speed and memory of the local AWS and of `cdr run`. Run by hand: `.venv/bin/python benchmarks/measure.py all`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import psutil

from cdr_helpers import localaws, runner
from cdr_helpers.records import columns, generator

sys.path.insert(0, str(Path(__file__).resolve().parent))
from work import Pipeline  # noqa: E402

WORK = Path(__file__).resolve().parent / "work.py"
FILES = 60
LARGE_OBJECT = 100_000_000


def report(what: str, value: float, unit: str, note: str = "") -> None:
    """One line of the table in README.md."""
    print(f"| {what} | {value:,.2f} {unit} | {note} |", flush=True)


# ── helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def fresh_endpoint(folder: Path) -> Iterator[localaws.Endpoint]:
    """A local AWS in its own home, stopped at the end."""
    home = folder / "home"
    endpoint = localaws.start(home)
    try:
        yield endpoint
    finally:
        localaws.stop(home)


def pipeline(endpoint: localaws.Endpoint, bucket: str) -> Pipeline:
    """The walkthrough's resources on an endpoint."""
    session = boto3.Session(
        aws_access_key_id=endpoint.access_key,
        aws_secret_access_key=endpoint.secret_key,
        region_name=endpoint.region,
    )
    made = Pipeline(_At(session, endpoint.url), bucket, columns.names())
    made.prepare()
    return made


class _At:
    """A session whose clients speak to one address."""

    def __init__(self, session: boto3.Session, url: str) -> None:
        self._session, self._url = session, url

    def client(self, service: str) -> Any:
        """A client of a service."""
        return self._session.client(service, endpoint_url=self._url)


def records(folder: Path, rows: int) -> Path:
    """60 files of mock calls."""
    generator.generate(folder, generator.Settings(FILES, rows // FILES))
    return folder


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time of a process."""
    times = process.cpu_times()
    return float(times.user + times.system)


def cpu_of_command(*command: str) -> float:
    """CPU seconds of a program and everything that it starts, as last seen while it ran."""
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seen: dict[int, float] = {}
    while process.poll() is None:
        for each in [process, *_children(process)]:
            try:
                seen[each.pid] = cpu_seconds(each)
            except psutil.Error:
                continue
        time.sleep(0.02)
    assert process.returncode == 0, process.stderr.read().decode()
    return sum(seen.values())


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


class PeakMemory:
    """The largest resident memory of a process while a block runs, in MB, looked at from outside."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.megabytes = 0.0

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.megabytes = max(self.megabytes, self._process.memory_info().rss / 1e6)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# ── what is measured ────────────────────────────────────────────────────────────────────────────────────────────────


def measure_pipeline(folder: Path, arguments: argparse.Namespace) -> None:
    """CPU of crawl, job and five questions on 600,000 rows, against bare DuckDB and Spark."""
    raw = records(folder / "records", arguments.rows)
    with fresh_endpoint(folder) as endpoint:
        made, server = pipeline(endpoint, "benchmark"), psutil.Process(endpoint.pid)
        made.upload(raw)
        spent = []
        for name, step in (("crawl", made.crawl), ("job", made.transform), ("five questions", made.ask)):
            before = cpu_seconds(server)
            wall = seconds(step)
            spent.append(cpu_seconds(server) - before)
            report(f"local AWS: {name}", spent[-1], "CPU s", f"{wall:.2f} s on the clock")
        before = cpu_seconds(server)
        made.ask()
        warm = cpu_seconds(server) - before
    (folder / "bare").mkdir()
    steps = (("schemas", "bare-schema"), ("job", "bare-job"), ("five questions", "bare-questions"))
    for (name, kind), ours in zip(steps, [*spent[:2], warm], strict=True):
        alone = cpu_of_command(sys.executable, str(WORK), kind, str(raw), str(folder / "bare"))
        report(f"bare DuckDB: {name}", alone, "CPU s", f"the local AWS takes {ours / alone:.2f} × of it; at most 1.3")
    bare = cpu_of_command(sys.executable, str(WORK), "bare", str(raw), str(folder / "bare"))
    report("local AWS: all", sum(spent), "CPU s", f"{sum(spent) / bare:.2f} × bare DuckDB; at most 1.5")
    report("bare DuckDB: all", bare, "CPU s", "one process, its start included")
    if arguments.spark:
        by_spark = cpu_of_command(arguments.spark, str(WORK), "spark", str(raw), str(folder / "bare"))
        report("Apache Spark: all", by_spark, "CPU s", f"{by_spark / sum(spent):.1f} × the local AWS; at least 8")


def measure_warm(folder: Path, arguments: argparse.Namespace) -> None:
    """Job and five questions against bare DuckDB in a process that is warm as well; the questions on the sample's size
    and on 600,000 rows."""
    for rows in (60_000, arguments.rows):
        raw, out = records(folder / f"records-{rows}", rows), folder / f"bare-{rows}"
        out.mkdir()
        with fresh_endpoint(folder / f"{rows}") as endpoint:
            made, server = pipeline(endpoint, "warm"), psutil.Process(endpoint.pid)
            made.upload(raw)
            made.crawl()
            jobs = median_cpu(server, made.transform, 5)
            keep_newest(made)
            answers = median_cpu(server, made.ask, 9)
        for what, kind, ours in (("job", "warm-job", jobs), ("five questions", "warm-questions", answers)):
            done = subprocess.run(
                [sys.executable, str(WORK), kind, str(raw), str(out)], check=True, capture_output=True, text=True
            )
            alone = float(done.stdout)
            note = f"{ours / alone:.2f} × of bare DuckDB's {alone:.2f}, warm as well; at most 1.3"
            report(f"{what} on {rows:,} rows, warm", ours, "CPU s", note)


def median_cpu(process: psutil.Process, work: Callable[[], object], times: int) -> float:
    """CPU seconds that a process spends on a piece of work, once it has done it."""
    work()
    spent = []
    for _ in range(times):
        before = cpu_seconds(process)
        work()
        spent.append(cpu_seconds(process) - before)
    return sorted(spent)[times // 2]


def keep_newest(made: Pipeline) -> None:
    """Leave the output of one run below `processed/`."""
    listed = made.s3.list_objects_v2(Bucket=made.bucket, Prefix="processed/")["Contents"]
    for entry in sorted(listed, key=lambda entry: entry["LastModified"])[:-1]:
        made.s3.delete_object(Bucket=made.bucket, Key=entry["Key"])


def measure_count(folder: Path, _: argparse.Namespace) -> None:
    """A count of the sample's size, warm, from StartQueryExecution to SUCCEEDED."""
    raw = records(folder / "records", 60_000)
    with fresh_endpoint(folder) as endpoint:
        made = pipeline(endpoint, "count")
        made.upload(raw)
        made.crawl()
        made.transform()
        made.ask()
        times = sorted(made.count() for _ in range(21))
        report("warm count of 60,000 rows", times[10], "ms", f"{times[0]:.0f} to {times[-1]:.0f}; at most 100")


def measure_memory(folder: Path, arguments: argparse.Namespace) -> None:
    """Peak memory of the server while data is uploaded, crawled and transformed."""
    for rows in (arguments.rows, 10 * arguments.rows):
        raw = records(folder / f"records-{rows}", rows)
        size = sum(file.stat().st_size for file in raw.glob("*.csv")) / 1e6
        with fresh_endpoint(folder / f"{rows}") as endpoint, PeakMemory(endpoint.pid) as peak:
            made = pipeline(endpoint, "benchmark")
            made.upload(raw)
            made.crawl()
            made.transform()
        report(f"peak memory with {size:.0f} MB", peak.megabytes, "MB", "at most 400")


def measure_large(folder: Path, arguments: argparse.Namespace) -> None:
    """Peak memory of each step with objects of 100 MB, 6 GB of them unless asked for otherwise."""
    raw = records(folder / "records", arguments.rows)
    file = folder / "large.csv"
    with file.open("wb") as large:
        head, _, _ = next(raw.glob("*.csv")).read_bytes().partition(b"\n")
        large.write(head + b"\n")
        while large.tell() < LARGE_OBJECT:
            for each in raw.glob("*.csv"):
                large.write(each.read_bytes().partition(b"\n")[2])
    number = int(arguments.gigabytes * 1e9 / file.stat().st_size) + 1
    with fresh_endpoint(folder) as endpoint:
        made, server = pipeline(endpoint, "benchmark"), psutil.Process(endpoint.pid)

        def upload() -> None:
            for at in range(number):
                made.s3.upload_file(str(file), made.bucket, f"raw/{at:04}.csv")

        for name, step in (("upload", upload), ("crawl", made.crawl), ("job", made.transform)):
            before = cpu_seconds(server)
            with PeakMemory(endpoint.pid) as peak:
                wall = seconds(step)
            spent = cpu_seconds(server) - before
            note = f"{wall:.0f} s on the clock, {spent:.0f} CPU s; at most 600 MB"
            report(f"{arguments.gigabytes:g} GB: {name}", peak.megabytes, "MB", note)


def measure_objects(folder: Path, _: argparse.Namespace) -> None:
    """Crawls of many small objects."""
    with fresh_endpoint(folder) as endpoint:
        for what, keys, limit in (
            ("5,000 objects in one folder", [f"{at}.csv" for at in range(5000)], 20),
            ("200 sibling folders", [f"part={at}/a.csv" for at in range(200)], 30),
        ):
            made = pipeline(endpoint, f"benchmark-{limit}")
            for at, key in enumerate(keys):
                body = f"moment,caller,seconds\n2021-01-01 10:00:00,{61400000000 + at},{at}\n".encode()
                made.s3.put_object(Bucket=made.bucket, Key=f"raw/{key}", Body=body)
            report(f"crawl of {what}", seconds(made.crawl), "s", f"at most {limit}")


def measure_endpoint(folder: Path, arguments: argparse.Namespace) -> None:
    """Start, reset and stop, as commands."""
    raw = records(folder / "records", arguments.rows // 10)

    def command(name: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "cdr_helpers.cli", "local", name, "--home", str(folder / "home")],
            check=True,
            capture_output=True,
        )

    report("cdr local start", seconds(lambda: command("start")), "s", "answers; at most 3")
    endpoint = localaws.status(folder / "home")
    assert endpoint is not None
    try:
        pipeline(endpoint, "benchmark").upload(raw)
        report("cdr local reset", seconds(lambda: command("reset")), "s", "at most 1")
    finally:
        report("cdr local stop", seconds(lambda: command("stop")), "s")


def measure_run(folder: Path, _: argparse.Namespace) -> None:
    """`cdr run` on the sample against its floor: the same kernels started, the same libraries imported."""
    bones = folder / "bones"
    bones.mkdir()
    for notebook in runner.find(runner.NOTEBOOKS):
        (bones / notebook.name).write_text(json.dumps(_imports_only(notebook)), encoding="utf-8")
    floor = seconds(lambda: runner.run(runner.Request("aws", out=folder / "out-bones", notebooks=bones)))
    run = [sys.executable, "-m", "cdr_helpers.cli", "run", "--out", str(folder / "out")]
    whole = seconds(lambda: subprocess.run(run, check=True, capture_output=True, env=_environment(folder)))
    report("floor of cdr run", floor, "s", "kernels started and libraries imported, nothing else")
    report("cdr run", whole, "s", f"{whole / floor:.2f} × the floor; at most 2")


def _environment(folder: Path) -> dict[str, str]:
    import os

    return os.environ | {"CDR_LOCAL_HOME": str(folder / "home")}


def _imports_only(notebook: Path) -> dict[str, Any]:
    """A notebook without anything but its parameters and the lines that import."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in code for line in "".join(cell["source"]).splitlines()]
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    names = [line for line in imports if line.startswith("from cdr_helpers import")]
    used = [f"{name.strip()}" for line in names for name in line.partition(" import ")[2].split(",")]
    parameters = next(cell for cell in code if "parameters" in cell["metadata"].get("tags", []))
    heavy = ["import matplotlib.pyplot"] if "figures" in used else []
    cell = parameters | {"id": "imports", "metadata": {}, "source": "\n".join(imports + heavy), "outputs": []}
    return content | {"cells": [parameters | {"outputs": []}, cell]}


MEASURES = {
    "pipeline": measure_pipeline,
    "warm": measure_warm,
    "count": measure_count,
    "memory": measure_memory,
    "large": measure_large,
    "objects": measure_objects,
    "endpoint": measure_endpoint,
    "run": measure_run,
}


def main() -> None:
    """Measure what is asked for, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=[*MEASURES, "all"])
    parser.add_argument("--rows", type=int, default=600_000, help="rows in 60 files (default: 600000, about 60 MB)")
    parser.add_argument(
        "--gigabytes", type=float, default=6, help="of CSV for `large` (default: 6; takes 2.5 × on disk)"
    )
    parser.add_argument("--spark", metavar="PYTHON", help="a Python with pyspark, to compare with Apache Spark")
    arguments = parser.parse_args()
    print("| What | Measured | Note |\n| --- | --- | --- |")
    for name, measure in MEASURES.items():
        if arguments.what in (name, "all"):
            with tempfile.TemporaryDirectory(prefix="cdr-benchmark-") as folder:
                measure(Path(folder), arguments)


if __name__ == "__main__":
    main()
