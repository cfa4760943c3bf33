"""What an object holds: custom classifiers first, then AWS's built-in ones in AWS's order.

(AWS page "Adding classifiers to a crawler": avro, orc, parquet, json, xml, then csv. The built-in ones for Ion and for
log formats are not here; such objects are UNKNOWN unless an earlier one recognises them.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import sampling
from ..sampling import Sample
from ..schema import UNKNOWN, Facts, Schema
from . import columnar, csv_text, json_text, xml_text

Classifier = Callable[[Sample], Facts | None]

BUILT_IN: tuple[Classifier, ...] = (columnar.classify, json_text.classify, xml_text.classify, csv_text.classify)


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


CUSTOM: dict[str, Callable[[dict[str, Any]], Classifier]] = {
    "CsvClassifier": _csv,
    "JsonClassifier": _json,
    "XMLClassifier": _xml,
}
"""Kinds of stored classifiers that are run. `GrokClassifier` is stored and refused by name when a crawl needs it."""


def custom(kind: str, stored: dict[str, Any]) -> Classifier:
    """The classifier that a stored definition describes. Raises `KeyError` for a kind that is not run here."""
    return CUSTOM[kind](stored)


def classify(path: Path, size: int, customs: Sequence[Classifier] = ()) -> Facts:
    """The schema of the object in `path`; classification UNKNOWN when nothing recognises it.

    Raises `sampling.Unreadable` for a broken archive.
    """
    sample = sampling.take(path, size)
    for classifier in (*customs, *BUILT_IN):
        facts = classifier(sample)
        if facts:
            return facts
    return Facts(Schema(UNKNOWN, (), sample.compression), 0, 0)
