"""How crawler, job and query reach the objects: as files on disk, with the permissions of a role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..iam.roles import RoleSession


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
        raise NotImplementedError

    def readable(self, stored: StoredObject) -> Path:
        """The file to read, after the check for `s3:GetObject`."""
        raise NotImplementedError

    def put_file(self, uri: str, source: Path, content_type: str = "binary/octet-stream") -> StoredObject:
        """Store a finished file as an object; the file is moved, not copied."""
        raise NotImplementedError

    def put_bytes(self, uri: str, data: bytes, content_type: str = "binary/octet-stream") -> StoredObject:
        """Store bytes as an object."""
        raise NotImplementedError

    def delete(self, uri: str) -> None:
        """Delete one object; deleting a missing one is no error, as in S3."""
        raise NotImplementedError
