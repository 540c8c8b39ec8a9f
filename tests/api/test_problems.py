"""Everything that goes wrong is a problem document that tells no secrets."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from api import errors
from api.errors import RequestError
from api.http.amounts import in_usd
from api.recommendations import parts, schemas
from optimizer.explain import recommendation as recommendation_types
from optimizer.explain import recommendation_parts
from tests.api.answers import recommendation, solved
from tests.api.http_client import TestClient
from tests.api.service import Service

KEY = "a-key-that-is-long-enough"


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/v1/runs/none", 404, "unknown-run"),
        ("GET", "/v1/recommendations/none", 404, "unknown-recommendation"),
        ("GET", "/v1/estates/none", 404, "unknown-estate"),
        ("GET", "/v1/nothing", 404, "unknown-path"),
        ("GET", "/nothing", 404, "unknown-path"),
        ("DELETE", "/v1/runs", 405, "method-not-allowed"),
        ("GET", "/v1/runs?limit=0", 422, "invalid-request"),
        ("GET", "/v1/recommendations?cursor=x", 400, "invalid-cursor"),
        ("GET", "/v1/prices?service=aws_s3&place=moon", 404, "unknown-service"),
    ],
)
def test_every_refusal_is_a_problem_document(
    client: TestClient, method: str, path: str, status: int, slug: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"], body["instance"]) == (
        f"urn:workload-placement:problem:{slug}", status, path.partition("?")[0],
    )  # fmt: skip
    assert body["title"]
    assert body["detail"]


def test_a_405_lists_every_method_of_the_path(client: TestClient) -> None:
    assert client.delete("/v1/runs").headers["Allow"] == "GET, POST"


def test_a_body_that_is_too_large_is_413(tmp_path: Path) -> None:
    service = Service(tmp_path, overrides={"max_body_bytes": 1024})
    with service.client() as client:
        answer = client.post("/v1/runs", json={"estate": "default", "policy": "x" * 2000})
        unannounced = client.post(
            "/v1/runs", content=iter([b"{", b" " * 2000]), headers={"Content-Type": "application/json"}
        )
    for refused in (answer, unannounced):
        assert (refused.status_code, refused.headers["Content-Type"]) == (413, "application/problem+json")
        assert refused.json()["type"].endswith("body-too-large")
    service.database.close()


def test_a_body_that_is_no_json_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/runs", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    form = client.post("/v1/runs", data={"estate": "default"})
    assert form.status_code == 422, "a form of another page cannot order a run"


def test_a_validation_problem_does_not_repeat_what_was_sent(client: TestClient) -> None:
    answer = client.post("/v1/runs", json={"estate": "default", "seed": "hunter2-secret"})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_an_unexpected_failure_is_a_problem_without_its_message(service: Service) -> None:
    @service.app.get("/v1/broken", include_in_schema=False)
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    with service.client() as client:
        answer = client.get("/v1/broken")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert "ZeroDivisionError" in answer.json()["detail"]


def test_a_store_that_cannot_be_read_is_503_and_not_ready(service: Service, client: TestClient) -> None:
    service.settings.store_folder.mkdir()
    (service.settings.store_folder / "ledger.sqlite").write_text("this is no database, " * 100)
    answer = client.get("/v1/estates")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("store-unreadable")
    store = next(check for check in client.get("/readyz").json()["checks"] if check["name"] == "store")
    assert store["ready"] is False


def test_with_a_key_every_call_below_v1_needs_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service = Service(tmp_path, overrides={"api_key": SecretStr(KEY)})
    with service.client() as client:
        paths = [path for path in service.app.openapi()["paths"] if path.startswith("/v1/")]
        assert len(paths) >= 15
        for path in paths:
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}):
                refused = client.get(path, headers=headers)
                assert refused.status_code in (401, 405), path
                if refused.status_code == 401:
                    assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert client.post("/v1/runs", json={"estate": "default"}).status_code == 401
        assert client.get("/v1/runs", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        assert client.get("/healthz").status_code == 200
    assert KEY not in caplog.text
    assert KEY not in repr(service.settings)
    service.database.close()


def test_another_host_name_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/runs", headers={"Host": "attacker.example:8000"})
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (400, "unknown-host")


def test_statuses_and_slugs_are_told_apart() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RequestError)]
    concrete = [kind for kind in kinds if kind is not RequestError]
    assert len({kind.slug for kind in concrete}) == len(concrete)
    tree = errors.__doc__ or ""
    for kind in concrete:
        assert f"{kind.__name__} " in tree, "the tree at the top of the file names every error"
        assert str(kind.status) in next(line for line in tree.splitlines() if f"{kind.__name__} " in line)


def test_the_reference_page_lists_every_operation_and_loads_nothing(client: TestClient) -> None:
    page = client.get("/docs")
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in page.text.replace("&quot;", '"')
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_the_openapi_document_has_no_dangling_references(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    names = set(document["components"]["schemas"])
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str):
                found.add(reference.removeprefix("#/components/schemas/"))
            for member in value.values():
                walk(member)
        elif isinstance(value, list):
            for member in value:
                walk(member)

    walk(document)
    assert found <= names
    assert names - found <= {"FieldFault"}, "a schema that nothing refers to"


def test_the_bodies_mirror_the_optimizers_recommendation_field_by_field(service: Service, client: TestClient) -> None:
    pairs = [
        (recommendation_parts.Placement, parts.PlacementBody), (recommendation_parts.Scope, parts.ScopeBody),
        (recommendation_parts.Target, parts.TargetBody), (recommendation_parts.MicroUsdRange, parts.SavingsBody),
        (recommendation_parts.OneOffParts, parts.OneOffBody), (recommendation_parts.Money, parts.MoneyBody),
        (recommendation_parts.RuleVerdict, parts.RuleVerdictBody),
        (recommendation_parts.RejectedCheaper, parts.RejectedCheaperBody),
        (recommendation_parts.Feasibility, parts.FeasibilityBody),
        (recommendation_parts.Operations, parts.OperationsBody), (recommendation_parts.Relations, parts.RelationsBody),
        (recommendation_parts.AlternativePlacement, parts.AlternativeBody),
        (recommendation_parts.Evidence, parts.EvidenceBody),
        (recommendation_types.Recommendation, schemas.AdviceBody),
    ]  # fmt: skip
    for mirrored, body in pairs:
        names = set(in_usd(dict.fromkeys(mirrored.__dataclass_fields__, None)))  # type: ignore[attr-defined]
        assert set(body.model_fields) - {"currency"} == names - {"id", "alternatives"}, body.__name__
    advised = recommendation()
    service.publish(client, solved(advised))
    sent = client.get(f"/v1/recommendations/{advised.id}").json()["advice"]
    assert sent["targets"] == [
        {"node_id": "w1", "name": "job w1", "kind": "workload", "resource_ids": ["arn:w1"]}
    ]  # fmt: skip
