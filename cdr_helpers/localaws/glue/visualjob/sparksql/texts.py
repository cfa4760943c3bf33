"""Spark's text literals, taken out of a query before it is parsed.

Spark reads escapes by Java's rules (`\\d` is `d`, `'it''s'` is two literals side by side, so `its`); the parser sees
placeholders and can neither read them differently nor take a text for SQL.
"""

from __future__ import annotations

import re

MARK = "\ue0f0"
_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|`(?:[^`]|``)*`|"
    r"(?:\b[rR])?'(?:[^'\\]|\\.)*'|(?:\b[rR])?\"(?:[^\"\\]|\\.)*\"",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)", re.DOTALL)
_LETTERS = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] in "uU" and len(code) > 1:
        return chr(int(code[1:], 16))
    return chr(int(code, 8)) if len(code) == 3 else _LETTERS.get(code, code)


def _value(token: str) -> str:
    if token[0] in "rR":
        return token[2:-1]
    return _ESCAPE.sub(_unescape, token[1:-1])


def extract(sql: str) -> tuple[str, list[str]]:
    """The query with every text literal replaced by a placeholder, and the texts in order."""
    made, last = "", 0
    texts: list[str] = []
    joined = False
    for match in _TOKEN.finditer(sql):
        token, between = match.group(), sql[last : match.start()]
        last = match.end()
        if token.startswith(("--", "/*")):
            made += between + (token if token.startswith("/*+") else " ")
            continue
        if token.startswith("`"):
            made, joined = made + between + token, False
            continue
        if joined and not between.strip():
            texts[-1] += _value(token)
            continue
        texts.append(_value(token))
        made, joined = made + between + f"'{MARK}{len(texts) - 1}{MARK}'", True
    return made + sql[last:], texts


def restore(text: str, texts: list[str]) -> str:
    """A parsed literal's text with its placeholders filled in."""
    return re.sub(f"{MARK}(\\d+){MARK}", lambda match: texts[int(match.group(1))], text)
