"""Exports and reports discovered and fetched from a real S3 server, and stored: what AWS delivered, or nothing."""

from __future__ import annotations

import io
import json
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import trustme

from collectors.aws import AwsCollector, open_collector
from collectors.collector import CollectWindow, Delivery
from collectors.commit import CollectReport, EmptyPeriod, MissingPeriod, StoredPeriod, UnchangedPeriod, collect_bills
from collectors.connections import AwsFocusExport, FocusFolder
from collectors.errors import (
    AccessDenied,
    CredentialsMissing,
    InvalidManifest,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
    Terminal,
    TornDelivery,
    Transient,
)
from collectors.focus import columns_of
from collectors.store import EngineLimits, IngestStore
from tests.collect.aws.bucket import EXPORT, NOW, PREFIX, BillingBucket, legacy_folder
from tests.collect.aws.reports import csv_gz, csv_zip, legacy_row, parquet, report_row
from tests.collect.aws.vendor import error_body
from tests.focus.bills import row as focus_row
from tests.peers.emulators import MotoPeer
from tests.peers.http_replay import HttpReply, HttpRequest, ReplayServer

WINDOW = CollectWindow(first_period="2026-01", last_period="2026-02")
MANIFEST = f"{PREFIX}/{EXPORT}/metadata/BILLING_PERIOD=2026-01/{EXPORT}-Manifest.json"


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    """An empty store."""
    return IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))


def bill(*costs: str, period: str = "2026-01") -> bytes:
    """A data file of CUR 2.0."""
    return csv_gz([report_row(period, line_item_unblended_cost=cost) for cost in costs])


def collect(collector: AwsCollector, store: IngestStore) -> CollectReport:
    return collect_bills(collector, store, WINDOW, now=NOW, pause=lambda seconds: None)


def totals(store: IngestStore) -> dict[str, Decimal]:
    return {version.period: version.billed_cost["USD"] for version in store.periods()}


def discovered(collector: AwsCollector, period: str = "2026-01") -> Delivery:
    found = collector.discover(WINDOW, known={})[period]
    assert isinstance(found, Delivery)
    return found


def fault_of(collector: AwsCollector, period: str = "2026-01") -> ProviderError:
    found = collector.discover(WINDOW, known={})[period]
    assert isinstance(found, ProviderError)
    return found


@pytest.mark.parametrize("create_new", [False, True])
@pytest.mark.parametrize("partition", ["billing_period", "BILLING_PERIOD"])
def test_two_months_of_an_export_are_collected_in_every_layout(
    bucket: BillingBucket, store: IngestStore, create_new: bool, partition: str
) -> None:
    for period, costs in (("2026-01", ["1", "2", "4"]), ("2026-02", ["8", "16", "32"])):
        files = [bill(*costs[::2], period=period), bill(*costs[1::2], period=period)]
        bucket.deliver_export(period, files, run="e1", partition=partition, create_new=create_new)
    report = collect(bucket.open("cur_2"), store)
    assert totals(store) == {"2026-01": Decimal(7), "2026-02": Decimal(56)}
    assert [type(outcome) for outcome in report.outcomes] == [StoredPeriod, StoredPeriod]
    assert {version.source for version in store.periods()} == {f"aws:{EXPORT}"}


@pytest.mark.parametrize("create_new", [False, True])
@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.zip", ".snappy.parquet"])
def test_a_legacy_report_is_collected_in_every_layout(
    bucket: BillingBucket, store: IngestStore, create_new: bool, suffix: str
) -> None:
    lines = [report_row("2026-01", line_item_unblended_cost=cost) for cost in ("1.5", "2")]
    legacy = [legacy_row(line) for line in lines]
    content = {".csv.gz": csv_gz(legacy), ".csv.zip": csv_zip(legacy), ".snappy.parquet": parquet(lines)}[suffix]
    bucket.deliver_report("2026-01", [content], run="a1", suffix=suffix, create_new=create_new)
    report = collect(bucket.open("legacy"), store)
    assert [type(outcome) for outcome in report.outcomes] == [StoredPeriod, MissingPeriod]
    assert totals(store) == {"2026-01": Decimal("3.5")}


def test_a_focus_export_in_parquet_with_maps_and_doubles_is_stored_exactly(
    bucket: BillingBucket, store: IngestStore
) -> None:
    """As real exports of FOCUS 1.0 with AWS columns are: costs are doubles, tags a map, some columns always empty."""
    columns = {name: [row.get(name)] for name in columns_of("1.0") for row in [focus_row()]}
    table = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    for name, cost in (("BilledCost", 0.1), ("EffectiveCost", 10.000000009999983), ("ListCost", 1e-9)):
        table[name] = pa.array([cost], pa.float64())
    for name in ("BillingPeriodStart", "BillingPeriodEnd"):
        at = datetime.fromisoformat({"BillingPeriodStart": "2026-01-01", "BillingPeriodEnd": "2026-02-01"}[name])
        table[name] = pa.array([at], pa.timestamp("ms"))
    table["Tags"] = pa.array([{"user_team": "payments"}], pa.map_(pa.string(), pa.string()))
    table["InvoiceIssuerName"] = table["PublisherName"] = pa.array([None], pa.string())
    table["x_Operation"] = pa.array(["GetObject"], pa.string())
    out = io.BytesIO()
    pq.write_table(pa.table(table), out)
    bucket.deliver_export("2026-01", [out.getvalue()], run="e1", suffix=".snappy.parquet", partition="billing_period")
    assert not collect(bucket.open("focus"), store).failures
    with store.connect() as connection:
        found = connection.execute(
            "SELECT BilledCost, EffectiveCost, ListCost, Tags, x_columns FROM cost_and_usage"
        ).fetchall()
    ((billed, effective, listed, tags, extra),) = found
    assert (billed, effective, listed) == (Decimal("0.1"), Decimal("10.00000001"), Decimal("0.000000001"))
    assert json.loads(tags) == {"user_team": "payments"}
    assert json.loads(extra)["x_Operation"] == "GetObject"


def test_the_unused_part_of_a_fee_becomes_a_row_of_its_own_and_no_cent_more(
    bucket: BillingBucket, store: IngestStore
) -> None:
    fee = report_row(
        line_item_line_item_type="SavingsPlanRecurringFee", line_item_unblended_cost="5",
        savings_plan_savings_plan_a_r_n="arn:aws:savingsplans::1:savingsplan/p",
        savings_plan_total_commitment_to_date="5", savings_plan_used_commitment="2",
    )  # fmt: skip
    bucket.deliver_export("2026-01", [csv_gz([fee, report_row(line_item_unblended_cost="1")])], run="e1")
    report = collect(bucket.open("cur_2"), store)
    assert not report.failures
    (version,) = store.periods()
    # Billed: 5 + 1. Effective: 5 - 2 unused + 1 used as it is billed; what the plan covers is on lines of its own.
    assert (version.rows, version.billed_cost, version.effective_cost) == (3, {"USD": Decimal(6)}, {"USD": Decimal(4)})


def test_collecting_again_fetches_no_data(bucket: BillingBucket, store: IngestStore) -> None:
    bucket.deliver_export("2026-01", [bill("1", "2")], run="e1")
    collect(bucket.open("cur_2"), store)
    before = store.fingerprint()
    bucket.proxy.reset()
    report = collect(bucket.open("cur_2"), store)
    assert report.outcomes == (UnchangedPeriod(period="2026-01"), MissingPeriod(period="2026-02"))
    assert (bucket.proxy.calls("GET /" + bucket.name + "/exports/daily/data"), store.fingerprint()) == (0, before)


def test_runs_kept_side_by_side_are_never_added_up(bucket: BillingBucket, store: IngestStore) -> None:
    bucket.deliver_export("2026-01", [bill("1")], run="e1", create_new=True)
    bucket.deliver_export("2026-01", [bill("1", "2")], run="e2", create_new=True)
    collect(bucket.open("cur_2"), store)
    assert totals(store) == {"2026-01": Decimal(3)}


def test_old_chunks_that_the_manifest_no_longer_names_are_not_read(bucket: BillingBucket, store: IngestStore) -> None:
    bucket.deliver_export("2026-01", [bill("1"), bill("2")], run="e1")
    bucket.deliver_export("2026-01", [bill("5")], run="e2")
    collect(bucket.open("cur_2"), store)
    assert totals(store) == {"2026-01": Decimal(5)}


def test_a_delivery_says_what_the_manifest_says(bucket: BillingBucket) -> None:
    content = bill("1")
    (key,) = bucket.deliver_export("2026-01", [content], run="e7")
    found = discovered(bucket.open("cur_2"))
    assert (found.period, found.run_id, found.row_count) == ("2026-01", "e7", None)
    assert [(part.name, part.byte_count) for part in found.parts] == [(key, len(content))]
    assert found.written_at is not None


def test_a_torn_month_does_not_keep_another_from_being_stored(bucket: BillingBucket, store: IngestStore) -> None:
    bucket.deliver_export("2026-01", [bill("1")], run="e1")
    bucket.deliver_export("2026-02", [bill("2", period="2026-02")], run="e1")
    bucket.proxy.newer_keys.add("/data/BILLING_PERIOD=2026-01")
    report = collect(bucket.open("cur_2"), store)
    (failed,) = report.failures
    assert isinstance(failed.error, TornDelivery)
    assert isinstance(failed.error, Transient)
    assert f"AWS is rewriting s3://{bucket.name}/exports/daily/data/BILLING_PERIOD=2026-01" in str(failed.error)
    assert totals(store) == {"2026-02": Decimal(2)}


@pytest.mark.parametrize("create_new", [False, True])
def test_a_new_run_in_the_middle_of_a_fetch_is_noticed_and_fetched_whole(
    bucket: BillingBucket, store: IngestStore, create_new: bool
) -> None:
    bucket.deliver_export("2026-01", [bill("1"), bill("2")], run="e1", create_new=create_new)

    def publish(_: Any) -> None:
        bucket.deliver_export("2026-01", [bill("10"), bill("20")], run="e2", create_new=create_new)

    bucket.proxy.before_next(publish, on="GET /" + bucket.name + "/exports/daily/data")
    collect(bucket.open("cur_2"), store)
    assert totals(store) == {"2026-01": Decimal(30)}
    assert len(store.history()) == 1


def test_a_month_without_manifest_or_rows_never_erases(bucket: BillingBucket, store: IngestStore) -> None:
    for period in ("2026-01", "2026-02"):
        bucket.deliver_export(period, [bill("1", period=period)], run="e1")
    collect(bucket.open("cur_2"), store)
    bucket.s3.delete_object(Bucket=bucket.name, Key=MANIFEST)
    bucket.deliver_export("2026-02", [], run="e2")
    report = collect(bucket.open("cur_2"), store)
    assert report.outcomes == (MissingPeriod(period="2026-01", kept_rows=1), EmptyPeriod(period="2026-02", kept_rows=1))
    assert totals(store) == {"2026-01": Decimal(1), "2026-02": Decimal(1)}


def test_a_legacy_folder_without_a_manifest_is_not_ready(bucket: BillingBucket) -> None:
    bucket.deliver_report("2026-01", [csv_gz([legacy_row(report_row())])], run="a1")
    bucket.deliver_report("2026-02", [b"being written"], run="a1", with_manifest=False)
    assert list(bucket.open("legacy").discover(WINDOW, known={})) == ["2026-01"]


@pytest.mark.parametrize("kind", ["focus", "legacy"])
def test_a_wrong_bucket_and_an_export_that_delivered_nothing_are_named(bucket: BillingBucket, kind: str) -> None:
    with pytest.raises(NotFoundAtProvider, match=f"under s3://{bucket.name}/exports/daily/.*up to 24 hours") as caught:
        bucket.open(kind).discover(WINDOW, known={})
    assert isinstance(caught.value, Terminal)
    with pytest.raises(NotFoundAtProvider, match=r"AWS has no s3://no-such-bucket-anywhere/.*check bucket"):
        bucket.open(kind, bucket="no-such-bucket-anywhere").discover(WINDOW, known={})


@pytest.mark.parametrize(
    "body",
    [b"not json", b"[]", b'{"executionId": "e"}', b'{"executionId": "e", "dataFiles": ["s3://elsewhere/x.parquet"]}'],
)
def test_an_unreadable_manifest_is_named_and_other_months_go_on(bucket: BillingBucket, body: bytes) -> None:
    bucket.deliver_export("2026-02", [bill("1", period="2026-02")], run="e1")
    bucket.put(MANIFEST, body)
    collector = bucket.open("cur_2")
    assert isinstance(fault_of(collector), InvalidManifest)
    assert f"AWS manifest s3://{bucket.name}/{MANIFEST} cannot be read" in str(fault_of(collector))
    assert discovered(collector, "2026-02").run_id == "e1"


@pytest.mark.parametrize("kind", ["focus", "cur_2", "legacy"])
def test_a_manifest_that_lists_a_file_twice_is_refused_and_other_months_go_on(
    bucket: BillingBucket, store: IngestStore, kind: str
) -> None:
    deliver = bucket.deliver_report if kind == "legacy" else bucket.deliver_export
    native = csv_gz([legacy_row(report_row())]) if kind == "legacy" else bill("1")
    (key,) = deliver("2026-01", [native], run="e1")
    deliver("2026-02", [native], run="e1")
    manifest = f"{legacy_folder('2026-01')}{EXPORT}-Manifest.json" if kind == "legacy" else MANIFEST
    document = json.loads(bucket.s3.get_object(Bucket=bucket.name, Key=manifest)["Body"].read())
    files = "reportKeys" if kind == "legacy" else "dataFiles"
    bucket.put(manifest, json.dumps({**document, files: document[files] * 2}).encode())
    collector = bucket.open(kind)
    assert isinstance(fault_of(collector), InvalidManifest)
    assert f"manifest s3://{bucket.name}/{manifest} lists s3://{bucket.name}/{key} 2 times" in str(fault_of(collector))
    assert discovered(collector, "2026-02").run_id == "e1"
    assert [type(failure.error) for failure in collect(collector, store).failures if failure.period == "2026-01"] == [
        InvalidManifest
    ]
    assert "2026-01" not in totals(store)


def test_a_manifest_too_large_to_be_one_is_not_read(bucket: BillingBucket) -> None:
    bucket.put(MANIFEST, b" " * (33 << 20))
    assert "it has 34603008 bytes" in str(fault_of(bucket.open("cur_2")))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reportKeys": "x"}, "reportKeys a list"),
        ({"billingPeriod": {"start": "20251201T000000.000Z"}}, "billingPeriod starts at"),
        ({"bucket": "another"}, "its data files lie in bucket 'another'"),
    ],
)
def test_an_unreadable_manifest_of_a_legacy_report_is_named(
    bucket: BillingBucket, changes: dict[str, Any], message: str
) -> None:
    bucket.deliver_report("2026-01", [csv_gz([legacy_row(report_row())])], run="a1")
    key = f"{PREFIX}/{EXPORT}/20260101-20260201/{EXPORT}-Manifest.json"
    document = json.loads(bucket.s3.get_object(Bucket=bucket.name, Key=key)["Body"].read())
    bucket.put(key, json.dumps({**document, **changes}).encode())
    assert message in str(fault_of(bucket.open("legacy")))


def test_data_files_of_another_format_are_named(bucket: BillingBucket) -> None:
    body = {"executionId": "e", "dataFiles": [f"s3://{bucket.name}/x.orc"]}
    bucket.put(MANIFEST, json.dumps(body).encode())
    assert "choose one of these formats" in str(fault_of(bucket.open("cur_2")))


def test_a_data_file_that_is_gone_is_named(bucket: BillingBucket) -> None:
    (key,) = bucket.deliver_export("2026-01", [bill("1")], run="e1")
    bucket.s3.delete_object(Bucket=bucket.name, Key=key)
    assert isinstance(fault_of(bucket.open("cur_2")), NotFoundAtProvider)


@pytest.mark.parametrize(
    ("status", "headers", "code", "pauses"),
    [
        (503, {}, "SlowDown", [0.5, 1.0]),
        (429, {"Retry-After": "7"}, "TooManyRequestsException", [7.0, 7.0]),
        (503, {"Retry-After": "Fri, 20 Mar 2026 06:00:09 GMT"}, "SlowDown", [9.0, 9.0]),
        (503, {"x-amz-retry-after": "2500"}, "SlowDown", [2.5, 2.5]),
        (503, {"Retry-After": "86400"}, "SlowDown", [60.0, 60.0]),
        (503, {"Retry-After": "soon"}, "SlowDown", [0.5, 1.0]),
        (500, {}, "InternalError", [0.5, 1.0]),
    ],
)
def test_a_busy_server_is_waited_for_as_long_as_it_asks_within_bounds(
    bucket: BillingBucket, status: int, headers: dict[str, str], code: str, pauses: list[float]
) -> None:
    bucket.deliver_export("2026-01", [bill("1")], run="e1")
    bucket.proxy.fail_next(status, headers, error_body(code), times=2)
    assert discovered(bucket.open("cur_2")).run_id == "e1"
    assert bucket.pauses == pauses


@pytest.mark.parametrize(
    ("status", "code", "error", "marker", "message"),
    [
        (403, "AccessDenied", AccessDenied, Terminal, r"AWS denies access to s3://.*; grant s3:ListBucket on it"),
        (503, "SlowDown", ProviderUnavailable, Transient, r"AWS could not serve s3://.*SlowDown.*try again later"),
        (400, "ExpiredToken", CredentialsMissing, Terminal, r"AWS refuses the credentials .*ExpiredToken.*renew"),
        (403, "RequestTimeTooSkewed", ProviderUnavailable, Transient, r"set the clock of this machine"),
    ],
)
def test_faults_of_the_server_say_what_to_do(
    bucket: BillingBucket, status: int, code: str, error: type[Exception], marker: type, message: str
) -> None:
    bucket.proxy.fail_next(status, None, error_body(code), times=100)
    with pytest.raises(error, match=message) as caught:
        bucket.open("cur_2").discover(WINDOW, known={})
    assert isinstance(caught.value, marker)


def test_a_body_that_is_cut_off_is_fetched_again_and_given_up_on_at_last(bucket: BillingBucket, tmp_path: Path) -> None:
    content = bill("1", "2")
    bucket.deliver_export("2026-01", [content], run="e1")
    collector = bucket.open("cur_2")
    delivery = discovered(collector)
    data = f"GET /{bucket.name}/exports/daily/data"
    bucket.proxy.cut_next(2, on=data)
    (path,) = collector.fetch(delivery, tmp_path)
    assert path.read_bytes() == content
    bucket.proxy.cut_next(100, on=data)
    with pytest.raises(ProviderUnavailable, match=r"did not answer for s3://.*data"):
        collector.fetch(delivery, tmp_path)


@pytest.fixture
def keys_without_rights(bucket: BillingBucket, moto: MotoPeer) -> Iterator[dict[str, str]]:
    """Keys of a user whom no policy allows anything, on a server that now enforces policies."""
    iam = moto.client("iam")
    iam.create_user(UserName=bucket.name)
    made = iam.create_access_key(UserName=bucket.name)["AccessKey"]
    _enforce_policies_after(moto, b"0")
    yield {"TEST_AWS_ACCESS_KEY_ID": made["AccessKeyId"], "TEST_AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    _enforce_policies_after(moto, b"inf")


def _enforce_policies_after(moto: MotoPeer, requests: bytes) -> None:
    url = f"{moto.endpoint_url}/moto-api/reset-auth"
    switch = urllib.request.Request(url, requests, {"Content-Type": "text/plain"}, method="POST")
    urllib.request.urlopen(switch, timeout=10).close()


def test_a_missing_permission_is_named(bucket: BillingBucket, keys_without_rights: dict[str, str]) -> None:
    endpoints = {"s3": bucket.moto.endpoint_url}  # signatures are checked, and they name the host
    powerless = bucket.open("focus", environ=keys_without_rights, endpoints=endpoints)
    with pytest.raises(AccessDenied, match=r"AWS denies access to s3://.*/metadata/; grant s3:ListBucket") as caught:
        powerless.discover(WINDOW, known={})
    assert caught.value.permission == "s3:ListBucket"
    assert keys_without_rights["TEST_AWS_SECRET_ACCESS_KEY"] not in str(caught.value)


def test_a_server_that_does_not_answer_is_a_passing_fault(bucket: BillingBucket) -> None:
    nobody = bucket.open("focus", endpoints={"s3": "http://127.0.0.1:9"})
    where = rf"AWS cannot be reached at 127\.0\.0\.1:9 for s3://{bucket.name}/exports/daily/metadata/: it refuses"
    with pytest.raises(ProviderUnavailable, match=where):
        nobody.discover(WINDOW, known={})
    assert bucket.pauses == [0.5], "one more attempt; waiting long does not bring a listener"


def test_nothing_is_asked_before_a_collector_is_used(bucket: BillingBucket) -> None:
    collector = open_collector(bucket.connection("focus", credentials="env:NOT_THERE"), environ={})
    with pytest.raises(CredentialsMissing, match="NOT_THERE_ACCESS_KEY_ID and NOT_THERE_SECRET_ACCESS_KEY are not set"):
        collector.discover(WINDOW, known={})
    with pytest.raises(TypeError, match="is a FocusFolder, not an AwsExport"):
        open_collector(FocusFolder(name="f", path="/nowhere"), environ={})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"credentials": "workload:/token"}, "role_arn is missing"),
        ({"external_id": "x"}, "external_id is given without role_arn"),
        ({"trails": ("s3:/logs",)}, "trails names 's3:/logs'"),
        ({"estate": ("everything",)}, "estate names 'everything'"),
        ({"metric_regions": ("Virginia",)}, "metric_regions names 'Virginia'"),
    ],
)
def test_a_connection_that_cannot_work_is_refused(settings: dict[str, Any], message: str) -> None:
    make: Callable[..., AwsFocusExport] = AwsFocusExport
    with pytest.raises(ValueError, match=message):
        make(name="payer", bucket="billing", export="daily", region="us-east-1", **settings)


class EmptyBucketOverTls(ReplayServer):
    """Answers every listing with nothing, over TLS with a certificate of an authority that nobody knows."""

    def __init__(self, authority: trustme.CA) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        super().__init__(tls=context)

    def answer(self, request: HttpRequest) -> HttpReply:
        """No object."""
        return HttpReply(content=b'<?xml version="1.0"?><ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>')


def test_an_authority_of_one_s_own_is_trusted_when_it_is_named(bucket: BillingBucket, tmp_path: Path) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    with EmptyBucketOverTls(authority) as server:
        endpoints = {"s3": server.origin}
        with pytest.raises(ProviderUnavailable, match=r"at 127\.0\.0\.1:\d+ for s3://.*its certificate is not trusted"):
            bucket.open("focus", endpoints=endpoints).discover(WINDOW, known={})
        assert bucket.pauses == [], "waiting does not make a certificate good"
        with pytest.raises(NotFoundAtProvider, match="no manifest under"):
            bucket.open("focus", endpoints=endpoints, ca_bundle=str(bundle)).discover(WINDOW, known={})
