"""A real moto server: S3 over HTTP, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from collectors.aws import s3_client
from collectors.connections import AwsFocusExport
from collectors.store import EngineLimits, IngestStore

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

KEYS = {"TEST_AWS_ACCESS_KEY_ID": "testing", "TEST_AWS_SECRET_ACCESS_KEY": "testing"}
START_SECONDS = 60


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """Address of a running moto server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"},
    )
    try:
        _wait_for(endpoint, server)
        yield endpoint
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(endpoint: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, "the moto server ended at once"
        try:
            urllib.request.urlopen(f"{endpoint}/moto-api/", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the moto server did not answer")


@pytest.fixture
def connection(moto_endpoint: str) -> AwsFocusExport:
    """A connection to a bucket that no other test uses."""
    return AwsFocusExport(
        name="payer",
        bucket=f"billing-{uuid.uuid4().hex[:12]}",
        prefix="exports",
        export="focus-daily",
        region="us-east-1",
        endpoint_url=moto_endpoint,
        credentials="env:TEST_AWS",
    )


@pytest.fixture
def client(connection: AwsFocusExport) -> Iterator[S3Client]:
    """An S3 client for the connection, whose bucket exists."""
    made = s3_client(connection, environ=KEYS)
    made.create_bucket(Bucket=connection.bucket)
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    """An empty store."""
    return IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))
