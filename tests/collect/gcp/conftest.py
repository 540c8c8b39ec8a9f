"""Google's peers, and a bucket or table that no other test uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collect.gcp.vendor import BigQueryVendor, GcsFilesVendor, bigquery_vendor, gcs_files_vendor
from tests.peers.emulators import BigQueryPeer, GcsPeer
from tests.peers.fixtures import bigquery, gcp_catalog, gcs  # noqa: F401 - fixtures are found by name


@pytest.fixture
def files_vendor(gcs: GcsPeer, tmp_path: Path) -> Iterator[GcsFilesVendor]:  # noqa: F811 - the fixture
    """The contract suite's vendor, delivering files."""
    with gcs_files_vendor(gcs, tmp_path) as made:
        yield made


@pytest.fixture
def table_vendor(bigquery: BigQueryPeer, tmp_path: Path) -> Iterator[BigQueryVendor]:  # noqa: F811 - the fixture
    """The contract suite's vendor, delivering rows of a table."""
    with bigquery_vendor(bigquery, tmp_path) as made:
        yield made
