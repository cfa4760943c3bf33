"""Words of a statement, as Trino's grammar cuts them (and Hive's, for DDL: back quotes, double-quoted strings)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .failures import MalformedQuery

_WORDS = r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<ustring>[uU]&'(?:[^']|'')*')
    |(?P<binary>[xX]'[^']*')
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<backquoted>`(?:[^`]|``)*`)
    |(?P<double>(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d+)
    |(?P<decimal>\d+\.\d*|\.\d+)
    |(?P<badname>\d+[A-Za-z_]\w*)
    |(?P<integer>\d+)
    |(?P<name>[A-Za-z_][\w@]*)
    |(?P<op><>|!=|<=|>=|\|\||->|=>|[-+*/%<>=(),.\[\]?;:])
    |(?P<bad>.)"""
TOKEN = re.compile(_WORDS, re.VERBOSE | re.DOTALL)
_TRINO_TEXT, _HIVE_TEXT = r"""(?P<string>'(?:[^']|'')*')""", r"""(?P<string>'(?:[^'\\]|\\.|'')*')"""
HIVE_TOKEN = re.compile(_WORDS.replace(_TRINO_TEXT, _HIVE_TEXT), re.VERBOSE | re.DOTALL)
"""A backslash in Hive's texts goes with the character after it."""


@dataclass(frozen=True)
class Token:
    """One word: its kind, its text, where it stands (line, column from 1) and its offset in the statement."""

    kind: str
    text: str
    at: tuple[int, int]
    start: int

    @property
    def upper(self) -> str:
        """The word in upper case, or what it is when it is no word."""
        return self.text.upper() if self.kind in ("name", "op") else ""


def tokenize(sql: str, hive: bool = False, most: int | None = None) -> list[Token]:
    """All words of `sql` (or the first `most`), ended by one of kind `end`; `hive` reads texts as Hive does.

    Raises `MalformedQuery` at a character of no word.
    """
    found: list[Token] = []
    line, line_start = 1, 0
    for match in (HIVE_TOKEN if hive else TOKEN).finditer(sql):
        if len(found) == most:
            break
        kind, text = str(match.lastgroup), match.group()
        at = (line, match.start() - line_start + 1)
        if kind in ("bad", "badname"):
            raise MalformedQuery(_unreadable(kind, text), at)
        if kind != "space":
            found.append(Token(kind, text, at, match.start()))
        newlines = text.count("\n")
        if newlines:
            line, line_start = line + newlines, match.start() + text.rindex("\n") + 1
    found.append(Token("end", "<EOF>", (line, len(sql) - line_start + 1), len(sql)))
    return found


def _unreadable(kind: str, text: str) -> str:
    if kind == "badname":
        return "identifiers must not start with a digit; surround the identifier with double quotes"
    return f"mismatched input '{text}'. Expecting: <expression>"
