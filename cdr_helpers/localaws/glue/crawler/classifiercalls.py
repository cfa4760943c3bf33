"""The API calls on custom classifiers: stored here, run by the crawls that name them."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow

from .. import paging
from ..catalog import CatalogCalls, untouched
from ..errors import AlreadyExists, EntityNotFound, InvalidInput, VersionMismatch

Record = dict[str, Any]

CLASSIFIERS = {
    "CsvClassifier": (),
    "JsonClassifier": ("JsonPath",),
    "XMLClassifier": ("Classification",),
    "GrokClassifier": ("Classification", "GrokPattern"),
}
"""Kinds of classifiers and what each must say besides its name."""


class ClassifierCalls(CatalogCalls):
    """The classifiers' part of the Glue backend."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.classifiers: dict[str, Record] = {}

    def classifier(self, name: str) -> tuple[str, Record]:
        """Kind and definition. Raises `EntityNotFound`."""
        try:
            kind, stored = next(iter(self.classifiers[name].items()))
        except KeyError:
            raise EntityNotFound(f"Classifier {name} not found.") from None
        return kind, stored

    def answer_create_classifier(self, request: Record) -> Record:
        """CreateClassifier."""
        kind, described = _described(request)
        if described["Name"] in self.classifiers:
            raise AlreadyExists(f"{described['Name']} already exists")
        _check_quote(described)
        missing = [key for key in CLASSIFIERS[kind] if not described.get(key)]
        if missing:
            raise InvalidInput(f"{kind} needs {', '.join(missing)}.")
        self.classifiers[described["Name"]] = {kind: _stored(described, 1)}
        return {}

    def answer_update_classifier(self, request: Record) -> Record:
        """UpdateClassifier: what is not given stays."""
        kind, described = _described(request)
        known, stored = self.classifier(described["Name"])
        if known != kind:
            raise InvalidInput(f"Classifier {described['Name']} is a {known}, not a {kind}.")
        if described.get("Version") not in (None, stored["Version"]):
            raise VersionMismatch(f"Classifier {described['Name']} has version {stored['Version']}.")
        _check_quote({**stored, **described})
        new = _stored({**stored, **described}, stored["Version"] + 1)
        self.classifiers[described["Name"]] = {kind: {**new, "CreationTime": stored["CreationTime"]}}
        return {}

    def answer_get_classifier(self, request: Record) -> Record:
        """GetClassifier."""
        kind, stored = self.classifier(request["Name"])
        return {"Classifier": {kind: stored}}

    def answer_get_classifiers(self, request: Record) -> Record:
        """GetClassifiers."""
        return paging.answer("Classifiers", untouched(self.classifiers), request)

    def answer_delete_classifier(self, request: Record) -> Record:
        """DeleteClassifier."""
        self.classifier(request["Name"])
        del self.classifiers[request["Name"]]
        return {}


def _described(request: Record) -> tuple[str, Record]:
    kinds = {kind: request[kind] for kind in CLASSIFIERS if request.get(kind)}
    if len(kinds) != 1:
        raise InvalidInput(f"Exactly one of {', '.join(CLASSIFIERS)} must be given.")
    return next(iter(kinds.items()))


def _check_quote(described: Record) -> None:
    """API reference, CsvClassifier: the quote symbol must differ from the delimiter."""
    if described.get("Delimiter") and described.get("Delimiter") == described.get("QuoteSymbol"):
        raise InvalidInput("QuoteSymbol must be different from Delimiter.")


def _stored(described: Record, version: int) -> Record:
    now = utcnow()
    return {**described, "CreationTime": now, "LastUpdated": now, "Version": version}
