"""Java's datetime patterns, as Spark 3 reads and writes them (Spark: "Datetime Patterns for Formatting and Parsing").

Reading has two parsers: the new one is exact; where it fails and the old one (SimpleDateFormat, which takes any number
of digits and stops at text left over) would not, Spark raises SparkUpgradeException instead of giving NULL.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..sparktypes import literal
from .typing import SparkSqlError

UPGRADE = (
    "[INCONSISTENT_BEHAVIOR_CROSS_VERSION.PARSE_DATETIME_BY_NEW_PARSER] You may get a different result due to the "
    "upgrading to Spark >= 3.0: Fail to parse a value with the pattern {pattern} in the new parser. Change the pattern "
    "(d and M take one digit or two), or cut the text first."
)
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", re.DOTALL)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FULL_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_FULL_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"


@dataclass(frozen=True)
class Piece:
    """A run of one letter (`letter`, `count`), or plain text."""

    letter: str
    count: int
    plain: str = ""


def pieces(pattern: str) -> list[Piece]:
    """The pattern's runs."""
    made = []
    for match in _TOKEN.finditer(pattern):
        quoted, letter, other = match.group(1), match.group(2), match.group(3)
        if letter:
            made.append(Piece(letter, len(match.group())))
        else:
            text = other if other is not None else (quoted.replace("''", "'") or "'")
            made.append(Piece("", 0, text))
    return made


# Reading: (letter, count) → the new parser's expression; a count of 0 stands for all others.
_NEW = {
    ("y", 4): r"\d{4}",
    ("y", 2): r"\d{2}",
    ("y", 1): r"\d{1,19}",
    ("y", 3): r"\d{3,19}",
    ("M", 1): r"\d{1,2}",
    ("M", 2): r"\d{2}",
    ("M", 3): "|".join(_MONTHS),
    ("M", 4): "|".join(_FULL_MONTHS),
    ("L", 1): r"\d{1,2}",
    ("L", 2): r"\d{2}",
    ("d", 1): r"\d{1,2}",
    ("d", 2): r"\d{2}",
    ("D", 1): r"\d{1,3}",
    ("D", 3): r"\d{3}",
    ("H", 1): r"\d{1,2}",
    ("H", 2): r"\d{2}",
    ("h", 1): r"\d{1,2}",
    ("h", 2): r"\d{2}",
    ("k", 1): r"\d{1,2}",
    ("k", 2): r"\d{2}",
    ("m", 1): r"\d{1,2}",
    ("m", 2): r"\d{2}",
    ("s", 1): r"\d{1,2}",
    ("s", 2): r"\d{2}",
    ("a", 1): r"[AaPp][Mm]",
    ("E", 1): _DAYS,
    ("E", 2): _DAYS,
    ("E", 3): _DAYS,
    ("E", 4): _FULL_DAYS,
    ("X", 0): r"Z|[+-]\d{2}(?::?\d{2})?",
    ("x", 0): r"[+-]\d{2}(?::?\d{2})?",
    ("Z", 0): r"[+-]\d{4}",
    ("z", 0): r"UTC|GMT|Z",
    ("V", 2): r"[A-Za-z][A-Za-z0-9_/+-]*|[+-]\d{2}:\d{2}",
}
_NUMERIC = "yMLdDHhkms"


def _new(piece: Piece) -> str:
    if piece.letter == "S":
        return rf"\d{{1,{piece.count}}}"
    found = _NEW.get((piece.letter, piece.count)) or _NEW.get((piece.letter, 0))
    if found is None:
        raise SparkSqlError(f"the datetime pattern letter {piece.letter * piece.count} is not supported here.")
    return found


def _old(piece: Piece) -> str:
    if piece.letter in _NUMERIC + "S" and not (piece.letter in "ML" and piece.count > 2):
        return r"\s*\d+"
    return f"(?i:{_new(piece)})"


def _expression(parts: list[Piece], of: Callable[[Piece], str], end: str) -> str:
    made = "".join(f"({of(part)})" if part.letter else re.escape(part.plain) for part in parts)
    return f"(?s)^{made}{end}"


def _group(parts: list[Piece], letters: str) -> int | None:
    """The number of the group that holds one of the letters."""
    found = [at for at, part in enumerate([part for part in parts if part.letter], 1) if part.letter in letters]
    return found[0] if found else None


def _letter(parts: list[Piece], letters: str) -> Piece | None:
    return next((part for part in parts if part.letter and part.letter in letters), None)


class Reader:
    """One pattern's way from text to micros since 1970, as DuckDB SQL over the text `s`."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.parts = pieces(pattern)
        letters = [part for part in self.parts if part.letter]
        if len({part.letter for part in letters}) < len(letters):
            raise SparkSqlError(f"the datetime pattern {pattern} has a letter twice, which is not supported here.")
        for part in letters:
            _new(part)

    def sql(self, text: str) -> str:
        """The timestamp that `text` stands for, NULL, or an error where Spark raises one."""
        new = self._stamp(text, _expression(self.parts, _new, "$"), False)
        old = self._stamp(text, _expression(self.parts, _old, ""), True)
        failure = f"error({literal(UPGRADE.format(pattern=self.pattern))})::TIMESTAMP"
        return f"COALESCE({new}, CASE WHEN {old} IS NOT NULL THEN {failure} END)"

    def _stamp(self, text: str, expression: str, old: bool) -> str:
        groups = ", ".join(f"'g{at + 1}'" for at in range(sum(1 for part in self.parts if part.letter)))
        found = f"regexp_extract({text}, {literal(expression)}, [{groups}])" if groups else "NULL"
        value = f"sp_local({self._date(found, old)}, {self._clock(found, old)})"
        return f"CASE WHEN regexp_matches({text}, {literal(expression)}) THEN TRY({self._zoned(value, found)}) END"

    def _number(self, found: str, letters: str, default: str) -> str:
        at = _group(self.parts, letters)
        return default if at is None else f"trim({found}.g{at})::BIGINT"

    def _date(self, found: str, old: bool) -> str:
        year = self._year(found)
        if _letter(self.parts, "D"):
            return f"sp_year_day({year}, {self._number(found, 'D', '1')})"
        return f"make_date({year}, {self._month(found, old)}, {self._number(found, 'd', '1')})"

    def _year(self, found: str) -> str:
        piece = _letter(self.parts, "y")
        number = self._number(found, "y", "1970")
        return f"(2000 + {number})" if piece and piece.count == 2 else number

    def _month(self, found: str, old: bool) -> str:
        piece = _letter(self.parts, "ML")
        if piece is None or piece.count < 3:
            return self._number(found, "ML", "1")
        listed = ", ".join(map(literal, [name[:3].lower() for name in _MONTHS]))
        return f"list_position([{listed}], lower({found}.g{_group(self.parts, 'ML')}[1:3]))::BIGINT"

    def _clock(self, found: str, old: bool) -> str:
        hour = self._number(found, "Hk", "0")
        if _letter(self.parts, "h"):
            half = _group(self.parts, "a")
            afternoon = f"CASE WHEN lower({found}.g{half}) = 'pm' THEN 12 ELSE 0 END" if half else "0"
            hour = f"(sp_under({self._number(found, 'h', '0')} - 1, 12) + 1) % 12 + {afternoon}"
        fraction = _group(self.parts, "S")
        micros = f"rpad(trim({found}.g{fraction}), 6, '0')[1:6]::BIGINT" if fraction else "0"
        return (
            f"((sp_under({hour}, 24) * 60 + sp_under({self._number(found, 'm', '0')}, 60)) * 60 "
            f"+ sp_under({self._number(found, 's', '0')}, 60)) * 1000000 + {micros}"
        )

    def _zoned(self, value: str, found: str) -> str:
        at = _group(self.parts, "XxZzV")
        return f"make_timestamp(sp_zoned(epoch_us({value}), {found}.g{at}))" if at else value


def _strftime(code: str) -> Callable[[str], str]:
    return lambda value: f"strftime({value}, '{code}')"


# Writing: (letter, count) → SQL over the timestamp; a count of 0 stands for all others.
_WRITERS: dict[tuple[str, int], Callable[[str], str]] = {
    ("y", 4): lambda value: f"sp_year({value})",
    ("y", 2): _strftime("%y"),
    ("y", 1): lambda value: f"year({value})::VARCHAR",
    ("M", 1): _strftime("%-m"),
    ("M", 2): _strftime("%m"),
    ("M", 3): _strftime("%b"),
    ("M", 4): _strftime("%B"),
    ("L", 1): _strftime("%-m"),
    ("L", 2): _strftime("%m"),
    ("L", 3): _strftime("%b"),
    ("L", 4): _strftime("%B"),
    ("d", 1): _strftime("%-d"),
    ("d", 2): _strftime("%d"),
    ("D", 1): _strftime("%-j"),
    ("D", 3): _strftime("%j"),
    ("H", 1): _strftime("%-H"),
    ("H", 2): _strftime("%H"),
    ("h", 1): _strftime("%-I"),
    ("h", 2): _strftime("%I"),
    ("k", 1): lambda value: f"CASE WHEN hour({value}) = 0 THEN 24 ELSE hour({value}) END::VARCHAR",
    ("m", 1): _strftime("%-M"),
    ("m", 2): _strftime("%M"),
    ("s", 1): _strftime("%-S"),
    ("s", 2): _strftime("%S"),
    ("a", 1): _strftime("%p"),
    ("E", 1): _strftime("%a"),
    ("E", 2): _strftime("%a"),
    ("E", 3): _strftime("%a"),
    ("E", 4): _strftime("%A"),
    ("q", 1): lambda value: f"quarter({value})::VARCHAR",
    ("Q", 1): lambda value: f"quarter({value})::VARCHAR",
    ("Q", 2): lambda value: f"'0' || quarter({value})::VARCHAR",
    ("Q", 3): lambda value: f"'Q' || quarter({value})::VARCHAR",
    ("q", 3): lambda value: f"'Q' || quarter({value})::VARCHAR",
    ("X", 0): lambda value: "'Z'",
    ("Z", 0): lambda value: "'+0000'",
    ("z", 0): lambda value: "'UTC'",
    ("V", 2): lambda value: "'UTC'",
}


def write(pattern: str, value: str) -> str:
    """A timestamp's text by a pattern, as DuckDB SQL."""
    made = []
    for part in pieces(pattern):
        if not part.letter:
            made.append(literal(part.plain))
        elif part.letter == "S":
            made.append(f"rpad(strftime({value}, '%f'), {max(part.count, 6)}, '0')[1:{part.count}]")
        else:
            made.append(_writer(part)(value))
    return f"CASE WHEN {value} IS NOT NULL THEN {' || '.join(made) or literal('')} END"


def _writer(part: Piece) -> Callable[[str], str]:
    found = _WRITERS.get((part.letter, part.count)) or _WRITERS.get((part.letter, 0))
    if found is None:
        raise SparkSqlError(f"the datetime pattern letter {part.letter * part.count} is not supported here.")
    return found
