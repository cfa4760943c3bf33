"""SageMaker's errors, each with AWS's code; the text is AWS's where one is known (else it says cause and cure)."""

from __future__ import annotations

from ..errors import AwsError


class ValidationProblem(AwsError):
    """`ValidationException`: a member of the request cannot be what it is, or names what does not exist."""

    code = "ValidationException"


class ResourceInUse(AwsError):
    """`ResourceInUse`: the name is taken."""

    code = "ResourceInUse"


class ResourceNotFound(AwsError):
    """`ResourceNotFound`."""

    code = "ResourceNotFound"


class JobFailed(Exception):
    """Why a job cannot go on: the FailureReason that its description gives."""
