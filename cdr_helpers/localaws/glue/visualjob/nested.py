"""Paths into structs: a member's value, and structs with members left out or called otherwise.

A struct that is NULL stays NULL. Names of members are found in any case, as Spark finds them.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import sparktypes
from .frames import Term

Path = Sequence[str]


def member(term: Term, name: str) -> Term | None:
    """A member of a struct; None when the term is no struct or has none of that name."""
    if not term.kind.startswith("struct<"):
        return None
    known = {field.lower(): (field, kind) for field, kind in sparktypes.fields(term.kind)}
    if name.lower() not in known:
        return None
    field, kind = known[name.lower()]
    return Term(field, kind, f"struct_extract({term.sql}, {sparktypes.literal(field)})")


def members(term: Term) -> list[Term]:
    """All members of a struct."""
    found = (member(term, name) for name, _ in sparktypes.fields(term.kind))
    return [one for one in found if one is not None]


def packed(name: str, inner: Sequence[Term], present: str) -> Term:
    """A struct of terms; NULL where the condition `present` does not hold."""
    fields = ", ".join(f"{sparktypes.quoted(one.name)} := {one.sql}" for one in inner)
    kind = f"struct<{','.join(f'{one.name}:{one.kind}' for one in inner)}>"
    return Term(name, kind, f"CASE WHEN {present} THEN struct_pack({fields}) END")


def kept(term: Term, paths: Sequence[Path]) -> Term | None:
    """The struct with what the paths below it name, alone; None when it has nothing of that."""
    inner = []
    for one in members(term):
        below = [path[1:] for path in paths if path[0].lower() == one.name.lower()]
        left = one if [] in map(list, below) else kept(one, below) if below else None
        inner += [left] if left else []
    return packed(term.name, inner, f"{term.sql} IS NOT NULL") if inner else None


def without(term: Term, paths: Sequence[Path]) -> Term | None:
    """The struct without what the paths below it name; None when nothing is left."""
    inner = []
    for one in members(term):
        below = [path[1:] for path in paths if path[0].lower() == one.name.lower()]
        left = None if [] in map(list, below) else without(one, below) if below and members(one) else one
        inner += [left] if left else []
    if len(inner) == len(members(term)) and all(a == b for a, b in zip(inner, members(term), strict=True)):
        return term
    return packed(term.name, inner, f"{term.sql} IS NOT NULL") if inner else None


def renamed(term: Term, path: Path, name: str) -> Term | None:
    """The struct with one member called otherwise; None when the path leads nowhere."""
    inner, found = [], False
    for one in members(term):
        made: Term | None = one
        if one.name.lower() == path[0].lower():
            made, found = (Term(name, one.kind, one.sql) if len(path) == 1 else renamed(one, path[1:], name)), True
        if made is None:
            return None
        inner.append(made)
    return packed(term.name, inner, f"{term.sql} IS NOT NULL") if found else None
