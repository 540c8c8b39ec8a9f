"""Session fixtures for the peers; a conftest imports by name those that its folder needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.peers.arm import ArmServer
from tests.peers.aws_json import AwsJsonServer
from tests.peers.emulators import (
    AzuritePeer,
    BigQueryPeer,
    GcsPeer,
    MotoPeer,
    running_azurite,
    running_bigquery,
    running_gcs,
    running_moto,
)
from tests.peers.environments import AZURITE, BIGQUERY, DATABRICKS, GCS, SNOWFLAKE, Environment
from tests.peers.gcp_catalog import GcpCatalogServer
from tests.peers.proxy import FaultProxy
from tests.peers.warehouses import DatabricksPeer, SnowflakePeer, running_databricks, running_snowflake


def require(environment: Environment) -> None:
    """Skip the test when the peer is not built; with CI=true, fail it."""
    reason = environment.why_missing()
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def moto() -> Iterator[MotoPeer]:
    """AWS services that moto has."""
    with running_moto() as peer:
        yield peer


@pytest.fixture(scope="session")
def aws_json() -> Iterator[AwsJsonServer]:
    """AWS services that moto lacks."""
    with AwsJsonServer() as peer:
        yield peer


@pytest.fixture(scope="session")
def arm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArmServer]:
    """Azure Resource Manager, tokens and retail prices."""
    with ArmServer(tmp_path_factory.mktemp("arm")) as peer:
        yield peer


@pytest.fixture
def in_front_of() -> Iterator[Callable[[str], FaultProxy]]:
    """From the URL of a peer to a proxy in front of it that fails on demand; gone after the test."""
    with ExitStack() as proxies:
        yield lambda url: proxies.enter_context(FaultProxy(url))


@pytest.fixture(scope="session")
def azurite() -> Iterator[AzuritePeer]:
    """Azure Blob Storage."""
    require(AZURITE)
    with running_azurite() as peer:
        yield peer


@pytest.fixture(scope="session")
def gcp_catalog() -> Iterator[GcpCatalogServer]:
    """Google's Cloud Catalog and tokens of service accounts."""
    with GcpCatalogServer() as peer:
        yield peer


@pytest.fixture(scope="session")
def gcs() -> Iterator[GcsPeer]:
    """Google Cloud Storage."""
    require(GCS)
    with running_gcs() as peer:
        yield peer


@pytest.fixture(scope="session")
def bigquery() -> Iterator[BigQueryPeer]:
    """BigQuery."""
    require(BIGQUERY)
    with running_bigquery() as peer:
        yield peer


@pytest.fixture(scope="session")
def snowflake() -> Iterator[SnowflakePeer]:
    """Snowflake."""
    require(SNOWFLAKE)
    with running_snowflake() as peer:
        yield peer


@pytest.fixture(scope="session")
def databricks() -> Iterator[DatabricksPeer]:
    """Databricks SQL."""
    require(DATABRICKS)
    with running_databricks() as peer:
        yield peer
