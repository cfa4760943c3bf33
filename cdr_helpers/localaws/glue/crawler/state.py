"""What the endpoint keeps of crawlers, crawls and classifiers: plain objects, saved as they are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from .schema import Facts

Record = dict[str, Any]

LOG_GROUP = "/aws-glue/crawlers"
READY, RUNNING, STOPPING = "READY", "RUNNING", "STOPPING"
LAST_CRAWL = {"COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "STOPPED": "CANCELLED"}
"""How `LastCrawl.Status` says what `ListCrawls` says of the same run (API reference, "Crawlers")."""

DEFAULTS: Record = {
    "Classifiers": [],
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
    "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
}
SETTINGS = (
    "Role",
    "DatabaseName",
    "Description",
    "Targets",
    "TablePrefix",
    "Configuration",
    "CrawlerSecurityConfiguration",
    *DEFAULTS,
)


@dataclass
class Changes:
    """Names of what a crawl added, updated and deleted, by kind."""

    table: dict[str, list[str]] = field(default_factory=lambda: {"ADD": [], "UPDATE": [], "DELETE": []})
    partition: dict[str, list[str]] = field(default_factory=lambda: {"ADD": [], "UPDATE": [], "DELETE": []})

    def summary(self) -> str:
        """The JSON of ListCrawls' `Summary`: kinds of change with their number and names (its exact form on AWS is
        not documented)."""
        kinds = {"TABLE": self.table, "PARTITION": self.partition}
        told = {kind: {way: _told(names) for way, names in ways.items() if names} for kind, ways in kinds.items()}
        return json.dumps({kind: ways for kind, ways in told.items() if ways})


def _told(names: list[str]) -> Record:
    return {"Count": len(names), "Details": {"names": names[:100]}}


@dataclass
class Crawl:
    """One run of a crawler."""

    crawler: str
    crawl_id: str
    start: datetime = field(default_factory=utcnow)
    state: str = RUNNING
    end: datetime | None = None
    error: str | None = None
    changes: Changes = field(default_factory=Changes)
    trigger: str | None = None

    @property
    def seconds(self) -> float:
        """How long it took, or takes already."""
        return ((self.end or utcnow()) - self.start).total_seconds()

    def as_dict(self) -> Record:
        """The crawl as ListCrawls returns it."""
        shown: Record = {
            "CrawlId": self.crawl_id,
            "State": self.state,
            "StartTime": self.start,
            "EndTime": self.end,
            "Summary": self.changes.summary(),
            "ErrorMessage": self.error,
            "LogGroup": LOG_GROUP,
            "LogStream": self.crawler,
            "MessagePrefix": self.crawl_id,
            "DPUHour": round(2 * self.seconds / 3600, 6) if self.end else None,
        }
        return {key: value for key, value in shown.items() if value is not None}

    def last(self) -> Record:
        """The crawl as GetCrawler's `LastCrawl`."""
        shown = {
            "Status": LAST_CRAWL[self.state],
            "ErrorMessage": self.error,
            "LogGroup": LOG_GROUP,
            "LogStream": self.crawler,
            "MessagePrefix": self.crawl_id,
            "StartTime": self.start,
        }
        return {key: value for key, value in shown.items() if value is not None}


@dataclass
class Crawler:
    """A crawler's definition and state."""

    name: str
    settings: Record
    schedule: Record | None = None
    state: str = READY
    version: int = 1
    creation_time: datetime = field(default_factory=utcnow)
    last_updated: datetime = field(default_factory=utcnow)
    current: Crawl | None = None
    """The crawl under way."""
    last: Crawl | None = None
    """The last one that ended."""

    def as_dict(self) -> Record:
        """The crawler as GetCrawler returns it."""
        shown = {
            "Name": self.name,
            **{key: value for key, value in self.settings.items() if value is not None},
            "State": self.state,
            "CrawlElapsedTime": int(1000 * self.current.seconds) if self.current else 0,
            "CreationTime": self.creation_time,
            "LastUpdated": self.last_updated,
            "Version": self.version,
        }
        if self.schedule:
            shown["Schedule"] = self.schedule
        if self.last:
            shown["LastCrawl"] = self.last.last()
        return shown


@dataclass
class Memory:
    """What a crawler remembers of the objects it has seen: it reads an object again only when it has changed, and a
    deleted table comes back from memory."""

    seen: dict[str, tuple[str, Facts]] = field(default_factory=dict)
    """Object address → (etag, facts)."""
    crawled: bool = False
    """Whether a whole crawl has ended well."""
