"""Workgroups, named queries and prepared statements: the part of the API that keeps texts and settings."""

from __future__ import annotations

import time
from typing import Any

from moto.athena.models import AthenaBackend as MotoBackend

from .requests import RequestProblem

Record = dict[str, Any]
MINIMUM_CUTOFF = 10_000_000
ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}


def page(items: list[Any], request: Record, most: int = 50) -> tuple[list[Any], str | None]:
    """One page of a list and the token of the next."""
    token = request.get("NextToken")
    start = int(token) if token and str(token).isdigit() else 0
    count = int(request.get("MaxResults") or most)
    end = start + count
    return items[start:end], str(end) if end < len(items) else None


def paged(key: str, items: list[Any], request: Record, most: int = 50) -> Record:
    """A list answer."""
    rows, token = page(items, request, most)
    return {key: rows, **({"NextToken": token} if token else {})}


class WorkGroupCalls(MotoBackend):
    """Workgroups, named queries and prepared statements."""

    def group(self, name: str | None) -> Any:
        """The workgroup. Raises AWS's error when there is none."""
        found = self.work_groups.get(name or "primary")
        if found is None:
            raise RequestProblem("WorkGroup is not found.")
        return found

    def answer_create_work_group(self, request: Record) -> Record:
        """CreateWorkGroup."""
        name = request["Name"]
        if name in self.work_groups:
            raise RequestProblem("WorkGroup is already created")
        configuration = _configuration(dict(request.get("Configuration") or {}))
        made: Any = self.create_work_group(
            name, configuration, request.get("Description", ""), request.get("Tags") or []
        )
        made.created = time.time()
        return {}

    def answer_update_work_group(self, request: Record) -> Record:
        """UpdateWorkGroup."""
        group = self.group(request["WorkGroup"])
        group.description = request.get("Description", group.description)
        group.state = request.get("State", group.state)
        _update(group.configuration, dict(request.get("ConfigurationUpdates") or {}))
        return {}

    def answer_get_work_group(self, request: Record) -> Record:
        """GetWorkGroup."""
        return {"WorkGroup": self._shown(self.group(request["WorkGroup"]))}

    def _shown(self, group: Any) -> Record:
        return {
            "Name": group.name,
            "State": group.state,
            "Configuration": {**group.configuration, "EngineVersion": ENGINE},
            "Description": group.description or "",
            "CreationTime": getattr(group, "created", 1700000000.0),
        }

    def answer_list_work_groups(self, request: Record) -> Record:
        """ListWorkGroups."""
        shown = [self._shown(g) for g in self.work_groups.values()]
        kept = ("Name", "State", "Description", "CreationTime")
        rows = [{**{k: s[k] for k in kept}, "EngineVersion": ENGINE} for s in shown]
        return paged("WorkGroups", sorted(rows, key=lambda r: r["Name"]), request)

    def answer_delete_work_group(self, request: Record) -> Record:
        """DeleteWorkGroup."""
        name = request["WorkGroup"]
        self.group(name)
        if name == "primary":
            raise RequestProblem("The primary workgroup cannot be deleted.")
        queries = [q for q in self.named_queries.values() if q.workgroup.name == name]
        if queries and not request.get("RecursiveDeleteOption"):
            raise RequestProblem(f"WorkGroup {name} is not empty")
        for query in queries:
            del self.named_queries[query.id]
        del self.work_groups[name]
        return {}

    def answer_list_engine_versions(self, request: Record) -> Record:
        """ListEngineVersions."""
        return {"EngineVersions": [ENGINE, {**ENGINE, "SelectedEngineVersion": "Athena engine version 3"}]}

    # named queries
    def answer_create_named_query(self, request: Record) -> Record:
        """CreateNamedQuery."""
        group = self.group(request.get("WorkGroup"))
        text = request["QueryString"]
        return {
            "NamedQueryId": self.create_named_query(
                request["Name"], request.get("Description", ""), request["Database"], text, group.name
            )
        }

    def _named(self, identity: str) -> Any:
        found = self.named_queries.get(identity)
        if found is None:
            raise RequestProblem(f"NamedQuery {identity} was not found")
        return found

    def answer_get_named_query(self, request: Record) -> Record:
        """GetNamedQuery."""
        return {"NamedQuery": _named_shown(self._named(request["NamedQueryId"]))}

    def answer_batch_get_named_query(self, request: Record) -> Record:
        """BatchGetNamedQuery."""
        wanted = request["NamedQueryIds"]
        found = [_named_shown(self.named_queries[i]) for i in wanted if i in self.named_queries]
        missing = [
            {"NamedQueryId": i, "ErrorCode": "INTERNAL_FAILURE", "ErrorMessage": f"NamedQuery {i} was not found"}
            for i in wanted
            if i not in self.named_queries
        ]
        return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}

    def answer_update_named_query(self, request: Record) -> Record:
        """UpdateNamedQuery."""
        query = self._named(request["NamedQueryId"])
        query.name, query.query_string = request["Name"], request["QueryString"]
        query.description = request.get("Description", query.description)
        return {}

    def answer_delete_named_query(self, request: Record) -> Record:
        """DeleteNamedQuery."""
        del self.named_queries[self._named(request["NamedQueryId"]).id]
        return {}

    def answer_list_named_queries(self, request: Record) -> Record:
        """ListNamedQueries."""
        group = self.group(request.get("WorkGroup")).name
        found = [q.id for q in self.named_queries.values() if q.workgroup.name == group]
        return paged("NamedQueryIds", found, request)

    # prepared statements
    def prepared(self, group: str, name: str) -> Record:
        """A prepared statement. Raises AWS's error when there is none."""
        found: Any = self.prepared_statements.get(f"{group}/{name}")
        if found is None:
            raise RequestProblem(
                f"PreparedStatement {name} was not found in workGroup {group}",
                kind="ResourceNotFoundException",
                ResourceName=name,
            )
        return found

    def save_prepared(self, group: str, name: str, text: str, description: str = "") -> None:
        """Keep a prepared statement."""
        kept: Any = {
            "StatementName": name,
            "QueryStatement": text,
            "WorkGroupName": group,
            "Description": description,
            "LastModifiedTime": time.time(),
        }
        self.prepared_statements[f"{group}/{name}"] = kept

    def answer_create_prepared_statement(self, request: Record) -> Record:
        """CreatePreparedStatement."""
        group = self.group(request["WorkGroup"]).name
        name = request["StatementName"]
        if f"{group}/{name}" in self.prepared_statements:
            raise RequestProblem(f"PreparedStatement {name} already exists in workGroup {group}")
        self.save_prepared(group, name, request["QueryStatement"], request.get("Description", ""))
        return {}

    def answer_update_prepared_statement(self, request: Record) -> Record:
        """UpdatePreparedStatement."""
        group = self.group(request["WorkGroup"]).name
        old = self.prepared(group, request["StatementName"])
        self.save_prepared(
            group, old["StatementName"], request["QueryStatement"], str(request.get("Description", old["Description"]))
        )
        return {}

    def answer_get_prepared_statement(self, request: Record) -> Record:
        """GetPreparedStatement."""
        return {"PreparedStatement": self.prepared(self.group(request["WorkGroup"]).name, request["StatementName"])}

    def answer_batch_get_prepared_statement(self, request: Record) -> Record:
        """BatchGetPreparedStatement."""
        group = self.group(request["WorkGroup"]).name
        kept = {n: self.prepared_statements.get(f"{group}/{n}") for n in request["PreparedStatementNames"]}
        missing = [
            {"StatementName": n, "ErrorCode": "STATEMENT_NOT_FOUND", "ErrorMessage": f"{n} was not found"}
            for n, k in kept.items()
            if k is None
        ]
        return {"PreparedStatements": [k for k in kept.values() if k], "UnprocessedPreparedStatementNames": missing}

    def answer_list_prepared_statements(self, request: Record) -> Record:
        """ListPreparedStatements."""
        group = self.group(request["WorkGroup"]).name
        found: Any = [p for k, p in self.prepared_statements.items() if k.startswith(f"{group}/")]
        rows = [{"StatementName": p["StatementName"], "LastModifiedTime": p["LastModifiedTime"]} for p in found]
        return paged("PreparedStatements", rows, request)

    def answer_delete_prepared_statement(self, request: Record) -> Record:
        """DeletePreparedStatement."""
        group = self.group(request["WorkGroup"]).name
        self.prepared(group, request["StatementName"])
        del self.prepared_statements[f"{group}/{request['StatementName']}"]
        return {}


def _named_shown(query: Any) -> Record:
    return {
        "Name": query.name,
        "Description": query.description or "",
        "Database": query.database,
        "QueryString": query.query_string,
        "NamedQueryId": query.id,
        "WorkGroup": query.workgroup.name,
    }


def _check_cutoff(configuration: Record) -> None:
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    if cutoff is not None and cutoff < MINIMUM_CUTOFF:
        raise RequestProblem(f"Bytes scanned cutoff per query must be at least {MINIMUM_CUTOFF}")


def _configuration(given: Record) -> Record:
    _check_cutoff(given)
    given.pop("EngineVersion", None)
    return {
        "ResultConfiguration": {},
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        **given,
    }


REMOVALS = {"RemoveOutputLocation": "OutputLocation", "RemoveEncryptionConfiguration": "EncryptionConfiguration"}


def _update(configuration: Record, updates: Record) -> None:
    _check_cutoff(updates)
    results = dict(updates.pop("ResultConfigurationUpdates", None) or {})
    if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
        configuration.pop("BytesScannedCutoffPerQuery", None)
    updates.pop("EngineVersion", None)
    kept = dict(configuration.get("ResultConfiguration") or {})
    for flag, key in REMOVALS.items():
        if results.pop(flag, False):
            kept.pop(key, None)
    configuration.update(updates)
    configuration["ResultConfiguration"] = {**kept, **{k: v for k, v in results.items() if not k.startswith("Remove")}}
