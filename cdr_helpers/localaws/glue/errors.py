"""Glue's errors, each with AWS's code; the text is AWS's where one is known (else it says cause and cure)."""

from __future__ import annotations

from moto.glue.exceptions import GlueClientError


class AlreadyExists(GlueClientError):
    """`AlreadyExistsException`."""

    def __init__(self, message: str) -> None:
        super().__init__("AlreadyExistsException", message)


class EntityNotFound(GlueClientError):
    """`EntityNotFoundException`; for tables and partitions AWS's text is just `Entity Not Found`."""

    def __init__(self, message: str = "Entity Not Found") -> None:
        super().__init__("EntityNotFoundException", message)


class InvalidInput(GlueClientError):
    """`InvalidInputException`."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidInputException", message)


class InvalidRequest(GlueClientError):
    """`ValidationException`: a parameter breaks the API model's own limits."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class Conflict(GlueClientError):
    """`ConflictException`: a client token was used for another request."""

    def __init__(self, message: str) -> None:
        super().__init__("ConflictException", message)


class ConcurrentModification(GlueClientError):
    """`ConcurrentModificationException`: the caller's version is not the newest."""

    def __init__(self, message: str) -> None:
        super().__init__("ConcurrentModificationException", message)


class CrawlerRunning(GlueClientError):
    """`CrawlerRunningException`."""

    def __init__(self, name: str, text: str = "has already started") -> None:
        super().__init__("CrawlerRunningException", f"Crawler with name {name} {text}")


class CrawlerNotRunning(GlueClientError):
    """`CrawlerNotRunningException`."""

    def __init__(self, name: str) -> None:
        super().__init__("CrawlerNotRunningException", f"Crawler with name {name} isn't running")


class CrawlerStopping(GlueClientError):
    """`CrawlerStoppingException`."""

    def __init__(self, name: str) -> None:
        super().__init__("CrawlerStoppingException", f"Crawler with name {name} is already stopping")


class SchedulerProblem(GlueClientError):
    """Errors of a crawler's schedule: `NoScheduleException`, `SchedulerRunningException`,
    `SchedulerNotRunningException`."""


class VersionMismatch(GlueClientError):
    """`VersionMismatchException`."""

    def __init__(self, message: str) -> None:
        super().__init__("VersionMismatchException", message)
