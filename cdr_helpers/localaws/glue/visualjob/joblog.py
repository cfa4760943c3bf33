"""A run's lines in CloudWatch Logs: `/aws-glue/jobs/output` says what happened, `/aws-glue/jobs/error` what went
wrong; the stream is the run's id."""

from __future__ import annotations

import time

from ... import persistence
from . import jobs
from .jobs import JobRun

OUTPUT, ERROR = "/aws-glue/jobs/output", "/aws-glue/jobs/error"


def tell(account: str, region: str, run: JobRun) -> None:
    """Write a line about the state that a run has reached."""
    again = f" (attempt {run.attempt})" if run.attempt else ""
    text = f"Job {run.job_name} run {run.run_id} is {run.state}{again}"
    _write(account, region, OUTPUT, run.run_id, text)
    if run.state in (jobs.FAILED, jobs.TIMEOUT):
        _write(account, region, ERROR, run.run_id, run.message or text)


def tell_work(account: str, region: str, run_id: str, rows: int, objects: int, read_bytes: int) -> None:
    """Write what a run has read and written."""
    read, written = f"read {read_bytes:,} bytes", f"written {rows:,} rows to {objects:,} objects"
    _write(account, region, OUTPUT, run_id, f"Job run {run_id} has {read} and {written}")


def _write(account: str, region: str, group: str, stream: str, text: str) -> None:
    from moto.logs.models import logs_backends

    logs = logs_backends[account][region]
    if group not in logs.groups:
        logs.create_log_group(group, tags={})
    logs.ensure_log_stream(group, stream)
    logs.put_log_events(group, stream, [{"timestamp": int(time.time() * 1000), "message": text}])


def tell_lines(account: str, region: str, group: str, stream: str, lines: list[str]) -> None:
    """Append lines to a stream that is saved; inside `persistence.changing("logs")`."""
    logs = persistence.store().adopt("logs", account, region)
    if group not in logs.groups:
        logs.create_log_group(group, tags={})
    logs.ensure_log_stream(group, stream)
    now = int(time.time() * 1000)
    logs.put_log_events(group, stream, [{"timestamp": now, "message": line} for line in lines])


def tell_quality(account: str, region: str, run_id: str, lines: list[str]) -> None:
    """Write how the rules of a run ended."""
    for line in lines:
        _write(account, region, OUTPUT, run_id, line)
