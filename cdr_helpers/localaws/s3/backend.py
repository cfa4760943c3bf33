"""S3: moto's backend with bytes on disk, AWS's bucket rules and listings that do not slow down."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from moto.s3 import exceptions
from moto.s3 import models as moto_models

from . import blobs, listing, models, names

MAX_PAGE = 1000


class KeyTooLongError(exceptions.S3ClientError):
    """More than 1024 bytes of UTF-8."""

    code = 400  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__("KeyTooLongError", "Your key is too long")


class BadDigest(exceptions.S3ClientError):
    """The body is not what its checksum header says."""

    code = 400  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        super().__init__("BadDigest", f"The {name} you specified did not match the calculated checksum.")


class S3Backend(moto_models.S3Backend):
    """moto's S3 with files."""

    transient = frozenset({"table_buckets"})

    def create_bucket(
        self, bucket_name: str, region_name: str, bucket_namespace: str | None = None
    ) -> moto_models.FakeBucket:
        if not names.is_bucket_name(bucket_name):
            raise exceptions.InvalidBucketName()
        bucket = super().create_bucket(bucket_name, region_name, bucket_namespace)
        bucket.keys = models.KeyStore()
        bucket.multiparts = models.Uploads()
        bucket.public_access_block = moto_models.PublicAccessBlock(True, True, True, True)
        return bucket

    def recover(self) -> None:
        """After a restart: the names of all buckets, and no file that belongs to nothing."""
        for name in dict.keys(self.buckets):
            moto_models.s3_backends.bucket_accounts[name] = (self.partition, self.account_id)
        blobs.sweep(models.blob_names(self))

    def put_object(self, bucket_name: str, key_name: str, *args: Any, **kwargs: Any) -> Any:
        if not names.is_key(key_name):
            raise KeyTooLongError()
        return super().put_object(bucket_name, key_name, *args, **kwargs)

    def create_multipart_upload(self, bucket_name: str, key_name: str, *args: Any, **kwargs: Any) -> Any:
        if not names.is_key(key_name):
            raise KeyTooLongError()
        return super().create_multipart_upload(bucket_name, key_name, *args, **kwargs)

    def upload_part(self, bucket_name: str, multipart_id: str, part_id: int, value: Any) -> Any:
        self._require_upload(bucket_name, multipart_id)
        return super().upload_part(bucket_name, multipart_id, part_id, value)

    def complete_multipart_upload(self, bucket_name: str, multipart_id: str, body: Any) -> Any:
        upload = self._require_upload(bucket_name, multipart_id)
        key: Any = super().complete_multipart_upload(bucket_name, multipart_id, body)
        if key is not None:
            key.multipart = models.FinishedUpload(multipart_id, upload.joined_sizes)
        return key

    def copy_object(self, src_key: Any, dest_bucket_name: str, dest_key_name: str, *args: Any, **kwargs: Any) -> None:
        super().copy_object(src_key, dest_bucket_name, dest_key_name, *args, **kwargs)
        new = self.get_bucket(dest_bucket_name).keys[dest_key_name]
        # The copy is one object even where its source was made of parts: so is its checksum.
        new.multipart = None
        new.checksum_type = "FULL_OBJECT"
        if new.checksum_value and src_key.checksum_type == "COMPOSITE":
            new.checksum_algorithm = "CRC32"
            new.checksum_value = models.base64_text(blobs.file_crc32(new.value).to_bytes(4, "big"))

    def put_object_tagging(self, key: Any, tags: dict[str, str] | None) -> Any:
        if tags:
            return super().put_object_tagging(key, tags)
        self.tagger.delete_all_tags_for_resource(key.arn)
        return key

    def delete_object(
        self, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> Any:
        found = self.peek(bucket_name, key_name, version_id)
        if found is not None and not (version_id is None and self.get_bucket(bucket_name).is_versioned):
            self.tagger.delete_all_tags_for_resource(found.arn)
        return super().delete_object(bucket_name, key_name, version_id, bypass)

    def _require_upload(self, bucket_name: str, multipart_id: str) -> Any:
        upload = self.get_bucket(bucket_name).multiparts.get(multipart_id)
        if upload is None:
            raise exceptions.NoSuchUpload(upload_id=multipart_id)
        return upload

    def is_truncated(self, bucket_name: str, multipart_id: str, next_part_number_marker: int) -> bool:
        parts = self.get_bucket(bucket_name).multiparts[multipart_id].parts
        return any(number > next_part_number_marker for number in parts)

    def peek(self, bucket_name: str, key_name: str, version_id: str | None = None) -> Any:
        """A version of an object for reading only; None without one or where it is a delete marker.

        Raises `MissingBucket`.
        """
        store: Any = self.get_bucket(bucket_name).keys
        if version_id is None:
            found = store.newest(key_name)
        else:
            found = next((each for each in store.peek(key_name, ()) if str(each.version_id) == version_id), None)
        return found if isinstance(found, moto_models.FakeKey) else None

    def get_object(
        self,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        part_number: str | None = None,
        return_delete_marker: bool = False,
    ) -> Any:
        """As in moto, but reading leaves no trace; whoever changes what it gets touches the entry (`S3Response`)."""
        found = self.peek(bucket_name, key_name, version_id)
        if found is not None or not return_delete_marker:
            return found
        store: Any = self.get_bucket(bucket_name).keys
        versions = store.peek(key_name, ())
        if version_id is None:
            return versions[-1] if versions else None
        return next((each for each in versions if str(each.version_id) == version_id), None)

    def page(self, bucket: Any, prefix: str, delimiter: str, after: str, size: int) -> listing.Page:
        """One page of a listing."""

        def look_up(name: str) -> Any:
            found = bucket.keys.newest(name)
            return found if isinstance(found, moto_models.FakeKey) else None

        return listing.page(bucket.keys.ordered(), look_up, prefix, delimiter, after, min(size, MAX_PAGE))

    def scan(self, bucket: Any, prefix: str) -> list[Any]:
        """Every object (newest versions) whose key begins with `prefix`, in order."""
        ordered = bucket.keys.ordered()
        begin, end = (
            bisect_left(ordered, prefix),
            bisect_left(ordered, prefix + listing.LAST) if prefix else len(ordered),
        )
        found = (bucket.keys.newest(name) for name in ordered[begin:end])
        return [each for each in found if isinstance(each, moto_models.FakeKey)]

    def list_objects(
        self, bucket: Any, prefix: str | None, delimiter: str | None, marker: str | None, max_keys: int | None
    ) -> Any:
        page = self.page(
            bucket, prefix or "", delimiter or "", marker or "", MAX_PAGE if max_keys is None else max_keys
        )
        return page.keys, page.folders, page.next_name is not None, page.next_name
