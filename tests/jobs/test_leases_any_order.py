"""Leases under every order of events: two workers that may stall anywhere, time, takeovers, cancellation.

Whatever happens, a run is published at most once, by the attempt that is current, and never after its cancellation.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from api.errors import AttemptLost
from api.jobs.queue import claim_next, extend_lease, request_cancel, take_back_expired
from api.runs.repository import persist_result
from api.runs.tables import FINISHED_STATUSES
from tests.api.answers import solved
from tests.api.service import LEASE, Service
from tests.jobs.workers import queue_run, run_now

WORKERS = st.sampled_from(["a", "b"])
RESULT = solved()


class Leases(RuleBasedStateMachine):
    """The real queue on a real database, and beside it what each worker believes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.service = Service(Path(self.folder.name))
        queue_run(self.service)
        self.held: dict[str, int] = {}
        self.current = 0
        self.publications = 0
        self.cancelled = False

    @rule(worker=WORKERS)
    def claim(self, worker: str) -> None:
        with self.service.database.writing() as session:
            claimed = claim_next(session, worker_id=worker, now=self.service.clock(), lease=LEASE)
        if claimed is not None:
            assert claimed[1] == self.current + 1, "attempts count up"
            self.current = self.held[worker] = claimed[1]

    @precondition(lambda self: self.held)
    @rule(worker=WORKERS)
    def renew(self, worker: str) -> None:
        if worker not in self.held:
            return
        until = self.service.clock() + LEASE
        try:
            with self.service.database.writing() as session:
                extend_lease(session, run_id="r1", attempt=self.held[worker], until=until)
        except AttemptLost:
            assert self.held[worker] != self.current or run_now(self.service).status != "running"

    @precondition(lambda self: self.current > 0)
    @rule(seconds=st.sampled_from([20, 31]))
    def wait_and_take_back(self, seconds: int) -> None:
        """31 seconds are longer than a lease, 20 only when nobody has renewed it."""
        self.service.clock.forward(seconds=seconds)
        with self.service.database.writing() as session:
            take_back_expired(session, now=self.service.clock(), max_lost=1000)

    @precondition(lambda self: self.current > 2)
    @rule()
    def cancel(self) -> None:
        with self.service.database.writing() as session:
            request_cancel(session, run_id="r1", now=self.service.clock())
        self.cancelled = run_now(self.service).status == "cancelled"

    @precondition(lambda self: self.held)
    @rule(worker=WORKERS)
    def publish(self, worker: str) -> None:
        if worker not in self.held:
            return
        try:
            self.store(self.held[worker])
        except AttemptLost:
            return
        assert self.held[worker] == self.current, "a stale attempt published"
        self.publications += 1

    def store(self, attempt: int) -> None:
        persist_result(self.service.database, run_id="r1", attempt=attempt, result=RESULT, now=self.service.clock())

    @invariant()
    def published_at_most_once(self) -> None:
        run = run_now(self.service)
        assert self.publications == (run.status == "succeeded")
        assert not (self.cancelled and self.publications)
        assert run.status in (*FINISHED_STATUSES, "queued", "running")

    def teardown(self) -> None:
        self.service.database.close()
        self.folder.cleanup()


class Unfenced(Leases):
    """A queue whose publication does not look at who publishes: what the token is there against."""

    def store(self, attempt: int) -> None:
        super().store(run_now(self.service).attempt)


FEW = settings(
    max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), database=None
)  # fmt: skip


@pytest.mark.slow
def test_a_run_is_published_at_most_once_in_every_order_of_events() -> None:
    run_state_machine_as_test(Leases, settings=FEW)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(("machine", "publications"), [(Leases, 1), (Unfenced, 0)])
def test_without_the_fencing_token_a_stalled_worker_publishes(machine: type[Leases], publications: int) -> None:
    """The shortest sequence that needs the token; the unfenced queue is caught by the same assertion."""
    leases = machine()
    leases.claim("a")
    leases.wait_and_take_back(31)
    leases.claim("b")
    if machine is Unfenced:
        with pytest.raises(AssertionError, match="a stale attempt published"):
            leases.publish("a")
    else:
        leases.publish("a")
        leases.publish("b")
    assert leases.publications == publications
    leases.teardown()
