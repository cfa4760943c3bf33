"""Errors of the local AWS.

    AwsError
    ├── AccessDenied          S3's 403
    ├── NoSuchBucket          S3's 404 for a bucket
    ├── NoSuchKey             S3's 404 for an object
    ├── RoleNotUsable         IAM: no such role, or its trust policy does not let the service assume it
    └── EngineRefused         an engine's own limit, said by name

`code` and text are AWS's own. They are raised by the work (crawler, job, query) and end either as an HTTP error of
the call or as the message of the run, wherever AWS puts it.
"""


class AwsError(Exception):
    """An error with an AWS code and message."""

    code = "InternalServiceException"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code:
            self.code = code


class AccessDenied(AwsError):
    """The principal's policies do not allow the action on the resource."""

    code = "AccessDenied"


class NoSuchBucket(AwsError):
    """The bucket does not exist."""

    code = "NoSuchBucket"


class NoSuchKey(AwsError):
    """The object does not exist."""

    code = "NoSuchKey"


class RoleNotUsable(AwsError):
    """The role is missing, or the service may not assume it."""

    code = "InvalidInputException"


class EngineRefused(AwsError):
    """The engine refuses by name what it does not do."""

    code = "NOT_SUPPORTED"
