"""What the company really pays against the public list, by service: negotiated discounts as the bills show them.

``sum(ContractedCost) / sum(ListCost)`` over usage that no commitment covers, so that a commitment's discount is never
counted as a negotiated one (FOCUS: negotiated savings = ListCost - ContractedCost).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import pyarrow as pa

from collectors.inventory import Inventory
from collectors.store import IngestStore

RATIO_STEP: Final = Decimal("0.000001")
_RATIOS_SQL: Final = """
SELECT service_of.service, sum(ContractedCost), sum(ListCost)
FROM cost_and_usage JOIN service_of ON ResourceId = service_of.resource_id
WHERE ChargeCategory = 'Usage' AND CommitmentDiscountId IS NULL AND ChargeClass IS NULL
  AND ListCost > 0 AND ContractedCost > 0
  AND strftime(BillingPeriodStart, '%Y-%m') IN (SELECT unnest(?))
GROUP BY service_of.service ORDER BY service_of.service
"""


def contracted_ratios(store: IngestStore, inventory: Inventory, months: Sequence[str]) -> Mapping[str, Decimal]:
    """Contracted over list price of every service in use, for services where the bills state both."""
    services = {thing.workload_id: thing.service for thing in inventory.workloads}
    services |= {thing.dataset_id: thing.service for thing in inventory.datasets}
    owned = [row for row in inventory.resources if row.belongs_to in services]
    table = pa.table(
        {
            "resource_id": pa.array([row.resource_id for row in owned], pa.string()),
            "service": pa.array([services[row.belongs_to] for row in owned], pa.string()),
        }
    )
    with store.connect() as connection:
        connection.register("service_of", table)
        rows = connection.execute(_RATIOS_SQL, [list(months)]).fetchall()
    return {service: (contracted / listed).quantize(RATIO_STEP) for service, contracted, listed in rows}
