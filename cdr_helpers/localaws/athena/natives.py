"""Functions written in Python: what neither DuckDB nor a macro over it can do. Made known to DuckDB at first use.

Each takes plain values and gives one; NULL in, NULL out. A bad argument raises with the mark of `casts.raises`.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import math
import re
import threading
import unicodedata
import zlib
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from . import bucketing, sqljson
from .casts import MARK

if TYPE_CHECKING:
    import duckdb

INVALID = f"{MARK}INVALID_FUNCTION_ARGUMENT~"
UNITS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6, "d": 8.64e7}
SIZES = {"B": 0, "kB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5, "EB": 6, "ZB": 7, "YB": 8}


def parse_duration(text: str) -> int:
    """`3.81 d` as milliseconds, rounded."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", text)
    if not found or found[2] not in UNITS:
        raise ValueError(f"{INVALID}duration is not a valid data duration string: {text}")
    return round(float(found[1]) * UNITS[found[2]])


def parse_data_size(text: str) -> Decimal:
    """`1kB` as bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]+)", text)
    if not found or found[2] not in SIZES:
        raise ValueError(f"{INVALID}Invalid data size: '{text}'")
    return Decimal(int(Decimal(found[1]) * 1024 ** SIZES[found[2]]))


def human_readable_seconds(seconds: float) -> str:
    """`1 minute, 36 seconds`."""
    left = round(seconds)
    parts = []
    for name, size in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return ", ".join(parts) or "0 seconds"


def format_number(number: float) -> str:
    """`12.3K`."""
    for suffix, size in (("Q", 1e15), ("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if abs(number) >= size:
            return _three_digits(number / size) + suffix
    return _three_digits(number)


def _three_digits(number: float) -> str:
    digits = 3 - len(str(int(abs(number))))
    shown = Decimal(repr(number)).quantize(Decimal(1).scaleb(-max(digits, 0)), ROUND_HALF_UP)
    text = f"{shown:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def luhn_check(text: str) -> bool:
    """Whether the digits satisfy the Luhn formula."""
    if not text.isdigit():
        raise ValueError(f"{INVALID}Input contains non-digit characters")
    total = 0
    for index, digit in enumerate(reversed(text)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


CODES = {c: str(d) for d, letters in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1) for c in letters}


def soundex(text: str) -> str:
    """American Soundex."""
    letters = [c for c in text.upper() if c.isalpha()]
    if not letters:
        return ""
    out, last = letters[0], CODES.get(letters[0], "")
    for letter in letters[1:]:
        code = CODES.get(letter, "")
        if code and code != last:
            out += code
        if letter not in "HW":
            last = code
    return (out + "000")[:4]


def regexp_position(text: str, pattern: str, start: int, occurrence: int) -> int:
    """Where the match number `occurrence` from `start` begins, or -1."""
    if start < 1 or occurrence < 1:
        raise ValueError(f"{INVALID}start position and occurrence must be positive")
    for index, found in enumerate(re.compile(pattern).finditer(text, start - 1), 1):
        if index == occurrence:
            return found.start() + 1
    return -1


def from_iso8601_date(text: str) -> datetime.date:
    """`2020-05-11`, `2020-W10`, `2020-W10-1`, `2020-123`, `2020-05`, `2020`."""
    try:
        return _iso_date(text)
    except ValueError:
        raise ValueError(f'{INVALID}Invalid format: "{text}"') from None


def _iso_date(text: str) -> datetime.date:
    if found := re.fullmatch(r"(\d{4})-W(\d{1,2})(?:-(\d))?", text):
        return datetime.date.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1))
    if found := re.fullmatch(r"(\d{4})-(\d{3})", text):
        return datetime.date(int(found[1]), 1, 1) + datetime.timedelta(int(found[2]) - 1)
    if found := re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", text):
        return datetime.date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    raise ValueError(text)


def iso8601_text(text: str) -> str:
    """An ISO 8601 moment as `yyyy-mm-dd hh:mm:ss.fff zone`."""
    found = re.fullmatch(r"([^T]+)(?:T(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?)?(Z|[+-]\d\d(?::?\d\d)?)?", text)
    if not found:
        raise ValueError(f'{INVALID}Invalid format: "{text}"')
    date = from_iso8601_date(found[1])
    zone = "UTC" if found[6] in (None, "Z") else found[6]
    if zone != "UTC":
        zone = zone[:3] + ":" + (zone[3:].lstrip(":") or "00")
    time = f"{found[2] or '00'}:{found[3] or '00'}:{found[4] or '00'}.{(found[5] or '0')[:6]}"
    return f"{date} {time} {zone}"


def inverse_normal_cdf(mean: float, deviation: float, share: float) -> float:
    """The value below which `share` of a normal distribution lies."""
    if not 0 < share < 1 or deviation <= 0:
        raise ValueError(f"{INVALID}p must be 0 > p > 1")
    return NormalDist(mean, deviation).inv_cdf(share)


def normal_cdf(mean: float, deviation: float, value: float) -> float:
    """The share of a normal distribution below `value`."""
    if deviation <= 0:
        raise ValueError(f"{INVALID}standardDeviation must be > 0")
    return 0.5 * math.erfc(-(value - mean) / (deviation * math.sqrt(2)))


def wilson(successes: int, trials: int, z: float, sign: int) -> float:
    """A bound of Wilson's interval."""
    share = successes / trials
    middle = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (middle + sign * spread) / (1 + z * z / trials)


def cosine_similarity(keys: list[str], values: list[float], others: list[str], weights: list[float]) -> float | None:
    """Cosine of two sparse vectors."""
    one, two = dict(zip(keys, values, strict=True)), dict(zip(others, weights, strict=True))
    norm = math.sqrt(sum(v * v for v in one.values())) * math.sqrt(sum(v * v for v in two.values()))
    return sum(v * two.get(k, 0.0) for k, v in one.items()) / norm if norm else None


def _hash(name: str) -> Callable[[bytes], bytes]:
    return lambda data: hashlib.new(name, data).digest()


def _hmac(name: str) -> Callable[[bytes, bytes], bytes]:
    return lambda data, key: hmac.new(key, data, name).digest()


# name in DuckDB → (function, argument types, result type)
NATIVES: dict[str, tuple[Callable[..., Any], list[Any], str]] = {
    "t_sql_json": (sqljson.evaluate, ["VARCHAR", "VARCHAR"], "VARCHAR[]"),
    "t_parse_duration": (parse_duration, ["VARCHAR"], "BIGINT"),
    "t_parse_data_size": (parse_data_size, ["VARCHAR"], "DECIMAL(38,0)"),
    "t_human_readable_seconds": (human_readable_seconds, ["DOUBLE"], "VARCHAR"),
    "t_format_number": (format_number, ["DOUBLE"], "VARCHAR"),
    "t_luhn_check": (luhn_check, ["VARCHAR"], "BOOLEAN"),
    "t_soundex": (soundex, ["VARCHAR"], "VARCHAR"),
    "t_regexp_position": (regexp_position, ["VARCHAR", "VARCHAR", "BIGINT", "BIGINT"], "INTEGER"),
    "t_iso8601_date": (from_iso8601_date, ["VARCHAR"], "DATE"),
    "t_iso8601_text": (iso8601_text, ["VARCHAR"], "VARCHAR"),
    "t_normalize": (lambda form, text: unicodedata.normalize(form, text), ["VARCHAR", "VARCHAR"], "VARCHAR"),
    "t_inverse_normal_cdf": (inverse_normal_cdf, ["DOUBLE"] * 3, "DOUBLE"),
    "t_normal_cdf": (normal_cdf, ["DOUBLE"] * 3, "DOUBLE"),
    "t_wilson": (wilson, ["BIGINT", "BIGINT", "DOUBLE", "BIGINT"], "DOUBLE"),
    "t_cosine": (cosine_similarity, ["VARCHAR[]", "DOUBLE[]"] * 2, "DOUBLE"),
    "t_sha512": (_hash("sha512"), ["BLOB"], "BLOB"),
    "t_hmac_md5": (_hmac("md5"), ["BLOB", "BLOB"], "BLOB"),
    "t_hmac_sha1": (_hmac("sha1"), ["BLOB", "BLOB"], "BLOB"),
    "t_hmac_sha256": (_hmac("sha256"), ["BLOB", "BLOB"], "BLOB"),
    "t_hmac_sha512": (_hmac("sha512"), ["BLOB", "BLOB"], "BLOB"),
    "t_crc32": (lambda data: zlib.crc32(data), ["BLOB"], "BIGINT"),
    "t_to_big_endian_64": (lambda n: n.to_bytes(8, "big", signed=True), ["BIGINT"], "BLOB"),
    "t_to_big_endian_32": (lambda n: n.to_bytes(4, "big", signed=True), ["INTEGER"], "BLOB"),
    "t_from_big_endian_64": (lambda b: int.from_bytes(b, "big", signed=True), ["BLOB"], "BIGINT"),
    "t_from_big_endian_32": (lambda b: int.from_bytes(b, "big", signed=True), ["BLOB"], "INTEGER"),
    **{f"t_hive_{kind}": (function, [argument], "BIGINT") for kind, (function, argument) in bucketing.HASHES.items()},
}


# number of arguments → NULL in, NULL out; DuckDB counts the parameters, so each number has its own
GUARDS: dict[int, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    1: lambda f: lambda a: None if a is None else f(a),
    2: lambda f: lambda a, b: None if None in (a, b) else f(a, b),
    3: lambda f: lambda a, b, c: None if None in (a, b, c) else f(a, b, c),
    4: lambda f: lambda a, b, c, d: None if any(v is None for v in (a, b, c, d)) else f(a, b, c, d),
}


NAME = re.compile(r"\bt_[a-z0-9_]+(?=\()")
_known: dict[int, dict[str, Callable[..., Any]]] = {}
_lock = threading.Lock()


def provide(connection: duckdb.DuckDBPyConnection, sql: str, database: int) -> None:
    """Make the Python functions that `sql` calls known to the database behind the connection."""
    wanted = {n for n in NAME.findall(sql) if n in NATIVES}
    if not wanted:
        return
    from duckdb.func import FunctionNullHandling

    with _lock:
        known = _known.setdefault(database, {})
        for name in wanted - set(known):
            function, arguments, result = NATIVES[name]
            guarded = GUARDS[len(arguments)](function)
            connection.create_function(name, guarded, arguments, result, null_handling=FunctionNullHandling.SPECIAL)
            known[name] = guarded
