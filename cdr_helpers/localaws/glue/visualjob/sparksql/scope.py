"""What names mean in a query: the relations of its FROM clause, its parent's for correlated subqueries, its aliases."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import sparktypes
from .typing import SparkSqlError, Typed


@dataclass(frozen=True)
class Visible:
    """A column that a name can mean: its name and its expression."""

    name: str
    typed: Typed


@dataclass(frozen=True)
class Relation:
    """One relation of a FROM clause: its alias and columns. `hidden` columns answer to a qualified name only."""

    alias: str
    columns: tuple[Visible, ...]
    hidden: tuple[str, ...] = ()


@dataclass
class Scope:
    """The names of one SELECT."""

    relations: list[Relation] = field(default_factory=list)
    parent: Scope | None = None
    aliases: dict[str, Typed] = field(default_factory=dict)
    lambdas: dict[str, Typed] = field(default_factory=dict)

    def resolve(self, parts: list[str]) -> Typed:
        """What a dotted name means. Raises `SparkSqlError` when it means nothing, or more than one thing."""
        for scope in self._chain():
            found = scope._own(parts)
            if found is not None:
                return found
        raise SparkSqlError(self._unresolved(parts))

    def _chain(self) -> list[Scope]:
        chain, scope = [], self
        while scope is not None:
            chain.append(scope)
            scope = scope.parent  # type: ignore[assignment]
        return chain

    def _own(self, parts: list[str]) -> Typed | None:
        if parts[0].lower() in self.lambdas:
            return _into(self.lambdas[parts[0].lower()], parts[1:])
        if len(parts) > 1:
            inside = [one for one in self.relations if one.alias.lower() == parts[0].lower()]
            found = _matching(inside, parts[1], qualified=True)
            if found is not None:
                return _into(found, parts[2:])
        found = _matching(self.relations, parts[0])
        if found is None and len(parts) == 1:
            return self.aliases.get(parts[0].lower())
        return _into(found, parts[1:]) if found is not None else None

    def _unresolved(self, parts: list[str]) -> str:
        shown = ".".join(f"`{part}`" for part in parts)
        names = [f"`{column.name}`" for one in self.relations for column in one.columns]
        known = f" Did you mean one of the following? [{', '.join(names)}]." if names else ""
        kind = "UNRESOLVED_COLUMN.WITH_SUGGESTION" if names else "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION"
        return f"[{kind}] A column or function parameter with name {shown} cannot be resolved.{known}"


def _matching(relations: list[Relation], name: str, qualified: bool = False) -> Typed | None:
    found = [
        column.typed
        for one in relations
        for column in one.columns
        if column.name.lower() == name.lower() and (qualified or column.name not in one.hidden)
    ]
    if len(found) > 1:
        raise SparkSqlError(f"[AMBIGUOUS_REFERENCE] Reference `{name}` is ambiguous.")
    return found[0] if found else None


def _into(typed: Typed, path: list[str]) -> Typed:
    for step in path:
        typed = member(typed, step)
    return typed


def member(typed: Typed, name: str) -> Typed:
    """A field of a struct. Raises `SparkSqlError` when there is none."""
    if typed.kind.startswith("struct<"):
        for own, kind in sparktypes.fields(typed.kind):
            if own.lower() == name.lower():
                return Typed(f"({typed.sql}).{sparktypes.quoted(own)}", kind)
    raise SparkSqlError(f"[FIELD_NOT_FOUND] No such struct field `{name}` in {typed.kind.upper()}.")
