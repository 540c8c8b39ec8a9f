"""An account behind a company's own certificate authority."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from collectors.collector import CollectWindow
from collectors.connections.snowflake import SnowflakeUsage
from collectors.errors import CredentialsMissing, ProviderUnavailable
from collectors.snowflake.billing import SnowflakeCollector
from collectors.snowflake.client import SnowflakeSession
from tests.peers.http_replay import HttpReply, HttpRequest, ReplayServer

WINDOW = CollectWindow(first_period="2025-01", last_period="2025-01")


class RefusingAccount(ReplayServer):
    """Refuses every login, over TLS: who is told so has trusted the certificate."""

    def answer(self, request: HttpRequest) -> HttpReply:
        """A refusal."""
        return HttpReply.of_json({"data": {}, "code": "390100", "message": "no", "success": False})


@pytest.fixture
def account(tmp_path: Path) -> Iterator[RefusingAccount]:
    """Its authority's certificate is ``ca.pem`` in ``tmp_path``."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with RefusingAccount(tls=context) as server:
        yield server


def _collector(account: RefusingAccount, ca_bundle: str | None) -> SnowflakeCollector:
    connection = SnowflakeUsage(
        name="snow",
        account="ACME-PROD",
        user="U",
        credentials="env:P",
        endpoints={"sql": f"https://localhost:{account.port}"},
        ca_bundle=ca_bundle,
    )
    session = SnowflakeSession(connection, environ={"P_PASSWORD": "p"}, sleep=lambda _: None)
    return SnowflakeCollector(connection=connection, session=session)


def test_the_bundle_is_trusted_and_without_it_the_host_is_not(account: RefusingAccount, tmp_path: Path) -> None:
    with pytest.raises(CredentialsMissing):
        _collector(account, str(tmp_path / "ca.pem")).discover(WINDOW, known={})
    with pytest.raises(ProviderUnavailable):
        _collector(account, None).discover(WINDOW, known={})
