"""The Athena backend: query executions on top of workgroups and metadata. Request ↔ work, no more."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from typing import Any, cast

from .. import persistence
from ..errors import AwsError
from . import executions, responses, results
from .executions import FINAL, Execution
from .failures import MalformedQuery, QueryFailure
from .metadata import MetadataCalls
from .metastore import Metastore
from .requests import RequestProblem
from .workgroups import paged

Record = dict[str, Any]
MOST_ROWS = 1000
NO_OUTPUT = (
    "No output location provided. An output location is required either through the Workgroup result configuration "
    "setting or as an API input."
)


class AthenaBackend(MetadataCalls):
    """What moto's Athena backend is replaced by."""

    transient: frozenset[str] = frozenset()

    @property
    def _url_module(self) -> Any:
        """Moto looks for the addresses beside the backend's module; they are its own."""
        from moto.athena import urls

        return urls

    def recover(self) -> None:
        """After a restart: what was under way has failed, and says so."""
        for execution in list(self.executions.values()):
            if execution.state not in FINAL:  # type: ignore[attr-defined]
                _interrupted(execution)

    # start and stop
    def answer_start_query_execution(self, request: Record) -> Record:
        """StartQueryExecution."""
        token = request.get("ClientRequestToken") or ""
        if token and not 32 <= len(token) <= 128:
            raise RequestProblem("ClientRequestToken must have between 32 and 128 characters")
        known = self._repeated(token, request)
        if known:
            return {"QueryExecutionId": known}
        execution, run = self._prepared(request)
        execution.token = token
        execution.configuration["request"] = _compared(request)
        execution.configuration["reuse"] = _reuse(request)
        execution.configuration["results"] = self._result_settings(request)
        cutoff = self.group(request.get("WorkGroup")).configuration.get("BytesScannedCutoffPerQuery")
        if cutoff:
            execution.configuration["cutoff"] = int(cutoff)
        self.executions[execution.id] = execution  # type: ignore[assignment]
        executions.submit(execution, cast(persistence.Rows, self.executions), run)
        return {"QueryExecutionId": execution.id}

    def _result_settings(self, request: Record) -> Record:
        """What GetQueryExecution repeats of the result's configuration: the workgroup's where it is enforced."""
        group = self.group(request.get("WorkGroup")).configuration
        given = request.get("ResultConfiguration") or {}
        own = group.get("ResultConfiguration") or {}
        chosen = own if group.get("EnforceWorkGroupConfiguration") and own else given or own
        return {key: value for key, value in chosen.items() if key != "OutputLocation"}

    def _repeated(self, token: str, request: Record) -> str | None:
        """The execution that the same token started before."""
        if not token:
            return None
        kept: list[Any] = list(dict.values(self.executions))
        for each in reversed(kept):
            if each.token == token:
                if each.configuration.get("request") != _compared(request):
                    raise RequestProblem("Idempotent parameters do not match")
                return each.id
        return None

    def _prepared(self, request: Record) -> tuple[Execution, Any]:
        from . import statements

        group = self.group(request.get("WorkGroup"))
        if group.state != "ENABLED":
            raise RequestProblem(f"WorkGroup {group.name} is disabled.")
        text = request["QueryString"]
        given = request.get("ExecutionParameters")
        try:
            called = statements.executed(text)
            source = self.prepared(group.name, called[0])["QueryStatement"] if called else text
            statement = statements.parse(source)
            nodes = statements.parameters(called[1] if called and called[1] else given or [])
        except MalformedQuery as problem:
            raise RequestProblem(problem.message, "MALFORMED_QUERY") from None
        except RecursionError:
            too_large = "line 1:1: statement is too large (stack overflow while parsing)"
            raise RequestProblem(too_large, "MALFORMED_QUERY") from None
        except QueryFailure as problem:
            statement, nodes = _failing(problem), []
        self._check_described(statement.described, request)
        identity = executions.new_id()
        output = self._output(group, request, identity, statement)
        execution = Execution(
            identity,
            text,
            group.name,
            output,
            _context(request),
            given,
            statement.type,
            statement.substatement,
            statement.text_result,
        )
        return execution, lambda e, running: self._run(e, running, statement, nodes)

    def _check_described(self, table: Any, request: Record) -> None:
        """DESCRIBE of a table that is not there fails when it is started."""
        if table is None:
            return
        database = table.database or _context(request).get("Database", "default").strip("`")
        if self.store().find(database, table.name) is None:
            raise RequestProblem(
                "Entity Not Found (Service: AWSGlue; Status Code: 400; Error Code: EntityNotFoundException)"
            )

    def _output(self, group: Any, request: Record, identity: str, statement: Any) -> str:
        """Where the result goes: the caller's place, or the workgroup's where it is enforced or none is given."""
        own = (group.configuration.get("ResultConfiguration") or {}).get("OutputLocation")
        given = (request.get("ResultConfiguration") or {}).get("OutputLocation")
        if _is_managed(group):
            return f"{results.MANAGED}{identity}{'.txt' if statement.text_result else '.csv'}"
        enforced = group.configuration.get("EnforceWorkGroupConfiguration") and own
        location = own if enforced or not given else given
        if not location:
            raise RequestProblem(NO_OUTPUT)
        if not location.startswith("s3://") or len(location) < 8:
            raise RequestProblem("outputLocation is not a valid S3 path.")
        self._check_bucket(location)
        base = location if location.endswith("/") else location + "/"
        if statement.substatement == "CREATE_TABLE_AS_SELECT":
            return f"{base}tables/{identity}"
        if statement.substatement == "INSERT":
            return f"{base}{identity}"
        return f"{base}{identity}{'.txt' if statement.text_result else '.csv'}"

    def _check_bucket(self, location: str) -> None:
        try:
            Metastore(self.account_id, self.region_name).objects.list(
                location.split("/", 3)[0] + "//" + location.split("/")[2] + "/\x7f-none"
            )
        except AwsError:
            bucket = location.split("/")[2]
            raise RequestProblem(f"Unable to verify/create output bucket {bucket}") from None

    def _run(self, execution: Execution, running: Any, statement: Any, nodes: list[Any]) -> None:
        """What a worker does."""
        from .queries import Session

        if statement.substatement == "SELECT" and self._reused(execution):
            return
        session = Session(execution, Metastore(self.account_id, self.region_name), running, nodes)
        try:
            statement.run(session)
        finally:
            session.store.clean()
        prepared = execution.configuration.pop("prepared", None)
        if prepared:
            with persistence.changing("athena"):
                self.save_prepared(execution.workgroup, *prepared)
        gone = execution.configuration.pop("deallocated", None)
        if gone:
            with persistence.changing("athena"):
                self.prepared_statements.pop(f"{execution.workgroup}/{gone}", None)

    def _reused(self, execution: Execution) -> bool:
        """Whether an earlier result of the same query is young enough; then it is this one's too.

        Source: Athena user guide, "Reuse query results": same workgroup, text, database and parameters, within the age
        that the caller allows.
        """
        reuse = execution.configuration.get("reuse") or {}
        if not reuse.get("Enabled"):
            return False
        oldest = time.time() - 60 * int(reuse.get("MaxAgeInMinutes", 60))
        with persistence.lock("athena"):
            found: list[Any] = [e for e in dict.values(self.executions) if _same_question(e, execution, oldest)]
        store = self.store()
        for earlier in sorted(found, key=lambda e: e.completed, reverse=True):
            try:
                data = results.stored(store.objects, earlier.output).read_bytes()
            except AwsError:
                continue
            results.put(store.objects, execution.output, data)
            results.put(store.objects, execution.output + ".metadata", results.metadata(execution.id, earlier.columns))
            execution.columns, execution.rows, execution.reused = earlier.columns, earlier.rows, True
            return True
        return False

    def answer_stop_query_execution(self, request: Record) -> Record:
        """StopQueryExecution."""
        executions.stop(self._execution(request["QueryExecutionId"]))
        return {}

    # reports
    def _execution(self, identity: str) -> Execution:
        found: Any = self.executions.get(identity)
        if found is None:
            raise RequestProblem(f"QueryExecution {identity} was not found")
        return found

    def answer_get_query_execution(self, request: Record) -> Record:
        """GetQueryExecution."""
        return {"QueryExecution": shown(self._execution(request["QueryExecutionId"]))}

    def answer_batch_get_query_execution(self, request: Record) -> Record:
        """BatchGetQueryExecution."""
        wanted = request["QueryExecutionIds"]
        found: list[Any] = [self.executions.get(i) for i in wanted]
        missing = [
            {
                "QueryExecutionId": i,
                "ErrorCode": "INTERNAL_FAILURE",
                "ErrorMessage": f"Query execution {i} was not found",
            }
            for i, e in zip(wanted, found, strict=True)
            if e is None
        ]
        return {"QueryExecutions": [shown(e) for e in found if e], "UnprocessedQueryExecutionIds": missing}

    def answer_list_query_executions(self, request: Record) -> Record:
        """ListQueryExecutions: the newest first."""
        group = self.group(request.get("WorkGroup")).name
        found: list[Any] = [e for e in dict.values(self.executions) if e.workgroup == group]
        found.sort(key=lambda e: e.submitted, reverse=True)
        return paged("QueryExecutionIds", [e.id for e in found], request)

    def answer_get_query_results(self, request: Record) -> Record:
        """GetQueryResults."""
        execution = self._execution(request["QueryExecutionId"])
        _require_finished(execution)
        most = int(request.get("MaxResults") or MOST_ROWS)
        if not 1 <= most <= MOST_ROWS:
            raise RequestProblem(f"MaxResults is more than maximum allowed length {MOST_ROWS}.")
        counted = execution.substatement in COUNTED
        columns = [c.info for c in ([ROWS] if counted else execution.columns)]
        result: Record = {"Rows": [], "ResultSetMetadata": {"ColumnInfo": columns}}
        answer: Record = {"ResultSet": result, "UpdateCount": execution.rows if counted else 0}
        if counted or not columns:
            return answer
        found = self._page(execution, request.get("NextToken"), most)
        result["Rows"] = [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in found.rows]
        if found.next_offset is not None:
            answer["NextToken"] = f"{execution.id}:{found.next_offset}"
        return answer

    def _page(self, execution: Execution, token: str | None, most: int) -> results.Page:
        offset = 0
        if token:
            identity, _, text = token.partition(":")
            if identity != execution.id or not text.isdigit():
                raise RequestProblem("Invalid NextToken")
            offset = int(text)
        path = self._result_file(execution)
        if execution.text_result:
            return _text_page(execution, path, offset, most)
        return results.csv_page(path, len(execution.columns), offset, most)

    def _result_file(self, execution: Execution) -> Path:
        store = self.store()
        try:
            return results.stored(store.objects, execution.output)
        except AwsError:
            raise RequestProblem("Could not find results") from None

    def answer_get_query_runtime_statistics(self, request: Record) -> Record:
        """GetQueryRuntimeStatistics."""
        execution = self._execution(request["QueryExecutionId"])
        times = shown(execution)["Statistics"]
        kept = {k: v for k, v in times.items() if k.endswith("InMillis")}
        rows = {"InputRows": 0, "InputBytes": execution.scanned, "OutputBytes": 0, "OutputRows": execution.rows}
        return {"QueryRuntimeStatistics": {"Timeline": kept, "Rows": rows}}


COUNTED = ("CREATE_TABLE_AS_SELECT", "INSERT", "UPDATE", "DELETE", "MERGE")
"""Statements whose result is the number of rows that they wrote (GetQueryResults, `UpdateCount`)."""
ROWS = results.ResultColumn("rows", "bigint", results.PRECISIONS["bigint"])


def _text_page(execution: Execution, path: Path, offset: int, most: int) -> results.Page:
    """Lines; an EXPLAIN's first page begins with the header."""
    header = execution.statement_type == "DML" and offset == 0
    found = results.text_page(path, offset, most - int(header))
    if header:
        found.rows.insert(0, [execution.columns[0].name])
    return found


def _require_finished(execution: Execution) -> None:
    if execution.state in ("QUEUED", "RUNNING"):
        raise RequestProblem(f"Query has not yet finished. Current state: {execution.state}", "INVALID_QUERY_STATUS")
    if execution.state == "FAILED":
        raise RequestProblem("Query did not finish successfully. Final query state: FAILED", "INVALID_QUERY_STATUS")
    if execution.state == "CANCELLED":
        raise RequestProblem("Could not find results")


def _interrupted(execution: Any) -> None:
    execution.state = "FAILED"
    execution.reason = "The local endpoint was stopped while the query ran. Start the query again."
    execution.error = {"ErrorCategory": 1, "ErrorType": 1000, "Retryable": True, "ErrorMessage": execution.reason}
    execution.completed = time.time()


def _failing(problem: QueryFailure) -> Any:
    """A statement that parses and is refused when it runs."""
    from .statements import Statement

    def run(session: Any) -> None:
        raise problem

    return Statement("DML", "SELECT", run)


def _context(request: Record) -> dict[str, str]:
    given = request.get("QueryExecutionContext") or {}
    return {k: v.lower() for k, v in given.items() if v}


def _compared(request: Record) -> Record:
    return {k: v for k, v in request.items() if k != "ClientRequestToken"}


def shown(execution: Execution) -> Record:
    """The execution as GetQueryExecution returns it."""
    found: Record = {
        "QueryExecutionId": execution.id,
        "Query": execution.query,
        "StatementType": execution.statement_type,
        "SubstatementType": execution.substatement,
        **_result_place(execution),
        "ResultReuseConfiguration": {
            "ResultReuseByAgeConfiguration": execution.configuration.get("reuse") or {"Enabled": False}
        },
        "QueryExecutionContext": execution.context,
        "Status": _status(execution),
        "Statistics": _statistics(execution),
        "WorkGroup": execution.workgroup,
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
    }
    if execution.parameters:
        found["ExecutionParameters"] = execution.parameters
    return found


def _reuse(request: Record) -> Record:
    """ResultReuseByAgeConfiguration of a request; 60 minutes when it is enabled and says no age."""
    given = (request.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {}
    if not given.get("Enabled"):
        return {}
    age = int(given.get("MaxAgeInMinutes", 60))
    if not 0 <= age <= 10_080:
        raise RequestProblem("MaxAgeInMinutes must be between 0 and 10080")
    return {"Enabled": True, "MaxAgeInMinutes": age}


def _same_question(earlier: Any, execution: Execution, oldest: float) -> bool:
    return (
        earlier.state == "SUCCEEDED"
        and earlier.id != execution.id
        and earlier.submitted >= oldest
        and (earlier.query, earlier.workgroup, earlier.context, earlier.parameters)
        == (execution.query, execution.workgroup, execution.context, execution.parameters)
    )


def _is_managed(group: Any) -> bool:
    """Whether Athena keeps the results itself ("Managed query results" in the user guide)."""
    return bool((group.configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"))


def _result_place(execution: Execution) -> Record:
    kept: Record = execution.configuration.get("results") or {}
    if execution.output.startswith(results.MANAGED):
        return {"ManagedQueryResultsConfiguration": {"Enabled": True}}
    return {"ResultConfiguration": {"OutputLocation": execution.output, **kept}}


def _status(execution: Execution) -> Record:
    status: Record = {"State": execution.state, "SubmissionDateTime": execution.submitted}
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    if execution.completed:
        status["CompletionDateTime"] = execution.completed
    if execution.error:
        status["AthenaError"] = execution.error
    return status


def _statistics(execution: Execution) -> Record:
    start, end = execution.started or execution.submitted, execution.completed or time.time()
    found: Record = {
        "EngineExecutionTimeInMillis": _millis(start, end),
        "DataScannedInBytes": execution.scanned,
        "TotalExecutionTimeInMillis": _millis(execution.submitted, end),
        "QueryQueueTimeInMillis": _millis(execution.submitted, start),
        "ServicePreProcessingTimeInMillis": 0,
        "ServiceProcessingTimeInMillis": 0,
        "ResultReuseInformation": {"ReusedPreviousResult": execution.reused},
    }
    if execution.planned:
        found["QueryPlanningTimeInMillis"] = _millis(start, execution.planned)
    if execution.manifest:
        found["DataManifestLocation"] = execution.manifest
    return found


def _millis(start: float, end: float) -> int:
    """Milliseconds between two moments, a begun one counted whole: no step of a query takes no time."""
    return max(1, math.ceil((end - start) * 1000))


def _warm_up() -> None:
    """Load the engine before the first query asks for it."""
    from . import database, functions, rules, statements

    functions.signatures()
    del rules, statements
    database.cursor().execute("SELECT t_double_text(1.5)").fetchall()


def register() -> None:
    """Make this backend and its answers known to moto, before the first Athena request."""
    from moto.athena import urls
    from moto.athena.models import athena_backends

    responses.answer_with(AthenaBackend)
    urls.url_paths["{0}/$"] = responses.AthenaResponses.dispatch
    athena_backends.backend = AthenaBackend
    timer = threading.Timer(1.0, _warm_up)
    timer.daemon = True
    timer.start()
