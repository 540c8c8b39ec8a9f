"""The contract's own prices: the price sheet of a billing account (Enterprise) or billing profile (Customer Agreement).

Azure prepares the sheet while it is asked again and again, then names an address that expires and is itself a secret:
it is never told in an error. The sheet is CSV, alone or in an archive.
Source: https://learn.microsoft.com/rest/api/cost-management/price-sheet.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any, Final

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from collectors.azure.client import ArmAnswer, ArmCall, AzureClients
from collectors.azure.credentials import VENDOR
from collectors.azure.faults import FIRST_FAULT, check_download_url
from collectors.azure.pipeline import LONGEST_PAUSE_SECONDS, longest_pause_seconds
from collectors.azure.price_rows import TERMS, Price, PriceRows
from collectors.azure.regions import REGION_SPELLINGS
from collectors.errors import InvalidManifest, ProviderUnavailable

API_VERSION: Final = "2025-03-01"
SHEET_PERMISSION: Final = "Billing account reader (Microsoft.CostManagement/pricesheets/download/action)"
MOST_POLLS: Final = 120
POLL_SECONDS: Final = 15.0
LARGEST_SHEET_BYTES: Final = 8 << 30

_ACCEPTED: Final = 202
_BILLING_SCOPE: Final = re.compile(
    r"providers/Microsoft\.Billing/billingAccounts/([^/]+)(?:/billingProfiles/([^/]+))?", re.IGNORECASE
)
_NO_TERMS: Final = ("consumption", "")


def sheet_path(scope: str, period: str) -> str | None:
    """Where the sheet of a billing scope is asked for, None where the scope has none."""
    found = _BILLING_SCOPE.fullmatch(scope)
    if found is None:
        return None
    tail = "" if found[2] else f"/billingPeriods/{period.replace('-', '')}"
    return f"{scope}{tail}/providers/Microsoft.CostManagement/pricesheets/default/download"


def add_price_sheet(clients: AzureClients, rows: PriceRows, period: str) -> None:
    """Add the contract's prices in ``period`` (of the present, under a Customer Agreement) if the scope has a sheet.

    Raises:
        InvalidManifest: a sheet that cannot be read, or named on another host or without TLS.
        AccessDenied, NotFoundAtProvider, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
    """
    path = sheet_path(clients.connection.scope, period)
    if path is None:
        return
    location = f"price sheet of {clients.connection.scope}"
    url = _wait_for_url(clients, path, location)
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "sheet"
        _download(clients, url, sheet, location)
        for row in _sheet_rows(sheet, location):
            try:
                _add(clients, rows, row)
            except (KeyError, ValueError, InvalidOperation) as fault:
                raise InvalidManifest(
                    f"Azure's {location} cannot be read ({fault!r}); expected a price sheet's columns; report this",
                    vendor=VENDOR,
                    location=location,
                ) from fault


def _wait_for_url(clients: AzureClients, path: str, location: str) -> str:
    call = ArmCall(
        method="POST", path=path, query={"api-version": API_VERSION}, permission=SHEET_PERMISSION, location=location
    )
    answer = clients.resource_manager(call)
    for _ in range(MOST_POLLS):
        if answer.status != _ACCEPTED:
            return _url_in(answer, location)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        following = headers.get("location") or headers.get("azure-asyncoperation")
        if not following:
            break
        asked = longest_pause_seconds(headers, parse=float)
        clients.pause(POLL_SECONDS if asked is None else min(asked, LONGEST_PAUSE_SECONDS))
        call = ArmCall(path=following, permission=SHEET_PERMISSION, location=location)
        answer = clients.resource_manager(call)
    raise ProviderUnavailable(
        f"Azure did not finish the {location} in time; try again later", vendor=VENDOR, location=location
    )


def _url_in(answer: ArmAnswer, location: str) -> str:
    properties = answer.body.get("properties")
    nested = properties.get("downloadUrl") if isinstance(properties, Mapping) else None
    url = answer.body.get("downloadUrl") or nested
    if not isinstance(url, str) or not url:
        raise InvalidManifest(
            f"Azure finished the {location} without naming a download; try again, else report this",
            vendor=VENDOR,
            location=location,
        )
    check_download_url(url, location=location)
    return url


def _download(clients: AzureClients, url: str, target: Path, location: str) -> None:
    """The causes of faults are left out on purpose: they quote the address."""
    size, status = 0, 0
    try:
        with (
            clients.public.send_request(HttpRequest("GET", url), stream=True) as response,
            target.open("wb") as writing,
        ):
            status = response.status_code
            for chunk in response.iter_bytes() if status < FIRST_FAULT else ():
                size += writing.write(chunk)
                if size > LARGEST_SHEET_BYTES:
                    break
    except AzureError:
        status = FIRST_FAULT
    if status >= FIRST_FAULT:
        raise ProviderUnavailable(
            f"Azure did not send the {location}; try again later", vendor=VENDOR, location=location
        )
    _check_size(size, location)


def _check_size(size: int, location: str) -> None:
    if size > LARGEST_SHEET_BYTES:
        raise InvalidManifest(
            f"Azure's {location} is larger than {LARGEST_SHEET_BYTES} bytes; report this",
            vendor=VENDOR,
            location=location,
        )


def _sheet_rows(sheet: Path, location: str) -> Iterator[Mapping[str, str]]:
    """Rows with names in lower case; every CSV of an archive, one after the other."""
    try:
        if not zipfile.is_zipfile(sheet):
            with sheet.open("rb") as stream:
                yield from _csv_rows(stream)
            return
        with zipfile.ZipFile(sheet) as archive:
            members = [each for each in archive.infolist() if each.filename.lower().endswith(".csv")]
            _check_size(sum(each.file_size for each in members), location)
            for member in members:
                with archive.open(member) as stream:
                    yield from _csv_rows(stream)
    except (zipfile.BadZipFile, UnicodeDecodeError, csv.Error, EOFError) as fault:
        raise InvalidManifest(
            f"Azure's {location} is not a whole CSV or archive of CSV ({type(fault).__name__}); try again",
            vendor=VENDOR,
            location=location,
        ) from fault


def _csv_rows(stream: IO[bytes]) -> Iterator[Mapping[str, str]]:
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        for row in csv.DictReader(text):
            yield {str(name).strip().lower(): value for name, value in row.items() if isinstance(value, str)}


def _add(clients: AzureClients, rows: PriceRows, row: Mapping[str, str]) -> None:
    connection = clients.connection
    folded = row["meterregion"].lower().replace(" ", "").replace("(", "").replace(")", "")
    region = REGION_SPELLINGS.get(folded, folded)
    if region and connection.price_regions and region not in connection.price_regions:
        rows.leave_out("contract price of another region")
        return
    if connection.price_services and row["metercategory"] not in connection.price_services:
        rows.leave_out("contract price of another service")
        return
    kind, stated = row.get("pricetype", "").strip().lower(), row.get("term", "").strip()
    term = _term(kind, stated, row["metername"])
    if term is None:
        rows.leave_out(f"contract price of type {kind} for {stated or 'no term'}")
        return
    rows.prices.append(_price(row, region, term, kind, stated))


def _term(kind: str, stated: str, meter: str) -> str | None:
    if kind in _NO_TERMS:
        return "spot" if "spot" in meter.lower() or "low priority" in meter.lower() else "on_demand"
    return TERMS.get(stated.lower()) if kind in ("reservation", "savingsplan", "savings plan") else None


def _price(row: Mapping[str, str], region: str, term: str, kind: str, stated: str) -> Price:
    """A reservation's price is for its whole term; every other for its unit."""
    part = row.get("partnumber") or f"{row.get('productid', '')}/{row.get('skuid', '')}"
    return Price(
        service=row["metercategory"],
        sku_id=row.get("skuid") or row["meterid"],
        sku_price_id=f"{part}/{row['meterid']}" + ("" if kind in _NO_TERMS else f"/{kind.replace(' ', '')}/{term}"),
        region=region,
        description=f"{row.get('product') or row.get('productname', '')} - {row['metername']}",
        unit=stated if kind == "reservation" else row["unitofmeasure"],
        currency=row.get("currencycode") or row.get("currency") or row["billingcurrency"],
        quantity_from=Decimal(row.get("tierminimumunits") or 0),
        unit_price=Decimal(row["unitprice"]),
        term=term,
        is_contracted=True,
        effective_from=_at(row.get("effectivestartdate")),
        effective_to=_at(row.get("effectiveenddate")),
    )


def _at(text: Any) -> datetime | None:
    """A date of a sheet, ISO 8601 or month/day/year, in UTC."""
    if not text:
        return None
    day = str(text).split(" ")[0] if "/" in str(text) else str(text)
    at = datetime.strptime(day, "%m/%d/%Y") if "/" in day else datetime.fromisoformat(day)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
