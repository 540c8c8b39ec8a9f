"""Query services billed by bytes scanned or by capacity: BigQuery, Athena, Synapse serverless, Redshift, Glue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import APACHE, FACTS, MIT, DraftPrice, Drafts, Origin
from collectors.pricing.sources.price_index import HOME_REGIONS, RegionalIndex
from collectors.pricing.sources.reading import yaml_decimals

_FILE: Final = "prices/benchbox/pricing_data.yaml"
_LISTED: Final = date(2026, 9, 18)
BIGQUERY: Final = Origin(
    source="cloud.google.com/bigquery/pricing 2026-09-18 (BenchBox)", as_of_on=_LISTED, licence=MIT
)
ATHENA: Final = Origin(source="AWS Athena price list 2026-09-18 (BenchBox)", as_of_on=_LISTED, licence=MIT)
SYNAPSE: Final = Origin(
    source="Azure Retail Prices API, Synapse serverless 2026-09-18 (BenchBox)", as_of_on=_LISTED, licence=MIT
)
REDSHIFT: Final = Origin(source="AWS Redshift price list 2026-09-18 (BenchBox)", as_of_on=_LISTED, licence=MIT)
GOLDEN: Final = Origin(source="Infracost golden files 2024-07-01", as_of_on=date(2024, 7, 1), licence=APACHE)
EDITIONS: Final = Origin(source="cloud.google.com/bigquery/pricing 2025-26", as_of_on=date(2025, 1, 1), licence=FACTS)
REDSHIFT_PAGE: Final = Origin(source="aws.amazon.com/redshift/pricing 2026", as_of_on=date(2026, 1, 1), licence=FACTS)

Seen = Mapping[str, tuple[Decimal, Origin]]


def read_analytics(source: Path, drafts: Drafts, indices: Mapping[str, RegionalIndex]) -> None:
    """BigQuery scans are per TiB as published. Athena and Synapse print "TB" without a divisor: read as 10^12 bytes."""
    path = source / _FILE
    aws, azure, gcp = (_Seller(drafts, indices[provider], drafts.regions_of(provider)) for provider in HOME_REGIONS)
    aws.sell("aws_athena", "scan", "TB", _by_region(path, "athena_price_per_tb", ATHENA))
    azure.sell("azure_synapse", "scan", "TB", _by_region(path, "synapse_serverless_price_per_tb", SYNAPSE))
    aws.sell("aws_glue", "dpu_hour", "DPU-hour", {"us-east-1": (Decimal("0.44"), GOLDEN)})
    aws.sell("aws_redshift", "rpu_hour", "RPU-hour", {"us-east-1": (Decimal("0.375"), REDSHIFT_PAGE)})
    _sell_redshift_nodes(path, drafts)
    gcp.sell_seen("gcp_bigquery", "scan", "TiB", _by_region(path, "bigquery_on_demand_prices", BIGQUERY))
    gcp.sell("gcp_bigquery", "storage.active", "GiB-month", {"us-central1": (Decimal("0.023"), GOLDEN)})
    gcp.sell("gcp_bigquery", "storage.long_term", "GiB-month", {"us-central1": (Decimal("0.016"), GOLDEN)})
    weak = EDITIONS.but(source=f"{EDITIONS.source}, figure recalled and not seen", confidence="low")
    gcp.sell("gcp_bigquery", "slot.standard", "slot-hour", {"us-central1": (Decimal("0.04"), EDITIONS)})
    gcp.sell("gcp_bigquery", "slot.enterprise", "slot-hour", {"us-central1": (Decimal("0.06"), weak)})
    gcp.sell("gcp_bigquery", "slot.enterprise_plus", "slot-hour", {"us-central1": (Decimal("0.10"), weak)})


class _Seller:
    def __init__(self, drafts: Drafts, index: RegionalIndex, regions: Iterable[str]) -> None:
        self._drafts = drafts
        self._index = index
        self._regions = tuple(regions)

    def sell_seen(self, service: str, meter: str, unit: str, seen: Seen) -> None:
        """Only where it was seen; buckets of the table that are no region are counted as rejected."""
        for region, (usd, origin) in seen.items():
            self._keep(service, meter, unit, region, usd, origin)

    def sell(self, service: str, meter: str, unit: str, seen: Seen) -> None:
        """Where it was seen, and the home region's price times the price index everywhere else."""
        home_usd, home_origin = seen[self._index.home]
        for region in self._regions:
            priced = seen.get(region) or self._index.estimate(home_usd, region, home_origin, self._index.home)
            if priced is None:
                self._drafts.reject(home_origin.source, f"no price index for {self._index.provider}:{region}")
            else:
                self._keep(service, meter, unit, region, *priced)

    def _keep(self, service: str, meter: str, unit: str, region: str, usd: Decimal, origin: Origin) -> None:
        place_id = f"{self._index.provider}:{region}"
        draft = DraftPrice(service=service, meter=meter, place_id=place_id, unit=unit, usd=usd, origin=origin)
        self._drafts.price(draft)


def _sell_redshift_nodes(path: Path, drafts: Drafts) -> None:
    for (node, region), usd in yaml_decimals(path, "redshift_node_prices").items():
        if region == "other":
            drafts.reject(REDSHIFT.source, "no region named")
            continue
        drafts.price(
            DraftPrice(
                service="aws_redshift",
                meter=f"node.{node}",
                place_id=f"aws:{region}",
                unit="hour",
                usd=usd,
                origin=REDSHIFT,
            )
        )


def _by_region(path: Path, section: str, origin: Origin) -> dict[str, tuple[Decimal, Origin]]:
    return {keys[0]: (usd, origin) for keys, usd in yaml_decimals(path, section).items()}
