"""There is more, or less, to do: data and work grow together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import ClassVar, Self

from optimizer.domain.estate import AgeBand, BilledMonth, Dataset, Demand, Flow, Workload
from optimizer.domain.located_toml import LocatedTable
from optimizer.domain.policy import Selector
from optimizer.units import HOURS_PER_MONTH
from scenarios.edits.names import KnownNames, read_ratio, read_selector, selection_in_words
from scenarios.errors import InvalidEdit
from scenarios.inputs import PlanningInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandGrowth:
    """Everything the selected things do and hold is multiplied by ``ratio``; so is what they cost as they are.

    * Work: ``vcpu_hours`` and ``scanned_gb``. Machines (virtual_machine) get bigger; jobs and warehouses run longer,
      and get bigger too once a month has no more hours (730).
    * Data: GB, objects and requests of every age band, and what is written.
    * Flows of which an end is selected. Commitments do not grow.
    """

    ratio: Decimal
    select: Selector = field(default_factory=Selector)
    type: ClassVar[str] = "demand_growth"

    @property
    def sentence(self) -> str:
        """What it changes, in words."""
        return f"demand of {selection_in_words(self.select)} changes by {(self.ratio - 1) * 100:+.4g} %"

    @classmethod
    def read(cls, table: LocatedTable, known: KnownNames) -> Self:
        """``ratio`` and selector keys."""
        return cls(ratio=read_ratio(table), select=read_selector(table, known))

    def apply(self, inputs: PlanningInputs) -> PlanningInputs:
        """Grow the selected things.

        Raises:
            InvalidEdit: nothing is selected.
        """
        selected = inputs.selected_ids(self.select)
        if not selected:
            raise InvalidEdit(f"{self.type}: no workload or dataset is {selection_in_words(self.select)}")
        estate, ratio = inputs.estate, self.ratio
        return inputs.with_estate(
            workloads=tuple(_grown_workload(w, ratio) if w.id in selected else w for w in estate.workloads),
            datasets=tuple(_grown_dataset(d, float(ratio), ratio) if d.id in selected else d for d in estate.datasets),
            flows=tuple(
                _grown_flow(flow, float(ratio)) if selected & {flow.source_id, flow.target_id} else flow
                for flow in estate.flows
            ),
        )


def _grown_workload(workload: Workload, ratio: Decimal) -> Workload:
    demand, factor = workload.demand, float(ratio)
    if workload.role == "virtual_machine":
        longer = 1.0
    else:
        longer = min(factor, HOURS_PER_MONTH / demand.running_hours) if demand.running_hours else factor
    bigger = factor / longer
    grown = Demand(
        vcpu_hours=demand.vcpu_hours * factor,
        memory_gib=demand.memory_gib * bigger,
        peak_vcpu=demand.peak_vcpu * bigger,
        running_hours=demand.running_hours * longer,
        instances=demand.instances,
        scanned_gb=demand.scanned_gb * factor,
        interruptible=demand.interruptible,
    )
    return replace(workload, demand=grown, billed=_grown_bill(workload.billed, ratio))


def _grown_dataset(dataset: Dataset, factor: float, ratio: Decimal) -> Dataset:
    return replace(
        dataset,
        bands=tuple(_grown_band(band, factor) for band in dataset.bands),
        billed=_grown_bill(dataset.billed, ratio),
        written_gb_per_month=dataset.written_gb_per_month * factor,
        put_requests_per_month=dataset.put_requests_per_month * factor,
    )


def _grown_band(band: AgeBand, factor: float) -> AgeBand:
    return replace(
        band,
        stored_gb=band.stored_gb * factor,
        object_count=band.object_count * factor,
        retrieved_gb_per_month=band.retrieved_gb_per_month * factor,
        get_requests_per_month=band.get_requests_per_month * factor,
    )


def _grown_flow(flow: Flow, factor: float) -> Flow:
    return replace(flow, gb_per_month=flow.gb_per_month * factor)


def _grown_bill(billed: BilledMonth, ratio: Decimal) -> BilledMonth:
    def grown(amount_micro_usd: int) -> int:
        return int((Decimal(amount_micro_usd) * ratio).to_integral_value(ROUND_HALF_EVEN))

    return BilledMonth(
        compute_micro_usd=grown(billed.compute_micro_usd),
        storage_micro_usd=grown(billed.storage_micro_usd),
        requests_micro_usd=grown(billed.requests_micro_usd),
        retrieval_micro_usd=grown(billed.retrieval_micro_usd),
    )
