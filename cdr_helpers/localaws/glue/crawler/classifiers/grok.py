"""Log lines by grok patterns: custom `GrokClassifier`s and the built-in ones for web server logs. Every line must match
(AWS page "Writing custom classifiers", grok)."""

from __future__ import annotations

from itertools import islice

from ....tables.grok import Grok, compiled
from ..sampling import TEXT_SAMPLE, Sample
from ..schema import Facts, Schema

LINES = 1000
LONGEST_LINE = 16 * 1024
"""No log has longer lines; a pattern may take the square of a line's length."""


def classify(sample: Sample, classification: str, pattern: str, custom: str = "") -> Facts | None:
    """The schema of lines that all match the pattern, else None. Raises `BadPattern`."""
    grok = compiled(pattern, custom)
    first = sample.data[: sample.data.find(b"\n") + 1 or None]
    if not first.strip() or len(first) > LONGEST_LINE or not _matches(grok, first.decode("utf-8", errors="replace")):
        return None
    sample.grow(TEXT_SAMPLE)
    lines = sample.data.decode("utf-8", errors="replace").splitlines()
    whole = lines if sample.complete else lines[:-1]
    filled = list(islice(filter(str.strip, whole), LINES))
    if not all(_matches(grok, line) for line in filled):
        return None
    size = max(1, sum(map(len, filled)) // len(filled) + 1)
    serde = {"input.format": pattern} | ({"input.grokCustomPatterns": custom} if custom else {})
    schema = Schema(
        classification,
        grok.columns,
        sample.compression,
        parameters=(("grokPattern", pattern),),
        serde=tuple(sorted(serde.items())),
    )
    return Facts(schema, len(filled) if sample.complete and len(filled) < LINES else sample.size // size, size)


def _matches(grok: Grok, line: str) -> bool:
    return len(line) <= LONGEST_LINE and grok.expression.search(line.rstrip("\r\n")) is not None
