"""Which engine runs a job, and whether Spark is there.

A visual job runs its graph on DuckDB. On Spark run: jobs without a graph, graphs with a node that only Spark executes,
graphs whose script was edited after it was generated, and what the argument `--local-aws-engine` says.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import AwsError
from ...s3.access import ObjectAccess
from ..visualjob.frames import NodeFailed

if TYPE_CHECKING:
    from ..visualjob.graph import Graph
    from ..visualjob.jobs import Job

ENGINE = "--local-aws-engine"
SPARK, DUCKDB = "spark", "duckdb"
INSTALL = "pip install 'cdr-helpers[spark]' (in a checkout: make spark), and Java 17"
_MISSING = "{why} {what} It is not installed here: {cure}."


def digest(script: str | bytes) -> str:
    """What a script is known by: the SHA-256 of its text."""
    return hashlib.sha256(script.encode() if isinstance(script, str) else script).hexdigest()


def reason_for_spark(job: Job, graph: Graph | None, arguments: Mapping[str, str]) -> str:
    """Why a run needs Spark, as a sentence; empty when its graph runs on DuckDB. Raises `NodeFailed` for an engine
    that does not exist, or that cannot run the job."""
    wanted = arguments.get(ENGINE)
    if wanted not in (None, SPARK, DUCKDB):
        raise NodeFailed(f"{ENGINE} must be {SPARK} or {DUCKDB}, not {wanted}.")
    needed = _needed(job, graph)
    if wanted == DUCKDB and needed and not _is_edited(job):
        raise NodeFailed(f"{needed} {ENGINE} cannot be {DUCKDB}.")
    if wanted == DUCKDB:
        return ""
    return needed or (f"The argument {ENGINE} asks for Spark." if wanted == SPARK else "")


def _needed(job: Job, graph: Graph | None) -> str:
    if graph is None:
        _check_command(job)
        mode = job.definition["JobMode"]
        return f"Job '{job.name}' has JobMode {mode} and no graph that could run without Spark."
    only = [f"'{node.name}' ({node.id}, {node.kind})" for node in graph.nodes.values() if node.only_on_spark]
    if only:
        return f"Node {', '.join(only)} runs on Spark only."
    if _is_edited(job):
        return (
            f"The script {job.script_location} was edited after it was generated (saving the job with its graph "
            f"generates it again; the argument {ENGINE}={DUCKDB} runs the graph)."
        )
    return ""


def _check_command(job: Job) -> None:
    """Raises `NodeFailed` for a script that is none for Spark."""
    command = job.definition["Command"]
    if command["Name"] != "glueetl":
        raise NodeFailed(f"Job '{job.name}' has Command.Name {command['Name']}, which is not run here; glueetl is.")
    language = (job.definition.get("DefaultArguments") or {}).get("--job-language", "python")
    if language != "python":
        raise NodeFailed(f"Job '{job.name}' has --job-language {language}, which is not run here; python is.")


def _is_edited(job: Job) -> bool:
    """Whether the object at ScriptLocation is another text than the one that was generated for the job's graph."""
    if not job.generated or not job.script_location:
        return False
    account = job.arn.split(":")[4]
    try:
        found = ObjectAccess(account).find(job.script_location)
    except AwsError:
        return False
    return digest(found.path.read_bytes()) != job.generated


def require_spark(why: str) -> None:
    """Raises `NodeFailed`, which says why Spark is needed and how to install it, unless PySpark and Java are there."""
    importlib.invalidate_caches()
    if importlib.util.find_spec("pyspark") is None:
        raise NodeFailed(_MISSING.format(why=why, what="Apache Spark is an optional extra.", cure=INSTALL))
    if not _java():
        cure = "install Java 17 and set JAVA_HOME, or have java on the PATH"
        raise NodeFailed(_MISSING.format(why=why, what="Apache Spark needs Java.", cure=cure))


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    if home and any((Path(home) / "bin" / name).is_file() for name in ("java", "java.exe")):
        return True
    return shutil.which("java") is not None
