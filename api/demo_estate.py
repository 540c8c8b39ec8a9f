"""The reference estate put through the same doors as a customer's: files written, ingested, inventory adopted."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

from api.inventory_folder import adopt_inventory
from api.settings import Settings
from collectors.focus import ingest_files
from collectors.pricing import load_price_book
from collectors.sample import write_sample_estate
from collectors.store import IngestStore

AS_OF_ON: Final = date(2026, 11, 1)
FIRST_MONTH: Final = date(2026, 8, 1)


def prepare_demo(settings: Settings, *, seed: int, scale: float) -> str:
    """Write the estate's bills and inventory into the data directory and ingest them; a sentence about them."""
    folder = settings.data_directory / "estate"
    manifest = write_sample_estate(folder, prices=load_price_book(), seed=seed, scale=scale, first_month=FIRST_MONTH)
    adopted = adopt_inventory(manifest.inventory, settings.data_directory)
    store = IngestStore.open(settings.store_folder)
    report = ingest_files(store, manifest.bills, ingested_at=datetime.combine(AS_OF_ON, time(), UTC))
    return (
        f"estate: {report.rows:,} FOCUS rows of {len(manifest.annual_usd)} vendors, {adopted}; "
        f"{report.rejected_rows} rejected, totals agree to the cent"
    )
