"""A run on Apache Spark, from the script in S3 to the end of its process."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ... import home, persistence
from ...errors import AwsError
from ...s3.access import ObjectAccess, split
from ..visualjob import joblog
from ..visualjob.bookmarks import Reader, Seen
from ..visualjob.execute import Outcome, Place, Watched
from ..visualjob.frames import NodeFailed
from . import children
from .bridge import Bridge
from .requests import Requests
from .staging import Stage

MASTER_VARIABLE, CONF_VARIABLE = "CDR_SPARK_MASTER", "CDR_SPARK_CONF"
LOCAL = "local[*]"
_LOGGING = """rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.console.type = Console
appender.console.name = stderr
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %p %c{1}: %m%n%ex
logger.header.name = org.apache.spark.sql.catalyst.csv.CSVHeaderChecker
logger.header.level = error
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
"""
"""Spark's log goes to the error stream. Left out: that columns are read under names of ours, and that this machine has
no Hadoop."""
_CORRECTED = tuple(
    f"spark.sql.parquet.{kind}RebaseModeIn{way}" for kind in ("datetime", "int96") for way in ("Read", "Write")
)
"""Dates before 1582 are what they say. Spark's own default is to refuse them."""
_FILES, _PYTHON_FILES, _CONF = "--extra-files", "--extra-py-files", "--conf"
_MODULES = "--additional-python-modules"


def run(
    script: str,
    arguments: Mapping[str, str],
    place: Place,
    watched: Watched,
    stopped: Callable[[], bool],
    seen: Seen | None = None,
) -> Outcome:
    """Run the script at an S3 location with `arguments` (`--KEY` → value). With `seen`, what earlier runs have read is
    left out. `stopped` says whether the run is to end.

    Raises `NodeFailed` with the run's ErrorMessage.
    """
    folder = home.active().scratch / f"spark-{uuid.uuid4().hex}"
    work = folder / "work"
    work.mkdir(parents=True)
    bookmark = None if seen is None else Reader(seen)
    requests = Requests(place, folder, bookmark, watched.evaluations)
    bridge = Bridge(requests.answer)
    try:
        spec = _prepared(script, arguments, place, folder) | {"bridge": bridge.address}
        settings = _settings(arguments, folder)
        child = children.Child(spec, _environment(place, settings, folder), work, _writer(place))
        watched.opened.append(child)
        if stopped():
            child.interrupt()
        code = child.wait()
        if child.stopped or code or requests.failure:
            raise NodeFailed(requests.failure or children.how_it_ended(code))
        return Outcome(seen=bookmark.seen if bookmark and requests.committed else None)
    finally:
        bridge.close()
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(script: str, arguments: Mapping[str, str], place: Place, folder: Path) -> dict[str, Any]:
    """Put the script and the files that its arguments name where the process finds them."""
    access = ObjectAccess(place.account, place.session)
    work, modules = folder / "work", folder / "modules"
    modules.mkdir()
    if not script:
        raise NodeFailed(f"Job {place.job} has no Command.ScriptLocation.")
    _check_modules(arguments.get(_MODULES))
    try:
        named = _fetched(access, script, work)
    except AwsError as problem:
        bucket, key = split(script)
        where = f"bucket: {bucket}, key: {key}"
        raise NodeFailed(f"LAUNCH ERROR | Error downloading from S3 for {where}. {problem.message}") from None
    extra = [str(_fetched(access, uri, modules)) for uri in _uris(arguments.get(_PYTHON_FILES))]
    for uri in _uris(arguments.get(_FILES)):
        for stored in Stage(access, folder / "extra").found(uri, False, ""):
            _fetched(access, stored.uri, work)
    passed = [text for argument in arguments.items() for text in argument]
    return {"script": named.name, "arguments": passed, "modules": extra}


def _check_modules(listed: str | None) -> None:
    """Raises `NodeFailed` for a module of `--additional-python-modules` that is not installed: nothing is installed
    here, where Glue would."""
    from importlib import metadata

    for wanted in _uris(listed):
        name = re.split(r"[\[=<>!~; @]", wanted)[0]
        try:
            metadata.distribution(name)
        except (metadata.PackageNotFoundError, ValueError):
            cure = f"install it beside the local AWS: pip install '{wanted}'"
            raise NodeFailed(f"{_MODULES} names {wanted}, which is not installed here; {cure}.") from None


def _uris(listed: str | None) -> list[str]:
    return [uri.strip() for uri in (listed or "").split(",") if uri.strip()]


def _fetched(access: ObjectAccess, uri: str, folder: Path) -> Path:
    """A copy of an object in a folder, under the last step of its key."""
    stored = access.find(uri)
    target = folder / stored.key.rsplit("/", 1)[-1]
    shutil.copyfile(stored.path, target)
    return target


def _settings(arguments: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Spark's settings: ours, those of the environment, those of the job's `--conf`; later ones win."""
    (folder / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")
    logging = f"-Dlog4j2.configurationFile=file:{folder / 'log4j2.properties'}"
    java = f"-Duser.timezone=UTC -Djava.io.tmpdir={folder / 'tmp'} -XX:-UsePerfData {logging}"
    made = {
        **dict.fromkeys(_CORRECTED, "CORRECTED"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "true",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.pyspark.inferNestedDictAsStruct.enabled": "true",
        "spark.driver.extraJavaOptions": java,
        "spark.master": os.environ.get(MASTER_VARIABLE) or LOCAL,
    }
    given = f"{os.environ.get(CONF_VARIABLE, '')} {_CONF} {arguments.get(_CONF, '')}"
    made |= _pairs(given)
    return made


def _pairs(text: str) -> dict[str, str]:
    """Settings as `--conf` takes them: `name=value --conf name=value`."""
    found = {}
    for word in shlex.split(text):
        name, mark, value = word.partition("=")
        if word != _CONF and not mark:
            raise NodeFailed(f"{word!r} in {_CONF} is no setting of the form name=value.")
        if mark:
            found[name] = value
    return found


def _environment(place: Place, settings: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What the process and its workers find in their environment: Spark's settings, the endpoint and its key pair."""
    for name in ("tmp", "local"):
        (folder / name).mkdir()
    own = home.active()
    keys, port = own.keys(), home.read_json(own.process).get("port")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYSPARK_"))}
    path = [str(children.SITE), kept.get("PYTHONPATH", "")]
    listed = [word for name, value in settings.items() for word in (_CONF, f"{name}={value}")]
    if settings["spark.master"].startswith("local"):
        # Nobody else has business at the driver's ports.
        kept["SPARK_LOCAL_IP"] = "127.0.0.1"
    return kept | {
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "PYSPARK_PYTHON": os.environ.get("PYSPARK_PYTHON", sys.executable),
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": shlex.join([*listed, "pyspark-shell"]),
        "TMPDIR": str(folder / "tmp"),
        "TZ": "UTC",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_DEFAULT_REGION": place.region,
        "AWS_REGION": place.region,
    }


def _writer(place: Place) -> children.Write:
    groups = {"output": joblog.OUTPUT, "error": joblog.ERROR}

    def write(stream: str, lines: list[str]) -> None:
        with persistence.changing("logs"):
            joblog.tell_lines(place.account, place.region, groups[stream], place.run_id, lines)

    return write
