"""Ordering runs and following them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.answers import infeasible, not_solved, recommendation, solved
from tests.api.http_client import TestClient
from tests.api.service import Service

ORDER = {"estate": "default"}


def test_an_order_answers_202_with_a_place_to_follow(client: TestClient) -> None:
    answer = client.post("/v1/runs", json=ORDER)
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"
    followed = client.get(answer.headers["Location"])
    assert followed.json() == answer.json()
    assert followed.headers["ETag"] == answer.headers["ETag"]


def test_a_finished_run_shows_its_answer_in_decimal_dollars(service: Service, client: TestClient) -> None:
    run_id = service.publish(client, solved(recommendation(saving_usd=100)))
    run = client.get(f"/v1/runs/{run_id}").json()
    assert run["status"] == "succeeded"
    answer = run["answer"]
    assert answer["annual_baseline_usd"] == "12000.000000"
    assert answer["annual_plan_usd"] == "10800.000000"
    assert answer["objective_monthly_usd"] == "900.000001"
    assert (answer["unpriced_usd"], answer["unmatched_usd"]) == ("10.500000", "20.250000")
    assert answer["verified"] is True
    assert answer["compliance_gaps"] == [{"rule_id": "gdpr", "violation": "d1 lies in aws:us-east-1"}]


def test_ledger_rules_dropped_and_forecast_belong_to_the_answer(service: Service, client: TestClient) -> None:
    run_id = service.publish(client, solved(recommendation()))
    ledger = client.get(f"/v1/runs/{run_id}/ledger").json()["items"]
    assert [line["term"] for line in ledger] == ["compute", "egress"]
    assert ledger[1]["plan_monthly_usd"] == "200.000001"
    rules = client.get(f"/v1/runs/{run_id}/rules").json()["items"]
    assert (rules[0]["low_monthly_usd"], rules[0]["high_monthly_usd"]) == ("6.000000", "7.000000")
    assert rules[1]["low_monthly_usd"] is None, "unknown is not zero"
    assert client.get(f"/v1/runs/{run_id}/dropped").json()["items"][0]["candidates"] == 5
    forecast = client.get(f"/v1/forecasts/{run_id}").json()
    assert len(forecast["months"]) == 12
    assert forecast["payback_month"] == "2026-03"
    assert forecast["months"][0]["cumulative_net_saving_p50_usd"] == "-150.000000"


def test_stages_show_the_progress_of_the_current_attempt(service: Service, client: TestClient) -> None:
    run_id = service.publish(client, solved())
    names = [stage["name"] for stage in client.get(f"/v1/runs/{run_id}/stages").json()["items"]]
    assert names == ["estate", "generate", "solve", "verify"]


def test_an_infeasible_run_names_the_rules_and_has_no_ledger(service: Service, client: TestClient) -> None:
    run_id = service.publish(client, infeasible())
    run = client.get(f"/v1/runs/{run_id}").json()
    assert run["status"] == "infeasible"
    assert [rule["rule_id"] for rule in run["answer"]["conflict"]] == ["gdpr", "pin"]
    assert run["answer"]["annual_plan_usd"] is None
    refused = client.get(f"/v1/runs/{run_id}/ledger")
    assert refused.status_code == 409
    assert refused.json()["run_status"] == "infeasible"
    assert client.get(f"/v1/runs/{run_id}/dropped").status_code == 200


def test_a_run_that_found_nothing_says_why(service: Service, client: TestClient) -> None:
    run_id = service.publish(client, not_solved())
    run = client.get(f"/v1/runs/{run_id}").json()
    assert (run["status"], run["answer"]["not_solved_reason"]) == ("not_solved", "nothing found in 1 s")


def test_an_unverified_plan_is_never_stored(service: Service, client: TestClient) -> None:
    run_id = service.publish(client, solved(recommendation(), verified=False))
    run = client.get(f"/v1/runs/{run_id}").json()
    assert (run["status"], run["answer"]) == ("failed", None)
    assert run["failure"]["kind"] == "UnverifiedAnswer"
    assert client.get("/v1/recommendations").json()["items"] == []


def test_a_failed_run_says_what_happened_and_leaves_earlier_advice(service: Service, client: TestClient) -> None:
    service.publish(client, solved(recommendation()))
    service.order(client)
    run_id = service.do_next(ValueError("the estate has no bills"))
    run = client.get(f"/v1/runs/{run_id}").json()
    assert run["status"] == "failed"
    assert run["failure"] == {"kind": "ValueError", "detail": "the estate has no bills"}
    assert len(client.get("/v1/recommendations").json()["items"]) == 1


def test_an_unchanged_run_is_not_sent_again(service: Service, client: TestClient) -> None:
    run_id = service.order(client)
    tag = client.get(f"/v1/runs/{run_id}").headers["ETag"]
    assert client.get(f"/v1/runs/{run_id}", headers={"If-None-Match": tag}).status_code == 304
    service.do_next(solved())
    assert client.get(f"/v1/runs/{run_id}", headers={"If-None-Match": tag}).status_code == 200


def test_the_same_key_and_order_give_the_same_run(client: TestClient) -> None:
    first = client.post("/v1/runs", json=ORDER, headers={"Idempotency-Key": "k1"})
    again = client.post("/v1/runs", json=ORDER, headers={"Idempotency-Key": "k1"})
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(client.get("/v1/runs").json()["items"]) == 1


def test_the_same_key_with_another_order_is_refused(client: TestClient) -> None:
    client.post("/v1/runs", json=ORDER, headers={"Idempotency-Key": "k1"})
    other = client.post("/v1/runs", json={**ORDER, "seed": 7}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")
    assert len(client.get("/v1/runs").json()["items"]) == 1


def test_twenty_racing_orders_with_one_key_make_one_run(client: TestClient) -> None:
    def order(_: int) -> tuple[int, str]:
        answer = client.post("/v1/runs", json=ORDER, headers={"Idempotency-Key": "race"})
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(order, range(20)))
    assert {status for status, _ in answers} == {202}
    assert len({run_id for _, run_id in answers}) == 1
    assert len(client.get("/v1/runs").json()["items"]) == 1


def test_a_waiting_run_is_cancelled_at_once_and_stays_so(service: Service, client: TestClient) -> None:
    run_id = service.order(client)
    assert client.post(f"/v1/runs/{run_id}/cancel").json()["status"] == "cancelled"
    again = client.post(f"/v1/runs/{run_id}/cancel")
    assert again.status_code == 409
    assert again.json()["type"].endswith("run-finished")


def test_runs_are_paged_newest_first_without_gaps_or_repeats(service: Service, client: TestClient) -> None:
    ordered = []
    for number in range(7):
        service.clock.forward(seconds=number % 2)  # some share an instant
        ordered.append(service.order(client))
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get("/v1/runs", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [run["id"] for run in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 7
    assert set(seen) == set(ordered)
    times = [client.get(f"/v1/runs/{run_id}").json()["requested_at"] for run_id in seen]
    assert times == sorted(times, reverse=True)


def test_runs_are_filtered_by_status(service: Service, client: TestClient) -> None:
    service.publish(client, infeasible())
    waiting = service.order(client)
    found = client.get("/v1/runs", params={"status": "queued"}).json()["items"]
    assert [run["id"] for run in found] == [waiting]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"estate": "default", "time_limit_seconds": -1}, "time_limit_seconds"),
        ({"estate": "default", "time_limit_seconds": 7200}, "time_limit_seconds"),
        ({"estate": "default", "gap_ratio": "x"}, "gap_ratio"),
        ({"estate": "default", "speed": 3}, "speed"),
        ({"estate": "default", "policy": "[policy\n"}, "line 1"),
        ({"estate": "default", "policy": '[policy]\nname = "p"\ncandidate_places = ["aws:us-est-1"]\n'}, "line 3"),
        ({}, "estate"),
    ],
)
def test_an_order_that_cannot_be_meant_names_the_field_and_queues_nothing(
    client: TestClient, body: dict[str, object], where: str
) -> None:
    answer = client.post("/v1/runs", json=body)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert where in answer.json()["errors"][0]["location"]
    assert client.get("/v1/runs").json()["items"] == []


def test_a_policy_that_names_no_known_place_is_told_the_near_ones(client: TestClient) -> None:
    policy = '[policy]\nname = "p"\ncandidate_places = ["aws:us-est-1"]\n'
    answer = client.post("/v1/runs", json={**ORDER, "policy": policy})
    assert "aws:us-east-1" in answer.json()["errors"][0]["detail"]


def test_an_unknown_estate_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/runs", json={"estate": "other"})
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
