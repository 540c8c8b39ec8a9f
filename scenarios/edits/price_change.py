"""Some prices change: of a seller, a service, a place, a meter, or where these meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import ClassVar, Self

from optimizer.domain.estate import BilledMonth, Dataset, Workload
from optimizer.domain.located_toml import LocatedTable
from optimizer.explain.placement import seller_of
from optimizer.pricing.errors import NothingToScale
from scenarios.edits.names import KnownNames, read_known, read_ratio
from scenarios.errors import InvalidEdit
from scenarios.inputs import PlanningInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """Unit prices that match every criterion given are multiplied by ``ratio``.

    The bill follows: what runs today on a service whose prices change costs ``ratio`` times as much, except for the
    part that a commitment covers, whose price is agreed. ``provider`` is who sells: Snowflake and Databricks sell for
    themselves wherever they run. ``meter_prefix`` reaches the component of the bill that the meter is charged to
    (``storage``, ``get`` and ``put``, ``retrieval``; any other meter is compute, matched against the machine type or
    meter in use).
    """

    ratio: Decimal
    provider: str | None = None
    service: str | None = None
    place_id: str | None = None
    meter_prefix: str | None = None
    type: ClassVar[str] = "price_change"

    @property
    def sentence(self) -> str:
        """What it changes, in words."""
        named = [name for name in (self.provider, self.service, self.place_id, self.meter_prefix) if name]
        percent = (self.ratio - 1) * 100
        return f"prices of {' '.join(named) or 'everything'} change by {percent:+.4g} %"

    @classmethod
    def read(cls, table: LocatedTable, known: KnownNames) -> Self:
        """``ratio`` and any of ``provider``, ``service``, ``place``, ``meter_prefix``."""
        prefix = table.optional_str("meter_prefix", default="")
        return cls(
            ratio=read_ratio(table),
            provider=read_known(table, "provider", known.sellers, required=False),
            service=read_known(table, "service", known.services, required=False),
            place_id=read_known(table, "place", known.place_ids, required=False),
            meter_prefix=prefix or None,
        )

    def apply(self, inputs: PlanningInputs) -> PlanningInputs:
        """Another price book, and an estate whose bill follows it."""
        try:
            prices = inputs.prices.scaled(
                ratio=self.ratio,
                provider=self.provider,
                service=self.service,
                place_id=self.place_id,
                meter_prefix=self.meter_prefix,
            )
        except NothingToScale as error:
            raise InvalidEdit(f"{self.type}: no price matches; {error}") from error
        estate = replace(
            inputs.estate,
            workloads=tuple(self._repriced_workload(workload) for workload in inputs.estate.workloads),
            datasets=tuple(self._repriced_dataset(dataset) for dataset in inputs.estate.datasets),
        )
        return replace(inputs, prices=prices, estate=estate)

    def _concerns(self, thing: Workload | Dataset) -> bool:
        return (
            self.provider in (None, seller_of(thing.service, host_provider=thing.place_id.partition(":")[0]))
            and self.service in (None, thing.service)
            and self.place_id in (None, thing.place_id)
        )

    def _repriced_workload(self, workload: Workload) -> Workload:
        meter = self.meter_prefix
        if not self._concerns(workload) or (meter is not None and not workload.sku.startswith(meter)):
            return workload
        free = max(workload.billed.compute_micro_usd - workload.committed_micro_usd, 0)
        held = workload.billed.compute_micro_usd - free
        billed = _times(workload.billed, self.ratio, frozenset({"storage", "requests", "retrieval"}))
        return replace(workload, billed=replace(billed, compute_micro_usd=held + _scaled(free, self.ratio)))

    def _repriced_dataset(self, dataset: Dataset) -> Dataset:
        if not self._concerns(dataset):
            return dataset
        return replace(dataset, billed=_times(dataset.billed, self.ratio, self._storage_components()))

    def _storage_components(self) -> frozenset[str]:
        """Components of a dataset's bill that the meters are charged to."""
        if self.meter_prefix is None:
            return frozenset({"compute", "storage", "requests", "retrieval"})
        family = self.meter_prefix.partition(".")[0]
        charged_to = {"storage": "storage", "get": "requests", "put": "requests", "transition": "requests"}
        return frozenset({charged_to.get(family, family)})


def _times(billed: BilledMonth, ratio: Decimal, components: frozenset[str]) -> BilledMonth:
    amounts = {
        f"{name}_micro_usd": getattr(billed, f"{name}_micro_usd")
        for name in ("compute", "storage", "requests", "retrieval")
    }
    return BilledMonth(
        **{
            name: _scaled(amount, ratio) if name.removesuffix("_micro_usd") in components else amount
            for name, amount in amounts.items()
        }
    )


def _scaled(amount_micro_usd: int, ratio: Decimal) -> int:
    return int((Decimal(amount_micro_usd) * ratio).to_integral_value(ROUND_HALF_EVEN))
