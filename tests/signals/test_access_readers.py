"""Logs, job lists and lineage become events; what cannot be read is kept with its reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.signals.access.azure_blob_log import read_azure_blob_log
from collectors.signals.access.bigquery_jobs import read_bigquery_jobs
from collectors.signals.access.cloudtrail import cloudtrail_records, read_cloudtrail
from collectors.signals.access.databricks_lineage import read_databricks_lineage
from collectors.signals.access.gcs_audit_log import read_gcs_audit_log
from collectors.signals.access.openlineage import lineage_events, read_openlineage
from collectors.signals.access.s3_server_log import log_object, read_s3_server_log
from collectors.signals.access.snowflake_access import read_snowflake_access
from collectors.signals.cells import json_rows
from collectors.signals.errors import InvalidRecord
from collectors.signals.records import AccessReading
from tests.signals.samples import cloudtrail_record, lineage_event, lineage_input, s3_line

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def only(reading: AccessReading) -> Any:
    assert reading.rejects == ()
    (event,) = reading.events
    return event


def test_a_range_read_moves_the_bytes_that_were_sent() -> None:
    event = only(read_s3_server_log([s3_line()]))
    assert event.at == datetime(2026, 9, 6, 0, 0, 38, tzinfo=UTC)
    assert (event.dataset_uri, event.op, event.moved_bytes) == ("s3://lake/raw/orders", "read", 113)
    assert (event.principal, event.job) == ("arn:aws:iam::123456789012:role/etl", "session-1")
    assert event.event_key == "3E57427F3EXAMPLE REST.GET.OBJECT"


@pytest.mark.parametrize(
    ("operation", "op", "moved_bytes"),
    [
        ("REST.GET.OBJECT", "read", 113),
        ("WEBSITE.GET.OBJECT", "read", 113),
        ("REST.COPY.OBJECT_GET", "read", 5_000_000),
        ("REST.PUT.OBJECT", "write", 5_000_000),
        ("REST.PUT.PART", "write", 5_000_000),
        ("REST.POST.RESTORE", "restore", 5_000_000),
        ("REST.POST.UPLOAD", "other", None),
        ("REST.GET.BUCKET", "list", None),
        ("REST.HEAD.OBJECT", "other", None),
        ("REST.GET.ACL", "other", None),
        ("REST.DELETE.OBJECT", "delete", None),
    ],
)
def test_bytes_are_those_that_the_operation_moves(operation: str, op: str, moved_bytes: int | None) -> None:
    event = only(read_s3_server_log([s3_line(operation=operation)]))
    assert (event.op, event.moved_bytes) == (op, moved_bytes)


def test_quotation_marks_dashes_and_fields_that_s3_adds_later_do_not_disturb() -> None:
    lines = [
        s3_line(request='"GET /lake/a"b" c HTTP/1.1"', tail='7 4 "-" "agent "quoted" x" - id new-1 new-2 "new 3"'),
        s3_line(request="-", requester="-", key="-", sent="-", tail="- - - - -"),
        s3_line(tail=""),
    ]
    reading = read_s3_server_log(lines)
    assert len(reading.events) == 3
    assert reading.events[1].principal == ""
    assert reading.events[1].dataset_uri == "s3://lake"
    assert reading.events[1].moved_bytes == 0


def test_what_s3_does_itself_and_what_it_refused_is_counted_and_is_no_access() -> None:
    lines = [s3_line(operation="S3.EXPIRE.OBJECT"), s3_line(status="403"), s3_line(status="503"), "", s3_line()]
    reading = read_s3_server_log(lines)
    assert len(reading.events) == 1
    assert reading.skipped == {"done by S3 itself (lifecycle)": 1, "refused or failed request": 2}


def test_objects_of_a_batch_deletion_are_told_apart() -> None:
    keys = {
        event.event_key
        for event in read_s3_server_log(
            [s3_line(operation="BATCH.DELETE.OBJECT", key=key, status="204") for key in ("a/x", "a/y", "a/x")]
        ).events
    }
    assert len(keys) == 2


def test_keys_of_logs_tell_when_and_with_partitions_of_what() -> None:
    plain = log_object("logs2026-03-01-21-32-16-E568B2907131C0C0")
    assert plain is not None
    assert (plain.delivered_at, plain.bucket) == (datetime(2026, 3, 1, 21, 32, 16, tzinfo=UTC), None)
    parted = log_object("p/123456789012/eu-west-1/lake/2026/03/01/2026-03-01-21-32-16-E568B2907131C0C0")
    assert parted is not None
    assert (parted.account, parted.region, parted.bucket) == ("123456789012", "eu-west-1", "lake")
    assert log_object("logs/2026-13-01-21-32-16-E568") is None
    assert log_object("logs/readme.txt") is None


def test_signatures_of_signed_addresses_are_not_kept() -> None:
    line = 'broken "GET /x?X-Amz-Credential=AKIA%2Fx&X-Amz-Signature=5ec2e7&sig=abc&size=3 HTTP/1.1"'
    (reject,) = read_s3_server_log([line]).rejects
    assert not any(secret in reject.text for secret in ("AKIA", "5ec2e7", "abc"))
    assert "size=3" in reject.text


@given(st.lists(st.text(max_size=200), max_size=4))
def test_no_text_makes_the_log_reader_fail(lines: list[str]) -> None:
    reading = read_s3_server_log(lines)
    assert len(reading.events) + len(reading.rejects) + sum(reading.skipped.values()) == sum(
        1 for line in lines if line.strip()
    )


@given(
    st.sampled_from(["bucket", "time", "requester", "request_id", "operation", "key", "status", "sent", "size"]),
    st.text(min_size=1, max_size=60),
)
def test_no_field_makes_the_log_reader_fail(field: str, text: str) -> None:
    reading = read_s3_server_log([s3_line(**{field: text})])
    assert len(reading.events) + len(reading.rejects) + sum(reading.skipped.values()) == 1


@given(JSON)
def test_no_json_makes_a_reader_fail(value: object) -> None:
    row = {"eventTime": "2026-01-01T00:00:00Z", "run": {"runId": "r"}, "job": value, "inputs": value, "Records": value}
    for rows in ([value], [row], [cloudtrail_record(requestParameters=value, userIdentity=value)]):
        read_cloudtrail(rows)
        read_openlineage(rows)
        read_azure_blob_log(rows)
        read_gcs_audit_log(rows)
        read_bigquery_jobs(rows)
        read_databricks_lineage(rows)
        read_snowflake_access(rows, account="o-a")


def test_a_data_event_tells_role_machine_and_bytes() -> None:
    event = only(read_cloudtrail([cloudtrail_record()]))
    assert event.principal == "arn:aws:iam::111122223333:role/jobs/spark"
    assert event.job == "instance/i-0123456789abcdef0"
    assert (event.op, event.moved_bytes, event.event_key) == ("read", 236375, "111122223333:e1")


def test_an_event_for_two_accounts_has_one_key() -> None:
    records = [
        cloudtrail_record(eventID=own, recipientAccountId=account, sharedEventID="shared")
        for own, account in (("e1", "111122223333"), ("e2", "444455556666"))
    ]
    assert {event.event_key for event in read_cloudtrail(records).events} == {"shared"}


def test_a_copy_reads_its_source_and_writes_its_target() -> None:
    asked = {"bucketName": "copies", "key": "orders/a", "x-amz-copy-source": "/lake/raw/orders/a.parquet"}
    events = read_cloudtrail([cloudtrail_record(eventName="CopyObject", requestParameters=asked)]).events
    assert [(event.op, event.dataset_uri) for event in events] == [
        ("write", "s3://copies/orders"), ("read", "s3://lake/raw/orders"),
    ]  # fmt: skip
    assert len({event.event_key for event in events}) == 2


def test_management_events_other_services_and_refusals_are_no_accesses() -> None:
    records = [
        cloudtrail_record(eventCategory="Management"),
        cloudtrail_record(eventSource="lambda.amazonaws.com"),
        cloudtrail_record(errorCode="AccessDenied"),
    ]
    reading = read_cloudtrail(records)
    assert reading.events == ()
    assert sum(reading.skipped.values()) == 3


def test_a_file_without_records_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="Records"):
        cloudtrail_records("{}")


def bigquery_job(**other: Any) -> dict[str, Any]:
    table = {"project_id": "prj", "dataset_id": "ds"}
    return {
        "job_id": "job_1", "project_id": "bank-risk", "user_email": "etl@bank.iam.gserviceaccount.com",
        "creation_time": datetime(2026, 9, 3, 4, tzinfo=UTC), "total_bytes_processed": 101, "total_bytes_billed": 500,
        "referenced_tables": [{**table, "table_id": "a"}, {**table, "table_id": "b"}],
        "destination_table": {**table, "table_id": "c"}, "error_result": None, "statement_type": "SELECT", **other,
    }  # fmt: skip


def test_a_query_shares_its_bytes_among_its_tables_and_keeps_its_total() -> None:
    events = read_bigquery_jobs([bigquery_job()], region="us").events
    assert [(event.op, event.dataset_uri, event.moved_bytes) for event in events] == [
        ("read", "bigquery:prj.ds.a", 51), ("read", "bigquery:prj.ds.b", 50), ("write", "bigquery:prj.ds.c", None),
    ]  # fmt: skip
    assert {event.reader_region for event in events} == {"us"}


def test_cached_failed_temporary_and_script_jobs_do_not_count_bytes_twice() -> None:
    rows = [
        bigquery_job(job_id="cached", cache_hit=True, destination_table=None),
        bigquery_job(job_id="failed", error_result={"reason": "stopped"}),
        bigquery_job(job_id="script", statement_type="SCRIPT"),
        bigquery_job(
            job_id="anonymous", referenced_tables=None,
            destination_table={"project_id": "p", "dataset_id": "_0123", "table_id": "anon"},
        ),
    ]  # fmt: skip
    reading = read_bigquery_jobs(rows)
    assert [event.moved_bytes for event in reading.events] == [0, 0]
    assert sum(reading.skipped.values()) == 2


def test_both_shapes_of_azure_logs_state_the_same_access() -> None:
    exported = {
        "time": "2026-09-05T10:00:00.1234567Z", "operationName": "GetBlob", "statusCode": 206, "correlationId": "c-1",
        "identity": {"type": "OAuth", "requester": {"objectId": "o-1", "appId": "app-1"}},
        "properties": {
            "accountName": "acct", "objectKey": '"/acct/gold/orders/x.parquet"', "responseBodySize": 77,
            "requestBodySize": 0,
        },
    }  # fmt: skip
    queried = {
        "TimeGenerated": "2026-09-05T10:00:00.1234567Z", "OperationName": "GetBlob", "StatusCode": "206",
        "CorrelationId": "c-1", "AccountName": "acct", "ObjectKey": "/acct/gold/orders/x.parquet",
        "RequesterAppId": "app-1", "ResponseBodySize": 77,
    }  # fmt: skip
    one, other = (only(read_azure_blob_log([row])) for row in (exported, queried))
    assert one == other
    assert (one.dataset_uri, one.moved_bytes, one.principal) == (
        "abfss://gold@acct.dfs.core.windows.net/orders", 77, "app-1",
    )  # fmt: skip


def test_audit_logs_of_cloud_storage_say_who_and_never_how_much() -> None:
    row = {
        "insertId": "i1", "timestamp": "2026-09-05T10:00:00.123456789Z", "logName": "projects/p/logs/data_access",
        "protoPayload": {
            "methodName": "storage.objects.get", "resourceName": "projects/_/buckets/lake/objects/raw/x/a.parquet",
            "authenticationInfo": {"principalEmail": "etl@p.iam.gserviceaccount.com"}, "status": {},
        },
    }  # fmt: skip
    refused = {**row, "protoPayload": {**row["protoPayload"], "status": {"code": 7}}}  # type: ignore[dict-item]
    reading = read_gcs_audit_log([row, refused])
    assert (reading.events[0].dataset_uri, reading.events[0].moved_bytes) == ("gs://lake/raw/x", None)
    assert sum(reading.skipped.values()) == 1


def test_snowflake_objects_come_as_text_or_lists_in_any_case_of_column() -> None:
    accessed = [
        {"objectDomain": "Table", "objectId": 1, "objectName": "DB.S.ORDERS"},
        {"objectDomain": "Table", "objectId": -1},
    ]
    row = {
        "QUERY_ID": "q1", "QUERY_START_TIME": datetime(2026, 9, 4, 5), "USER_NAME": "ETL", "WAREHOUSE_NAME": "WH1",
        "BASE_OBJECTS_ACCESSED": json.dumps(accessed), "BYTES_SCANNED": 900,
        "OBJECTS_MODIFIED": [{"objectDomain": "Stage", "location": "s3://lake/unload/x/"}],
    }  # fmt: skip
    one = read_snowflake_access([row], account="Org-Acct").events
    other = read_snowflake_access([{name.lower(): value for name, value in row.items()}], account="org-acct").events
    assert one == other
    assert [(event.op, event.dataset_uri, event.moved_bytes, event.job) for event in one] == [
        ("read", "snowflake://org-acct/DB.S.ORDERS", 900, "org-acct/warehouse/WH1"),
        ("write", "s3://lake/unload/x", None, "org-acct/warehouse/WH1"),
    ]


def test_unity_lineage_joins_a_table_with_its_path_and_reads_paths_alone() -> None:
    row = {
        "workspace_id": "42", "entity_type": "JOB", "entity_id": "7", "entity_run_id": "9", "created_by": "svc",
        "event_time": datetime(2026, 9, 2, tzinfo=UTC), "source_table_full_name": None,
        "source_path": "s3://lake/raw/orders", "target_table_full_name": "main.sales.orders",
        "target_path": "abfss://gold@acct.dfs.core.windows.net/orders",
    }  # fmt: skip
    reading = read_databricks_lineage([row, dict(row)])
    assert [(event.op, event.dataset_uri, event.job) for event in reading.events[:2]] == [
        ("read", "s3://lake/raw/orders", "databricks:42/job/7"),
        ("write", "databricks:main.sales.orders", "databricks:42/job/7"),
    ]
    assert len({event.event_key for event in reading.events}) == 2
    assert reading.symlinks == (("databricks:main.sales.orders", "abfss://gold@acct.dfs.core.windows.net/orders"),)


def test_a_run_states_what_it_read_and_wrote_and_for_whom() -> None:
    events = read_openlineage([lineage_event()]).events
    assert [(event.op, event.dataset_uri, event.moved_bytes) for event in events] == [
        ("read", "s3://lake/raw/orders", 5_000_000),
        ("write", "abfss://gold@acct.dfs.core.windows.net/orders", 4_000_000),
    ]
    assert {(event.job, event.principal) for event in events} == {("airflow/etl.daily", "airflow/etl")}


def test_events_of_datasets_and_jobs_are_no_accesses_but_join_names() -> None:
    facets = {"symlinks": {"identifiers": [{"namespace": "bigquery", "name": "p.d.t", "type": "TABLE"}]}}
    dataset_event = {"eventTime": "2026-09-01T00:00:00Z", "dataset": {**lineage_input(None), "facets": facets}}
    job_event = {"eventTime": "2026-09-01T00:00:00Z", "job": {"namespace": "n", "name": "j"}, "inputs": []}
    reading = read_openlineage([dataset_event, job_event])
    assert reading.events == ()
    assert sum(reading.skipped.values()) == 2
    assert reading.symlinks == (("s3://lake/raw/orders", "bigquery:p.d.t"),)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"eventTime": "yesterday"}, "eventTime"),
        ({"run": {}}, "runId"),
        ({"job": {"namespace": "n"}}, "job.name"),
        ({"eventType": "DONE"}, "eventType"),
        ({"inputs": {"namespace": "x"}}, "inputs"),
        ({"inputs": [{"namespace": "s3://lake"}]}, "namespace or name"),
        ({"inputs": [lineage_input(-5)]}, "inputStatistics.size"),
    ],
)
def test_a_faulty_event_is_kept_with_its_reason_and_states_nothing(fault: dict[str, Any], reason: str) -> None:
    reading = read_openlineage([lineage_event(**fault)])
    assert len(reading.rejects) == 1
    assert reason in reading.rejects[0].reason


def test_one_event_an_array_and_one_a_line_read_alike() -> None:
    event = lineage_event()
    text = json.dumps(event)
    assert lineage_events(text) == lineage_events(f"[{text}]") == lineage_events(f"{text}\n\n") == [event]
    assert len(lineage_events(f"{text}\n{text}\nnot json")) == 3
    with pytest.raises(InvalidRecord):
        lineage_events("not json")


def test_lines_that_are_no_json_are_kept_aside() -> None:
    reading = read_gcs_audit_log(json_rows(["{", "[1]", ""]))
    assert [reject.row_number for reject in reading.rejects] == [1, 2]
