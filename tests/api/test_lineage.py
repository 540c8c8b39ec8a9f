"""Lineage events reach the store: from OpenLineage's own client, packed or plain, once."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import input_statistics_input_dataset, parent_run
from openlineage.client.transport.http import HttpConfig, HttpTransport
from openlineage.client.uuid import generate_new_uuid

from collectors.signals.store import SignalStore
from tests.api.http_client import TestClient
from tests.api.live import live
from tests.api.service import Service
from tests.signals.samples import lineage_event, lineage_input
from tests.signals.totals import access_totals

PATH = "/api/v1/lineage"
READ = ("s3://lake/raw/orders", "read")
KEY = "0123456789abcdef-key"


def signals_of(service: Service) -> SignalStore:
    found = SignalStore.find(service.settings.store_folder)
    assert found is not None
    return found


def test_an_event_is_stored_when_it_is_answered(service: Service, client: TestClient) -> None:
    answer = client.post(PATH, json=lineage_event())
    assert answer.status_code == 201
    assert answer.json() == {"events": 1, "accesses": 2, "unchanged": False}
    assert access_totals(signals_of(service))[READ] == (1, 5_000_000)


def test_the_same_body_and_the_same_event_in_another_body_change_nothing(service: Service, client: TestClient) -> None:
    event = lineage_event()
    client.post(PATH, json=event)
    assert client.post(PATH, json=event).json()["unchanged"] is True
    other = lineage_event(run={"runId": "other"}, inputs=[lineage_input(7)])
    assert client.post(PATH, json=[event, other]).json() == {"events": 2, "accesses": 4, "unchanged": False}
    assert access_totals(signals_of(service))[READ] == (2, 5_000_007)


def test_packed_bodies_are_understood(service: Service, client: TestClient) -> None:
    body = gzip.compress(json.dumps([lineage_event()]).encode())
    assert client.post(PATH, content=body, headers={"Content-Encoding": "gzip"}).status_code == 201
    assert access_totals(signals_of(service))[READ] == (1, 5_000_000)


def test_an_event_is_the_same_packed_or_plain_alone_or_in_an_array(service: Service, client: TestClient) -> None:
    client.post(PATH, json=lineage_event())
    spaced = json.dumps([lineage_event()], indent=4).encode()
    again = client.post(PATH, content=gzip.compress(spaced), headers={"Content-Encoding": "gzip"})
    assert again.json()["unchanged"] is True
    assert signals_of(service).delivery_counts()["openlineage"]["deliveries"] == 1


def test_a_slash_at_the_end_of_the_path_changes_nothing(client: TestClient) -> None:
    assert client.post(f"{PATH}/", json=lineage_event(), follow_redirects=False).status_code == 201


def test_a_fault_in_an_array_is_told_at_its_own_place_alone(client: TestClient) -> None:
    faults = client.post(PATH, json=[lineage_event(), lineage_event(eventTime="yesterday")]).json()["errors"]
    assert [fault["location"] for fault in faults] == ["body.1.eventTime"]


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (lineage_event(eventTime="yesterday"), "eventTime"),
        (lineage_event(run={}), "runId"),
        (lineage_event(inputs=[lineage_input(-1)]), "size"),
        (lineage_event(run=None), "body.0"),
        ([lineage_event(), lineage_event(inputs=[{"namespace": "s3://", "name": "x"}])], "body.1"),
        ([], "body"),
        (5, "body"),
    ],
)
def test_a_faulty_event_is_told_as_a_problem_and_nothing_of_the_body_is_stored(
    service: Service, client: TestClient, body: Any, location: str
) -> None:
    answer = client.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(location in fault["location"] for fault in answer.json()["errors"])
    assert SignalStore.find(service.settings.store_folder) is None


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (b"{", "", 422),
        (b"[" * 100_000, "", 422),
        (b"{}", "gzip", 400),
        (b"\x1f\x8bbroken", "gzip", 400),
        (gzip.compress(b"[]", mtime=0)[:-4], "gzip", 400),
        (b"{}", "br", 415),
        (b" " * 1_100_000, "", 413),
        (gzip.compress(bytes(30_000_000), mtime=0), "gzip", 413),
    ],
    ids=["cut_json", "deep_json", "not_packed", "broken_gzip", "cut_gzip", "other_packing", "too_long", "gzip_bomb"],
)
def test_bodies_that_cannot_be_read_are_told_as_problems(
    client: TestClient, content: bytes, encoding: str, status: int
) -> None:
    answer = client.post(PATH, content=content, headers={"Content-Encoding": encoding} if encoding else {})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_the_endpoint_wants_the_key_that_the_others_want(tmp_path: Path) -> None:
    service = Service(tmp_path, overrides={"api_key": KEY})
    try:
        with service.client() as client:
            assert client.post(PATH, json=lineage_event()).status_code == 401
            headers = {"Authorization": f"Bearer {KEY}"}
            assert client.post(PATH, json=lineage_event(), headers=headers).status_code == 201
    finally:
        service.database.close()


def test_a_store_that_cannot_be_written_is_told_so_that_clients_try_again(service: Service, client: TestClient) -> None:
    service.settings.store_folder.parent.mkdir(parents=True, exist_ok=True)
    service.settings.store_folder.write_text("a file where the folder should be")
    answer = client.post(PATH, json=lineage_event())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_the_path_is_documented_with_its_body(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"][PATH]["post"]
    text = json.dumps(operation)
    assert "eventTime" in text
    assert "$defs" not in text
    assert {"201", "413", "422", "503"} <= set(operation["responses"])


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_the_client_of_openlineage_is_understood_and_its_repeats_count_once(
    service: Service, compression: str | None
) -> None:
    size = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(size=5_000_000, fileCount=12)
    inputs = [
        InputDataset(namespace="s3://lake", name="raw/orders", inputFacets={"inputStatistics": size}),
        InputDataset(namespace="bigquery", name="prj.ds.customers"),
    ]
    outputs = [OutputDataset(namespace="abfss://gold@acct.dfs.core.windows.net", name="orders")]
    job = Job(namespace="airflow", name="etl.daily")
    parent = parent_run.ParentRunFacet(
        run=parent_run.Run(runId=str(generate_new_uuid())), job=parent_run.Job(namespace="airflow", name="etl")
    )
    run = Run(runId=str(generate_new_uuid()), facets={"parent": parent})
    with live(service.app) as url:
        config = HttpConfig.from_dict({"url": url, "compression": compression})
        client = OpenLineageClient(transport=HttpTransport(config))
        for state, minute in ((RunState.COMPLETE, 5), (RunState.START, 0), (RunState.COMPLETE, 5)):
            client.emit(
                RunEvent(
                    eventType=state,
                    eventTime=f"2026-09-01T00:{minute:02d}:00Z",
                    run=run,
                    job=job,
                    inputs=inputs if state == RunState.COMPLETE else inputs[:1],
                    outputs=outputs,
                    producer="https://example.org/p",
                )
            )
        client.close()
    assert access_totals(signals_of(service)) == {
        READ: (1, 5_000_000),
        ("bigquery:prj.ds.customers", "read"): (1, None),
        ("abfss://gold@acct.dfs.core.windows.net/orders", "write"): (1, None),
    }


def test_events_posted_at_once_are_all_stored(service: Service) -> None:
    def post(number: int) -> int:
        return httpx.post(
            f"{url}{PATH}", json=lineage_event(run={"runId": f"r{number}"}, inputs=[lineage_input(1)]), timeout=30
        ).status_code

    with live(service.app) as url, ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(20))) == {201}
    assert access_totals(signals_of(service))[READ] == (20, 20)


@pytest.mark.slow
def test_the_operation_answers_as_documented(service: Service, tmp_path: Path) -> None:
    """A fuzzer over real HTTP holds the operation against its own description."""
    configuration = Path(__file__).parent / "schemathesis.toml"
    with live(service.app) as url:
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run", f"{url}/openapi.json",
            "--include-path", PATH, "--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1",
            "--no-color",
        ]  # fmt: skip
        report = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert report.returncode == 0, report.stdout[-20_000:] + report.stderr[-2000:]
    assert "1 selected" in report.stdout, "the operation was left out"
