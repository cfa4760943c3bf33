"""Each verdict, and what it says when it cannot be given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdr_helpers import checks
from cdr_helpers.answers import AnswerSheet
from cdr_helpers.errors import CheckFailed
from cdr_helpers.unanswered import Unanswered

HEAD = ",".join(checks.REQUIRED)


def table(name: str = "raw", location: str = "s3://b/raw/", **columns: str) -> dict[str, Any]:
    described = [{"Name": column, "Type": kind} for column, kind in columns.items()]
    return {"Name": name, "StorageDescriptor": {"Location": location, "Columns": described}}


def write(folder: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return sorted(folder.glob("*.csv"))


def test_a_verdict_is_one_green_line() -> None:
    verdict = checks.check("two is two", True, "never")
    assert str(verdict) == "✓ two is two"
    assert "✓" in verdict._repr_mimebundle_()["text/html"]


def test_a_failed_check_says_the_statement_and_the_cure() -> None:
    with pytest.raises(CheckFailed, match=r"^✗ Not true: two is three\. Count again\.$"):
        checks.check("two is three", False, "Count again.")


def test_records_of_one_kind(tmp_path: Path) -> None:
    files = write(tmp_path, a=HEAD + "\n", b=HEAD + "\n")
    assert "2 files" in str(checks.records(files))


def test_records_name_the_file_that_differs_and_the_missing_column(tmp_path: Path) -> None:
    files = write(tmp_path, a=HEAD.replace("charged_duration", "seconds") + "\n", b=HEAD + "\n", c="")
    with pytest.raises(
        CheckFailed, match=r"2 with other columns than the first file: b\.csv, c\.csv.*charged_duration"
    ):
        checks.records(files)


def test_uploaded_files_have_their_length(tmp_path: Path) -> None:
    files = write(tmp_path, a="1,2\n", b="3,4\n")
    assert "2 files with 8 bytes" in str(checks.uploaded(files, {"a.csv": 4, "b.csv": 4}))
    with pytest.raises(CheckFailed, match=r"1 missing or cut short: b\.csv\. 1 not from this data: old\.csv"):
        checks.uploaded(files, {"a.csv": 4, "b.csv": 2, "old.csv": 1})


def test_one_table_below_the_folder() -> None:
    others = [table("processed", "s3://b/processed/")]
    assert checks.one_table([table(), *others], "raw", "s3://b/raw/")
    with pytest.raises(CheckFailed, match="There is no table raw.*may it read"):
        checks.one_table(others, "raw", "s3://b/raw/")
    with pytest.raises(CheckFailed, match="more than expected: a_csv"):
        checks.one_table([table(), table("a_csv", "s3://b/raw/a.csv")], "raw", "s3://b/raw/")


def test_columns_name_every_difference() -> None:
    found = table(start="string", calls="bigint", extra="double")
    assert checks.columns_are(found, {"start": "string", "calls": "bigint", "extra": "double"})
    with pytest.raises(CheckFailed, match=r"1 missing: end\. 1 unexpected: extra\..*start is string, not timestamp"):
        checks.columns_are(found, {"start": "timestamp", "calls": "bigint", "end": "string"})
    with pytest.raises(CheckFailed, match="order of the columns"):
        checks.columns_are(found, {"calls": "bigint", "start": "string", "extra": "double"})


def test_rows_are_conserved_or_the_likely_reason_is_told() -> None:
    assert str(checks.rows_conserved(24_000, 24_000)) == "✓ rows in = rows out: 24,000"
    with pytest.raises(CheckFailed, match="48,000 came out. More rows than before"):
        checks.rows_conserved(24_000, 48_000)
    with pytest.raises(CheckFailed, match="23,999 came out. Rows are missing"):
        checks.rows_conserved(24_000, 23_999)


def test_lost_times_are_told_by_column_count_example_and_cure() -> None:
    before, after = {"start": 1, "end": 0}, {"start": 2001, "end": 0}
    with pytest.raises(CheckFailed) as failed:
        checks.no_time_lost(before, after, lambda column: {"start": "25-02-2021 11:53"}[column])
    message = str(failed.value)
    assert "column start has 2,000 NULLs that were text before, such as '25-02-2021 11:53'" in message
    assert "SQL Query" in message
    assert "to_timestamp(start, 'dd-MM-yyyy HH:mm')" in message
    assert "column end" not in message
    assert "\n" not in message


def test_times_that_were_empty_before_are_not_lost() -> None:
    assert checks.no_time_lost({"start": 5}, {"start": 5}, lambda column: pytest.fail("no example is needed"))


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("25-02-2021 11:53", "dd-MM-yyyy HH:mm"),
        ("25/02/2021 11:53:07", "dd/MM/yyyy HH:mm:ss"),
        ("2021/02/25 11:53:07", "yyyy/MM/dd HH:mm:ss"),
        ("yesterday", "the pattern of your data"),
    ],
)
def test_pattern_of_a_text(text: str, pattern: str) -> None:
    assert checks.datetime_pattern(text) == pattern


def test_nothing_left_lists_what_is() -> None:
    assert str(checks.nothing_left([])) == "✓ nothing is left"
    with pytest.raises(CheckFailed, match="2 still there: bucket b, role r"):
        checks.nothing_left(["bucket b", "role r"])


def test_totals() -> None:
    assert "24,000" in str(checks.same_total(24_000, 24_000))
    with pytest.raises(CheckFailed, match="the days have 3"):
        checks.same_total(4, 3)


EFFECTS: dict[str, Any] = {
    "outage": {"carrier_id": 2, "first": "2021-03-17 09:00:00", "end": "2021-03-17 11:00:00"},
    "holidays": [{"date": "2021-01-26", "name": "Australia Day"}],
    "scam_callers": [{"translated_calling_number": 999400000001}],
    "robot_callers": [],
}


def test_findings_that_agree_with_the_answer_sheet() -> None:
    import pandas as pd

    sheet = AnswerSheet(EFFECTS)
    hours = pd.to_datetime(["2021-03-17 09:00", "2021-03-17 10:00"])
    assert "all 2" in str(sheet.outage(pd.DataFrame({"carrier": [2, 2], "hour": hours})))
    assert "2021-01-26" in str(sheet.holidays(pd.DataFrame({"day": [pd.Timestamp("2021-01-26").date()]})))
    assert "999400000001" in str(sheet.scam_callers(pd.DataFrame({"caller": [999400000001]})))


def test_findings_that_differ_are_told_without_failing() -> None:
    import pandas as pd

    told = AnswerSheet(EFFECTS).scam_callers(pd.DataFrame({"caller": [7]}))
    assert isinstance(told, Unanswered)
    assert "0 of 1 planted ones found. Missed: 999400000001. Not planted: 7." in repr(told)


def test_without_sheet_or_answer_nothing_is_compared() -> None:
    import pandas as pd

    assert "without an answer sheet" in repr(AnswerSheet(None).outage(pd.DataFrame()))
    reason = Unanswered("no column")
    assert AnswerSheet(EFFECTS).outage(reason) is reason


def test_what_is_recognised_of_each_kind() -> None:
    import pandas as pd

    sheet = AnswerSheet(EFFECTS, {"scam": [1, 2], "robot": [3]})
    scored = pd.DataFrame({"caller": [1, 2, 3, 4], "suspected": [True, False, True, False]})
    lines = sheet.recognised(scored)
    assert isinstance(lines, pd.DataFrame)
    assert lines.values.tolist() == [["innocent", 1, 0, 0.0], ["robot", 1, 1, 1.0], ["scam", 2, 1, 0.5]]
    assert "without an answer sheet" in repr(AnswerSheet(EFFECTS).recognised(scored))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((23_000, 800, 5_000), "23,000 labelled callers, 800 of them unwanted, 5,000 seen three times or more"),
        ((0, 0, 0), "The labels name none of these callers"),
        ((60_000, 2_000, 0), "0 of 60,000 callers are seen three times or more"),
        ((5_000, 3, 900), "3 of 5,000 callers are labelled as unwanted"),
    ],
)
def test_whether_anything_can_be_learned(counts: tuple[int, int, int], said: str) -> None:
    import pandas as pd

    verdict = checks.learnable(pd.DataFrame([counts], columns=["labelled", "unwanted", "frequent"]))
    assert said in repr(verdict) + str(verdict)
    assert bool(verdict) is said.startswith("23,000")


def test_a_model_is_held_against_the_rules() -> None:
    import pandas as pd

    rules = pd.DataFrame({"precision": [0.25], "recall": [0.8]})
    model = pd.DataFrame({"precision": [0.9, 0.75, 0.1], "recall": [0.5, 0.85, 1.0]})
    assert "right 3.0 times as often as the rules" in str(checks.better_than_rules(rules, model))
    with pytest.raises(CheckFailed, match="right in 20% of its suspicions, the rules in 25%"):
        checks.better_than_rules(rules, model.assign(precision=[0.9, 0.2, 0.1]))
    reason = Unanswered("no labels")
    assert checks.better_than_rules(reason, model) is reason
