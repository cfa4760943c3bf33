"""The work that is measured: crawl, job and five questions, on the local AWS, by bare DuckDB, by Spark."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TIMES = ("start_datetime", "connect_datetime", "disconnect_datetime")
DROPPED = ("originating_transit_carrier_id", "terminating_transit_carrier_id")

QUESTIONS = {
    "span": "SELECT count(*), min(start_datetime), max(start_datetime), avg(charged_duration) FROM processed",
    "outage": """SELECT terminating_carrier_id, date_trunc('hour', start_datetime) AS hour, count(*) AS calls,
                        sum(CASE WHEN sip_response IN (404, 503) THEN 1 ELSE 0 END) AS errors
                 FROM processed GROUP BY 1, 2 ORDER BY errors DESC LIMIT 10""",
    "days": """SELECT CAST(start_datetime AS date) AS day, originating_carrier_id, count(*) AS calls
               FROM processed GROUP BY 1, 2 ORDER BY 1, 2""",
    "scam": """SELECT translated_calling_number, sum(CASE WHEN charged_duration = 0 THEN 1 ELSE 0 END) AS unconnected
               FROM processed GROUP BY 1 ORDER BY unconnected DESC LIMIT 10""",
    "robots": """SELECT translated_calling_number,
                        sum(CASE WHEN charged_duration BETWEEN 1 AND 19 THEN 1 ELSE 0 END) AS short
                 FROM processed GROUP BY 1 ORDER BY short DESC LIMIT 10""",
}
"""What an analyst asks, in SQL that Athena, DuckDB and Spark all read."""


# ── on the local AWS ────────────────────────────────────────────────────────────────────────────────────────────────


class Pipeline:
    """The walkthrough's resources in one bucket, through boto3."""

    def __init__(self, session: Any, bucket: str, columns: list[str]) -> None:
        self.bucket, self.columns = bucket, columns
        self.s3, self.iam, self.glue, self.athena = (
            session.client(service) for service in ("s3", "iam", "glue", "athena")
        )

    def prepare(self) -> None:
        """Bucket, role, database, crawler and job: no work yet."""
        import json

        service = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
        objects = {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{self.bucket}/*"}
        region = self.s3.meta.region_name
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": region})
        trust, policy = ({"Version": "2012-10-17", "Statement": [statement]} for statement in (service, objects))
        self.iam.create_role(RoleName=self.bucket, AssumeRolePolicyDocument=json.dumps(trust))
        managed = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
        self.iam.attach_role_policy(RoleName=self.bucket, PolicyArn=managed)
        self.iam.put_role_policy(RoleName=self.bucket, PolicyName="objects", PolicyDocument=json.dumps(policy))
        self.glue.create_database(DatabaseInput={"Name": self.bucket})
        targets = {"S3Targets": [{"Path": f"s3://{self.bucket}/raw/"}]}
        self.glue.create_crawler(Name=self.bucket, Role=self.bucket, DatabaseName=self.bucket, Targets=targets)
        self.glue.create_job(
            Name=self.bucket,
            Role=self.bucket,
            JobMode="VISUAL",
            GlueVersion="5.0",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{self.bucket}/scripts/process.py"},
            CodeGenConfigurationNodes=self._nodes(),
        )

    def upload(self, folder: Path) -> None:
        """Every CSV file of a folder."""
        for file in sorted(folder.glob("*.csv")):
            self.s3.upload_file(str(file), self.bucket, f"raw/{file.name}")

    def crawl(self) -> None:
        """Run the crawler to its end."""
        self.glue.start_crawler(Name=self.bucket)
        _until(lambda: self.glue.get_crawler(Name=self.bucket)["Crawler"]["State"] == "READY")
        last = self.glue.get_crawler(Name=self.bucket)["Crawler"]["LastCrawl"]
        assert last["Status"] == "SUCCEEDED", last

    def transform(self) -> None:
        """Run the job to its end."""
        run = {"JobName": self.bucket, "RunId": self.glue.start_job_run(JobName=self.bucket)["JobRunId"]}
        _until(lambda: self.glue.get_job_run(**run)["JobRun"]["JobRunState"] not in ("STARTING", "RUNNING"))
        found = self.glue.get_job_run(**run)["JobRun"]
        assert found["JobRunState"] == "SUCCEEDED", found

    def ask(self) -> None:
        """Ask the five questions, one after the other."""
        for question in QUESTIONS.values():
            self._query(question)

    def count(self) -> float:
        """Milliseconds of a count, by Athena's own clock."""
        return float(self._query("SELECT count(*) FROM processed")["Statistics"]["TotalExecutionTimeInMillis"])

    def _query(self, text: str) -> dict[str, Any]:
        started = self.athena.start_query_execution(
            QueryString=text,
            QueryExecutionContext={"Database": self.bucket},
            ResultConfiguration={"OutputLocation": f"s3://{self.bucket}/results/"},
        )
        query = {"QueryExecutionId": started["QueryExecutionId"]}
        _until(lambda: self._execution(query)["Status"]["State"] not in ("QUEUED", "RUNNING"))
        ended = self._execution(query)
        assert ended["Status"]["State"] == "SUCCEEDED", ended
        return ended

    def _execution(self, query: dict[str, str]) -> dict[str, Any]:
        return dict(self.athena.get_query_execution(**query)["QueryExecution"])

    def _nodes(self) -> dict[str, Any]:
        mapping = [
            {
                "ToKey": name,
                "FromPath": [name],
                "FromType": "string" if name in TIMES else "long",
                "ToType": "timestamp" if name in TIMES else "long",
                "Dropped": name in DROPPED,
            }
            for name in self.columns
        ]
        catalog = {"EnableUpdateCatalog": True, "UpdateBehavior": "UPDATE_IN_DATABASE"}
        target = {"Path": f"s3://{self.bucket}/processed/", "Format": "csv", "Compression": "none"}
        policy = catalog | {"Database": self.bucket, "Table": "processed"}
        return {
            "node-1": {"S3CatalogSource": {"Name": "raw", "Database": self.bucket, "Table": "raw"}},
            "node-2": {"ApplyMapping": {"Name": "change", "Inputs": ["node-1"], "Mapping": mapping}},
            "node-3": {"S3DirectTarget": {"Name": "out", "Inputs": ["node-2"], "SchemaChangePolicy": policy} | target},
        }


def _until(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.1)


# ── by bare DuckDB ──────────────────────────────────────────────────────────────────────────────────────────────────


def bare_schema(raw: Path, out: Path) -> None:
    """Find the schema of every file from the bytes that a crawler looks at: its header and its first 1,000 records."""
    import itertools

    import duckdb

    heads = []
    for file in sorted(raw.glob("*.csv")):
        heads.append(out / file.name)
        with file.open(encoding="utf-8") as source, heads[-1].open("w", encoding="utf-8") as head:
            head.writelines(itertools.islice(source, 1001))
    connection = duckdb.connect()
    for path in heads:
        connection.execute(f"DESCRIBE SELECT * FROM read_csv('{path.as_posix()}')").fetchall()


def bare_job(raw: Path, out: Path) -> None:
    """Read with the columns given, cast three columns to timestamps, write one CSV: the rows that the job writes."""
    import duckdb

    names = next(raw.glob("*.csv")).open(encoding="utf-8").readline().strip().split(",")
    kinds = {name: "VARCHAR" if name in TIMES else "BIGINT" for name in names}
    kept = ", ".join(
        f"TRY_CAST({name} AS TIMESTAMP) AS {name}" if name in TIMES else name for name in kinds if name not in DROPPED
    )
    source = f"read_csv('{raw.as_posix()}/*.csv', header = true, auto_detect = false, columns = {kinds!r})"
    duckdb.connect().execute(f"COPY (SELECT {kept} FROM {source}) TO '{(out / 'job.csv').as_posix()}' (HEADER)")


def bare(raw: Path, out: Path) -> None:
    """The same in one process on local files: sniff once, then read with the columns given."""
    import duckdb

    connection = duckdb.connect()
    files = f"'{raw.as_posix()}/*.csv'"
    described = connection.execute(f"DESCRIBE SELECT * FROM read_csv({files})").fetchall()
    kinds = {name: "VARCHAR" if name in TIMES else kind for name, kind, *_ in described}
    kept = ", ".join(
        f"TRY_CAST({name} AS TIMESTAMP) AS {name}" if name in TIMES else name for name in kinds if name not in DROPPED
    )
    processed = (out / "processed.csv").as_posix()
    source = f"read_csv({files}, header = true, auto_detect = false, columns = {kinds!r})"
    connection.execute(f"COPY (SELECT {kept} FROM {source}) TO '{processed}' (HEADER)")
    _answer(connection, processed, list(kinds))


def bare_questions(raw: Path, out: Path) -> None:
    """The five questions on the file that `bare_job` wrote, with its columns given."""
    import duckdb

    names = next(raw.glob("*.csv")).open(encoding="utf-8").readline().strip().split(",")
    _answer(duckdb.connect(), (out / "job.csv").as_posix(), names)


def warm(work: Callable[[], object]) -> None:
    """Print the CPU seconds of a piece of work in a process that has done it before: the median of nine times."""
    work()
    spent = []
    for _ in range(9):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    print(sorted(spent)[4])


def warm_job(raw: Path, out: Path) -> None:
    """`bare_job`, warm."""
    warm(lambda: bare_job(raw, out))


def warm_questions(raw: Path, out: Path) -> None:
    """`bare_questions`, warm."""
    warm(lambda: bare_questions(raw, out))


def _answer(connection: Any, file: str, names: list[str]) -> None:
    written = {name: "TIMESTAMP" if name in TIMES else "BIGINT" for name in names if name not in DROPPED}
    given = f"read_csv('{file}', header = true, auto_detect = false, columns = {written!r})"
    for question in QUESTIONS.values():
        connection.execute(question.replace("FROM processed", f"FROM {given}")).fetchall()


# ── by Spark ────────────────────────────────────────────────────────────────────────────────────────────────────────


def spark(raw: Path, out: Path) -> None:
    """The same by local Apache Spark."""
    from pyspark.sql import SparkSession, functions

    session = SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false").getOrCreate()
    table = session.read.csv(str(raw), header=True, inferSchema=True)
    for name in TIMES:
        table = table.withColumn(name, functions.col(name).cast("timestamp"))
    table.drop(*DROPPED).write.csv(str(out / "processed"), header=True, mode="overwrite")
    schema = table.drop(*DROPPED).schema
    session.read.csv(str(out / "processed"), header=True, schema=schema).createOrReplaceTempView("processed")
    for question in QUESTIONS.values():
        session.sql(question).collect()
    session.stop()


WORK = {
    "bare": bare,
    "bare-schema": bare_schema,
    "bare-job": bare_job,
    "bare-questions": bare_questions,
    "warm-job": warm_job,
    "warm-questions": warm_questions,
    "spark": spark,
}

if __name__ == "__main__":
    WORK[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
