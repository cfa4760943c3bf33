"""Ask Athena: `awswrangler.athena.read_sql_query` with the workshop's database and result folder filled in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cdr_helpers.unanswered import Unanswered
from cdr_helpers.workshop import Workshop

if TYPE_CHECKING:
    import pandas as pd


class Ask:
    """`ask(sql)` is the answer as a data frame. Tables are named without their database, which is filled in."""

    TABLES = ("processed", "processed-timestamp-v1")
    """The tables in which times are times: of chapter 04 and, for dates that begin with the day, of chapter 06."""

    def __init__(self, workshop: Workshop, table: str = "processed") -> None:
        self._workshop = workshop
        self.table = table

    @classmethod
    def calls(cls, workshop: Workshop) -> Ask:
        """Ask about the calls of whichever table has readable times; of `processed` when none has."""
        asks = [cls(workshop, table) for table in cls.TABLES]
        return next((ask for ask in asks if ask._has_times()), asks[0])

    def _has_times(self) -> bool:
        import boto3

        glue = boto3.client("glue")
        try:
            glue.get_table(DatabaseName=self._workshop.database, Name=self.table)
        except glue.exceptions.EntityNotFoundException:
            return False
        return bool(self._read(f'SELECT count(start_datetime) > 0 AS has_times FROM "{self.table}"')["has_times"][0])

    def __call__(self, sql: str, needs: Iterable[str] = ()) -> pd.DataFrame | Unanswered:
        """Run `sql` and wait for its answer.

        `needs`: columns of the table of calls that not every supply of call records has; when one is missing the query
        is not run and the answer is an `Unanswered` that names it. Raises awswrangler's `QueryFailed` with Athena's
        message.
        """
        columns = self._columns() if needs else []
        missing = [column for column in needs if column not in columns]
        if missing:
            return Unanswered(f"This data cannot answer the question: it has no column {', '.join(missing)}.")
        return self._read(sql)

    def unreadable_time(self, column: str, table: str = "raw") -> str:
        """A text in `column` of `table` that is no timestamp: what a cast turned into NULL."""
        order = f"try_cast({column} AS timestamp) NULLS FIRST, {column}"
        rows = self._read(f"SELECT {column} FROM {table} WHERE {column} <> '' ORDER BY {order} LIMIT 1")
        return str(rows.iloc[0, 0]) if len(rows) else ""

    def _read(self, sql: str) -> Any:
        import awswrangler as wr

        return wr.athena.read_sql_query(
            sql, database=self._workshop.database, s3_output=self._workshop.athena_results, ctas_approach=False
        )

    def _columns(self) -> list[str]:
        import boto3

        table = boto3.client("glue").get_table(DatabaseName=self._workshop.database, Name=self.table)["Table"]
        return [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
