"""The API calls on crawlers, crawls and classifiers; request and response are plain dicts of the API's shape."""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow

from ... import persistence, runs
from ...errors import AwsError
from .. import paging, schedule
from ..catalog import untouched
from ..errors import (
    AlreadyExists,
    CrawlerNotRunning,
    CrawlerRunning,
    CrawlerStopping,
    EntityNotFound,
    InvalidInput,
    SchedulerProblem,
)
from ..rolecheck import check_role
from . import configuration, filters
from .classifiercalls import ClassifierCalls
from .crawl import Run, Stopped
from .state import DEFAULTS, READY, RUNNING, SETTINGS, STOPPING, Crawl, Crawler, Memory

Record = dict[str, Any]

SCHEDULED, NOT_SCHEDULED = "SCHEDULED", "NOT_SCHEDULED"
CRAWL_STATES = {"COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "STOPPED": "CANCELLED"}
"""State of a crawl in its history → in conditions and graphs."""
INTERRUPTED = "Internal Service Exception: the endpoint stopped while the crawler was running. Start the crawler again."


class CrawlerCalls(ClassifierCalls):
    """The crawlers' part of the Glue backend."""

    crawlers: dict[str, Crawler]  # type: ignore[assignment]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.crawls: dict[str, Crawl] = {}
        self.crawler_memories: dict[str, Memory] = {}

    # crawlers

    def crawler(self, name: str) -> Crawler:
        """Raises `EntityNotFound`."""
        try:
            return self.crawlers[name]
        except KeyError:
            raise EntityNotFound(f"Crawler entry with name {name} does not exist") from None

    def answer_create_crawler(self, request: Record) -> Record:
        """CreateCrawler."""
        name = request["Name"]
        configuration.check_name(name)
        if name in self.crawlers:
            raise AlreadyExists(f"Crawler with name {name} already exists")
        settings = {key: request.get(key, DEFAULTS.get(key)) for key in SETTINGS}
        self._check(settings)
        self.crawlers[name] = Crawler(name, settings, _scheduled(request.get("Schedule")))
        self.tag_resource(self._arn("crawler", name), request.get("Tags"))
        return {}

    def _check(self, settings: Record) -> None:
        """Fill in and check. Raises `InvalidInput`, or `EntityNotFound` for a classifier."""
        settings["Targets"] = configuration.targets(settings["Targets"])
        settings["Role"] = settings["Role"].partition(":role/")[2] or settings["Role"]
        settings["SchemaChangePolicy"] = {**DEFAULTS["SchemaChangePolicy"], **(settings["SchemaChangePolicy"] or {})}
        configuration.check_policies(settings)
        configuration.parse(settings.get("Configuration"))
        if len(settings.get("TablePrefix") or "") > 128:
            raise InvalidInput("TablePrefix must have at most 128 characters.")
        for classifier in settings.get("Classifiers") or ():
            self.classifier(classifier)
        check_role(self.account_id, settings["Role"])

    def answer_update_crawler(self, request: Record) -> Record:
        """UpdateCrawler: what is not given stays."""
        crawler = self.crawler(request["Name"])
        if crawler.state != READY:
            raise CrawlerRunning(crawler.name, "is running; wait for it or stop it before it is changed")
        settings = crawler.settings | {key: request[key] for key in SETTINGS if key in request}
        self._check(settings)
        if "Schedule" in request:
            crawler.schedule = _scheduled(request["Schedule"])
        crawler.settings = settings
        self._changed(crawler)
        return {}

    def _changed(self, crawler: Crawler) -> None:
        crawler.version += 1
        crawler.last_updated = utcnow()

    def answer_delete_crawler(self, request: Record) -> Record:
        """DeleteCrawler: its crawls go with it, its tables stay."""
        crawler = self.crawler(request["Name"])
        if crawler.state != READY:
            raise CrawlerRunning(crawler.name, "is running; wait for it or stop it before it is deleted")
        del self.crawlers[crawler.name]
        self.crawler_memories.pop(crawler.name, None)
        for crawl in self._crawls_of(crawler.name):
            del self.crawls[crawl.crawl_id]
        self.tagger.delete_all_tags_for_resource(self._arn("crawler", crawler.name))
        return {}

    def answer_get_crawler(self, request: Record) -> Record:
        """GetCrawler."""
        return {"Crawler": self.crawler(request["Name"]).as_dict()}

    def answer_get_crawlers(self, request: Record) -> Record:
        """GetCrawlers."""
        return paging.answer("Crawlers", [crawler.as_dict() for crawler in untouched(self.crawlers)], request)

    def answer_batch_get_crawlers(self, request: Record) -> Record:
        """BatchGetCrawlers."""
        names = request["CrawlerNames"]
        return {
            "Crawlers": [self.crawlers[name].as_dict() for name in names if name in self.crawlers],
            "CrawlersNotFound": [name for name in names if name not in self.crawlers],
        }

    def answer_list_crawlers(self, request: Record) -> Record:
        """ListCrawlers, by tags if asked."""
        wanted = (request.get("Tags") or {}).items()
        names = [name for name in list(self.crawlers) if wanted <= self.get_tags(self._arn("crawler", name)).items()]
        return paging.answer("CrawlerNames", names, request)

    # schedules

    def answer_update_crawler_schedule(self, request: Record) -> Record:
        """UpdateCrawlerSchedule."""
        crawler = self.crawler(request["CrawlerName"])
        crawler.schedule = _scheduled(request.get("Schedule"))
        self._changed(crawler)
        return {}

    def answer_start_crawler_schedule(self, request: Record) -> Record:
        """StartCrawlerSchedule."""
        return self._switch(request["CrawlerName"], SCHEDULED, "SchedulerRunningException", "is already running")

    def answer_stop_crawler_schedule(self, request: Record) -> Record:
        """StopCrawlerSchedule."""
        return self._switch(request["CrawlerName"], NOT_SCHEDULED, "SchedulerNotRunningException", "is not running")

    def _switch(self, name: str, state: str, code: str, text: str) -> Record:
        crawler = self.crawler(name)
        if not crawler.schedule:
            raise SchedulerProblem("NoScheduleException", f"Crawler with name {name} has no schedule")
        if crawler.schedule["State"] == state:
            raise SchedulerProblem(code, f"The schedule of crawler {name} {text}")
        crawler.schedule = {**crawler.schedule, "State": state}
        return {}

    # crawls

    def answer_start_crawler(self, request: Record) -> Record:
        """StartCrawler: the crawl goes on in the background."""
        crawler = self.crawler(request["Name"])
        if crawler.state != READY:
            raise CrawlerRunning(crawler.name)
        crawl = Crawl(crawler.name, str(uuid.uuid4()))
        crawler.state, crawler.current = RUNNING, crawl
        self.crawls[crawl.crawl_id] = crawl
        customs = [self.classifier(name) for name in crawler.settings.get("Classifiers") or ()]
        memory = self.crawler_memories.get(crawler.name) or Memory()
        run = Run(self, crawl, dict(crawler.settings), customs, memory, lambda: crawler.state == STOPPING)
        runs.start(f"crawl-{crawler.name}", lambda: self._crawl(crawler, run))
        return {}

    def _crawl(self, crawler: Crawler, run: Run) -> None:
        """The background thread's work: read, write and tell the outcome in one change, then stop."""
        problem = _problem(run.look)
        with self._again(crawler, run):
            if problem is None and crawler.state == STOPPING:
                problem = ("STOPPED", None)
            problem = problem or _problem(lambda: self._write(crawler, run))
            self._end(crawler, run, *(problem or ("COMPLETED", None)))
        with persistence.changing("logs"):
            run.write_log()
        with self._again(crawler, run):
            crawler.state, crawler.current = READY, None
            crawl = run.crawl
            self.crawl_over(crawler.name, crawl.crawl_id, CRAWL_STATES[crawl.state], crawl.trigger)

    @contextmanager
    def _again(self, crawler: Crawler, run: Run) -> Iterator[None]:
        """A change of a crawler and its crawl: both looked up again, so that they count as changed however long ago
        they were last."""
        with persistence.changing("glue"):
            self.crawlers.get(crawler.name)
            self.crawls.get(run.crawl.crawl_id)
            yield

    def _write(self, crawler: Crawler, run: Run) -> None:
        run.write()
        self.crawler_memories[crawler.name] = run.memory

    def _end(self, crawler: Crawler, run: Run, state: str, message: str | None) -> None:
        crawl = run.crawl
        crawl.state, crawl.error, crawl.end = state, message, utcnow()
        crawler.state, crawler.last = STOPPING, crawl
        if message:
            run.log.failure(message)
        run.log.benchmark(f"Crawler has finished running and is in state {READY}")

    def answer_stop_crawler(self, request: Record) -> Record:
        """StopCrawler."""
        crawler = self.crawler(request["Name"])
        if crawler.state == READY:
            raise CrawlerNotRunning(crawler.name)
        if crawler.state == STOPPING:
            raise CrawlerStopping(crawler.name)
        crawler.state = STOPPING
        return {}

    def _crawls_of(self, name: str) -> list[Crawl]:
        found = [crawl for crawl in untouched(self.crawls) if crawl.crawler == name]
        return sorted(found, key=lambda crawl: crawl.start, reverse=True)

    def answer_list_crawls(self, request: Record) -> Record:
        """ListCrawls, the newest first."""
        crawler = self.crawler(request["CrawlerName"])
        wanted = [filters.crawl_filter(described) for described in request.get("Filters") or ()]
        found = [crawl for crawl in self._crawls_of(crawler.name) if all(fits(crawl) for fits in wanted)]
        return paging.answer("Crawls", [crawl.as_dict() for crawl in found], request, most=1000)

    def answer_get_crawler_metrics(self, request: Record) -> Record:
        """GetCrawlerMetrics: of the crawlers named, or of all."""
        names = [name for name in request.get("CrawlerNameList") or list(self.crawlers) if name in self.crawlers]
        return paging.answer("CrawlerMetricsList", [self._metrics(self.crawlers[name]) for name in names], request)

    def _metrics(self, crawler: Crawler) -> Record:
        ended = [crawl for crawl in self._crawls_of(crawler.name) if crawl.end]
        median = statistics.median([crawl.seconds for crawl in ended] or [0.0])
        running = crawler.current
        changes = ended[0].changes.table if ended else {}
        return {
            "CrawlerName": crawler.name,
            "TimeLeftSeconds": max(0.0, median - running.seconds) if running and ended else 0.0,
            "StillEstimating": bool(running) and not ended,
            "LastRuntimeSeconds": ended[0].seconds if ended else 0.0,
            "MedianRuntimeSeconds": median,
            "TablesCreated": len(changes.get("ADD", ())),
            "TablesUpdated": len(changes.get("UPDATE", ())),
            "TablesDeleted": len(changes.get("DELETE", ())),
        }

    # what triggers need to know
    def crawl_over(self, crawler: str, crawl: str, state: str, trigger: str | None) -> None:
        """A crawl has ended. Triggers override this."""

    def mark_crawl(self, crawler: str, trigger: str) -> str:
        """Note which trigger has started a crawler's present crawl; the crawl's id."""
        crawl = self.crawler(crawler).current
        assert crawl is not None, "the crawl was started just before"
        crawl.trigger = trigger
        return crawl.crawl_id

    def shown_crawl(self, crawl_id: str) -> Record | None:
        """A crawl as a workflow's graph shows it."""
        crawl = self.crawls.get(crawl_id)
        if crawl is None:
            return None
        shown = {
            "State": CRAWL_STATES.get(crawl.state, crawl.state),
            "StartedOn": crawl.start,
            "CompletedOn": crawl.end,
        }
        return shown | {"ErrorMessage": crawl.error, "LogGroup": "/aws-glue/crawlers", "LogStream": crawl.crawler}

    def crawlers_due(self, moment: datetime) -> list[str]:
        """The crawlers whose schedule fires in this minute and that are not at work."""
        return [
            crawler.name
            for crawler in list(self.crawlers.values())
            if crawler.state == READY
            and (crawler.schedule or {}).get("State") == SCHEDULED
            and schedule.matches((crawler.schedule or {})["ScheduleExpression"], moment)
        ]

    def recover_crawlers(self) -> None:
        """After a restart: a crawl that was under way has failed, and says why."""
        for crawler in self.crawlers.values():
            crawl = crawler.current
            if crawl and crawl.state == RUNNING:
                crawl = self.crawls.setdefault(crawl.crawl_id, crawl)
                crawl.state, crawl.error, crawl.end = "FAILED", INTERRUPTED, utcnow()
                crawler.last = crawl
            crawler.state, crawler.current = READY, None


def _scheduled(expression: str | None) -> Record | None:
    if not expression:
        return None
    schedule.check(expression)
    return {"ScheduleExpression": expression, "State": SCHEDULED}


def _problem(work: Callable[[], object]) -> tuple[str, str | None] | None:
    """The state and message of a crawl that `work` ended, None when it went well."""
    try:
        work()
    except Stopped:
        return "STOPPED", None
    except (AwsError, JsonRESTError) as error:
        return "FAILED", error.message
    except Exception as error:  # a defect: the crawl must not stay RUNNING for ever
        return "FAILED", f"Internal Service Exception: {type(error).__name__}: {error}"
    return None
