"""Write the parts of the documentation that come from code; `--check` only says whether they are current.

A generated part stands between `<!-- begin NAME -->` and `<!-- end NAME -->` in its file.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def columns() -> str:
    """The tables of `data/README.md`."""
    from cdr_helpers.records.columns import markdown

    return markdown()


def commands() -> str:
    """The table of commands in the README: usage and help."""
    rows = [f"| `{_usage(parser)}` | {text} |" for parser, text in _commands().values()]
    return "\n".join(["| Command | Does |", "| --- | --- |", *rows])


def options() -> str:
    """The commands one by one, for `docs/commands.md`."""
    return "\n\n".join(_described(parser) for parser, _ in _commands().values())


def _commands() -> dict[str, tuple[argparse.ArgumentParser, str]]:
    from cdr_helpers.cli import parser

    return {text: command for text, command in _below(parser())}


def _below(parser: argparse.ArgumentParser) -> Iterator[tuple[str, tuple[argparse.ArgumentParser, str]]]:
    """The commands of a parser, or those of its commands where they have some of their own."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield from list(_below(command)) or [(command.prog, (command, helps[name]))]


def _usage(parser: argparse.ArgumentParser) -> str:
    """One line, as argparse writes usage, whatever the version and the width of the terminal."""
    return " ".join([parser.prog, *(part for action in parser._actions if (part := _usage_of(action)))])


def _usage_of(action: argparse.Action) -> str:
    if isinstance(action, argparse._HelpAction):
        return ""
    text = _option(action)
    return text if action.required else f"[{text}]"


def _option(action: argparse.Action) -> str:
    value = "\\|".join(action.choices) if action.choices else str(action.metavar or "")
    name = action.option_strings[0] if action.option_strings else ""
    return " ".join(filter(None, [name, value if action.nargs != 0 else ""]))


def _described(parser: argparse.ArgumentParser) -> str:
    rows = [f"| `{_option(action)}` | {action.help} |" for action in parser._actions if _usage_of(action)]
    table = ["", "| | |", "| --- | --- |", *rows] if rows else []
    return "\n".join([f"## {parser.prog}", "", parser.description or "", *table])


OURS, MOTO, REFUSED = "ours", "moto's", "refused"
PACKAGE = "cdr_helpers.localaws"


def fidelity() -> str:
    """The tables of `docs/fidelity.md`: for each service, who answers which call."""
    from cdr_helpers.localaws import home, persistence, services

    services.prepare()
    with tempfile.TemporaryDirectory() as folder:  # services register themselves with an open store
        home.activate(home.Home(Path(folder)))
        store = persistence.open_store(Path(folder) / "state")
        tables = [_service(name) for name in services.SERVICES]
        store.close()
    return "\n\n".join(tables)


def nodes() -> str:
    """The node types of visual jobs: those that run, those that are refused, and why."""
    from botocore.session import Session

    from cdr_helpers.localaws.glue.visualjob.nodes import REGISTRY
    from cdr_helpers.localaws.glue.visualjob.nodes.dynamictransform import TRANSFORMS
    from cdr_helpers.localaws.glue.visualjob.nodes.refusals import REASONS
    from cdr_helpers.localaws.glue.visualjob.quality.rules import ANALYZERS, RULES
    from cdr_helpers.localaws.glue.visualjob.writing import CODECS

    members = Session().get_service_model("glue").shape_for("CodeGenConfigurationNode").members
    known = [kind for kind in sorted(REGISTRY) if kind in members]
    on_spark = [kind for kind in known if REGISTRY[kind].only_on_spark]
    reasons: dict[str, list[str]] = {}
    for kind in sorted(set(members) - set(REGISTRY)):
        reasons.setdefault(REASONS[kind], []).append(kind)
    refused = [f"| {_listed(kinds)} | {reason} |" for reason, kinds in reasons.items()]
    written = [f"| `{form}` | {_listed(codecs)} |" for form, codecs in CODECS.items()]
    return "\n".join(
        [
            f"**Executed**: {_listed(kind for kind in known if kind not in on_spark)}",
            f"\n**Executed on [Spark](spark.md) only**: {_listed(on_spark)}",
            f"\n**Functions of `DynamicTransform`**: {_listed(sorted(TRANSFORMS))}",
            f"\n**Rules of data quality**: {_listed(sorted(RULES))}",
            f"\n**Analyzers**: {_listed(ANALYZERS)}",
            "\n| Format that targets write | Compressions |\n| --- | --- |",
            *written,
            "\n| Refused when the job starts | Because |\n| --- | --- |",
            *refused,
        ]
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


MOST_NAMES = 250
"""A longer list of refused calls would hide the others."""


def _service(name: str) -> str:
    from botocore.session import Session

    model = Session().get_service_model(name)
    answers = {operation: _who_answers(name, operation) for operation in model.operation_names}
    counts = ", ".join(f"{list(answers.values()).count(who)} {who}" for who in (OURS, MOTO, REFUSED))
    title = f"## {model.metadata.get('serviceId', name)}\n\n{counts}."
    return "\n\n".join([title, *(_calls(who, answers) for who in (OURS, MOTO, REFUSED) if who in answers.values())])


def _calls(who: str, answers: dict[str, str]) -> str:
    names = sorted(operation for operation, answer in answers.items() if answer == who)
    if who == REFUSED and len(names) > MOST_NAMES:
        return "**Refused**: every other call."
    return f"**{who.capitalize()}**: " + ", ".join(f"`{name}`" for name in names)


def _who_answers(service: str, operation: str) -> str:
    """Ours, if a method that takes part is defined in our package; else moto's, if it knows the call at all."""
    from botocore import xform_name

    responses, backend = _classes(service)
    if getattr(backend, "answers_alone", False):
        return OURS if backend.answering(operation) else REFUSED
    method = xform_name(operation)
    # Moto reads S3's requests part by part: some calls have a method of the backend alone.
    places = (responses, backend) if service == "s3" else (responses,)
    answer = next((getattr(place, method) for place in places if hasattr(place, method)), None)
    if answer is None:
        return REFUSED
    called = [answer, *(getattr(backend, name, None) for name in _backend_methods(answer))]
    return OURS if any((getattr(each, "__module__", None) or "").startswith(PACKAGE) for each in called) else MOTO


def _backend_methods(answer: Callable[..., object]) -> list[str]:
    """The methods of the backend that a method of moto's responses calls."""
    try:
        return re.findall(r"backend\(?\)?\.(\w+)\(", inspect.getsource(answer))
    except (OSError, TypeError):
        return []


@lru_cache
def _classes(service: str) -> tuple[type, type]:
    """The class that answers requests to a service and that of its backend, after ours are in place."""
    from cdr_helpers.localaws import services

    services.handler(service)
    backend = getattr(importlib.import_module(f"moto.{service}.models"), f"{service}_backends").backend
    module = importlib.import_module(f"moto.{service}.responses")
    found = [kind for kind in vars(module).values() if inspect.isclass(kind) and kind.__module__ == module.__name__]
    [responses] = [kind for kind in found if issubclass(kind, _base_response())]
    return next((kind for kind in _descendants(responses) if kind.__module__.startswith(PACKAGE)), responses), backend


def _base_response() -> type:
    from moto.core.responses import BaseResponse

    return BaseResponse


def _descendants(kind: type) -> list[type]:
    return [each for child in kind.__subclasses__() for each in (child, *_descendants(child))]


PARTS: dict[str, tuple[str, Callable[[], str]]] = {
    "columns": ("data/README.md", columns),
    "commands": ("README.md", commands),
    "options": ("docs/commands.md", options),
    "nodes": ("docs/fidelity.md", nodes),
    "fidelity": ("docs/fidelity.md", fidelity),
}
"""Name of a part → the file that it is in, the function that writes it. The one that prepares services comes last:
their warming up goes on in a thread, and the program ends soon after."""


def current(name: str) -> tuple[Path, str, str]:
    """The file of a part, its text now, and its text as code would have it."""
    file, write = PARTS[name]
    text = (ROOT / file).read_text(encoding="utf-8")
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    part = f"{begin}\n{write()}\n{end}"
    return ROOT / file, text, re.sub(f"{re.escape(begin)}.*{re.escape(end)}", lambda _: part, text, flags=re.DOTALL)


def main() -> int:
    """Bring every part up to date, or say which are not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a part is not current")
    check = parser.parse_args().check
    stale = 0
    for name in PARTS:
        file, now, wanted = current(name)
        if now == wanted:
            continue
        stale += 1
        print(f"{file.relative_to(ROOT)}: {name} {'is not current; run `make docs`' if check else 'written'}")
        if not check:
            file.write_text(wanted, encoding="utf-8", newline="\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
