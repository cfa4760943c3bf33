"""Grok patterns as regular expressions: named patterns that a crawler's classifier and GrokSerDe know.

A pattern is a regular expression in which `%{NAME}`, `%{NAME:field}` or `%{NAME:field:type}` stands for a named pattern
(AWS page "Writing custom classifiers", grok). A field without a type is `string`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

DEEPEST = 20
TYPES = {
    "byte": "tinyint",
    "boolean": "boolean",
    "double": "double",
    "short": "smallint",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "string": "string",
}
"""Type words of a grok field and the catalog's types."""

PATTERNS = {
    "WORD": r"\b\w+\b",
    "NOTSPACE": r"\S+",
    "SPACE": r"\s*",
    "DATA": r".*?",
    "GREEDYDATA": r".*",
    "INT": r"[+-]?[0-9]+",
    "POSINT": r"[1-9][0-9]*",
    "NONNEGINT": r"[0-9]+",
    "NUMBER": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?",
    "BASE10NUM": r"%{NUMBER}",
    "BASE16NUM": r"(?:0[xX])?[0-9a-fA-F]+",
    "BOOL": r"(?:true|false)",
    "QUOTEDSTRING": r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')",
    "QS": r"%{QUOTEDSTRING}",
    "UUID": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "MAC": r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}",
    "IPV4": r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}",
    "IPV6": r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:%{IPV4})?",
    "IP": r"(?:%{IPV4}|%{IPV6})",
    "HOSTNAME": r"[0-9A-Za-z]++(?:[.-]++[0-9A-Za-z]++)*+",
    "HOST": r"%{HOSTNAME}",
    "IPORHOST": r"(?:%{IP}|%{HOSTNAME})",
    "HOSTPORT": r"%{IPORHOST}:%{POSINT}",
    "USERNAME": r"[a-zA-Z0-9._-]+",
    "USER": r"%{USERNAME}",
    "EMAILADDRESS": r"[^\s@]+@%{HOSTNAME}",
    "UNIXPATH": r"(?:/[^/\s]*)+",
    "WINPATH": r"(?:[A-Za-z]:|\\)(?:\\[^\\?*]*)+",
    "PATH": r"(?:%{UNIXPATH}|%{WINPATH})",
    "URI": r"[A-Za-z][A-Za-z0-9+.-]*://\S+",
    "URIPATH": r"/[^\s?]*",
    "URIPARAM": r"\?\S*",
    "URIPATHPARAM": r"%{URIPATH}(?:%{URIPARAM})?",
    "MONTH": r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b",
    "MONTHNUM": r"(?:0?[1-9]|1[0-2])",
    "MONTHDAY": r"(?:3[01]|[12][0-9]|0?[1-9])",
    "DAY": r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*",
    "YEAR": r"[0-9]{4}",
    "HOUR": r"(?:2[0-3]|[01]?[0-9])",
    "MINUTE": r"[0-5][0-9]",
    "SECOND": r"(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?",
    "TIME": r"%{HOUR}:%{MINUTE}(?::%{SECOND})?",
    "DATE_US": r"%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}",
    "DATE_EU": r"%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}",
    "DATE": r"(?:%{DATE_US}|%{DATE_EU})",
    "ISO8601_TIMEZONE": r"(?:Z|[+-]%{HOUR}:?%{MINUTE})",
    "TIMESTAMP_ISO8601": r"%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{TIME}(?:%{ISO8601_TIMEZONE})?",
    "TZ": r"[A-Z]{3,4}",
    "DATESTAMP": r"%{DATE}[- ]%{TIME}",
    "HTTPDATE": r"%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}",
    "SYSLOGTIMESTAMP": r"%{MONTH} +%{MONTHDAY} %{TIME}",
    "PROG": r"[\x21-\x5a\x5c\x5e-\x7e]+",
    "SYSLOGPROG": r"%{PROG:program}(?:\[%{POSINT:pid}\])?",
    "SYSLOGHOST": r"%{IPORHOST}",
    "LOGLEVEL": r"(?i:trace|debug|info(?:rmation)?|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg)",
    "COMMONAPACHELOG": (
        r"%{IPORHOST:clientip} %{NOTSPACE:ident} %{NOTSPACE:auth} \[%{HTTPDATE:timestamp}\] "
        r"\"(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})\" "
        r"%{NUMBER:response} (?:%{NUMBER:bytes}|-)"
    ),
    "RUBY_LOGLEVEL": r"(?:DEBUG|FATAL|ERROR|WARN|INFO|UNKNOWN|ANY)",
    "RUBY_LOGGER": (
        r"[A-Z], \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid}\] *%{RUBY_LOGLEVEL:loglevel} -- *"
        r"%{DATA:progname}: %{GREEDYDATA:message}"
    ),
    "SQUID3": (
        r"%{NUMBER:timestamp}\s+%{NUMBER:duration}\s%{IP:client_address}\s%{WORD:cache_result}/"
        r"%{NONNEGINT:status_code}\s%{NUMBER:bytes}\s%{WORD:request_method}\s%{NOTSPACE:url}\s%{NOTSPACE:user}\s"
        r"%{WORD:hierarchy_code}/%{NOTSPACE:server}\s%{NOTSPACE:content_type}"
    ),
    "REDISTIMESTAMP": r"%{MONTHDAY} %{MONTH} (?:%{YEAR} )?%{TIME}",
    "REDISLOG": r"\[%{POSINT:pid}\] %{REDISTIMESTAMP:timestamp} [*#.-] %{GREEDYDATA:message}",
    "REDISMONLOG": (
        r"%{NUMBER:timestamp} \[%{INT:database} %{IP:client}:%{NUMBER:port}\] \"%{WORD:command}\"\s?"
        r"%{GREEDYDATA:params}"
    ),
    "COMBINEDAPACHELOG": r"%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}",
}
"""Named patterns, written for this project; the names are those that Logstash made usual."""
_REFERENCE = re.compile(r"%\{(\w+)(?::([\w.-]+))?(?::(\w+))?\}")


class BadPattern(ValueError):
    """The pattern names something unknown, or is no regular expression."""


@dataclass(frozen=True)
class Grok:
    """A pattern ready for use: what a line must match, the columns, and the fields of the groups `f0`, `f1`, …"""

    expression: re.Pattern[str]
    columns: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]


@lru_cache(maxsize=64)
def compiled(pattern: str, custom: str = "") -> Grok:
    """A grok pattern; `custom` holds patterns of its own, one `NAME expression` a line. Raises `BadPattern`."""
    lines = (line.strip().partition(" ") for line in custom.splitlines() if line.strip())
    known = PATTERNS | {name: expression.strip() for name, _, expression in lines}
    columns: dict[str, str] = {}
    fields: list[str] = []
    try:
        expression = re.compile(_expanded(pattern, known, columns, fields, 0))
    except re.error as error:
        raise BadPattern(f"grok pattern {pattern}: {error}") from error
    return Grok(expression, tuple(columns.items()), tuple(fields))


def _expanded(pattern: str, known: dict[str, str], columns: dict[str, str], fields: list[str], depth: int) -> str:
    if depth > DEEPEST:
        raise BadPattern(f"grok pattern {pattern} contains itself")

    def replaced(match: re.Match[str]) -> str:
        name, field, kind = match.groups()
        if name not in known:
            raise BadPattern(f"grok pattern {name} is not known")
        opening = "?:"
        if field:
            columns.setdefault(field.lower(), TYPES.get((kind or "string").lower(), "string"))
            opening = f"?P<f{len(fields)}>"
            fields.append(field.lower())
        return f"({opening}{_expanded(known[name], known, columns, fields, depth + 1)})"

    return _REFERENCE.sub(replaced, pattern)
