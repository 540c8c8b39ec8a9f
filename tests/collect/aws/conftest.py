"""moto for S3 and what else it has, the replay server for the rest, and a bucket that no other test uses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collect.aws.bucket import BillingBucket
from tests.peers.aws_json import AwsJsonServer
from tests.peers.emulators import MotoPeer
from tests.peers.fixtures import aws_json, moto  # noqa: F401 - fixtures are found by name


@pytest.fixture
def bucket(moto: MotoPeer, aws_json: AwsJsonServer) -> Iterator[BillingBucket]:  # noqa: F811 - the fixtures
    """An empty bucket with connections to it; the replay server has no answers."""
    aws_json.reset()
    with BillingBucket(moto, aws_json) as made:
        yield made
