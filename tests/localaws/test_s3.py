"""S3 over real HTTP, as boto3 and awswrangler use it."""

from __future__ import annotations

import hashlib
import io
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from cdr_helpers import localaws

Client = Callable[..., Any]
MB = 1 << 20

ODD_KEYS = [
    "plain.csv",
    "folder/",
    "with space/and+plus&amp;=%41?#;.csv",
    "ünïcode/日本語.csv",
    "..",
    "../../../etc/passwd",
    "a/../../b",
    "/leading",
    "//twice//",
    "http://looks.like/a?url#x;y",
    ".hidden",
    "trailing.",
    "C:\\windows\\path",
    "k" * 1024,
]


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    """The AWS code of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def s3(client: Client) -> Any:
    return client("s3")


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_key_is_stored_listed_and_removed(s3: Any, bucket: str, key: str) -> None:
    body = b"of " + key.encode()[:30]
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == body
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "copy"}]})
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_no_key_reaches_a_file_outside_the_home(s3: Any, bucket: str, endpoint: localaws.Endpoint) -> None:
    for key in ODD_KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    names = {each.name for each in (endpoint.home / "objects").iterdir()}
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in names)
    assert not {each.name for each in endpoint.home.parent.iterdir()} - {endpoint.home.name}


def test_a_key_may_have_1024_bytes_and_no_more(s3: Any, bucket: str) -> None:
    assert code_of(s3.put_object, Bucket=bucket, Key="ü" * 513, Body=b"") == "KeyTooLongError"


def test_what_an_object_carries_comes_back(s3: Any, bucket: str) -> None:
    body = b"1,2\n"
    put = s3.put_object(
        Bucket=bucket,
        Key="k",
        Body=body,
        ContentType="text/csv",
        ContentEncoding="identity",
        CacheControl="no-store",
        Metadata={"with_underscore": "1", "with-dash": "a  b"},
        Tagging="colour=blue",
    )
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["ETag"] == put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert (head["ContentType"], head["ContentEncoding"], head["CacheControl"]) == ("text/csv", "identity", "no-store")
    assert head["Metadata"]["with_underscore"] == "1"
    assert (head["ContentLength"], head["ServerSideEncryption"]) == (4, "AES256")
    assert head["LastModified"].microsecond == 0
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "colour", "Value": "blue"}]


@pytest.mark.parametrize(
    ("asked", "status", "begin", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=3-5", 206, 3, 6),
        ("bytes=7-", 206, 7, 10),
        ("bytes=-4", 206, 6, 10),
        ("bytes=8-99", 206, 8, 10),
        ("bytes=-99", 206, 0, 10),
        ("lines=1-2", 200, 0, 10),
    ],
)
def test_ranges(s3: Any, bucket: str, asked: str, status: int, begin: int, end: int) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    found = s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == status
    assert found["Body"].read() == b"0123456789"[begin:end]


def test_a_range_behind_the_end_is_refused(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    assert code_of(s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-") == "InvalidRange"


def test_multipart_upload_through_the_transfer_manager(s3: Any, bucket: str) -> None:
    data = os.urandom(11 * MB)
    config = TransferConfig(multipart_threshold=5 * MB, multipart_chunksize=5 * MB)
    s3.upload_fileobj(io.BytesIO(data), bucket, "big", Config=config)
    digests = b"".join(hashlib.md5(data[at : at + 5 * MB]).digest() for at in range(0, len(data), 5 * MB))
    assert s3.head_object(Bucket=bucket, Key="big")["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == data
    part = s3.get_object(Bucket=bucket, Key="big", PartNumber=3)
    assert part["Body"].read() == data[10 * MB :]
    assert part["PartsCount"] == 3
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copied in parts", Config=config)
    assert s3.get_object(Bucket=bucket, Key="copied in parts")["Body"].read() == data
    s3.copy_object(Bucket=bucket, Key="copied", CopySource={"Bucket": bucket, "Key": "big"})
    assert s3.head_object(Bucket=bucket, Key="copied")["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    assert s3.get_object(Bucket=bucket, Key="copied")["Body"].read() == data


def test_a_multipart_upload_by_hand(s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    where = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    first = s3.upload_part(**where, PartNumber=1, Body=b"too short")["ETag"]
    second = s3.upload_part(**where, PartNumber=7, Body=b"end")["ETag"]
    assert [each["PartNumber"] for each in s3.list_parts(**where)["Parts"]] == [1, 7]
    assert [each["UploadId"] for each in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]

    def complete(*parts: tuple[int, str]) -> dict[str, Any]:
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in parts]
        return {**where, "MultipartUpload": {"Parts": listed}}

    assert code_of(s3.complete_multipart_upload, **complete((1, second))) == "InvalidPart"
    assert code_of(s3.complete_multipart_upload, **complete((1, first), (7, second))) == "EntityTooSmall"
    s3.complete_multipart_upload(**complete((7, second)))
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"end"
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_an_aborted_upload_leaves_nothing(s3: Any, bucket: str) -> None:
    where = {"Bucket": bucket, "Key": "k"}
    where["UploadId"] = s3.create_multipart_upload(**where)["UploadId"]
    s3.upload_part(**where, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(**where)
    assert code_of(s3.upload_part, **where, PartNumber=2, Body=b"x") == "NoSuchUpload"
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"


def test_listings_in_pages(s3: Any, bucket: str) -> None:
    keys = sorted(["a/1", "a/2", "b", "c/d/1", "c/e/2", "ca", "Z", "é/1", "a-1"])
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for size in (1, 2, 3, 100):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
        assert [each["Key"] for page in pages for each in page.get("Contents", [])] == keys
        pages = s3.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
        assert [each["Key"] for page in pages for each in page.get("Contents", [])] == keys
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}
        )
        found = list(pages)
        assert [each["Prefix"] for page in found for each in page.get("CommonPrefixes", [])] == ["a/", "c/", "é/"]
        assert [each["Key"] for page in found for each in page.get("Contents", [])] == ["Z", "a-1", "b", "ca"]
    found = s3.list_objects_v2(Bucket=bucket, Prefix="c/", Delimiter="/")
    assert [each["Prefix"] for each in found["CommonPrefixes"]] == ["c/d/", "c/e/"]
    assert s3.list_objects_v2(Bucket=bucket, StartAfter="c/e/2")["Contents"][0]["Key"] == "ca"
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0


def test_a_bad_token_is_refused(s3: Any, bucket: str) -> None:
    assert code_of(s3.list_objects_v2, Bucket=bucket, ContinuationToken="?") == "InvalidArgument"


def test_conditional_requests(s3: Any, bucket: str) -> None:
    where = {"Bucket": bucket, "Key": "k"}
    etag = s3.put_object(**where, Body=b"1", IfNoneMatch="*")["ETag"]
    assert code_of(s3.put_object, **where, Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    assert code_of(s3.put_object, **where, Body=b"2", IfMatch='"other"') == "PreconditionFailed"
    assert code_of(s3.get_object, **where, IfMatch='"other"') == "PreconditionFailed"
    assert code_of(s3.get_object, **where, IfNoneMatch=etag) == "304"
    changed = s3.head_object(**where)["LastModified"]
    assert code_of(s3.get_object, **where, IfModifiedSince=changed) == "304"
    assert s3.get_object(**where, IfMatch=etag)["Body"].read() == b"1"
    s3.put_object(**where, Body=b"2", IfMatch=etag)
    assert s3.get_object(**where)["Body"].read() == b"2"


def test_versions(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"2")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k")
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"1"
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"before"
    versions = s3.list_object_versions(Bucket=bucket)
    assert {each["VersionId"] for each in versions["Versions"]} == {"null", first, second}
    s3.delete_object(Bucket=bucket, Key="k", VersionId=versions["DeleteMarkers"][0]["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_a_wrong_checksum_is_refused(s3: Any, bucket: str) -> None:
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"1", ChecksumCRC32="AAAAAA==") == "BadDigest"
    assert (
        code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"1", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==") == "BadDigest"
    )
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls(client: Client, bucket: str, version: str) -> None:
    s3 = client("s3", config=Config(signature_version=version))
    where = {"Bucket": bucket, "Key": "a b+c/é.txt"}
    put = s3.generate_presigned_url("put_object", Params={**where, "ContentType": "text/csv"}, ExpiresIn=60)
    fetch(put, "PUT", b"signed", {"Content-Type": "text/csv"})
    get = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=60)
    assert fetch(get) == (200, b"signed")
    assert fetch(get.replace("%C3%A9", "%C3%A8"))[0] == 403
    assert fetch(get, "DELETE")[0] == 403
    assert fetch(put, "PUT", b"x", {"Content-Type": "text/html"})[0] == 403
    assert fetch(get.partition("?")[0])[0] == 403


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_expires(client: Client, bucket: str, version: str) -> None:
    s3 = client("s3", config=Config(signature_version=version))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=-60)
    status, body = fetch(url)
    # A negative time is no valid one in version 4, and one that is over in version 2.
    assert (status, b"Request has expired" in body) == ((403, True) if version == "s3" else (400, False))


def fetch(url: str, method: str = "GET", data: bytes | None = None, headers: Any = None) -> tuple[int, bytes]:
    """Status and body of a plain HTTP request."""
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize(
    "wrong", ["ab", "Upper", "under_score", "-dash", "dash-", "a..b", "192.168.0.1", "xn--a", "a-s3alias", "x" * 64]
)
def test_bucket_names_that_aws_refuses(client: Client, wrong: str) -> None:
    s3 = client("s3", config=Config(parameter_validation=False))
    where = {"CreateBucketConfiguration": {"LocationConstraint": "ap-southeast-2"}}
    assert code_of(s3.create_bucket, Bucket=wrong, **where) == "InvalidBucketName"


def test_where_a_bucket_may_be_made(s3: Any, client: Client, name: str, endpoint: localaws.Endpoint) -> None:
    where = {"CreateBucketConfiguration": {"LocationConstraint": endpoint.region}}
    assert code_of(s3.create_bucket, Bucket=name) == "IllegalLocationConstraintException"
    s3.create_bucket(Bucket=name, **where)
    assert code_of(s3.create_bucket, Bucket=name, **where) == "BucketAlreadyOwnedByYou"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == endpoint.region
    virginia = client("s3", region="us-east-1")
    virginia.create_bucket(Bucket=f"{name}-us")
    assert virginia.get_bucket_location(Bucket=f"{name}-us").get("LocationConstraint") is None
    s3.delete_bucket(Bucket=name)
    assert code_of(s3.head_bucket, Bucket=name) == "404"


def test_a_bucket_with_objects_stays(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert code_of(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"


def test_missing_things(s3: Any, bucket: str, name: str) -> None:
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    assert code_of(s3.list_objects_v2, Bucket=f"{name}-none") == "NoSuchBucket"
    assert code_of(s3.put_object, Bucket=f"{name}-none", Key="k", Body=b"x") == "NoSuchBucket"
    s3.delete_object(Bucket=bucket, Key="k")


def test_awswrangler(session: boto3.Session, bucket: str, tmp_path: Path) -> None:
    import awswrangler
    import pandas

    table = pandas.DataFrame({"number": [1, 2, 3], "text": ["a", "ü", None]})
    awswrangler.s3.to_csv(table, f"s3://{bucket}/csv/one.csv", index=False, boto3_session=session)
    awswrangler.s3.to_parquet(table, f"s3://{bucket}/parquet/", dataset=True, boto3_session=session)
    assert awswrangler.s3.read_csv(f"s3://{bucket}/csv/", boto3_session=session)["number"].tolist() == [1, 2, 3]
    found = awswrangler.s3.read_parquet(f"s3://{bucket}/parquet/", dataset=True, boto3_session=session)
    assert found["text"].tolist()[:2] == ["a", "ü"]
    assert awswrangler.s3.list_objects(f"s3://{bucket}/csv/", boto3_session=session) == [f"s3://{bucket}/csv/one.csv"]
    awswrangler.s3.copy_objects(
        [f"s3://{bucket}/csv/one.csv"], f"s3://{bucket}/csv", f"s3://{bucket}/new", boto3_session=session
    )
    awswrangler.s3.download(f"s3://{bucket}/new/one.csv", str(tmp_path / "one.csv"), boto3_session=session)
    assert (tmp_path / "one.csv").read_text("utf-8").splitlines()[0] == "number,text"
    awswrangler.s3.delete_objects(f"s3://{bucket}/", boto3_session=session)
    assert awswrangler.s3.list_objects(f"s3://{bucket}/", boto3_session=session) == []


class TestArrow:
    """Arrow's own S3 client: its uploads are checked by a sum at their end instead of a signature."""

    @pytest.fixture
    def files(self, endpoint: localaws.Endpoint) -> Any:
        from pyarrow import fs

        return fs.S3FileSystem(
            access_key=endpoint.access_key,
            secret_key=endpoint.secret_key,
            region=endpoint.region,
            endpoint_override=endpoint.url.removeprefix("http://"),
            scheme="http",
            allow_delayed_open=False,
        )

    @pytest.mark.parametrize("size", [0, 11, 6 << 20, 13 << 20])
    def test_what_is_written_is_read_again(self, files: Any, bucket: str, size: int) -> None:
        data = bytes(range(251)) * (size // 251 + 1)
        with files.open_output_stream(f"{bucket}/folder/file.bin") as out:
            out.write(data[:size])
        assert files.open_input_file(f"{bucket}/folder/file.bin").readall() == data[:size]

    def test_parts_and_folders_are_read(self, files: Any, client: Callable[..., Any], bucket: str) -> None:
        from pyarrow import fs

        client("s3").put_object(Bucket=bucket, Key="for arrow", Body=b"0123456789")
        with files.open_input_file(f"{bucket}/for arrow") as file:
            assert file.read_at(3, 4) == b"456"
        assert [each.path for each in files.get_file_info(fs.FileSelector(bucket))] == [f"{bucket}/for arrow"]

    def test_an_upload_with_a_wrong_sum_is_refused(
        self, client: Callable[..., Any], endpoint: localaws.Endpoint, bucket: str
    ) -> None:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        class Streaming(S3SigV4Auth):
            def payload(self, request: AWSRequest) -> str:
                return "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

        def put(body: bytes) -> tuple[int, str]:
            import http.client

            host = endpoint.url.removeprefix("http://")
            given = {"Host": host, "x-amz-trailer": "x-amz-checksum-crc32", "content-encoding": "aws-chunked"}
            request = AWSRequest("PUT", f"{endpoint.url}/{bucket}/k", given, body)
            Streaming(Credentials(endpoint.access_key, endpoint.secret_key), "s3", endpoint.region).add_auth(request)
            connection = http.client.HTTPConnection(host, timeout=10)
            connection.request("PUT", f"/{bucket}/k", body, dict(request.headers.items()))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

        good = b"B\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"
        assert put(good)[0] == 200
        assert client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello world"
        status, text = put(good.replace(b"world", b"w0rld"))
        assert (status, "BadDigest" in text) == (400, True)
        status, text = put(b"B\r\nhello world\r\n0\r\n\r\n")
        assert (status, "IncompleteBody" in text) == (400, True)
        assert client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello world"


def test_s3_select_is_refused_by_name(client: Callable[..., Any], bucket: str) -> None:
    client("s3").put_object(Bucket=bucket, Key="a.csv", Body=b"a\n1\n")
    with pytest.raises(ClientError, match="SelectObjectContent"):
        client("s3").select_object_content(
            Bucket=bucket,
            Key="a.csv",
            Expression="SELECT * FROM s3object",
            ExpressionType="SQL",
            InputSerialization={"CSV": {}},
            OutputSerialization={"CSV": {}},
        )
