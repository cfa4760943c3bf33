"""How crawler, job and query reach the objects: as files on disk, with the permissions of a role."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import persistence
from ..errors import AwsError, NoSuchBucket, NoSuchKey
from ..iam.roles import RoleSession
from . import blobs, names

ARN = "arn:aws:s3:::"
PART = 8 << 20
"""Bytes of a part of a multipart upload, and the least size for one, as AWS's SDKs have them by default."""


@dataclass(frozen=True)
class StoredObject:
    """One object (its newest version) and the file that holds its bytes."""

    bucket: str
    key: str
    size: int
    etag: str
    last_modified: datetime
    path: Path

    @property
    def uri(self) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key` (`s3a://`, `s3n://` too). Raises `AwsError` for anything else."""
    scheme, mark, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if not mark or scheme.lower() not in ("s3", "s3a", "s3n") or not bucket:
        raise AwsError(f"{uri!r} is not an S3 location: s3://bucket/key", "InvalidInputException")
    return bucket, key


class ObjectAccess:
    """S3 as an engine sees it.

    With a `RoleSession`, every call needs what the role's policies allow (`s3:ListBucket` on the bucket,
    `s3:GetObject`, `s3:PutObject`, `s3:DeleteObject` on the object); without one it acts as the account's own user.
    Raises `NoSuchBucket`, `NoSuchKey` and `AccessDenied` from `localaws.errors`.
    """

    def __init__(self, account_id: str, session: RoleSession | None = None) -> None:
        self.account_id = account_id
        self.session = session

    def list(self, uri: str) -> list[StoredObject]:
        """Objects whose key begins with the key of `uri` (`s3://bucket/prefix`), in key order; `path` may be opened
        only after `readable`."""
        bucket, prefix = split(uri)
        self._require("s3:ListBucket", bucket)
        with persistence.lock("s3"):
            backend = self._backend()
            found = _bucket(backend, bucket)
            return [_stored(bucket, key) for key in backend.scan(found, prefix)]

    def find(self, uri: str) -> StoredObject:
        """The object at `uri`, after the check for `s3:GetObject`. Raises `NoSuchKey`."""
        bucket, key = split(uri)
        self._require("s3:GetObject", f"{bucket}/{key}")
        with persistence.lock("s3"):
            backend = self._backend()
            _bucket(backend, bucket)
            found = backend.peek(bucket, key)
        if found is None:
            raise NoSuchKey("The specified key does not exist.")
        return _stored(bucket, found)

    def readable(self, stored: StoredObject) -> Path:
        """The file to read, after the check for `s3:GetObject`. Raises `NoSuchKey` when it was deleted meanwhile."""
        self._require("s3:GetObject", f"{stored.bucket}/{stored.key}")
        if not stored.path.exists():
            raise NoSuchKey("The specified key does not exist.")
        return stored.path

    def put_file(self, uri: str, source: Path, content_type: str = "binary/octet-stream") -> StoredObject:
        """Store a finished file as an object; the file is moved, not copied.

        From 8 MB on its ETag is like one of a multipart upload, with which AWS's engines and SDKs write such files: it
        says that the object is another one, and is no digest of its bytes (API reference, "Object").
        """
        size = source.stat().st_size
        if size < PART:
            etag = blobs.file_md5(blobs.Bytes(source, 0, size))
        else:
            etag = f"{uuid.uuid4().hex}-{math.ceil(size / PART)}"
        return self._put(uri, blobs.Received(source, size, etag), content_type)

    def put_bytes(self, uri: str, data: bytes, content_type: str = "binary/octet-stream") -> StoredObject:
        """Store bytes as an object."""
        return self._put(uri, data, content_type)

    def _put(self, uri: str, value: blobs.Received | bytes, content_type: str) -> StoredObject:
        bucket, key = split(uri)
        self._require("s3:PutObject", f"{bucket}/{key}")
        if not names.is_key(key):
            raise AwsError("Your key is too long", "KeyTooLongError")
        with persistence.changing("s3"):
            backend = self._backend()
            _bucket(backend, bucket)
            new = backend.put_object(bucket, key, value)
            new.set_metadata({"Content-Type": content_type})
        return _stored(bucket, new)

    def delete(self, uri: str) -> None:
        """Delete one object; deleting a missing one is no error, as in S3."""
        bucket, key = split(uri)
        self._require("s3:DeleteObject", f"{bucket}/{key}")
        with persistence.changing("s3"):
            backend = self._backend()
            if _bucket(backend, bucket).keys.peek(key):
                backend.delete_object(bucket, key)

    def _require(self, action: str, resource: str) -> None:
        if self.session is not None:
            self.session.require(action, ARN + resource)

    def _backend(self) -> Any:
        from moto.s3.models import s3_backends

        return s3_backends[self.account_id]["aws"]


def _bucket(backend: Any, name: str) -> Any:
    found = backend.buckets.peek(name)
    if found is None:
        raise NoSuchBucket("The specified bucket does not exist")
    return found


def _stored(bucket: str, key: Any) -> StoredObject:
    changed = key.last_modified.replace(tzinfo=UTC)
    return StoredObject(bucket, key.name, key.size, key.etag.strip('"'), changed, key.path)
