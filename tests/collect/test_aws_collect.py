"""FOCUS exports of AWS in S3, collected from a real server."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from collectors.aws import (
    CollectReport,
    CollectWindow,
    EmptyPeriod,
    MissingPeriod,
    StoredPeriod,
    UnchangedPeriod,
    collect_focus_export,
    s3_client,
)
from collectors.connections import AwsFocusExport
from collectors.errors import (
    AccessDenied,
    InvalidFocusFile,
    InvalidManifest,
    NotFoundAtProvider,
    ProviderUnavailable,
    Terminal,
    TornDelivery,
    Transient,
)
from collectors.store import IngestStore
from tests.collect.deliveries import deliver, month_row, put_data, put_manifest
from tests.focus.bills import NOW

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

WINDOW = CollectWindow(first_period="2025-01", last_period="2025-02")
PAUSES: list[float] = []


def collect(connection: AwsFocusExport, store: IngestStore, client: Any) -> CollectReport:
    return collect_focus_export(connection, store, WINDOW, now=NOW, client=client, pause=PAUSES.append)


def totals(store: IngestStore) -> dict[str, Decimal]:
    return {version.period: version.billed_cost["USD"] for version in store.periods()}


class Watched:
    """A real client that tells which calls were made and may be interrupted before one of them."""

    def __init__(self, client: S3Client, before: Any = None) -> None:
        self._client = client
        self._before = before
        self.fetched: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_object(self, **request: Any) -> Any:
        if "/data/" in request["Key"]:
            self.fetched.append(request["Key"])
            if self._before is not None:
                self._before(len(self.fetched))
        return self._client.get_object(**request)


@pytest.mark.parametrize("create_new", [False, True])
@pytest.mark.parametrize(
    ("suffix", "partition"), [(".snappy.parquet", "billing_period"), (".csv.gz", "BILLING_PERIOD")]
)
def test_two_months_are_collected_in_every_layout(
    connection: AwsFocusExport, client: S3Client, store: IngestStore, create_new: bool, suffix: str, partition: str
) -> None:
    for period, costs in (("2025-01", ["1", "2", "4"]), ("2025-02", ["8", "16", "32"])):
        deliver(
            client, connection, period, costs, execution="e1", suffix=suffix, partition=partition, create_new=create_new
        )

    report = collect(connection, store, client)

    assert totals(store) == {"2025-01": Decimal(7), "2025-02": Decimal(56)}
    assert [type(outcome) for outcome in report.outcomes] == [StoredPeriod, StoredPeriod]
    assert (report.changed, {version.source for version in store.periods()}) == (True, {"aws:focus-daily"})


def test_collecting_again_fetches_and_changes_nothing(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    deliver(client, connection, "2025-01", ["1", "2"], execution="e1")
    collect(connection, store, client)
    before = store.fingerprint()
    watched = Watched(client)

    report = collect(connection, store, watched)

    assert (watched.fetched, report.changed, store.fingerprint()) == ([], False, before)
    assert report.outcomes == (UnchangedPeriod(period="2025-01"), MissingPeriod(period="2025-02"))


def test_a_restated_month_replaces_that_month_alone(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    deliver(client, connection, "2025-01", ["1", "2"], execution="e1")
    deliver(client, connection, "2025-02", ["8"], execution="e2")
    collect(connection, store, client)
    deliver(client, connection, "2025-01", ["1", "2", "-0.5"], execution="e3")
    watched = Watched(client)

    report = collect(connection, store, watched)

    assert totals(store) == {"2025-01": Decimal("2.5"), "2025-02": Decimal(8)}
    assert all("2025-01" in key for key in watched.fetched)
    assert [type(outcome) for outcome in report.outcomes] == [StoredPeriod, UnchangedPeriod]
    assert len(store.history()) == 3


def test_runs_kept_side_by_side_are_never_added_up(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    deliver(client, connection, "2025-01", ["1"], execution="e1", create_new=True)
    deliver(client, connection, "2025-01", ["1", "2"], execution="e2", create_new=True)
    collect(connection, store, client)
    assert totals(store) == {"2025-01": Decimal(3)}


def test_old_chunks_that_the_manifest_no_longer_names_are_not_read(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    deliver(client, connection, "2025-01", ["1", "2", "4", "8"], execution="e1")
    uris = put_data(client, connection, "2025-01", [[month_row("2025-01", "5")]], execution="e2")
    put_manifest(client, connection, "2025-01", uris, execution="e2")
    collect(connection, store, client)
    assert totals(store) == {"2025-01": Decimal(5)}


def test_data_newer_than_its_manifest_is_a_torn_delivery_and_leaves_the_last_state(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    deliver(client, connection, "2025-01", ["1", "2"], execution="e1")
    collect(connection, store, client)
    before = store.fingerprint()
    time.sleep(1.1)  # the server's times have whole seconds
    put_data(client, connection, "2025-01", [[month_row("2025-01", "999")]], execution="e2")
    PAUSES.clear()

    with pytest.raises(TornDelivery, match=r"AWS is rewriting s3://.*00001\.snappy\.parquet") as caught:
        collect(connection, store, client)

    assert isinstance(caught.value, Transient)
    assert (store.fingerprint(), PAUSES) == (before, [2.0, 4.0])


def test_an_overwrite_between_two_fetches_is_noticed_and_fetched_again_whole(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    deliver(client, connection, "2025-01", ["1", "2"], execution="e1")

    def overwrite(fetch: int) -> None:
        if fetch == 2:
            deliver(client, connection, "2025-01", ["10", "20"], execution="e2")

    collect(connection, store, Watched(client, overwrite))

    assert totals(store) == {"2025-01": Decimal(30)}
    assert len(store.history()) == 1


def test_a_new_run_after_the_last_fetch_is_noticed(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    deliver(client, connection, "2025-01", ["1", "2"], execution="e1", create_new=True)

    def publish(fetch: int) -> None:
        if fetch == 2:
            deliver(client, connection, "2025-01", ["10", "20"], execution="e2", create_new=True)

    collect(connection, store, Watched(client, publish))
    assert totals(store) == {"2025-01": Decimal(30)}
    assert len(store.history()) == 1


def test_a_month_without_manifest_or_rows_never_erases(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    deliver(client, connection, "2025-01", ["1"], execution="e1")
    deliver(client, connection, "2025-02", ["2"], execution="e1")
    collect(connection, store, client)
    uris = put_data(client, connection, "2025-01", [[]], execution="e2")
    put_manifest(client, connection, "2025-01", uris, execution="e2")
    put_manifest(client, connection, "2025-02", [], execution="e2")

    report = collect(connection, store, client)

    assert report.outcomes == (EmptyPeriod(period="2025-01"), EmptyPeriod(period="2025-02"))
    assert totals(store) == {"2025-01": Decimal(1), "2025-02": Decimal(2)}


def test_rows_of_another_month_stop_the_delivery(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    uris = put_data(client, connection, "2025-01", [[month_row("2025-02", "1")]], execution="e1")
    put_manifest(client, connection, "2025-01", uris, execution="e1")
    with pytest.raises(InvalidFocusFile, match=r"BillingPeriodStart in 2025-02, but this delivery is of 2025-01"):
        collect(connection, store, client)
    assert store.history() == ()


def test_a_wrong_bucket_is_named(connection: AwsFocusExport, client: S3Client, store: IngestStore) -> None:
    wrong = AwsFocusExport(
        name="payer",
        bucket="no-such-bucket-anywhere",
        export="focus-daily",
        region="us-east-1",
        endpoint_url=connection.endpoint_url,
    )
    with pytest.raises(NotFoundAtProvider, match=r"AWS has no s3://no-such-bucket-anywhere/.*check bucket") as caught:
        collect(wrong, store, client)
    assert isinstance(caught.value, Terminal)


def test_an_export_that_delivered_nothing_is_named(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    with pytest.raises(NotFoundAtProvider, match=r"no manifest under s3://.*/exports/focus-daily/metadata/"):
        collect(connection, store, client)


@pytest.mark.parametrize(
    "body",
    [b"not json", b"[]", b'{"executionId": "e"}', b'{"executionId": "e", "dataFiles": ["s3://elsewhere/x.parquet"]}'],
)
def test_an_unreadable_manifest_is_named(
    connection: AwsFocusExport, client: S3Client, store: IngestStore, body: bytes
) -> None:
    key = f"{connection.base_key}metadata/billing_period=2025-01/focus-daily-Manifest.json"
    client.put_object(Bucket=connection.bucket, Key=key, Body=body)
    with pytest.raises(InvalidManifest, match=r"AWS manifest s3://.*Manifest\.json cannot be read"):
        collect(connection, store, client)


def test_data_files_of_another_format_are_named(
    connection: AwsFocusExport, client: S3Client, store: IngestStore
) -> None:
    key = f"{connection.base_key}metadata/billing_period=2025-01/focus-daily-Manifest.json"
    body = {"executionId": "e", "dataFiles": [f"s3://{connection.bucket}/x.orc"]}
    client.put_object(Bucket=connection.bucket, Key=key, Body=json.dumps(body).encode())
    with pytest.raises(InvalidManifest, match="choose Parquet or GZIP CSV"):
        collect(connection, store, client)


class Refusing:
    """A client whose server answers every read of an object with one fault."""

    def __init__(self, client: S3Client, code: str, status: int) -> None:
        self._client = client
        self._fault = ClientError(
            {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
            "GetObject",
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_object(self, **_: Any) -> Any:
        raise self._fault


@pytest.mark.parametrize(
    ("code", "status", "error", "marker", "message"),
    [
        ("AccessDenied", 403, AccessDenied, Terminal, r"AWS denies access to s3://.*; grant s3:GetObject on it"),
        ("SlowDown", 503, ProviderUnavailable, Transient, r"AWS could not serve s3://.*SlowDown.*try again later"),
        ("InternalError", 500, ProviderUnavailable, Transient, r"AWS could not serve"),
    ],
)
def test_faults_of_the_server_say_what_to_do(
    connection: AwsFocusExport,
    client: S3Client,
    store: IngestStore,
    code: str,
    status: int,
    error: type[Exception],
    marker: type,
    message: str,
) -> None:
    deliver(client, connection, "2025-01", ["1"], execution="e1")
    with pytest.raises(error, match=message) as caught:
        collect(connection, store, Refusing(client, code, status))
    assert isinstance(caught.value, marker)
    assert store.history() == ()


@pytest.fixture
def keys_without_rights(connection: AwsFocusExport) -> Iterator[dict[str, str]]:
    """Keys of a user whom no policy allows anything, on a server that now enforces policies."""
    iam = boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=connection.endpoint_url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    user = f"collector-{connection.bucket}"
    iam.create_user(UserName=user)
    made = iam.create_access_key(UserName=user)["AccessKey"]
    iam.close()
    _enforce_policies_after(connection, b"0")
    yield {"TEST_AWS_ACCESS_KEY_ID": made["AccessKeyId"], "TEST_AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    _enforce_policies_after(connection, b"inf")


def _enforce_policies_after(connection: AwsFocusExport, requests: bytes) -> None:
    url = f"{connection.endpoint_url}/moto-api/reset-auth"
    switch = urllib.request.Request(url, requests, {"Content-Type": "text/plain"}, method="POST")
    urllib.request.urlopen(switch, timeout=10).close()


def test_a_missing_permission_is_named(
    connection: AwsFocusExport, client: S3Client, store: IngestStore, keys_without_rights: dict[str, str]
) -> None:
    powerless = s3_client(connection, environ=keys_without_rights)
    with pytest.raises(AccessDenied, match=r"AWS denies access to s3://.*/metadata/; grant s3:ListBucket") as caught:
        collect(connection, store, powerless)
    powerless.close()
    assert caught.value.permission == "s3:ListBucket"


def test_a_server_that_does_not_answer_is_a_passing_fault(store: IngestStore) -> None:
    nobody = AwsFocusExport(
        name="payer", bucket="billing", export="e", region="us-east-1", endpoint_url="http://127.0.0.1:9",
        credentials="env:TEST_AWS",
    )  # fmt: skip
    keys = {"TEST_AWS_ACCESS_KEY_ID": "a", "TEST_AWS_SECRET_ACCESS_KEY": "b"}
    with pytest.raises(ProviderUnavailable, match=r"AWS did not answer for s3://billing/e/metadata/"):
        collect(nobody, store, s3_client(nobody, environ=keys))


def test_a_window_ends_with_the_month_of_a_moment() -> None:
    window = CollectWindow.ending_at(NOW, months=4)
    assert window.periods() == ("2024-12", "2025-01", "2025-02", "2025-03")
    with pytest.raises(ValueError, match="before it starts"):
        CollectWindow(first_period="2025-02", last_period="2025-01")
    with pytest.raises(ValueError, match="is not a month"):
        CollectWindow(first_period="2025-13", last_period="2025-14")
