"""What an object holds: custom classifiers first, then AWS's built-in ones in AWS's order.

(AWS page "Adding classifiers to a crawler": avro, orc, parquet, json, xml, logs, then csv. The built-in ones for BSON,
Ion, Linux kernel and Microsoft logs are not here; such objects are UNKNOWN unless another one recognises them.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ....tables.grok import compiled
from .. import sampling
from ..sampling import Sample
from ..schema import UNKNOWN, Facts, Schema
from . import columnar, csv_text, grok, json_text, xml_text

Classifier = Callable[[Sample], Facts | None]

BUILT_IN: tuple[Classifier, ...] = (
    columnar.classify,
    json_text.classify,
    xml_text.classify,
    lambda sample: grok.classify(sample, "combined_apache", "^%{COMBINEDAPACHELOG}"),
    lambda sample: grok.classify(sample, "apache", "^%{COMMONAPACHELOG}"),
    lambda sample: grok.classify(sample, "ruby_logger", "^%{RUBY_LOGGER}"),
    lambda sample: grok.classify(sample, "squid", "^%{SQUID3}"),
    lambda sample: grok.classify(sample, "redismonlog", "^%{REDISMONLOG}"),
    lambda sample: grok.classify(sample, "redislog", "^%{REDISLOG}"),
    csv_text.classify,
)


def _csv(stored: dict[str, Any]) -> Classifier:
    rules = csv_text.rules_of(stored)
    return lambda sample: csv_text.classify(sample, rules)


def _json(stored: dict[str, Any]) -> Classifier:
    return lambda sample: json_text.classify(sample, stored["JsonPath"])


def _xml(stored: dict[str, Any]) -> Classifier:
    def look(sample: Sample) -> Facts | None:
        facts = xml_text.classify(sample, stored.get("RowTag"))
        return facts and replace(facts, schema=replace(facts.schema, classification=stored["Classification"]))

    return look


def _grok(stored: dict[str, Any]) -> Classifier:
    pattern, own = stored["GrokPattern"], stored.get("CustomPatterns") or ""
    compiled(pattern, own)
    return lambda sample: grok.classify(sample, stored["Classification"], pattern, own)


CUSTOM: dict[str, Callable[[dict[str, Any]], Classifier]] = {
    "GrokClassifier": _grok,
    "CsvClassifier": _csv,
    "JsonClassifier": _json,
    "XMLClassifier": _xml,
}
"""Kinds of stored classifiers."""


def custom(kind: str, stored: dict[str, Any]) -> Classifier:
    """The classifier that a stored definition describes. Raises `BadPattern` for one that cannot work."""
    return CUSTOM[kind](stored)


def classify(path: Path, size: int, customs: Sequence[Classifier] = (), key: str = "") -> Facts:
    """The schema of the object in `path`, whose key is `key`; classification UNKNOWN when nothing recognises it.

    Raises `sampling.Unreadable` for a broken archive.
    """
    sample = sampling.take(path, size, key)
    for classifier in (*customs, *BUILT_IN):
        try:
            facts = classifier(sample)
        except RecursionError:  # nested beyond reason: no classifier for it
            continue
        if facts:
            return facts
    return Facts(Schema(UNKNOWN, (), sample.compression), 0, 0)
