"""One crawl, from the role to the catalog. The reading happens without any lock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ...errors import AccessDenied, AwsError
from ...iam import roles
from ...iam.roles import RoleSession
from ...s3.access import ObjectAccess, StoredObject
from ...tables.grok import BadPattern
from ..catalog import CatalogCalls
from . import classifiers, configuration, grouping, listing
from .grouping import Classified
from .listing import Target
from .logs import CrawlLog
from .sampling import Unreadable
from .schema import Facts
from .state import LOG_GROUP, Crawl, Memory
from .tableinput import Origin
from .writing import Found, Policy, Writer

Record = dict[str, Any]

SESSION_NAME = "AWS-Crawler"
"""How a crawler's role session is called: it shows in `CreatedBy` and in refusals."""


class Stopped(Exception):
    """StopCrawler was called."""


class CrawlFailed(AwsError):
    """The crawl cannot go on; the message becomes `LastCrawl.ErrorMessage`."""


class Run:
    """A crawl under way: `look` reads the objects, `write` changes the catalog."""

    def __init__(
        self,
        backend: CatalogCalls,
        crawl: Crawl,
        settings: Record,
        customs: Sequence[tuple[str, Record]],
        memory: Memory,
        stopping: Callable[[], bool],
    ) -> None:
        self.backend, self.crawl, self.settings = backend, crawl, settings
        self.customs, self.memory, self.stopping = customs, memory, stopping
        self.configuration = configuration.parse(settings.get("Configuration"))
        self.log = CrawlLog(backend.account_id, backend.region_name, crawl)
        self.seen: dict[str, tuple[str, Facts]] = {}
        self.unread: list[str] = []
        self.found: dict[str, list[Found]] = {}
        self.targets: list[tuple[str, Target]] = []
        self.interned: dict[Facts, Facts] = {}
        self.session: RoleSession | None = None

    @property
    def database(self) -> str:
        """Where the tables go; AWS's crawler uses `default` when none is named."""
        return str(self.settings.get("DatabaseName") or "default").lower()

    @property
    def _of_catalog(self) -> list[Record]:
        return list(self.settings["Targets"].get("CatalogTargets") or ())

    def _targets(self) -> Iterator[tuple[str, Target]]:
        """Each target with the database that its tables are in. Raises `CrawlFailed` for a table of the catalog that is
        not there or does not lie on S3."""
        for described in self.settings["Targets"]["S3Targets"]:
            yield self.database, listing.target_of(described)
        for described in self._of_catalog:
            database = described["DatabaseName"].lower()
            for name in described["Tables"]:
                self._require("GetTable", name.lower(), database)
                yield database, listing.target_of({"Path": self._place_of(database, name.lower())})

    def _place_of(self, database: str, name: str) -> str:
        found = {table.name: table.current for table in self.backend.tables_of(database)}
        location = ((found.get(name) or {}).get("StorageDescriptor") or {}).get("Location") or ""
        if name not in found:
            raise CrawlFailed(f"Table {name} not found in database {database}.")
        if not location.startswith("s3://"):
            raise CrawlFailed(f"Table {name} in database {database} does not lie on S3: {location or 'no location'}.")
        return str(location)

    @property
    def _new_folders_only(self) -> bool:
        behaviour = (self.settings.get("RecrawlPolicy") or {}).get("RecrawlBehavior")
        return behaviour == "CRAWL_NEW_FOLDERS_ONLY" and self.memory.crawled

    def look(self) -> None:
        """List, classify and group. Raises `AwsError` for what ends the crawl, `Stopped`."""
        self.log.benchmark(f"Running Start Crawl for Crawler {self.crawl.crawler}")
        self.session = roles.assume(self.backend.account_id, self.settings["Role"])
        self.session.session_name = SESSION_NAME
        if not self._of_catalog:
            self._require("GetDatabase")
        self.targets = list(self._targets())
        access = ObjectAccess(self.backend.account_id, self.session)
        looks = [self._custom(kind, stored) for kind, stored in self.customs]
        rules = grouping.Rules(combine=True) if self._of_catalog else configuration.grouping_rules(self.configuration)
        for database, target in self.targets:
            below = listing.below(target, access)
            classified = self._classified(below.objects, target, access, looks)
            self.found.setdefault(database, []).extend(
                Found(target.bucket, table, self._origin(target)) for table in _tables(below, classified, rules)
            )
        self._check_number()
        for database in self.found:
            self.log.benchmark(f"Classification complete, writing results to database {database}")

    def _require(self, action: str, table: str | None = None, database: str | None = None) -> None:
        """Whether the role may do this in the catalog, on every level that AWS asks for. Raises `AccessDenied`."""
        place = database or self.database
        levels = ["catalog", f"database/{place}", *([f"table/{place}/{table}"] if table else [])]
        for level in levels:
            if self.session:
                arn = f"arn:aws:glue:{self.backend.region_name}:{self.backend.account_id}:{level}"
                self.session.require(f"glue:{action}", arn)

    def write_log(self) -> None:
        """Write the log, if the role may: without the right a real crawler is silent too."""
        stream = f"log-group:{LOG_GROUP}:log-stream:{self.crawl.crawler}"
        arn = f"arn:aws:logs:{self.backend.region_name}:{self.backend.account_id}:{stream}"
        if self.session and self.session.allows("logs:PutLogEvents", arn):
            self.log.write()

    def _custom(self, kind: str, stored: Record) -> classifiers.Classifier:
        try:
            return classifiers.custom(kind, stored)
        except BadPattern as error:
            raise CrawlFailed(f"Classifier {stored['Name']} cannot be used: {error}.") from error

    def _check_number(self) -> None:
        most = configuration.output(self.configuration, "Tables").get("TableThreshold")
        number = sum(map(len, self.found.values()))
        if most is not None and number > most:
            raise CrawlFailed(
                f"The number of tables detected by crawler: {number} is greater than the table threshold "
                f"value provided: {most}. Failing crawler without writing to Data Catalog."
            )

    def _origin(self, target: Target) -> Origin:
        patterns = [f"{target.uri}{pattern}" for pattern in target.exclusions]
        return Origin(
            self.crawl.crawler,
            self.crawl.crawl_id,
            json.dumps(patterns, ensure_ascii=False, separators=(",", ":")) if patterns else None,
            self.configuration.get("CreatePartitionIndex", True),
        )

    def _classified(
        self,
        objects: Sequence[StoredObject],
        target: Target,
        access: ObjectAccess,
        looks: Sequence[classifiers.Classifier],
    ) -> list[Classified]:
        """The objects with what is in them; without those that cannot be read, and without the unrecognised ones
        where others are recognised."""
        chosen = _sample(objects, target.sample_size)
        results: list[Classified] = []
        folders: dict[str, Facts] = {}
        for stored in objects:
            if self.stopping():
                raise Stopped
            folder = stored.key.rpartition("/")[0]
            if stored.key in chosen:
                facts = self._facts(stored, access, looks)
                folders |= {folder: facts} if facts else {}
            else:
                facts = _like(folders.get(folder), stored)
            if facts:
                results.append((stored, facts))
        known = [item for item in results if item[1].schema.known]
        for stored, facts in results:
            if known and not facts.schema.known:
                self.log.warn(f"Classification of {stored.uri} is UNKNOWN; it is left out")
        return known or results

    def _facts(
        self, stored: StoredObject, access: ObjectAccess, looks: Sequence[classifiers.Classifier]
    ) -> Facts | None:
        remembered = self.memory.seen.get(stored.uri)
        if remembered and (remembered[0] == stored.etag or self._new_folders_only):
            self.seen[stored.uri] = remembered
            return remembered[1]
        try:
            facts = classifiers.classify(access.readable(stored), stored.size, looks, stored.key)
        except (AccessDenied, Unreadable) as error:
            self.unread.append(stored.uri)
            code = "AccessDenied" if isinstance(error, AccessDenied) else "Unreadable"
            self.log.error(f"Not able to read {stored.uri}: {code}: {error}")
            return None
        facts = self.interned.setdefault(facts, facts)
        self.seen[stored.uri] = (stored.etag, facts)
        return facts

    def write(self) -> None:
        """Bring the catalog in line with what was found. Raises `EntityNotFound` when the database is missing,
        `AccessDenied` when the role may not write."""
        if not self._of_catalog and self.database == "default" and self.database not in self.backend.databases:
            self.backend.answer_create_database({"DatabaseInput": {"Name": self.database}})
        for database, found in self.found.items():
            writer = Writer(
                self.backend,
                database,
                self.settings.get("TablePrefix") or "",
                self._policy(),
                self.log,
                self.session.arn if self.session else None,
                partial(self._require, database=database),
                self.crawl.changes,
            )
            crawled = [target.uri for place, target in self.targets if place == database]
            writer.write(found, crawled, self.unread, self.crawl.crawler)
        self.memory.seen, self.memory.crawled = self.seen, True
        self.log.benchmark("Finished writing to Catalog")

    def _policy(self) -> Policy:
        schema = self.settings["SchemaChangePolicy"]
        tables = configuration.output(self.configuration, "Tables")
        partitions = configuration.output(self.configuration, "Partitions")
        return Policy(
            schema.get("UpdateBehavior", "UPDATE_IN_DATABASE"),
            schema.get("DeleteBehavior", "DEPRECATE_IN_DATABASE"),
            merge_columns=tables.get("AddOrUpdateBehavior") == "MergeNewColumns",
            inherit=partitions.get("AddOrUpdateBehavior") == "InheritFromTable",
            partitions_only=self._new_folders_only,
            existing_only=bool(self._of_catalog),
        )


def _tables(below: listing.Found, classified: list[Classified], rules: grouping.Rules) -> list[grouping.Table]:
    if below.single:
        return [grouping.Table(stored.key, [grouping.Part((), [(stored, facts)])]) for stored, facts in classified]
    return grouping.tables(below.target.folder, classified, rules)


def _like(facts: Facts | None, stored: StoredObject) -> Facts | None:
    """What is assumed of an object beyond the sample: it is like one of its folder that was looked at."""
    return facts and replace(facts, records=stored.size // max(1, facts.record_size))


def _sample(objects: Sequence[StoredObject], size: int | None) -> set[str]:
    """Keys of the objects to look at: the first `size` of each folder."""
    taken: dict[str, int] = {}
    chosen = set()
    for stored in objects:
        folder = stored.key.rpartition("/")[0]
        taken[folder] = taken.get(folder, 0) + 1
        if size is None or taken[folder] <= size:
            chosen.add(stored.key)
    return chosen
