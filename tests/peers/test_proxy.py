"""The proxy that makes any HTTP peer fail on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import boto3
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient
from botocore.config import Config
from botocore.exceptions import ClientError, ResponseStreamingError
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.peers.emulators import AzuritePeer, GcsPeer, MotoPeer
from tests.peers.proxy import FaultProxy

FrontOf = Callable[[str], FaultProxy]
CONTENT = b"0123456789" * 100


@contextmanager
def _s3(proxy: FaultProxy, moto: MotoPeer) -> Iterator[Any]:
    made = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=proxy.url,
        aws_access_key_id=moto.environ["TEST_AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=moto.environ["TEST_AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"mode": "standard", "max_attempts": 2}, s3={"addressing_style": "path"}),
    )
    with closing(made):
        yield made


@pytest.fixture
def bucket(moto: MotoPeer) -> str:
    """A bucket with one object."""
    moto.reset()
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="behind-a-proxy")
    s3.put_object(Bucket="behind-a-proxy", Key="object", Body=CONTENT)
    return "behind-a-proxy"


def test_without_faults_the_proxy_changes_nothing(moto: MotoPeer, bucket: str, in_front_of: FrontOf) -> None:
    proxy = in_front_of(moto.endpoint_url)
    direct = moto.client("s3")
    with _s3(proxy, moto) as s3:
        _compare(s3, direct, bucket)
    assert proxy.calls(f"GET /{bucket}/object") == 3


def _compare(s3: Any, direct: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="by proxy", Body=b"x")
    for key in ("object", "by proxy"):
        got, expected = s3.get_object(Bucket=bucket, Key=key), direct.get_object(Bucket=bucket, Key=key)
        assert (got["ETag"], got["Body"].read()) == (expected["ETag"], expected["Body"].read())
        assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == expected["ContentLength"]
    assert s3.get_object(Bucket=bucket, Key="object", Range="bytes=2-4")["Body"].read() == b"234"
    tag = s3.head_object(Bucket=bucket, Key="object")["ETag"]
    with pytest.raises(ClientError, match="304"):
        s3.get_object(Bucket=bucket, Key="object", IfNoneMatch=tag)


def test_s3_slows_down_breaks_off_and_changes_in_between(moto: MotoPeer, bucket: str, in_front_of: FrontOf) -> None:
    proxy = in_front_of(moto.endpoint_url)
    with _s3(proxy, moto) as s3:
        proxy.fail_next(503, content=b"<Error><Code>SlowDown</Code></Error>")
        tag = s3.get_object(Bucket=bucket, Key="object")["ETag"]
        assert proxy.calls(f"GET /{bucket}/object") == 2
        proxy.cut_next()
        with pytest.raises(ResponseStreamingError):
            s3.get_object(Bucket=bucket, Key="object")["Body"].read()
        direct = moto.client("s3")
        proxy.before_next(lambda _: direct.put_object(Bucket=bucket, Key="object", Body=b"new"), on="GET")
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3.get_object(Bucket=bucket, Key="object", IfMatch=tag)


def test_blob_storage_breaks_off(azurite: AzuritePeer, in_front_of: FrontOf) -> None:
    azurite.reset()
    proxy = in_front_of(azurite.account_url)
    with azurite.service() as direct:
        direct.create_container("behind").upload_blob("object", CONTENT)
    with BlobServiceClient(proxy.url, credential=azurite.account_key, retry_total=0) as service:
        blob = service.get_blob_client("behind", "object")
        assert blob.download_blob().readall() == CONTENT
        proxy.cut_next(times=10, on="GET")
        with pytest.raises(HttpResponseError, match="IncompleteRead"):
            blob.download_blob().readall()


def test_cloud_storage_is_unavailable_once(gcs: GcsPeer, in_front_of: FrontOf) -> None:
    gcs.reset()
    gcs.client().create_bucket("behind").blob("object").upload_from_string(CONTENT)
    proxy = in_front_of(gcs.endpoint_url)
    client = storage.Client(
        project="p", credentials=AnonymousCredentials(), client_options=ClientOptions(api_endpoint=proxy.url)
    )
    proxy.fail_next(503, on="/o/object")  # the client also asks for the bucket's metadata, when it likes
    with closing(client):
        assert client.bucket("behind").blob("object").download_as_bytes() == CONTENT
    assert proxy.calls("/o/object") == 2
