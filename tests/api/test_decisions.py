"""Deciding about recommendations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import IntegrityError

from tests.api.answers import recommendation, solved
from tests.api.http_client import TestClient
from tests.api.service import Service

ADVISED = recommendation()
PATH = f"/v1/recommendations/{ADVISED.id}"


@pytest.fixture(autouse=True)
def _advised(service: Service, client: TestClient) -> None:
    service.publish(client, solved(ADVISED))


def decide(client: TestClient, *, tag: str | None = None, **order: Any) -> httpx.Response:
    current = tag or client.get(PATH).headers["ETag"]
    answer: httpx.Response = client.post(f"{PATH}/decisions", json=order, headers={"If-Match": current})
    return answer


def state(client: TestClient) -> str:
    found: str = client.get(PATH).json()["review"]["state"]
    return found


def test_accepting_approves_and_is_remembered(client: TestClient) -> None:
    answer = decide(client, action="accept", note="go", decided_by="ana")
    assert answer.status_code == 200
    assert answer.json()["review"]["state"] == "approved"
    assert answer.headers["ETag"] == client.get(PATH).headers["ETag"]
    (entry,) = client.get(f"{PATH}/decisions").json()["items"]
    assert (entry["actor"], entry["note"], entry["state_before"], entry["revision"]) == ("ana", "go", "open", 1)


def test_a_decision_without_the_version_is_428_and_with_an_old_one_412(client: TestClient) -> None:
    missing = client.post(f"{PATH}/decisions", json={"action": "accept"})
    assert (missing.status_code, missing.json()["title"]) == (428, "If-Match is required")
    old = client.get(PATH).headers["ETag"]
    decide(client, action="accept")
    stale = decide(client, tag=old, action="reject", reason="data_wrong")
    assert stale.status_code == 412
    assert stale.json()["current_etag"] == client.get(PATH).headers["ETag"]
    assert state(client) == "approved"


def test_a_new_revision_makes_the_seen_version_stale(service: Service, client: TestClient) -> None:
    seen = client.get(PATH).headers["ETag"]
    service.publish(client, solved(recommendation(saving_usd=1)))
    assert decide(client, tag=seen, action="accept").status_code == 412


def test_twenty_racing_decisions_about_one_version_give_exactly_one_200(client: TestClient) -> None:
    tag = client.get(PATH).headers["ETag"]
    orders = [
        {"action": "accept", "decided_by": f"p{number}"} if number % 2 else
        {"action": "reject", "reason": "data_wrong", "decided_by": f"p{number}"}
        for number in range(20)
    ]  # fmt: skip
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda order: decide(client, tag=tag, **order).status_code, orders))
    assert sorted(statuses) == [200] + [412] * 19
    assert len(client.get(f"{PATH}/decisions").json()["items"]) == 1


def test_a_snooze_hides_until_its_moment_and_then_returns_by_itself(service: Service, client: TestClient) -> None:
    until = service.clock() + timedelta(days=7)
    assert decide(client, action="snooze", until=until.isoformat()).status_code == 200
    assert state(client) == "deferred"
    assert client.get("/v1/recommendations", params={"state": "open"}).json()["items"] == []
    service.clock.forward(days=6, hours=23)
    assert state(client) == "deferred"
    service.clock.forward(hours=1)
    assert state(client) == "open"
    (row,) = client.get("/v1/recommendations", params={"state": "open"}).json()["items"]
    assert row["etag"] == client.get(PATH).headers["ETag"]


def test_a_version_seen_after_a_snooze_ended_stays_good_when_that_is_written_down(
    service: Service, client: TestClient
) -> None:
    decide(client, action="snooze", until=(service.clock() + timedelta(days=1)).isoformat())
    service.clock.forward(days=2)
    seen = client.get(PATH).headers["ETag"]
    service.publish(client, solved(ADVISED))  # writes down that the snooze has ended
    assert client.get(PATH).headers["ETag"] == seen
    assert decide(client, tag=seen, action="accept").status_code == 200
    entries = client.get(f"{PATH}/decisions").json()["items"]
    assert [entry["action"] for entry in entries] == ["snooze", "wake", "accept"]


def test_a_snooze_that_ends_on_what_is_no_longer_advised_expires_it(service: Service, client: TestClient) -> None:
    decide(client, action="snooze", until=(service.clock() + timedelta(days=1)).isoformat())
    service.publish(client, solved(recommendation("other")))
    assert state(client) == "deferred"
    service.clock.forward(days=2)
    assert state(client) == "expired"
    service.publish(client, solved(recommendation("other")))
    assert state(client) == "expired"


def test_rejecting_and_reopening(client: TestClient) -> None:
    assert decide(client, action="reject", reason="compliance_or_contract").status_code == 200
    assert client.get(PATH).json()["review"]["reason"] == "compliance_or_contract"
    assert decide(client, action="snooze", until="2027-01-01T00:00:00Z").status_code == 409
    assert decide(client, action="reopen").status_code == 200
    review = client.get(PATH).json()["review"]
    assert (review["state"], review["reason"]) == ("open", None)


@pytest.mark.parametrize(
    "order",
    [
        {"action": "reject"},
        {"action": "reject", "reason": "because"},
        {"action": "reject", "reason": "other"},
        {"action": "snooze"},
        {"action": "snooze", "until": "2020-01-01T00:00:00Z"},
        {"action": "snooze", "until": "2027-01-01T00:00:00"},
        {"action": "snooze", "until": "9999-12-31T23:59:59-12:00"},
        {"action": "accept", "until": "2027-01-01T00:00:00Z"},
        {"action": "delete"},
        {"action": "accept", "mood": "good"},
    ],
)
def test_a_decision_that_cannot_be_meant_changes_nothing(client: TestClient, order: dict[str, Any]) -> None:
    refused = decide(client, **order)
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["errors"]
    assert state(client) == "open"
    assert client.get(f"{PATH}/decisions").json()["items"] == []


def test_what_a_state_does_not_allow_is_409(service: Service, client: TestClient) -> None:
    assert decide(client, action="reopen").status_code == 409
    decide(client, action="accept")
    assert decide(client, action="accept").status_code == 409, "nothing newer is pending"
    service.publish(client, solved(recommendation("other")))
    assert decide(client, action="reopen").status_code == 409, "no run advises it any more"


def test_the_history_cannot_be_rewritten(service: Service, client: TestClient) -> None:
    decide(client, action="accept")
    for statement in ("DELETE FROM decision", "UPDATE decision SET actor = 'nobody'"):
        with pytest.raises(IntegrityError, match="append-only"), service.database.writing() as session:
            session.connection().exec_driver_sql(statement)
    assert len(client.get(f"{PATH}/decisions").json()["items"]) == 1
