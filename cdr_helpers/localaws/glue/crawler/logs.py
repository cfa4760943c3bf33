"""A crawl's lines in CloudWatch Logs: group `/aws-glue/crawlers`, stream the crawler's name, each line led by the run's
id in brackets (as in public logs of real crawlers)."""

from __future__ import annotations

from datetime import UTC

from moto.core.utils import utcnow

from ... import persistence
from .state import LOG_GROUP, Crawl

MOST_PROBLEMS = 100
"""So many warnings and errors are told one by one."""


class CrawlLog:
    """Collects the lines of one crawl and writes them to CloudWatch Logs."""

    def __init__(self, account_id: str, region: str, crawl: Crawl) -> None:
        self._place = (account_id, region)
        self._crawl = crawl
        self._lines: list[dict[str, object]] = []
        self._problems = 0

    def failure(self, text: str) -> None:
        """Why the crawl failed: always told."""
        self._add("ERROR", text)

    def benchmark(self, text: str) -> None:
        """A step of the crawl."""
        self._add("BENCHMARK", text)

    def info(self, text: str) -> None:
        """A change in the catalog."""
        self._add("INFO", text)

    def warn(self, text: str) -> None:
        """Something left out, and why."""
        self._problem("WARN", text)

    def error(self, text: str) -> None:
        """Something that could not be read or written."""
        self._problem("ERROR", text)

    def _problem(self, level: str, text: str) -> None:
        self._problems += 1
        if self._problems <= MOST_PROBLEMS:
            self._add(level, text)
        elif self._problems == MOST_PROBLEMS + 1:
            self._add(level, f"After {MOST_PROBLEMS} warnings and errors no more are logged")

    def _add(self, level: str, text: str) -> None:
        at = utcnow().replace(tzinfo=UTC)
        line = f"[{self._crawl.crawl_id}] {level} : {text}"
        self._lines.append({"timestamp": int(at.timestamp() * 1000), "message": line})

    def write(self) -> None:
        """Append what was collected to the crawler's stream."""
        logs = persistence.store().adopt("logs", *self._place)
        if LOG_GROUP not in logs.groups:
            logs.create_log_group(LOG_GROUP, tags={})
        logs.ensure_log_stream(LOG_GROUP, self._crawl.crawler)
        lines, self._lines = self._lines, []
        if lines:
            logs.put_log_events(LOG_GROUP, self._crawl.crawler, lines)
