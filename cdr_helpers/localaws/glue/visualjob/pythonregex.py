"""Python's regular expressions as RE2 patterns, which DuckDB runs; what RE2 has not is refused by name."""

from __future__ import annotations

import re

_CLASSES = {"d": r"\p{Nd}", "w": r"\p{L}\p{N}_", "s": r"\s\x{0b}\x{1c}-\x{1f}\x{85}\p{Z}"}
_NEGATED = {"D": r"\P{Nd}", "W": r"[^\p{L}\p{N}_]", "S": r"[^\s\x{0b}\x{1c}-\x{1f}\x{85}\p{Z}]"}
_UNKNOWN = ((r"\(\?<?[=!]", "a look-around"), (r"\(\?P=", "a back-reference"), (r"\(\?\(", "a conditional group"))


class Unsupported(ValueError):
    """The pattern needs what RE2 does not have."""


def translate(pattern: str) -> str:
    """The RE2 pattern that matches the same text. Raises `Unsupported`."""
    bare = re.sub(r"\\.", "", pattern)
    for mark, name in _UNKNOWN:
        if re.search(mark, bare):
            raise Unsupported(name)
    made, in_class, at = "", False, 0
    while at < len(pattern):
        if pattern[at] == "\\" and at + 1 < len(pattern):
            made += _escape(pattern[at + 1], in_class)
            at += 2
            continue
        in_class = pattern[at] == "[" or (in_class and pattern[at] != "]")
        made += r"(?:\n?\z)" if pattern[at] == "$" and not in_class else pattern[at]
        at += 1
    return made


def _escape(letter: str, in_class: bool) -> str:
    if letter.isdigit() and letter != "0":
        raise Unsupported("a back-reference")
    if letter in _CLASSES:
        return _CLASSES[letter] if in_class else f"[{_CLASSES[letter]}]"
    if letter in _NEGATED:
        if in_class:
            raise Unsupported(f"\\{letter} inside a character class")
        return _NEGATED[letter]
    return {"Z": r"\z", "0": r"\x{00}"}.get(letter, "\\" + letter)
