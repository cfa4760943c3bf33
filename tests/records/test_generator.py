"""The mock data: plain SQL finds every planted effect, nothing else is as strong, and a seed gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cdr_helpers.errors import UsageError, WorkshopError
from cdr_helpers.records import columns, effects, generator

SAMPLE = Path(__file__).resolve().parent.parent.parent / "data"


def _made(tmp_path_factory: pytest.TempPathFactory, **settings: Any) -> Path:
    out = tmp_path_factory.mktemp("records")
    generator.generate(out, generator.Settings(**settings))
    return out


@pytest.fixture(scope="module", params=["sample", "large", "one month", "smallest"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of every size that the effects are planted in."""
    if request.param == "sample":
        return SAMPLE
    settings: dict[str, dict[str, Any]] = {
        "large": {"months": 60, "rows": 10_000, "seed": 7},
        "one month": {"months": 1, "rows": 2_000, "start": date(2024, 6, 1), "seed": 3},
        "smallest": {"months": 3, "rows": effects.SMALLEST_MONTH, "seed": 5},
    }
    return _made(tmp_path_factory, **settings[request.param])


@pytest.fixture(scope="module")
def records(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE records AS SELECT * FROM read_csv('{folder.as_posix()}/*.csv', header = true)")
    return connection


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    return json.loads((folder / generator.GROUND_TRUTH).read_text(encoding="utf-8"))


def test_the_files_are_those_of_the_ground_truth(folder: Path, truth: dict[str, Any]) -> None:
    lines = {file.name: len(file.read_bytes().splitlines()) - 1 for file in sorted(folder.glob("*.csv"))}
    assert lines == truth["files"]
    assert sum(lines.values()) == truth["rows"]


def test_every_column_is_there_and_every_number_is_whole(records: duckdb.DuckDBPyConnection) -> None:
    found = {name: kind for name, kind, *_ in records.execute("DESCRIBE records").fetchall()}
    kinds = {"datetime": "TIMESTAMP", "integer": "BIGINT"}
    assert found == {column.name: kinds[column.kind] for column in columns.COLUMNS}


def test_no_value_is_missing(records: duckdb.DuckDBPyConnection) -> None:
    nulls = ", ".join(f"count_if({name} IS NULL)" for name in columns.names())
    assert set(records.execute(f"SELECT {nulls} FROM records").fetchone() or ()) == {0}


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("it is answered after it was dialled", "connect_datetime <= start_datetime"),
        (
            "the charged duration is the conversation",
            "date_diff('second', connect_datetime, disconnect_datetime) <> charged_duration",
        ),
        ("only an answered call has a duration", "(charged_duration > 0) <> (sip_response = 200)"),
        ("a number has up to 15 digits", "length(translated_calling_number::varchar) NOT BETWEEN 10 AND 15"),
        ("no number can be somebody's", "(translated_called_number::varchar)[1:3] NOT IN ('999', '830')"),
        (
            "toll-free numbers begin alike",
            "(service_type = 3) <> starts_with(translated_called_number::varchar, '999800')",
        ),
    ],
)
def test_rules_of_a_record(records: duckdb.DuckDBPyConnection, rule: str, broken: str) -> None:
    assert records.execute(f"SELECT * FROM records WHERE {broken} LIMIT 1").fetchall() == [], rule


def test_causes_and_responses_agree(records: duckdb.DuckDBPyConnection) -> None:
    found = records.execute("SELECT DISTINCT release_cause_number, sip_response FROM records").fetchall()
    assert set(found) <= {(outcome.cause, outcome.sip) for outcome in columns.OUTCOMES.values()}


def test_values_are_the_documented_ones(records: duckdb.DuckDBPyConnection) -> None:
    for column in columns.COLUMNS:
        if column.values:
            found = {value for (value,) in records.execute(f"SELECT DISTINCT {column.name} FROM records").fetchall()}
            assert found <= set(column.values), column.name


def test_a_number_has_one_carrier(records: duckdb.DuckDBPyConnection) -> None:
    query = """SELECT translated_called_number FROM records GROUP BY 1
               HAVING count(DISTINCT terminating_carrier_id) > 1"""
    assert records.execute(query).fetchall() == []


# ── what is planted ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_outage_is_the_worst_of_all_hours(records: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    outage = truth["effects"]["outage"]
    query = """SELECT terminating_carrier_id, date_trunc('day', start_datetime), count(*),
                      min(start_datetime), max(start_datetime)
               FROM records WHERE sip_response IN (404, 503) GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 2"""
    worst, second = records.execute(query).fetchall()
    first, end = (datetime.fromisoformat(outage[edge]) for edge in ("first", "end"))
    assert worst[0] == outage["carrier_id"]
    assert worst[1].date() == first.date()
    assert worst[2] > 2 * second[2], "nothing else is as strong"
    share = f"""SELECT avg((sip_response IN (404, 503))::int) FROM records WHERE terminating_carrier_id = {worst[0]}
                AND start_datetime >= '{first}' AND start_datetime < '{end}'"""
    assert (records.execute(share).fetchone() or (0,))[0] > 0.85


@pytest.mark.parametrize(
    ("effect", "calls_like_it"),
    [("scam_callers", "charged_duration = 0"), ("robot_callers", "charged_duration BETWEEN 1 AND 19")],
)
def test_the_planted_callers_lead(
    records: duckdb.DuckDBPyConnection, truth: dict[str, Any], effect: str, calls_like_it: str
) -> None:
    planted = {caller["translated_calling_number"]: caller for caller in truth["effects"][effect]}
    query = f"""SELECT translated_calling_number, count_if({calls_like_it}) AS alike, count(*)
                FROM records GROUP BY 1 ORDER BY alike DESC LIMIT {len(planted) + 1}"""
    *leaders, next_one = records.execute(query).fetchall()
    assert {number for number, _, _ in leaders} == set(planted)
    assert all(calls == planted[number]["calls"] for number, _, calls in leaders)
    assert all(alike > 0.6 * calls for _, alike, calls in leaders)
    assert next_one[1] < 0.75 * leaders[-1][1], "nothing else is as strong"


def test_planted_callers_call_when_the_truth_says(records: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    for caller in truth["effects"]["scam_callers"] + truth["effects"]["robot_callers"]:
        number = caller["translated_calling_number"]
        query = (
            f"SELECT min(start_datetime), max(start_datetime) FROM records WHERE translated_calling_number = {number}"
        )
        first, last = records.execute(query).fetchone() or (None, None)
        assert caller["first_day"] <= f"{first:%Y-%m-%d}" <= f"{last:%Y-%m-%d}" <= caller["last_day"]


def test_holidays_are_the_quietest_days(
    folder: Path, records: duckdb.DuckDBPyConnection, truth: dict[str, Any]
) -> None:
    if truth["rows"] / len(truth["files"]) < 1_000:
        assert truth["effects"]["holidays"], "planted, though so few calls a day do not show it"
        return
    query = """WITH days AS (SELECT start_datetime::date AS day, count(*) AS calls FROM records GROUP BY 1)
               SELECT day, calls / median(calls) OVER (PARTITION BY dayofweek(day)) AS share FROM days ORDER BY share"""
    days = records.execute(query).fetchall()
    planted = {holiday["date"] for holiday in truth["effects"]["holidays"]}
    assert {f"{day}" for day, _ in days[: len(planted)]} == planted
    assert days[len(planted) - 1][1] < 0.45 < days[len(planted)][1]


def test_the_week_and_the_day_have_a_rhythm(records: duckdb.DuckDBPyConnection) -> None:
    weekday, weekend = records.execute(
        """SELECT count_if(isodow(start_datetime) < 6) / 5, count_if(isodow(start_datetime) > 5) / 2 FROM records"""
    ).fetchone() or (0, 0)
    assert 0.3 < weekend / weekday < 0.85, "planted callers work on weekdays, which shows where there is little else"
    day, night = records.execute(
        """SELECT count_if(hour(start_datetime) BETWEEN 9 AND 16), count_if(hour(start_datetime) < 6) FROM records"""
    ).fetchone() or (0, 0)
    assert day > 20 * night


def test_carriers_are_of_unequal_size(records: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT terminating_carrier_id, count(*) AS n FROM records GROUP BY 1 ORDER BY n DESC"
    found = [carrier for carrier, _ in records.execute(query).fetchall()]
    assert set(found[:2]) == {1, 2}
    assert found[-1] in (11, 14)


def test_every_caller_has_a_label(folder: Path, records: duckdb.DuckDBPyConnection) -> None:
    labels = _labels(folder)
    found = records.execute("SELECT DISTINCT translated_calling_number FROM records").fetchall()
    assert set(labels) == {number for (number,) in found}


def test_labels_are_those_of_the_ground_truth(folder: Path, truth: dict[str, Any]) -> None:
    labels, told = _labels(folder), truth["labels"]
    assert told["file"] == generator.LABELS
    assert told["callers"] == len(labels)
    assert sorted(told["scam"] + told["robot"]) == sorted(number for number, label in labels.items() if label)
    for kind in ("scam", "robot"):
        loud = {caller["translated_calling_number"] for caller in truth["effects"][f"{kind}_callers"]}
        assert loud <= set(told[kind])


def test_few_callers_are_unwanted(folder: Path, truth: dict[str, Any]) -> None:
    if truth["rows"] >= 20_000:
        labels = _labels(folder)
        assert 0.03 < sum(labels.values()) / len(labels) < 0.04
        assert 0.3 < len(labels) / truth["rows"] < 0.5


@pytest.mark.parametrize(
    "sign",
    [
        "count(*)",
        "avg((charged_duration = 0)::int)",
        "avg((charged_duration BETWEEN 1 AND 19)::int)",
        "count(DISTINCT translated_called_number)",
        "avg((release_cause_number = 21)::int)",
    ],
)
def test_no_single_sign_tells_who_is_unwanted(sign: str) -> None:
    """Of the callers beyond a limit, wherever it lies, at most half are unwanted once a quarter of those are found."""
    connection = duckdb.connect()
    ranked = connection.execute(
        f"""SELECT sign, count(*), sum(unwanted) FROM (
                SELECT {sign} AS sign, any_value(unwanted) AS unwanted
                FROM '{SAMPLE.as_posix()}/call*.csv' AS calls
                JOIN '{(SAMPLE / generator.LABELS).as_posix()}' AS labels USING (translated_calling_number)
                GROUP BY translated_calling_number)
            GROUP BY 1 ORDER BY 1 DESC"""
    ).fetchall()
    everybody, unwanted = sum(row[1] for row in ranked), sum(row[2] for row in ranked)
    callers = found = 0
    for _, count, hits in ranked:
        callers, found = callers + count, found + hits
        if found > 0.25 * unwanted:
            assert found < 0.5 * callers, f"{found} of {callers}"
    assert everybody == callers


def _labels(folder: Path) -> dict[int, int]:
    first, *lines = (folder / generator.LABELS).read_text(encoding="utf-8").splitlines()
    assert first == "translated_calling_number,unwanted"
    return {int(number): int(label) for number, label in (line.split(",") for line in lines)}


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _digest(folder: Path) -> str:
    files = [*sorted(folder.glob("*.csv")), folder / generator.LABELS, folder / generator.GROUND_TRUTH]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def test_the_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    """The same bytes on every machine; the sample is in the repository."""
    generator.generate(tmp_path, generator.Settings())
    assert _digest(tmp_path) == _digest(SAMPLE)


def test_the_second_suppliers_sample_is_too(tmp_path: Path) -> None:
    generator.generate(tmp_path, generator.Settings(6, 1_000, date(2021, 7, 1), "dmy", seed=2))
    assert _digest(tmp_path) == _digest(SAMPLE / "dmy")


def test_another_seed_gives_other_calls_and_the_same_plan(tmp_path: Path) -> None:
    one, two = (generator.generate(tmp_path / f"{seed}", generator.Settings(2, 300, seed=seed)) for seed in (1, 2))
    assert one["effects"] == two["effects"]
    assert _digest(tmp_path / "1") != _digest(tmp_path / "2")


def test_dmy_writes_the_same_calls_another_way(tmp_path: Path) -> None:
    for date_format in ("iso", "dmy"):
        generator.generate(tmp_path / date_format, generator.Settings(1, 500, date_format=date_format))
    iso, dmy = (
        [line.split(",") for line in (tmp_path / kind / "call-detail-records-2021-01.csv").read_text().splitlines()]
        for kind in ("iso", "dmy")
    )
    assert iso[0] == dmy[0] == columns.names()
    for left, right in zip(iso[1:], dmy[1:], strict=True):
        moment = datetime.strptime(left[0], "%Y-%m-%d %H:%M:%S")
        assert right[0] == f"{moment:%d-%m-%Y %H:%M}"
        assert right[5:] == left[5:]


def test_too_few_rows_for_an_outage_are_said_to_have_none(tmp_path: Path) -> None:
    truth = generator.generate(tmp_path, generator.Settings(1, effects.SMALLEST_MONTH - 1))
    assert truth["effects"]["outage"] is None
    assert truth["effects"]["scam_callers"] == truth["effects"]["robot_callers"] == []
    assert truth["labels"] is None
    assert not (tmp_path / generator.LABELS).exists()


def test_labels_of_somebody_else_are_kept(tmp_path: Path) -> None:
    (tmp_path / generator.LABELS).parent.mkdir()
    (tmp_path / generator.LABELS).write_text("mine")
    with pytest.raises(WorkshopError, match="caller-labels.csv.*name a new folder"):
        generator.generate(tmp_path, generator.Settings(1, 200))
    assert (tmp_path / generator.LABELS).read_text() == "mine"


def test_months_follow_each_other_over_the_year(tmp_path: Path) -> None:
    truth = generator.generate(tmp_path, generator.Settings(3, 10, start=date(2023, 11, 1)))
    assert [name[-11:-4] for name in truth["files"]] == ["2023-11", "2023-12", "2024-01"]


def test_an_earlier_run_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    generator.generate(tmp_path, generator.Settings(3, 10))
    generator.generate(tmp_path, generator.Settings(1, 10, start=date(2022, 1, 1)))
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "call-detail-records-2022-01.csv",
        "ground-truth.json",
        "notes.txt",
    ]


def test_files_of_somebody_else_are_not_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "call-detail-records-2021-01.csv").write_text("mine")
    with pytest.raises(WorkshopError, match="call-detail-records-2021-01.csv.*name a new folder"):
        generator.generate(tmp_path, generator.Settings(1, 10))
    assert [file.name for file in tmp_path.iterdir()] == ["call-detail-records-2021-01.csv"]


def test_a_foreign_ground_truth_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ground-truth.json").write_text("[]")
    with pytest.raises(WorkshopError, match="was not made by"):
        generator.generate(tmp_path, generator.Settings(1, 10))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"months": 0}, "--months must be at least 1, not 0"),
        ({"rows": -5}, "--rows must be at least 1 a month, not -5"),
        ({"seed": -1}, "--seed must not be negative"),
        ({"start": date(1900, 1, 1)}, "1970 to 9998"),
        ({"start": date(9998, 12, 1)}, "1970 to 9998"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        generator.Settings(**settings)
