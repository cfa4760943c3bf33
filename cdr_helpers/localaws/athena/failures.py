"""Failures of a query as Athena reports them: name, position, error type.

Source: Athena user guide, "Athena error catalog"; numbers as measured on the service.
"""

from __future__ import annotations

from ..errors import AwsError

# name → AthenaError.ErrorType; every other user error is 1000
ERROR_TYPES = {
    "TABLE_NOT_FOUND": 1301,
    "SCHEMA_NOT_FOUND": 1301,
    "COLUMN_NOT_FOUND": 1006,
    "CATALOG_NOT_FOUND": 1006,
    "TYPE_MISMATCH": 1002,
    "FUNCTION_NOT_FOUND": 1303,
    "DIVISION_BY_ZERO": 1001,
    "INVALID_CAST_ARGUMENT": 1100,
    "NUMERIC_VALUE_OUT_OF_RANGE": 1100,
    "INVALID_PARAMETER_USAGE": 1100,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "TABLE_ALREADY_EXISTS": 1110,
    "NOT_SUPPORTED": 1200,
}
SYSTEM_ERRORS = {"GENERIC_INTERNAL_ERROR", "EXCEEDED_LOCAL_MEMORY_LIMIT"}


class QueryFailure(AwsError):
    """A query that ends FAILED. `name` is Athena's error name; `position` (line, column), both from 1."""

    def __init__(self, name: str, message: str, position: tuple[int, int] | None = None) -> None:
        super().__init__(message, name)
        self.name = name
        self.position = position

    @property
    def reason(self) -> str:
        """The text of StateChangeReason."""
        where = f"line {self.position[0]}:{self.position[1]}: " if self.position else ""
        return f"{self.name}: {where}{self.message}" if self.name else self.message

    @property
    def category(self) -> int:
        """AthenaError.ErrorCategory: 1 system, 2 user."""
        return 1 if self.name in SYSTEM_ERRORS else 2

    @property
    def type(self) -> int:
        """AthenaError.ErrorType."""
        return ERROR_TYPES.get(self.name, 1000)


class ScanLimitReached(QueryFailure):
    """The workgroup's limit on the bytes that one query scans: the query is cancelled (Athena user guide, "Configure
    per-query and per-workgroup data usage controls")."""

    def __init__(self) -> None:
        super().__init__("", "Bytes scanned limit was exceeded")


class MalformedQuery(AwsError):
    """A statement that does not parse: refused when it is started."""

    code = "InvalidRequestException"

    def __init__(self, message: str, position: tuple[int, int]) -> None:
        super().__init__(f"line {position[0]}:{position[1]}: {message}")
        self.position = position
