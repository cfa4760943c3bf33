"""Generated queries, right and wrong ones: each ends, with a result or with an error that has one of Athena's names.

`CDR_FUZZ_QUERIES` and `CDR_FUZZ_SEED` ask for more of them, or for others.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

QUERIES = int(os.environ.get("CDR_FUZZ_QUERIES", "5000"))
SEED = int(os.environ.get("CDR_FUZZ_SEED", "20211"))
CLIENTS, BATCH = 3, 50
SECONDS = 60.0
NAMED = re.compile(r"[A-Z][A-Z_0-9]+: .|Query exhausted resources|FAILED: ", re.DOTALL)
LEAKS = ("Traceback", "duckdb", "DuckDB", "sqlglot", "site-packages", 'File "', "c0::", "t_fail")

COLUMNS = {
    "a": "bigint",
    "b": "varchar",
    "c": "double",
    "d": "date",
    "e": "timestamp",
    "f": "boolean",
    "g": "decimal(10,2)",
    "h": "array(bigint)",
    "i": "map(varchar, bigint)",
    "j": "row(x bigint, y varchar)",
}
ROWS = [
    "(1, 'one', 1.5e0, DATE '2021-01-01', TIMESTAMP '2021-01-01 10:00:00', true, DECIMAL '1.50', ARRAY[1, 2],"
    " MAP(ARRAY['k'], ARRAY[1]), CAST(ROW(1, 'x') AS row(x bigint, y varchar)))",
    "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    "(-7, '', nan(), DATE '1969-12-31', TIMESTAMP '2021-12-31 23:59:59.999', false, DECIMAL '-0.01', ARRAY[],"
    " MAP(ARRAY[], ARRAY[]), CAST(ROW(NULL, '') AS row(x bigint, y varchar)))",
    "(9223372036854775807, 'Ünïcode; \"q\"', infinity(), DATE '2400-02-29', TIMESTAMP '1900-01-01 00:00:00', true,"
    " DECIMAL '99999999.99', ARRAY[NULL, 3], MAP(ARRAY['a', 'b'], ARRAY[NULL, 2]),"
    " CAST(ROW(3, NULL) AS row(x bigint, y varchar)))",
]
LITERALS = {
    "bigint": ["0", "1", "-1", "42", "9223372036854775807", "2147483648"],
    "varchar": ["''", "'a'", "'2021-01-01'", "'12'", "'a,b,c'", "'{\"a\": [1, 2]}'", "'%_x'", "'(('", "'é'"],
    "double": ["0e0", "1.5e0", "-2.5e-3", "nan()", "infinity()", "1e308"],
    "date": ["DATE '2021-02-25'", "current_date", "DATE '0001-01-01'"],
    "timestamp": ["TIMESTAMP '2021-02-25 11:53:00'", "localtimestamp", "TIMESTAMP '2021-02-25 11:53:00.123 UTC'"],
    "boolean": ["true", "false"],
    "decimal(10,2)": ["DECIMAL '1.25'", "0.01", "123456789012345678901234567890.5"],
    "array(bigint)": ["ARRAY[1, 2, 3]", "ARRAY[]", "sequence(1, 5)", "ARRAY[NULL]"],
    "map(varchar, bigint)": ["MAP(ARRAY['x'], ARRAY[1])", "MAP()"],
    "row(x bigint, y varchar)": ["ROW(1, 'z')"],
}
TYPES = [*COLUMNS.values(), "integer", "smallint", "real", "char(3)", "varbinary", "json", "time", "varchar(2)"]
OPERATORS = ["+", "-", "*", "/", "%", "||", "=", "<>", "<", ">=", "AND", "OR", "IS DISTINCT FROM", "LIKE"]
LAMBDAS = ["x -> x", "x -> x + 1", "x -> x > 1", "(k, v) -> v", "(k, v) -> k", "(s, x) -> s + x", "s -> s", "x -> y"]


def _templates() -> dict[str, list[str]]:
    """Type → ways to make a value of it; and three lists of functions."""
    found: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / "fuzz_templates.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            found[line[1:-1]] = kind = []
        elif line and not line.startswith("#"):
            kind.append(line)
    return found


TEMPLATES = _templates()
SCALARS, AGGREGATES, WINDOWS = (TEMPLATES.pop(kind) for kind in ("scalars", "aggregates", "windows"))


class Generator:
    """Random queries over a table `t`: mostly well typed, sometimes not at all."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one_of(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def expression(self, depth: int) -> str:
        if self.random.random() < 0.15:
            return self.wild(depth)
        return self.typed(self.random.choice(list(COLUMNS.values())), depth)

    def typed(self, kind: str, depth: int) -> str:
        """A value of a type, as far as one can say."""
        if depth <= 0 or self.random.random() < 0.2:
            columns = [f"t.{name}" for name, held in COLUMNS.items() if held == kind]
            return str(self.one_of(*LITERALS[kind], *columns, *columns, *columns))
        template = self.random.choice(TEMPLATES[kind])
        made = re.sub(r"\{([^}]+)\}", lambda found: self.typed(found[1], depth - 1), template)
        return f"({made})"

    def wild(self, depth: int) -> str:
        """Anything, of any type."""
        kind = self.random.choice(list(COLUMNS.values()))
        if depth <= 0 or self.random.random() < 0.25:
            columns = [f"t.{name}" for name, held in COLUMNS.items() if held == kind]
            return str(self.one_of(*LITERALS[kind], *columns, *columns, "NULL"))
        maker = self.one_of(
            self.call,
            self.call,
            self.call,
            self.operation,
            self.operation,
            self.cast,
            self.case,
            self.test,
            self.lambda_,
        )
        return str(maker(depth - 1))

    def call(self, depth: int) -> str:
        given = ", ".join(self.expression(depth) for _ in range(self.random.choice((0, 1, 1, 1, 2, 2, 3))))
        return f"{self.random.choice(SCALARS)}({given})"

    def lambda_(self, depth: int) -> str:
        name = self.one_of("transform", "filter", "reduce", "any_match", "map_filter", "transform_values", "zip_with")
        given = [self.expression(depth) for _ in range(self.one_of(1, 1, 2))]
        given += [self.random.choice(LAMBDAS) for _ in range(self.one_of(1, 1, 2))]
        return f"{name}({', '.join(given)})"

    def operation(self, depth: int) -> str:
        return f"({self.expression(depth)} {self.random.choice(OPERATORS)} {self.expression(depth)})"

    def cast(self, depth: int) -> str:
        return f"{self.one_of('CAST', 'TRY_CAST')}({self.expression(depth)} AS {self.random.choice(TYPES)})"

    def case(self, depth: int) -> str:
        when, then, other = (self.expression(depth) for _ in range(3))
        return f"CASE WHEN {when} THEN {then} ELSE {other} END"

    def test(self, depth: int) -> str:
        value, low, high = (self.expression(depth) for _ in range(3))
        return str(
            self.one_of(
                f"({value} IS NULL)",
                f"({value} BETWEEN {low} AND {high})",
                f"({value} IN ({low}, {high}))",
                f"(NOT {value})",
                f"({value})[{low}]",
                f"(EXISTS (SELECT 1 WHERE {value} = {low}))",
                f"({value} IN (SELECT {low}))",
                f"(SELECT max({value}) FROM t)",
                f"extract(year FROM {value})",
                f"({value} AT TIME ZONE 'Asia/Tokyo')",
            )
        )

    def aggregate(self) -> str:
        given = ", ".join(self.expression(1) for _ in range(self.one_of(1, 1, 2)))
        distinct, rest = self.one_of("", "", "DISTINCT "), self.one_of("", "", f" FILTER (WHERE {self.expression(1)})")
        return f"{self.random.choice(AGGREGATES)}({distinct}{given}){rest}"

    def window(self) -> str:
        name = self.one_of(*WINDOWS, *AGGREGATES[:6])
        given = "" if name in WINDOWS[:5] else self.expression(1)
        frame = self.one_of("", "", " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW", " RANGE UNBOUNDED PRECEDING")
        return f"{name}({given}) OVER (PARTITION BY {self.expression(0)} ORDER BY {self.expression(0)}{frame})"

    def select(self, depth: int) -> str:
        values = ", ".join(self.one_of(self.expression(2), self.expression(3), self.window()) for _ in range(2))
        where = f" WHERE {self.expression(2)}" if self.random.random() < 0.4 else ""
        grouped = (
            f"SELECT {self.expression(1)}, {self.aggregate()} FROM t{where} GROUP BY {self.one_of('1', 'a', 'b, 1')}"
        )
        source = self.one_of(
            "t", "t", "t JOIN t AS u ON t.a = u.a", "t LEFT JOIN t u USING (b)", "t CROSS JOIN UNNEST(h) AS n (m)",
            "t CROSS JOIN UNNEST(i) WITH ORDINALITY", f"(SELECT * FROM t ORDER BY {self.expression(0)} LIMIT 2) t",
        )  # fmt: skip
        plain = f"SELECT {self.one_of('', '', 'DISTINCT ')}{values} FROM {source}{where}"
        chosen = self.one_of(plain, plain, plain, grouped, f"SELECT {self.aggregate()} FROM t{where}")
        if depth and self.random.random() < 0.15:
            return f"{chosen} {self.one_of('UNION ALL', 'UNION', 'EXCEPT', 'INTERSECT')} {self.select(depth - 1)}"
        return f"{chosen}{self.one_of('', '', ' ORDER BY 1', ' LIMIT 3', ' ORDER BY 2 DESC NULLS FIRST LIMIT 1')}"

    def query(self) -> str:
        text = f"WITH t ({', '.join(COLUMNS)}) AS (VALUES {', '.join(ROWS)}) {self.select(1)}"
        return self.broken(text) if self.random.random() < 0.08 else text

    def broken(self, text: str) -> str:
        """The same with a word lost, doubled or foreign."""
        words = text.split(" ")
        at = self.random.randrange(len(words))
        words[at : at + 1] = self.one_of(
            [], [words[at]] * 2, ["'"], ['"'], ["("], ["SELECT"], ["\u0000"], ["💥"], [";"]
        )
        return " ".join(words)


@pytest.fixture(scope="module")
def athena(client: Callable[..., Any], endpoint: Any) -> Any:
    """A client with a connection for each thread, and a bucket for the results."""
    place = {"CreateBucketConfiguration": {"LocationConstraint": endpoint.region}}
    client("s3").create_bucket(Bucket="fuzzed-queries", **place)
    return client("athena", config=Config(max_pool_connections=CLIENTS, read_timeout=SECONDS))


def faults_of(athena: Any, queries: list[str]) -> list[str]:
    """What is wrong with how each query ended; nothing when it ended well. At most 50, which are asked for together."""
    output = {"OutputLocation": "s3://fuzzed-queries/results/"}
    faults, started = [""] * len(queries), {}
    for place, sql in enumerate(queries):
        try:
            begun = athena.start_query_execution(QueryString=sql, ResultConfiguration=output)
            started[begun["QueryExecutionId"]] = place
        except ClientError as refused:
            error = refused.response["Error"]
            if error["Code"] != "InvalidRequestException" or _leak(error["Message"]):
                faults[place] = f"{error['Code']}: {error['Message']}"
    end = time.monotonic() + SECONDS
    while started:
        for found in athena.batch_get_query_execution(QueryExecutionIds=list(started))["QueryExecutions"]:
            status, identity = found["Status"], found["QueryExecutionId"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                faults[started.pop(identity)] = _fault(athena, identity, status)
            elif time.monotonic() > end:
                faults[started.pop(identity)] = f"still {status['State']} after {SECONDS:.0f} s"
        time.sleep(0.05)
    return faults


def _fault(athena: Any, identity: str, status: dict[str, Any]) -> str:
    if status["State"] == "SUCCEEDED":
        athena.get_query_results(QueryExecutionId=identity)
        return ""
    reason = status.get("StateChangeReason", "")
    named = NAMED.match(reason) and not reason.startswith("GENERIC_INTERNAL_ERROR")
    return "" if named and not _leak(reason) else f"{status['State']}: {reason}"


def _leak(text: str) -> bool:
    return any(each in text for each in LEAKS)


def test_every_generated_query_ends_with_an_answer_or_an_error_of_athena(athena: Any) -> None:
    generator = Generator(SEED)
    queries = [generator.query() for _ in range(QUERIES)]
    batches = [queries[at : at + BATCH] for at in range(0, len(queries), BATCH)]
    with ThreadPoolExecutor(CLIENTS) as threads:
        faults = [fault for batch in threads.map(lambda batch: faults_of(athena, batch), batches) for fault in batch]
    found = [
        f"{fault}\n    {sql.partition(') SELECT')[2] or sql}"
        for fault, sql in zip(faults, queries, strict=True)
        if fault
    ]
    assert not found, f"{len(found)} of {QUERIES} (seed {SEED}):\n" + "\n".join(found[:20])
