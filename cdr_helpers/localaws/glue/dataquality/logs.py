"""A run's lines in CloudWatch Logs: `/aws-glue/data-quality/output` says what happened, `…/error` what went wrong; the
stream is the run's id (API reference, `CustomLogGroupPrefix`)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ... import persistence
from ..visualjob import joblog
from .qualityruns import FAILED, TIMEOUT, QualityRun

PREFIX = "/aws-glue/data-quality"
_log = logging.getLogger(__name__)


def tell(account: str, region: str, run: QualityRun, lines: Sequence[str] = ()) -> None:
    """Write lines, and the state that a run has reached. A run goes on when they cannot be written."""
    prefix = (run.option("CustomLogGroupPrefix") or PREFIX).rstrip("/")
    state = f"Data quality run {run.run_id} is {run.state}"
    try:
        with persistence.changing("logs"):
            joblog.tell_lines(account, region, f"{prefix}/output", run.run_id, [*lines, state])
            if run.state in (FAILED, TIMEOUT):
                joblog.tell_lines(account, region, f"{prefix}/error", run.run_id, [run.message or state])
    except Exception:
        _log.exception("the lines of data quality run %s could not be written", run.run_id)
