"""Roles: taken with keys or a web identity token, and refused with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.collector import CollectWindow
from collectors.errors import AccessDenied, CredentialsMissing, NotFoundAtProvider
from tests.collect.aws.bucket import BillingBucket
from tests.collect.aws.reports import csv_gz, report_row
from tests.collect.aws.vendor import error_body
from tests.peers.emulators import MotoPeer
from tests.peers.proxy import FaultProxy

WINDOW = CollectWindow(first_period="2026-01", last_period="2026-01")
ROLE = "arn:aws:iam::123456789012:role/billing-reader"


@pytest.fixture
def sts(moto: MotoPeer) -> Iterator[FaultProxy]:
    """moto's STS, behind a proxy that notes what was asked."""
    with FaultProxy(moto.endpoint_url) as proxy:
        yield proxy


def endpoints(bucket: BillingBucket, sts: FaultProxy) -> dict[str, str]:
    return {**bucket.connection().endpoints, "sts": sts.url}


def test_a_role_is_taken_once_with_its_external_id(bucket: BillingBucket, sts: FaultProxy) -> None:
    bucket.deliver_export("2026-01", [csv_gz([report_row()])], run="e1")
    collector = bucket.open("cur_2", role_arn=ROLE, external_id="x-1", endpoints=endpoints(bucket, sts))
    assert list(collector.discover(WINDOW, known={})) == ["2026-01"]
    assert list(collector.discover(WINDOW, known={})) == ["2026-01"]
    (asked,) = [request.content.decode() for request in sts.requests]
    assert "Action=AssumeRole&" in asked
    assert "ExternalId=x-1" in asked
    assert "RoleSessionName=workload-placement" in asked
    used = bucket.proxy.requests[-1].headers["authorization"]
    assert "Credential=testing/" not in used, "the role's keys sign, not the connection's own"


def test_a_web_identity_token_is_exchanged_for_a_role(bucket: BillingBucket, sts: FaultProxy, tmp_path: Path) -> None:
    bucket.deliver_export("2026-01", [csv_gz([report_row()])], run="e1")
    token = tmp_path / "token"
    token.write_text("a.web.token\n")
    settings = {"credentials": f"workload:{token}", "role_arn": ROLE, "endpoints": endpoints(bucket, sts)}
    assert list(bucket.open("cur_2", **settings).discover(WINDOW, known={})) == ["2026-01"]
    (asked,) = [request.content.decode() for request in sts.requests]
    assert "WebIdentityToken=a.web.token&" in asked or asked.endswith("WebIdentityToken=a.web.token")
    token.unlink()
    with pytest.raises(CredentialsMissing, match=r"web identity token .* cannot be read"):
        bucket.open("cur_2", **settings).discover(WINDOW, known={})


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        ("AccessDenied", AccessDenied, "grant sts:AssumeRole on role_arn .* trust policy"),
        ("ExpiredToken", CredentialsMissing, r"credentials that the role is taken with .*ExpiredToken"),
    ],
)
def test_a_role_that_is_refused_says_what_to_do(
    bucket: BillingBucket, sts: FaultProxy, code: str, error: type[Exception], message: str
) -> None:
    body = error_body(code).replace(b"<Error>", b"<ErrorResponse><Error><Type>Sender</Type>")
    body = body.replace(b"</Error>", b"</Error></ErrorResponse>")
    sts.fail_next(403, {"Content-Type": "text/xml"}, body, times=10)
    collector = bucket.open("cur_2", role_arn=ROLE, endpoints=endpoints(bucket, sts))
    with pytest.raises(error, match=message):
        collector.discover(WINDOW, known={})


def test_nothing_shows_a_secret(bucket: BillingBucket) -> None:
    environ = {"P_ACCESS_KEY_ID": "id", "P_SECRET_ACCESS_KEY": "do-not-print-me", "P_SESSION_TOKEN": "nor-me"}
    collector = bucket.open("cur_2", credentials="env:P", environ=environ)
    with pytest.raises(NotFoundAtProvider):
        collector.discover(WINDOW, known={})
    assert "do-not-print-me" not in repr(collector) + repr(collector.clients) + str(collector.connection)
