"""Errors of Athena's API calls, with the members that its model gives them."""

from __future__ import annotations

import json


class RequestProblem(Exception):
    """An error answer: `InvalidRequestException` (with its AthenaErrorCode), `MetadataException`,
    `ResourceNotFoundException`."""

    def __init__(
        self, message: str, code: str = "INVALID_INPUT", kind: str = "InvalidRequestException", **members: str
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.members = {"Message": message, "message": message, **members}
        if kind == "InvalidRequestException":
            self.members["AthenaErrorCode"] = code

    @property
    def body(self) -> str:
        """The JSON of the answer."""
        return json.dumps({"__type": self.kind, **self.members})
