"""Nights and decisions in any order, against a model of the lifecycle in twenty plain lines."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.decisions.schemas import Accept, Reject, Reopen, Snooze
from api.decisions.service import decide
from api.dependencies import Services
from api.errors import DecisionNotAllowed, UnknownRecommendation
from api.recommendations.repository import load_advice, load_recommendation
from optimizer.explain.recommendation import Recommendation
from tests.api.answers import USD, recommendation, solved
from tests.api.service import Service
from tests.jobs.workers import queue_run

NODES, PLACES = ("a",), ("gcp:us-central1", "azure:westeurope")
Key = tuple[str, str]


@dataclass
class Modelled:
    """What should be true of one recommendation."""

    saving_usd: int
    state: str = "open"
    revision: int = 1
    pending_usd: int | None = None
    advised: bool = True
    woken_by_day: int | None = None


Model = dict[Key, Modelled]


def model_wake(model: Model, day: int) -> None:
    for each in model.values():
        if each.state == "deferred" and each.woken_by_day is not None and each.woken_by_day <= day:
            each.state, each.woken_by_day = ("open" if each.advised else "expired"), None


def model_night(model: Model, night: dict[str, tuple[str, int]]) -> None:
    advised = {(node, place): saving_usd for node, (place, saving_usd) in night.items()}
    for key, each in model.items():
        each.advised = key in advised
        if not each.advised:
            each.pending_usd = None
            if each.state == "open":
                each.state = "superseded" if key[0] in night else "expired"
            continue
        if each.state in ("superseded", "expired"):
            each.state = "open"
        differs = advised[key] != each.saving_usd
        if each.state == "approved":
            each.pending_usd = advised[key] if differs else None
        elif differs:
            each.saving_usd, each.revision = advised[key], each.revision + 1
    for key, saving_usd in advised.items():
        model.setdefault(key, Modelled(saving_usd=saving_usd))


def model_decide(each: Modelled, action: str, day: int) -> bool:
    """Whether the decision is allowed; changes the model when it is."""
    allowed = {
        "accept": each.state in ("open", "deferred") or (each.state == "approved" and each.pending_usd is not None),
        "reject": each.state in ("open", "deferred", "approved"),
        "snooze": each.state in ("open", "deferred"),
        "reopen": each.state in ("approved", "deferred", "dismissed") and each.advised,
    }[action]
    if allowed:
        each.state = {"accept": "approved", "reject": "dismissed", "snooze": "deferred", "reopen": "open"}[action]
        each.woken_by_day = day + 2 if action == "snooze" else None
        if each.pending_usd is not None:
            each.saving_usd, each.pending_usd, each.revision = each.pending_usd, None, each.revision + 1
    return allowed


ADVICE = st.tuples(st.sampled_from(PLACES), st.integers(1, 2))
NIGHTS = st.one_of(st.fixed_dictionaries({"a": ADVICE}), st.fixed_dictionaries({"a": ADVICE}), st.just({}))
DECISIONS = st.tuples(
    st.tuples(st.sampled_from(NODES), st.sampled_from(PLACES)),
    st.sampled_from(["accept", "reject", "snooze", "reopen"]),
)
STEPS = st.lists(st.one_of(NIGHTS, DECISIONS), min_size=15, max_size=30)  # few names, so that steps often meet


@pytest.mark.slow
@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nights_and_decisions_do_what_the_model_says(steps: list[dict[str, tuple[str, int]] | tuple[Key, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        service, model = Service(Path(folder)), Model()
        for day, step in enumerate(steps):
            model_wake(model, day)
            if isinstance(step, dict):
                model_night(model, step)
                queue_run(service, f"r{day}")
                service.do_next(solved(*(_advised((n, place), usd) for n, (place, usd) in step.items())))
            else:
                key, action = step
                expected = key in model and model_decide(model[key], action, day)
                assert _decided(service, key, action) == expected, (day, step)
            _compare(service, model)
            service.clock.forward(days=1)
        service.database.close()


def _advised(key: Key, saving_usd: int) -> Recommendation:
    return recommendation(key[0], to=key[1], saving_usd=saving_usd)


def _decided(service: Service, key: Key, action: str) -> bool:
    orders = {
        "accept": Accept(action="accept"),
        "reject": Reject(action="reject", reason="data_wrong"),
        "snooze": Snooze(action="snooze", until=service.clock() + timedelta(days=2)),
        "reopen": Reopen(action="reopen"),
    }
    services = Services(database=service.database, settings=service.settings, clock=service.clock)
    try:
        decide(services, _advised(key, 1).id, orders[action], if_match="*")
    except (DecisionNotAllowed, UnknownRecommendation):
        return False
    return True


def _compare(service: Service, model: Model) -> None:
    with service.database.reading() as session:
        for key, each in model.items():
            found = load_recommendation(session, _advised(key, 1).id, now=service.clock())
            row = found.row
            pending = load_advice(session, row.pending_answer_id, row.id) if row.pending_answer_id else None
            stored = load_advice(session, row.answer_id, row.id)
            assert stored.saving_monthly_micro_usd == row.saving_monthly_micro_usd
            actual = Modelled(
                saving_usd=row.saving_monthly_micro_usd // USD,
                state=found.state,
                revision=row.revision,
                pending_usd=pending.saving_monthly_micro_usd // USD if pending else None,
                advised=row.in_latest_run,
                woken_by_day=each.woken_by_day,
            )
            assert actual == each, key
