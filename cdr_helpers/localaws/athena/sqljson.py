"""SQL/JSON: json_exists, json_value, json_query, json_object, json_array, and the path language under them.

Paths: mode, members, `*`, indexes with `to` and `last`, filters of comparisons joined by `&&` and `||`. Methods and
arithmetic are refused. Source: Trino documentation, "JSON functions and operators".
"""

from __future__ import annotations

import functools
import json
import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..tables import types as t
from . import ast, casts
from .failures import QueryFailure
from .scope import Typed, fail

if TYPE_CHECKING:
    from .expressions import Expressions
    from .parser import Parser

STEP = re.compile(
    r"""\s*(?:\.(?P<member>[A-Za-z_]\w*)(?!\s*\()|\."(?P<quoted>[^"]*)"|\.(?P<every>\*)|\[(?P<index>[^\]]*)\]
    |\?\s*\((?P<filter>(?:[^()]|\([^()]*\))*)\))""",
    re.VERBOSE,
)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "<>": operator.ne, "!=": operator.ne, "<=": operator.le, ">=": operator.ge,
    "<": operator.lt, ">": operator.gt,
}  # fmt: skip
CONDITION = re.compile(r"^\s*(@[^<>=!]*?)\s*(==|<>|!=|<=|>=|<|>)\s*(.+?)\s*$")
Step = tuple[str, str]


class PathError(Exception):
    """A structural error of strict mode."""


@functools.lru_cache(256)
def parsed_path(text: str) -> tuple[bool, tuple[Step, ...]]:
    """Whether the path is strict, and its steps. Raises `ValueError` for what is not read here."""
    found = re.match(r"\s*(?:(lax|strict)\s+)?([$@])", text)
    if not found:
        raise ValueError(text)
    steps: list[Step] = []
    at = found.end()
    while text[at:].strip():
        step = STEP.match(text, at)
        if not step:
            raise ValueError(text)
        steps.append((str(step.lastgroup), step.group(str(step.lastgroup))))
        at = step.end()
    return found[1] == "strict", tuple(steps)


def evaluate(text: str, path: str) -> list[str] | None:
    """The JSON texts that the path finds; None for an error."""
    strict, steps = parsed_path(path)
    try:
        items = [json.loads(text)]
        for kind, argument in steps:
            items = [found for item in items for found in STEPS[kind](item, argument, strict)]
    except (PathError, ValueError):
        return None
    return [json.dumps(i, separators=(",", ":"), ensure_ascii=False) for i in items]


def _member(item: Any, name: str, strict: bool) -> list[Any]:
    if isinstance(item, list) and not strict:
        return [found for each in item for found in _member(each, name, True) if isinstance(each, dict)]
    if isinstance(item, dict) and name in item:
        return [item[name]]
    if strict:
        raise PathError
    return []


def _every(item: Any, _: str, strict: bool) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    if isinstance(item, list) and not strict:
        return [v for each in item if isinstance(each, dict) for v in each.values()]
    if strict:
        raise PathError
    return []


def _index(item: Any, text: str, strict: bool) -> list[Any]:
    if not isinstance(item, list):
        if strict:
            raise PathError
        item = [item]
    if text.strip() == "*":
        return list(item)
    found: list[Any] = []
    for part in text.split(","):
        first, _, last = part.partition(" to ")
        start = _position(first, item)
        end = _position(last, item) if last else start
        if strict and (start < 0 or end >= len(item) or start > end):
            raise PathError
        found += item[max(start, 0) : end + 1]
    return found


def _position(text: str, item: list[Any]) -> int:
    text = text.strip()
    if text.startswith("last"):
        return len(item) - 1 - int(text[4:].replace("-", "").strip() or "0")
    return int(text)


def _filter(item: Any, text: str, strict: bool) -> list[Any]:
    items = item if isinstance(item, list) and not strict else [item]
    return [i for i in items if any(all(_holds(c, i) for c in a.split("&&")) for a in text.split("||"))]


def _holds(condition: str, item: Any) -> bool:
    found = CONDITION.match(condition)
    if not found:
        raise ValueError(condition)
    values = evaluate(json.dumps(item), found[1]) or []
    wanted = json.loads(found[3].replace("'", '"'))
    return any(_compare(COMPARISONS[found[2]], json.loads(v), wanted) for v in values)


def _compare(compare: Callable[[Any, Any], bool], value: Any, wanted: Any) -> bool:
    try:
        return bool(compare(value, wanted))
    except TypeError:
        return False


STEPS: dict[str, Callable[[Any, str, bool], list[Any]]] = {
    "member": _member,
    "quoted": _member,
    "every": _every,
    "index": _index,
    "filter": _filter,
}


# grammar
def parse(parser: Parser) -> ast.Node:
    """One of the five forms."""
    token = parser.advance()
    parser.expect("(")
    call = ast.Call(token.at, token.text.lower(), [])
    FORMS[token.upper](parser, call)
    parser.expect(")")
    return call


def _parse_path_form(parser: Parser, call: ast.Call) -> None:
    call.args = [parser.expression()]
    parser.expect(",")
    call.args.append(parser.expression())
    if parser.accept("RETURNING"):
        call.options["returning"] = str(len(call.args))
        call.args.append(ast.Cast(parser.token.at, ast.Literal(parser.token.at, "null", ""), parser.type_name(), True))
    _parse_wrapper(parser, call)
    while not parser.peek(")"):
        choice = _parse_choice(parser, call)
        parser.expect("ON")
        if not parser.peek("EMPTY", "ERROR"):
            parser.fail("'EMPTY', 'ERROR'")
        call.options[parser.advance().text.lower()] = choice


def _parse_choice(parser: Parser, call: ast.Call) -> str:
    if parser.accept("DEFAULT"):
        call.args.append(parser.expression())
        return str(len(call.args) - 1)
    if parser.accept("EMPTY", "ARRAY"):
        return "[]"
    if parser.accept("EMPTY", "OBJECT"):
        return "{}"
    if not parser.peek("NULL", "ERROR", "TRUE", "FALSE", "UNKNOWN"):
        parser.fail("'DEFAULT', 'ERROR', 'NULL'")
    return parser.advance().text.lower()


def _parse_wrapper(parser: Parser, call: ast.Call) -> None:
    if parser.accept("WITHOUT"):
        parser.accept("ARRAY")
        parser.expect("WRAPPER")
    elif parser.accept("WITH"):
        call.options["wrapper"] = "conditional" if parser.accept("CONDITIONAL") else "always"
        parser.accept("UNCONDITIONAL")
        parser.accept("ARRAY")
        parser.expect("WRAPPER")
    if parser.accept("OMIT", "QUOTES"):
        call.options["quotes"] = "omit"
    elif parser.accept("KEEP", "QUOTES"):
        call.options["quotes"] = "keep"
    if "quotes" in call.options:
        parser.accept("ON", "SCALAR", "STRING")


def _parse_object(parser: Parser, call: ast.Call) -> None:
    while not parser.peek(")", "NULL", "ABSENT"):
        parser.accept("KEY")
        call.args.append(parser.concatenation())
        if not (parser.accept(":") or parser.accept("VALUE")):
            parser.fail("':', 'VALUE'")
        call.args.append(parser.expression())
        if not parser.accept(","):
            break
    _parse_nulls(parser, call, "null")
    if parser.accept("WITH", "UNIQUE") or parser.accept("WITHOUT", "UNIQUE"):
        parser.accept("KEYS")


def _parse_array(parser: Parser, call: ast.Call) -> None:
    if not parser.peek(")"):
        call.args = parser.commas(parser.expression)
    _parse_nulls(parser, call, "absent")


def _parse_nulls(parser: Parser, call: ast.Call, default: str) -> None:
    call.options["nulls"] = default
    for word in ("NULL", "ABSENT"):
        if parser.accept(word, "ON", "NULL"):
            call.options["nulls"] = word.lower()


FORMS: dict[str, Callable[[Parser, ast.Call], None]] = {
    "JSON_EXISTS": _parse_path_form,
    "JSON_VALUE": _parse_path_form,
    "JSON_QUERY": _parse_path_form,
    "JSON_OBJECT": _parse_object,
    "JSON_ARRAY": _parse_array,
}


# translation
def _found(self: Expressions, node: ast.Call) -> tuple[Typed, str]:
    """The input and the list of what the path finds."""
    given = self.value(node.args[0], t.VARCHAR, "JSON input")
    path = self.compile(node.args[1])
    if path.constant is None:
        fail("TYPE_MISMATCH", "JSON path must be a string literal", node.args[1])
    try:
        parsed_path(path.constant)
    except ValueError:
        raise QueryFailure("NOT_SUPPORTED", f"JSON path {path.constant!r} is not supported", node.at) from None
    return given, f"t_sql_json({given.sql}, {casts.text_literal(path.constant)})"


def _handled(self: Expressions, node: ast.Call, choice: str, type_: t.Type) -> str:
    """What ON EMPTY or ON ERROR gives."""
    if choice == "error":
        message = casts.text_literal(f"{node.name}: the path found nothing that fits")
        return casts.raises("PATH_EVALUATION_ERROR", message, type_)
    if choice.isdigit():
        return self.value(node.args[int(choice)], type_, "Default value").sql
    if choice in ("[]", "{}"):
        return f"'{choice}'"
    return {"true": "true", "false": "false"}.get(choice, "NULL")


def exists(self: Expressions, node: ast.Call) -> Typed:
    """JSON_EXISTS."""
    given, items = _found(self, node)
    failed = _handled(self, node, node.options.get("error", "false"), t.BOOLEAN)
    sql = f"(CASE WHEN {given.sql} IS NULL THEN NULL WHEN {items} IS NULL THEN {failed} ELSE len({items}) > 0 END)"
    return Typed(sql, t.BOOLEAN, given.refs)


def value(self: Expressions, node: ast.Call) -> Typed:
    """JSON_VALUE."""
    given, items = _found(self, node)
    type_ = t.VARCHAR
    if "returning" in node.options:
        type_ = self.compile(node.args[int(node.options["returning"])]).type
    failed = _handled(self, node, node.options.get("error", "null"), type_)
    empty = _handled(self, node, node.options.get("empty", "null"), type_)
    converted = casts.cast(f"t_json_scalar({items}[1])", t.VARCHAR, type_, True)
    sql = (
        f"(CASE WHEN {given.sql} IS NULL THEN NULL WHEN {items} IS NULL THEN {failed} "
        f"WHEN len({items}) = 0 THEN {empty} WHEN len({items}) > 1 OR json_type({items}[1]) IN ('ARRAY', 'OBJECT') "
        f"THEN {failed} WHEN json_type({items}[1]) = 'NULL' THEN NULL ELSE coalesce({converted}, {failed}) END)"
    )
    return Typed(sql, type_, given.refs)


def query(self: Expressions, node: ast.Call) -> Typed:
    """JSON_QUERY."""
    given, items = _found(self, node)
    failed = _handled(self, node, node.options.get("error", "null"), t.VARCHAR)
    empty = _handled(self, node, node.options.get("empty", "null"), t.VARCHAR)
    one = f"t_json_scalar({items}[1])" if node.options.get("quotes") == "omit" else f"{items}[1]"
    all_of_them = f"'[' || array_to_string({items}, ',') || ']'"
    single = {"always": "false", "conditional": f"len({items}) = 1 AND json_type({items}[1]) IN ('ARRAY', 'OBJECT')"}
    wrapper = node.options.get("wrapper", "")
    many = all_of_them if wrapper else failed
    sql = (
        f"(CASE WHEN {given.sql} IS NULL THEN NULL WHEN {items} IS NULL THEN {failed} WHEN len({items}) = 0 "
        f"THEN {empty} WHEN {single.get(wrapper, f'len({items}) = 1')} THEN {one} ELSE {many} END)"
    )
    return Typed(sql, t.VARCHAR, given.refs)


JSON_FORMS = ("json_query", "json_object", "json_array")


def _json(self: Expressions, node: ast.Node) -> Typed:
    """A value as JSON text; what another form gives is JSON already."""
    typed = self.compile(node)
    if isinstance(node, ast.Call) and node.name in JSON_FORMS:
        return typed
    # numbers are written as JSON writes them: 1.2, not 1.2E0
    shown = (
        f"CAST({typed.sql} AS VARCHAR)"
        if typed.type.kind in ("double", "real")
        else casts.json_of(typed.sql, typed.type)
    )
    return Typed(shown if typed.type.kind != "unknown" else "CAST(NULL AS VARCHAR)", t.VARCHAR, typed.refs)


def object_(self: Expressions, node: ast.Call) -> Typed:
    """JSON_OBJECT."""
    parts, refs = [], []
    for key, item in zip(node.args[::2], node.args[1::2], strict=True):
        name = self.value(key, t.VARCHAR, "JSON object key")
        typed = _json(self, item)
        shown = typed.sql if node.options["nulls"] == "absent" else f"coalesce({typed.sql}, 'null')"
        parts.append(f"CAST(to_json({name.sql}) AS VARCHAR) || ':' || {shown}")
        refs += name.refs + typed.refs
    return Typed(f"('{{' || {_listed(parts)} || '}}')", t.VARCHAR, refs)


def array(self: Expressions, node: ast.Call) -> Typed:
    """JSON_ARRAY."""
    items = [_json(self, a) for a in node.args]
    parts = [i.sql if node.options["nulls"] == "absent" else f"coalesce({i.sql}, 'null')" for i in items]
    return Typed(f"('[' || {_listed(parts)} || ']')", t.VARCHAR, [r for i in items for r in i.refs])


def _listed(parts: list[str]) -> str:
    """The parts that are not NULL, joined by commas."""
    return f"concat_ws(',', {', '.join(parts)})" if parts else "''"


CALLS: dict[str, Callable[[Any, ast.Call], Typed]] = {
    "json_exists": exists,
    "json_value": value,
    "json_query": query,
    "json_object": object_,
    "json_array": array,
}
