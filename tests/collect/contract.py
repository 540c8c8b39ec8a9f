"""What every vendor's collector must do, whatever the vendor delivers, however it misbehaves, and whenever we die.

A test module of a provider subclasses ``Contract`` and gives it a ``vendor`` fixture (function-scoped: an export of its
own). Faults that cannot befall a vendor are waived in its ``vendor`` module, with the reason.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, get_args

import pytest

from collectors.collector import CollectWindow
from collectors.commit import (
    CollectReport,
    EmptyPeriod,
    MissingPeriod,
    StoredPeriod,
    UnchangedPeriod,
    collect_bills,
    period_standings,
    reconcile,
)
from collectors.errors import CollectorError
from collectors.store import EngineLimits, IngestStore
from tests.collect.crash import dying_after
from tests.collect.vendor import BilledRow, Fault, Vendor

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
PERIODS = ("2026-01", "2026-02", "2026-03")
WINDOW = CollectWindow(first_period=PERIODS[0], last_period=PERIODS[-1])
LIMITS = EngineLimits(memory_mb=300, threads=1)
HISTORIES = 500
VARIANTS: dict[Fault, int] = {"throttled": 8, "unreadable_manifest": 4}
"""Forms of a fault that are tried one after the other; two of any other."""

HARMLESS: frozenset[Fault] = frozenset({"duplicate_manifest", "clock_skew"})
"""What must not keep a delivery from being stored."""
PASSING: frozenset[Fault] = frozenset({"throttled", "server_error", "cut_body", "expired_token"})
"""What may pass while a collection waits and asks again; any other fault must stop the delivery."""

Contents = tuple[int, tuple[tuple[str, Decimal], ...]]


def costs_of(rows: Sequence[BilledRow]) -> Contents:
    """Rows and exact cost by currency."""
    totals: dict[str, Decimal] = {}
    for row in rows:
        totals[row.currency] = totals.get(row.currency, Decimal(0)) + row.cost
    return len(rows), tuple(sorted(totals.items()))


def stored(store: IngestStore) -> dict[str, Contents]:
    """What the ledger says of each period."""
    return {
        version.period: (version.rows, tuple(sorted(version.billed_cost.items())))
        for version in store.periods()
        if version.rows or version.rejected_rows
    }


def read_back(store: IngestStore) -> dict[str, tuple[tuple[str, Decimal], ...]]:
    """Cost by period and currency as a reader of the rows themselves finds it."""
    with store.connect() as connection:
        rows = connection.execute(
            "SELECT billing_period, BillingCurrency, sum(BilledCost) FROM cost_and_usage GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for period, currency, cost in rows:
        found.setdefault(period, []).append((currency, cost))
    return {period: tuple(costs) for period, costs in found.items()}


def collect(vendor: Vendor, store: IngestStore) -> CollectReport:
    """One collection by a process of its own."""
    collector = vendor.open()
    try:
        return collect_bills(collector, store, WINDOW, now=NOW, pause=lambda seconds: None)
    finally:
        collector.close()


def open_store(folder: Path) -> IngestStore:
    """The store, as a new process opens it."""
    return IngestStore.open(folder, limits=LIMITS)


def some_rows(draw: random.Random, currencies: int) -> list[BilledRow]:
    """One to four charges: usual, negative, tax, in several currencies where the vendor has them."""
    return [
        BilledRow(
            cost=Decimal(draw.randint(-(10**7), 10**10)).scaleb(-draw.randint(0, 9)),
            currency=("USD", "EUR", "JPY")[draw.randrange(min(currencies, 3))],
            category=draw.choice(("Usage", "Usage", "Usage", "Tax", "Credit")),
            thing=draw.choice(("lake", "mart", "logs")),
            day=draw.randint(1, 28),
        )
        for _ in range(draw.randint(1, 4))
    ]


@dataclass
class History:
    """What the vendor has delivered last, and what the store may hold."""

    vendor: Vendor
    folder: Path
    draw: random.Random
    delivered: dict[str, Contents | None] = field(default_factory=dict)
    held: dict[str, Contents] = field(default_factory=dict)
    run: int = 0
    deaths: int = 0
    failures: int = 0

    def deliver(self, *, empty: bool = False) -> None:
        """A new whole delivery of some month."""
        period = self.draw.choice(PERIODS)
        self.run += 1
        if empty:
            self.vendor.deliver_empty(period, run=f"run-{self.run}")
            self.delivered[period] = None
            return
        rows = some_rows(self.draw, self.vendor.currencies)
        self.vendor.deliver(period, rows, run=f"run-{self.run}", create_new=self.draw.random() < 0.3)
        self.delivered[period] = costs_of(rows)

    def after(self) -> dict[str, Contents]:
        """What a collection without any fault leaves: what was delivered last; an empty delivery erases nothing."""
        return self.held | {period: found for period, found in self.delivered.items() if found is not None}

    def collect(self) -> None:
        """A collection that goes well."""
        store = open_store(self.folder)
        report = collect(self.vendor, store)
        assert not report.failures, report.failures
        assert stored(store) == self.after()
        self.held = self.after()

    def crash(self) -> None:
        """A collection that dies: every month is as before, or as delivered; nothing between."""
        with dying_after(self.draw.randint(0, 80)) as state:
            collect(self.vendor, open_store(self.folder))
        found = stored(open_store(self.folder))
        for period in PERIODS:
            assert found.get(period) in (self.held.get(period), self.after().get(period)), period
        self.held = found
        self.deaths += state.died

    def suffer(self) -> None:
        """A collection under some fault: it fails, or it does not; no month is ever anything else than whole."""
        broken = [period for period, contents in self.delivered.items() if contents is not None]
        fault: Fault = self.draw.choice(sorted(self.vendor.faults))
        if not broken:
            return
        self.vendor.break_next(fault, self.draw.choice(broken), variant=self.draw.randrange(8))
        store = open_store(self.folder)
        try:
            collect(self.vendor, store)
        except CollectorError:
            self.failures += 1
        finally:
            self.vendor.mend()
        found = stored(store)
        for period in PERIODS:
            assert found.get(period) in (self.held.get(period), self.after().get(period)), (fault, period)
        self.held = found


class Contract:
    """The contract suite; ``waived`` are the faults that cannot befall the vendor, with reasons.

    ``history`` is what its deliveries are like.
    """

    waived: ClassVar[dict[Fault, str]] = {}
    history: ClassVar[type[History]] = History

    @pytest.fixture
    def store(self, tmp_path: Path) -> IngestStore:
        """An empty store."""
        return open_store(tmp_path / "store")

    def test_every_fault_can_befall_it_or_is_waived_with_a_reason(self, vendor: Vendor) -> None:
        assert vendor.faults.isdisjoint(self.waived)
        assert vendor.faults | set(self.waived) == set(get_args(Fault))
        assert all(len(reason) > 10 for reason in self.waived.values())

    def test_a_second_collection_of_the_same_delivery_does_nothing(self, vendor: Vendor, store: IngestStore) -> None:
        vendor.deliver(PERIODS[1], [BilledRow(cost=Decimal("12.50"))], run="one")
        first, second = collect(vendor, store), collect(vendor, store)
        assert [type(each) for each in first.outcomes] == [MissingPeriod, StoredPeriod, MissingPeriod]
        assert [type(each) for each in second.outcomes] == [MissingPeriod, UnchangedPeriod, MissingPeriod]
        assert not second.changed
        assert len(store.history()) == 1

    def test_a_restated_month_is_replaced_whole_and_the_old_one_stays_in_history(
        self, vendor: Vendor, store: IngestStore
    ) -> None:
        vendor.deliver(PERIODS[0], [BilledRow(cost=Decimal("1")), BilledRow(cost=Decimal("2"), day=3)], run="one")
        collect(vendor, store)
        vendor.deliver(PERIODS[0], [BilledRow(cost=Decimal("-0.25"), category="Credit")], run="two")
        collect(vendor, store)
        assert stored(store) == {PERIODS[0]: (1, (("USD", Decimal("-0.25")),))}
        assert read_back(store) == {PERIODS[0]: (("USD", Decimal("-0.25")),)}
        assert [(version.rows, version.current) for version in store.history()] == [(2, False), (1, True)]

    def test_a_restated_month_may_have_a_new_column(self, vendor: Vendor, store: IngestStore) -> None:
        vendor.deliver(PERIODS[0], [BilledRow(cost=Decimal("1"))], run="one")
        collect(vendor, store)
        vendor.deliver(PERIODS[0], [BilledRow(cost=Decimal("2"), extra={"NewColumn": "seen"})], run="two")
        report = collect(vendor, store)
        assert not report.failures
        assert stored(store)[PERIODS[0]] == (1, (("USD", Decimal("2")),))

    def test_negative_tax_and_credit_rows_and_nine_decimals_add_up_exactly(
        self, vendor: Vendor, store: IngestStore
    ) -> None:
        rows = [
            BilledRow(cost=Decimal("0.100000001")),
            BilledRow(cost=Decimal("-2.5"), category="Credit"),
            BilledRow(cost=Decimal("1.75"), category="Tax"),
            BilledRow(cost=Decimal("0")),
            BilledRow(cost=Decimal("99999.999999999"), day=28),
        ]
        vendor.deliver(PERIODS[2], rows, run="one")
        collect(vendor, store)
        assert read_back(store) == {PERIODS[2]: costs_of(rows)[1]}

    def test_currencies_are_never_added(self, vendor: Vendor, store: IngestStore) -> None:
        if vendor.currencies < 2:
            pytest.skip(f"a bill of {vendor.name} has one currency")
        rows = [BilledRow(cost=Decimal("5")), BilledRow(cost=Decimal("7"), currency="EUR")]
        vendor.deliver(PERIODS[2], rows, run="one")
        collect(vendor, store)
        assert read_back(store) == {PERIODS[2]: (("EUR", Decimal("7")), ("USD", Decimal("5")))}

    def test_an_empty_delivery_erases_nothing(self, vendor: Vendor, store: IngestStore) -> None:
        if not vendor.shows_empty:
            pytest.skip(f"{vendor.name} cannot say that a month is empty")
        vendor.deliver(PERIODS[1], [BilledRow(cost=Decimal("3"))], run="one")
        collect(vendor, store)
        vendor.deliver_empty(PERIODS[1], run="two")
        report = collect(vendor, store)
        assert report.outcomes[1] == EmptyPeriod(period=PERIODS[1], kept_rows=1)
        assert stored(store) == {PERIODS[1]: (1, (("USD", Decimal("3")),))}

    @pytest.mark.parametrize("fault", get_args(Fault))
    def test_a_fault_loses_doubles_and_invents_nothing(self, vendor: Vendor, store: IngestStore, fault: Fault) -> None:
        if fault in self.waived:
            pytest.skip(f"waived for {vendor.name}: {self.waived[fault]}")
        vendor.deliver(PERIODS[0], [BilledRow(cost=Decimal("1"))], run="one")
        vendor.deliver(PERIODS[1], [BilledRow(cost=Decimal("10"))], run="one")
        collect(vendor, store)
        survived = 0
        for variant in range(VARIANTS.get(fault, 2)):
            before = stored(store)
            after = before | {PERIODS[1]: (1, (("USD", Decimal(20 + variant)),))}
            vendor.deliver(PERIODS[1], [BilledRow(cost=Decimal(20 + variant))], run=f"two-{variant}")
            vendor.break_next(fault, PERIODS[1], variant=variant)
            try:
                report = collect(vendor, store)
            except CollectorError as error:
                failures = [str(error)]
            else:
                failures = [str(each.error) for each in report.failures]
            found = stored(store)
            assert found == (before if failures else after), (variant, failures)
            assert all("\n" not in failure and len(failure) > 20 for failure in failures), failures
            if fault in HARMLESS:
                assert not failures
            elif fault not in PASSING:
                assert failures, f"{fault} did not befall the collection"
            survived += not failures
            vendor.mend()
            vendor.deliver(PERIODS[1], [BilledRow(cost=Decimal(20 + variant))], run=f"three-{variant}")
            assert not collect(vendor, store).failures
            assert stored(store) == after
        if fault in ("throttled", "server_error"):
            assert survived, f"no form of {fault} was waited out"

    def test_a_matching_total_closes_the_month_and_a_later_restatement_reopens_it(
        self, vendor: Vendor, store: IngestStore
    ) -> None:
        vendor.deliver(PERIODS[0], [BilledRow(cost=Decimal("40")), BilledRow(cost=Decimal("2"), day=5)], run="one")
        vendor.state_total(PERIODS[0], {"USD": Decimal("42.00")}, final=True)
        collect(vendor, store)
        (check,) = self._reconcile(vendor, store)
        assert (check.level, check.status) == ("independent_total", "matched"), check
        assert self._standing(store).state == "closed"
        vendor.deliver(PERIODS[0], [BilledRow(cost=Decimal("42")), BilledRow(cost=Decimal("-1"), day=5)], run="two")
        collect(vendor, store)
        assert self._standing(store).state == "reopened"

    def test_a_total_that_differs_withholds_the_month_and_says_both_figures(
        self, vendor: Vendor, store: IngestStore
    ) -> None:
        vendor.deliver(PERIODS[0], [BilledRow(cost=Decimal("40"))], run="one")
        vendor.state_total(PERIODS[0], {"USD": Decimal("40.03")}, final=True)
        collect(vendor, store)
        (check,) = self._reconcile(vendor, store)
        assert check.status == "mismatch", check
        standing = self._standing(store)
        assert standing.state == "provisional"
        assert "40.00 USD" in standing.withheld
        assert "40.03 USD" in standing.withheld

    def test_a_total_that_may_still_change_closes_nothing(self, vendor: Vendor, store: IngestStore) -> None:
        vendor.deliver(PERIODS[0], [BilledRow(cost=Decimal("40"))], run="one")
        vendor.state_total(PERIODS[0], {"USD": Decimal("40")}, final=False)
        collect(vendor, store)
        (check,) = self._reconcile(vendor, store)
        assert check.status == "matched"
        assert self._standing(store).state == "provisional"
        vendor.state_total(PERIODS[0], {"USD": Decimal("41")}, final=False)
        assert self._reconcile(vendor, store) == (check,), "asked again at once, which some vendors charge for"
        (later,) = self._reconcile(vendor, store, at=NOW + timedelta(hours=7))
        assert later.status == "mismatch"

    def test_no_secret_is_in_an_opened_collector(self, vendor: Vendor) -> None:
        collector = vendor.open()
        try:
            shown = repr(collector) + repr(collector.connection)
        finally:
            collector.close()
        assert not [secret for secret in self.secrets if secret in shown]

    secrets: ClassVar[tuple[str, ...]] = ()

    @pytest.mark.slow
    @pytest.mark.timeout(900)
    @pytest.mark.parametrize("seed", range(10))
    def test_no_history_of_deliveries_faults_and_crashes_loses_doubles_or_invents_a_cent(
        self, vendor: Vendor, tmp_path: Path, seed: int
    ) -> None:
        history = self.history(vendor, tmp_path / "histories", random.Random(seed))
        for _ in range(HISTORIES // 10):
            # Histories follow each other on one export: each starts from what the one before left.
            for _ in range(history.draw.randint(1, 2)):
                history.deliver(empty=vendor.shows_empty and history.draw.random() < 0.1)
            step = history.draw.choice((history.crash, history.suffer, history.collect))
            step()
            history.collect()
        assert history.deaths >= 3, "hardly any of the crashes came before the end of what they were to interrupt"
        assert read_back(open_store(history.folder)) == {
            period: costs for period, (_, costs) in sorted(history.held.items())
        }

    def _reconcile(self, vendor: Vendor, store: IngestStore, at: datetime = NOW):  # type: ignore[no-untyped-def]
        collector = vendor.open()
        try:
            return reconcile(collector, store, WINDOW, now=at)
        finally:
            collector.close()

    def _standing(self, store: IngestStore):  # type: ignore[no-untyped-def]
        (standing,) = period_standings(store, now=NOW)
        return standing
