"""Exclude patterns of crawlers and of a job's S3 sources (AWS Glue: "Include and exclude patterns")."""

from __future__ import annotations

import re

_GLOB = re.compile(r"\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|\{|\}|,|\\.|.", re.DOTALL)
_ALWAYS = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


def glob(pattern: str) -> re.Pattern[str]:
    """The regular expression of an exclude pattern (AWS page "Crawler properties": `*` stays within a folder, `**`
    crosses folders, `?` is one character, `[]` a class, `{a,b}` alternatives, `\\` takes the next one literally)."""
    depth, out = 0, []
    for part in _GLOB.findall(pattern):
        depth += {"{": 1, "}": -1}.get(part, 0)
        out.append(_translated(part, depth))
    return re.compile("".join(out), re.DOTALL)


def _translated(part: str, depth: int) -> str:
    if part in _ALWAYS:
        return _ALWAYS[part]
    if part in "{},":
        return {"{": "(?:", "}": ")", ",": "|" if depth else ","}[part]
    if part.startswith("[") and len(part) > 2:
        negated = part[1] in "!^"
        return f"(?!/)[{'^' if negated else ''}{part[1 + negated : -1].replace(chr(92), chr(92) * 2)}]"
    return re.escape(part[1:] if part.startswith("\\") and len(part) > 1 else part)
