"""The objects that a job reads, as files, with the permissions of its role.

Sources: API reference, "S3DataSource" and "AutoMLS3DataSource" (prefixes and manifests).
"""

from __future__ import annotations

import json
from typing import Any

from ..errors import AwsError, RoleNotUsable
from ..iam import roles
from ..s3.access import ObjectAccess, StoredObject
from .errors import JobFailed, ValidationProblem

Record = dict[str, Any]
SERVICE = "sagemaker.amazonaws.com"
_NO_OBJECTS = (
    'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in the '
    'selected region ({region}), that objects exist under that S3 prefix, and that the role "{role}" has '
    '"s3:ListBucket" permissions on bucket "{bucket}".'
)


def assume(account: str, role: str) -> roles.RoleSession:
    """A role as SageMaker uses it. Raises `ValidationProblem` with AWS's text when it cannot be assumed."""
    try:
        return roles.assume(account, role, SERVICE)
    except RoleNotUsable:
        raise ValidationProblem(
            f"Could not assume role {role}. Please ensure that the role exists and allows principal '{SERVICE}' to "
            "assume the role."
        ) from None


def objects(access: ObjectAccess, source: Record, region: str) -> list[StoredObject]:
    """What an S3 data source names, in order of key; folders' markers are no data.

    Raises `JobFailed` with AWS's text when there is nothing, or when the role may not read it.
    """
    kind, uri = source["S3DataType"], source["S3Uri"]
    if kind == "AugmentedManifestFile":
        raise JobFailed("ClientError: an AugmentedManifestFile is for images and text, which are not learned from here")
    try:
        found = _of_manifest(access, uri) if kind == "ManifestFile" else access.list(uri)
        kept = [each for each in found if each.size or not each.key.endswith("/")]
        for each in kept:
            access.readable(each)
    except AwsError as problem:
        raise JobFailed(f"ClientError: Data download failed: {problem.message}") from None
    if not kept:
        role = access.session.role_arn if access.session else ""
        bucket = uri.partition("://")[2].partition("/")[0]
        text = _NO_OBJECTS.format(uri=uri, region=region, role=role, bucket=bucket)
        raise JobFailed(f"ClientError: Data download failed: {text}")
    return kept


def _of_manifest(access: ObjectAccess, uri: str) -> list[StoredObject]:
    text = access.readable(access.find(uri)).read_bytes()
    try:
        first, *rest = json.loads(text)
        prefix = first["prefix"]
    except (ValueError, TypeError, KeyError):
        raise JobFailed(f"ClientError: {uri} is not a manifest: a JSON list that begins with a prefix") from None
    return [access.find(f"{prefix}{name}") for name in rest]
