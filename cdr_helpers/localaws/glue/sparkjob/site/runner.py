"""The process of a job: reads what to do from its standard input, then runs the script as `__main__`.

It ends when its standard input does, and takes what it has started along. What goes wrong is told to the endpoint in
one line, as a run's ErrorMessage has it, and printed with its traceback.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
import types
from typing import Any

_MOST = 2000


def main() -> int:
    """Run the script; the exit code of the process."""
    spec = json.loads(sys.stdin.buffer.readline())
    _end_with(_own_input())
    sys.path[:0] = [os.path.dirname(each) if each.endswith(".py") else each for each in spec["modules"]]  # noqa: PTH120
    from awsglue import endpoint, s3paths, sqltables

    endpoint.connect(**spec["bridge"])
    s3paths.install(spec["modules"])
    if sqltables.is_wanted(spec["arguments"]):
        sqltables.install()
    sys.argv = [spec["script"], *spec["arguments"]]
    try:
        _execute(spec["script"])
    except SystemExit as end:
        if end.code in (None, 0):
            return _over(0)
        endpoint.ask("failed", message=f"SystemExit: {end.code}")
        return _over(1)
    except BaseException as problem:
        _print(problem)
        endpoint.ask("failed", message=message_of(problem))
        return _over(1)
    return _over(0)


def _own_input() -> int:
    """The standard input under another number; the script gets an empty one."""
    kept = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return kept


def _end_with(control: int) -> None:
    def watch() -> None:
        while os.read(control, 1024):
            pass
        if hasattr(os, "killpg"):
            os.killpg(os.getpgid(0), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _execute(script: str) -> None:
    with open(script, "rb") as opened:  # noqa: PTH123 - a name as a traceback shall show it
        code = compile(opened.read(), script, "exec")
    module = types.ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    exec(code, module.__dict__)


def _print(problem: BaseException) -> None:
    own = {__file__}
    shown = traceback.TracebackException.from_exception(problem)
    shown.stack = traceback.StackSummary.from_list([each for each in shown.stack if each.filename not in own])
    sys.stdout.flush()
    print("".join(shown.format()), file=sys.stderr, flush=True)


def message_of(problem: BaseException) -> str:
    """An exception as a run's ErrorMessage."""
    name, text = type(problem).__name__, str(problem)
    java = getattr(problem, "java_exception", None)
    if java is not None:
        return f"{getattr(problem, 'errmsg', text).strip()} {_root_cause(java)}"[:_MOST]
    if type(problem).__module__.startswith("pyspark."):
        lines = [line.strip() for line in text.split("JVM stacktrace:")[0].splitlines() if line.strip()]
        shown = lines[-1] if name == "PythonException" else next(iter(lines), "")
        return f"{name}: {shown}"[:_MOST]
    if getattr(problem, "from_endpoint", False):
        return text[:_MOST]
    return (f"{name}: {text}" if text else name)[:_MOST]


def _root_cause(java: Any) -> str:
    """The first line of the innermost cause of a Java exception."""
    cause = java
    while cause.getCause() is not None:
        cause = cause.getCause()
    return str(cause.toString()).splitlines()[0]


def _over(code: int) -> int:
    """Stop Spark, if it runs, so that its files are closed."""
    from pyspark import SparkContext

    if SparkContext._active_spark_context is not None and code == 0:
        SparkContext._active_spark_context.stop()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    # Threads that the script has left do not keep the run alive.
    os._exit(main())
