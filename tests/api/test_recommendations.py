"""Recommendations over nights: lists, content, and what runs do to them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.api.answers import infeasible, recommendation, solved
from tests.api.http_client import TestClient
from tests.api.service import Service


def items(client: TestClient, **params: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/recommendations", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def detail(client: TestClient, recommendation_id: str) -> dict[str, Any]:
    answer = client.get(f"/v1/recommendations/{recommendation_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def history(client: TestClient, recommendation_id: str) -> list[tuple[str, str, str]]:
    found = client.get(f"/v1/recommendations/{recommendation_id}/decisions").json()["items"]
    return [(entry["action"], entry["state_before"], entry["state_after"]) for entry in found]


def decide(client: TestClient, recommendation_id: str, **order: Any) -> None:
    tag = client.get(f"/v1/recommendations/{recommendation_id}").headers["ETag"]
    answer = client.post(f"/v1/recommendations/{recommendation_id}/decisions", json=order, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text


def test_a_recommendation_carries_money_reasons_and_alternatives(service: Service, client: TestClient) -> None:
    advised = recommendation(saving_usd=100)
    run_id = service.publish(client, solved(advised))
    found = detail(client, advised.id)
    assert (found["run_id"], found["revision"], found["review"]["state"]) == (run_id, 1, "open")
    money = found["advice"]["money"]
    assert (money["currency"], money["savings"]["expected_usd"]) == ("USD", "100.000000")
    assert money["one_off"]["labour_usd"] == "50.000000"
    cheaper = found["advice"]["feasibility"]["rejected_cheaper"][0]
    assert (cheaper["rule_id"], cheaper["forgone_monthly_usd"]) == ("gdpr", "7.000000")
    alternatives = client.get(f"/v1/recommendations/{advised.id}/alternatives").json()["items"]
    assert [(each["rank"], each["extra_monthly_usd"]) for each in alternatives] == [(1, "3.000000"), (2, "12.000000")]


def test_the_list_is_sorted_by_saving_payback_or_id(service: Service, client: TestClient) -> None:
    advised = [
        recommendation("a", saving_usd=5, payback_months=None),
        recommendation("b", saving_usd=50, payback_months=9.0),
        recommendation("c", saving_usd=20, payback_months=1.0),
    ]
    service.publish(client, solved(*advised))
    a, b, c = (each.id for each in advised)
    assert [row["id"] for row in items(client)] == [b, c, a]
    assert [row["id"] for row in items(client, sort="payback")] == [c, b, a], "what never pays back comes last"
    assert [row["id"] for row in items(client, sort="id")] == sorted([a, b, c])


def test_the_list_is_filtered_by_each_of_its_filters(service: Service, client: TestClient) -> None:
    one = recommendation("a", saving_usd=5, business_unit="retail", kind="dataset")
    two = recommendation("b", saving_usd=50, business_unit="cards", to="azure:westeurope")
    service.publish(client, solved(one, two))
    for filters in (
        {"provider": "azure"}, {"business_unit": "cards"}, {"kind": "workload"}, {"min_saving_usd": "5.000001"},
    ):  # fmt: skip
        assert [row["id"] for row in items(client, **filters)] == [two.id], filters
    assert items(client, state="approved") == []
    assert len(items(client, action_type="move_provider")) == 2


@pytest.mark.parametrize("sort", ["saving", "payback", "id"])
def test_pages_hold_every_row_once_also_when_sort_values_tie(service: Service, client: TestClient, sort: str) -> None:
    advised = [
        recommendation(f"n{number}", saving_usd=number % 3, payback_months=(None, 1.5)[number % 2])
        for number in range(11)
    ]
    service.publish(client, solved(*advised))
    whole = [row["id"] for row in items(client, sort=sort, limit=200)]
    paged: list[str] = []
    cursor = None
    while True:
        params = {"sort": sort, "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/recommendations", params=params).json()
        paged += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole
    assert len(set(paged)) == 11


def test_a_cursor_of_another_list_is_refused(service: Service, client: TestClient) -> None:
    service.publish(client, solved(*(recommendation(f"n{number}") for number in range(3))))
    cursor = client.get("/v1/recommendations", params={"limit": 1}).json()["next_cursor"]
    for params in ({"sort": "id", "cursor": cursor}, {"provider": "gcp", "cursor": cursor}, {"cursor": "bm9uc2Vuc2U"}):
        refused = client.get("/v1/recommendations", params=params)
        assert refused.status_code == 400
        assert refused.json()["type"].endswith("invalid-cursor")


def test_a_night_with_the_same_figures_changes_nothing(service: Service, client: TestClient) -> None:
    advised = recommendation(data_as_of_on=date(2026, 3, 30))
    service.publish(client, solved(advised))
    before = client.get(f"/v1/recommendations/{advised.id}")
    service.publish(client, solved(recommendation(data_as_of_on=date(2026, 3, 31))))
    after = client.get(f"/v1/recommendations/{advised.id}")
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.json() == before.json()


def test_a_night_with_other_figures_is_a_new_revision(service: Service, client: TestClient) -> None:
    service.publish(client, solved(recommendation(saving_usd=100)))
    newer = recommendation(saving_usd=120)
    run_id = service.publish(client, solved(newer))
    found = detail(client, newer.id)
    assert (found["revision"], found["run_id"]) == (2, run_id)
    assert found["advice"]["money"]["savings"]["expected_usd"] == "120.000000"
    assert items(client)[0]["saving_monthly_usd"] == "120.000000"


def test_what_is_no_longer_advised_expires_and_returns_when_it_is(service: Service, client: TestClient) -> None:
    gone, kept = recommendation("a"), recommendation("b")
    service.publish(client, solved(gone, kept))
    service.publish(client, solved(kept))
    assert [row["id"] for row in items(client, state="open")] == [kept.id]
    assert detail(client, gone.id)["review"]["reason"] == "the newest run no longer advises it"
    service.publish(client, solved(gone, kept))
    assert detail(client, gone.id)["review"]["state"] == "open"
    assert history(client, gone.id) == [("expire", "open", "expired"), ("return", "expired", "open")]


def test_another_placement_for_the_same_thing_supersedes(service: Service, client: TestClient) -> None:
    old, new = recommendation("a", to="gcp:us-central1"), recommendation("a", to="gcp:us-east4")
    service.publish(client, solved(old))
    service.publish(client, solved(new))
    review = detail(client, old.id)["review"]
    assert (review["state"], review["superseded_by"], review["focus_status"]) == ("superseded", new.id, "Expired")
    assert detail(client, new.id)["review"]["state"] == "open"


def test_a_run_without_a_plan_closes_nothing(service: Service, client: TestClient) -> None:
    advised = recommendation()
    service.publish(client, solved(advised))
    service.publish(client, infeasible())
    assert detail(client, advised.id)["review"]["state"] == "open"


def test_a_run_that_does_not_publish_leaves_the_advice_alone(service: Service, client: TestClient) -> None:
    advised = recommendation("a")
    service.publish(client, solved(advised))
    service.clock.forward(seconds=1)
    run_id = service.order(client, publishes=False)
    service.do_next(solved(recommendation("b")))
    assert client.get(f"/v1/runs/{run_id}").json()["status"] == "succeeded"
    assert [row["id"] for row in items(client)] == [advised.id]
    own = client.get(f"/v1/runs/{run_id}/recommendations").json()["items"]
    assert [row["recommendation_id"] for row in own] == [recommendation("b").id], "its advice is kept with the run"


def test_what_a_run_advised_is_paged_and_never_changes(service: Service, client: TestClient) -> None:
    advised = [recommendation(f"n{number}", saving_usd=number // 2) for number in range(7)]
    run_id = service.publish(client, solved(*advised))
    service.publish(client, solved(recommendation("n0", saving_usd=99)))
    seen: list[tuple[str, str]] = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"/v1/runs/{run_id}/recommendations", params=params).json()
        seen += [(row["saving_monthly_usd"], row["recommendation_id"]) for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [float(saving) for saving, _ in seen] == [3, 2, 2, 1, 1, 0, 0]
    assert {each for _, each in seen} == {each.id for each in advised}


def test_an_older_run_that_ends_later_does_not_replace_newer_advice(service: Service, client: TestClient) -> None:
    from api.jobs.queue import claim_next
    from tests.api.service import LEASE

    service.order(client)
    with service.database.writing() as session:
        slow = claim_next(session, worker_id="slow", now=service.clock(), lease=LEASE)
    assert slow is not None
    service.publish(client, solved(recommendation("new")))
    service.do(*slow, result=solved(recommendation("old")))
    assert client.get(f"/v1/runs/{slow[0]}").json()["status"] == "succeeded"
    assert [row["id"] for row in items(client)] == [recommendation("new").id]


def test_approved_content_is_frozen_and_newer_advice_waits_as_a_revision(service: Service, client: TestClient) -> None:
    advised = recommendation(saving_usd=100)
    service.publish(client, solved(advised))
    decide(client, advised.id, action="accept")
    service.publish(client, solved(recommendation(saving_usd=60)))
    found = detail(client, advised.id)
    assert (found["review"]["state"], found["revision"]) == ("approved", 1)
    assert found["advice"]["money"]["savings"]["expected_usd"] == "100.000000"
    assert found["pending_revision"]["advice"]["money"]["savings"]["expected_usd"] == "60.000000"
    decide(client, advised.id, action="accept")
    found = detail(client, advised.id)
    assert (found["revision"], found["pending_revision"]) == (2, None)
    assert found["advice"]["money"]["savings"]["expected_usd"] == "60.000000"


def test_decisions_of_people_stand_when_a_run_no_longer_advises(service: Service, client: TestClient) -> None:
    approved, dismissed = recommendation("a"), recommendation("b")
    service.publish(client, solved(approved, dismissed))
    decide(client, approved.id, action="accept")
    decide(client, dismissed.id, action="reject", reason="risk_is_acceptable")
    service.publish(client, solved(recommendation("c")))
    for each, state in ((approved, "approved"), (dismissed, "dismissed")):
        review = detail(client, each.id)["review"]
        assert (review["state"], review["in_latest_run"]) == (state, False)
    service.publish(client, solved(approved, dismissed))
    assert detail(client, dismissed.id)["review"] == {
        "state": "dismissed", "focus_status": "Dismissed", "reason": "risk_is_acceptable", "deferred_until": None,
        "superseded_by": None, "in_latest_run": True,
    }  # fmt: skip


def test_leftovers_of_a_lost_attempt_are_never_seen_and_are_removed(service: Service, client: TestClient) -> None:
    from sqlmodel import func, select

    from api.database.engine import insert_rows
    from api.recommendations.advice import advice_row
    from api.recommendations.tables import AdviceRow

    run_id = service.order(client)
    stray = advice_row(recommendation("stray"), run_id=run_id, answer_id=f"{run_id}.0")
    with service.database.writing() as session:
        insert_rows(session, AdviceRow, [stray])
    assert items(client) == []
    service.do_next(solved(recommendation("kept")))
    assert [row["id"] for row in items(client)] == [recommendation("kept").id]
    with service.database.reading() as session:
        assert session.exec(select(func.count()).select_from(AdviceRow)).one() == 1
