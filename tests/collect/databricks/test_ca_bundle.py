"""A workspace behind a company's own certificate authority."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from collectors.collector import CollectWindow
from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.billing import DatabricksCollector
from collectors.databricks.client import StatementClient
from collectors.errors import HostUnreachable
from tests.peers.http_replay import HttpReply, HttpRequest, ReplayServer

WINDOW = CollectWindow(first_period="2025-01", last_period="2025-01")


class EmptyWorkspace(ReplayServer):
    """Answers every statement with no row, over TLS."""

    def answer(self, request: HttpRequest) -> HttpReply:
        """No row."""
        return HttpReply.of_json(
            {
                "statement_id": "s-1",
                "status": {"state": "SUCCEEDED"},
                "manifest": {"schema": {"columns": [{"name": "month"}]}, "total_row_count": 0},
                "result": {"chunk_index": 0, "data_array": []},
            }
        )


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[EmptyWorkspace]:
    """Its authority's certificate is ``ca.pem`` in ``tmp_path``."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with EmptyWorkspace(tls=context) as server:
        yield server


def _collector(workspace: EmptyWorkspace, ca_bundle: str | None) -> DatabricksCollector:
    connection = DatabricksSystemTables(
        name="dbx",
        host=workspace.origin,
        warehouse_id="w",
        account_id="a",
        credentials="env:P",
        ca_bundle=ca_bundle,
    )
    client = StatementClient(connection, environ={"P_TOKEN": "t"}, sleep=lambda _: None)
    return DatabricksCollector(connection=connection, client=client)


def test_the_bundle_is_trusted_and_without_it_the_host_is_not(workspace: EmptyWorkspace, tmp_path: Path) -> None:
    assert _collector(workspace, str(tmp_path / "ca.pem")).discover(WINDOW, known={}) == {}
    with pytest.raises(HostUnreachable, match="its certificate is not trusted; name the authority"):
        _collector(workspace, None).discover(WINDOW, known={})
