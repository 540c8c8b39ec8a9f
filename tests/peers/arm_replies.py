"""Bodies of Azure's replies: checked by the SDK's models where it has them, built as documented where not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from azure.mgmt.costmanagement import models

Body = dict[str, Any]
STORAGE_ACCOUNT: Final = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/billing"


def checked(model: type[Any], body: Mapping[str, Any]) -> Body:
    """The body, if the SDK's model knows every field and can read every value; ValueError names one that it cannot."""
    _check(model._deserialize(body, []), body, model.__name__)
    return dict(body)


def usage_page(columns: Mapping[str, str], rows: Iterable[Sequence[object]], next_link: str | None = None) -> Body:
    """One page of a cost query; ``columns`` are names with the types Number, String or Datetime, in the rows' order."""
    properties = {
        "nextLink": next_link,
        "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
        "rows": [list(row) for row in rows],
    }
    for row in properties["rows"] or ():
        if len(row) != len(columns):
            raise ValueError(f"a row of {len(row)} values for {len(columns)} columns: {row}")
    return checked(models.QueryResult, {"id": "q", "name": "q", "type": QUERY_TYPE, "properties": properties})


QUERY_TYPE: Final = "Microsoft.CostManagement/query"


def export(
    name: str,
    *,
    scope: str = "/subscriptions/s",
    kind: str = "FocusCost",
    container: str = "exports",
    root_folder: str = "billing",
    storage_account: str = STORAGE_ACCOUNT,
    overwrite: str = "OverwritePreviousReport",
    data_version: str = "1.2-preview",
) -> Body:
    """A daily month-to-date export in snappy Parquet."""
    body = {
        "id": f"{scope}/providers/Microsoft.CostManagement/exports/{name}",
        "name": name,
        "type": "Microsoft.CostManagement/exports",
        "properties": {
            "format": "Parquet",
            "compressionMode": "snappy",
            "dataOverwriteBehavior": overwrite,
            "partitionData": True,
            "definition": {
                "type": kind,
                "timeframe": "MonthToDate",
                "dataSet": {"granularity": "Daily", "configuration": {"dataVersion": data_version}},
            },
            "deliveryInfo": {
                "destination": {"container": container, "rootFolderPath": root_folder, "resourceId": storage_account}
            },
        },
    }
    return checked(models.Export, body)


def export_list(exports: Sequence[Body]) -> Body:
    """What listing the exports of a scope answers."""
    return checked(models.ExportListResult, {"value": list(exports)})


def run_history(runs: Iterable[Mapping[str, Any]]) -> Body:
    """What an export's run history answers; each run holds the fields of the SDK's ExportRunProperties."""
    value = [
        {"id": f"run-{position}", "name": f"run-{position}", "properties": dict(run)}
        for position, run in enumerate(runs)
    ]
    return checked(models.ExportExecutionListResult, {"value": value})


def price_sheet(download_url: str, expires_at: datetime) -> Body:
    """What the long-running price sheet download ends with."""
    body = {"downloadUrl": download_url, "expiryTime": expires_at.isoformat().replace("+00:00", "Z")}
    return checked(models.PricesheetDownloadProperties, body)


def benefit_recommendations(recommendations: Iterable[Mapping[str, Any]], next_link: str | None = None) -> Body:
    """A page of savings plan recommendations; each holds the fields of BenefitRecommendationModel."""
    value = [checked(models.BenefitRecommendationModel, recommendation) for recommendation in recommendations]
    return {"value": value, **_next(next_link)}


def benefit_utilization_summaries(summaries: Iterable[Mapping[str, Any]], next_link: str | None = None) -> Body:
    """A page of benefit utilisation; each holds the fields of BenefitUtilizationSummary, whose ``kind`` says which."""
    value = [checked(models.BenefitUtilizationSummary, summary) for summary in summaries]
    return {"value": value, **_next(next_link)}


def reservations(items: Iterable[Mapping[str, Any]], next_link: str | None = None) -> Body:
    """A page of reservations (https://learn.microsoft.com/rest/api/reserved-vm-instances/reservation/list-all)."""
    value = [{"type": "Microsoft.Capacity/reservationOrders/reservations", **item} for item in items]
    return {"value": value, **_next(next_link)}


def metrics(
    resource_id: str,
    name: str,
    series: Iterable[tuple[Mapping[str, str], Mapping[date, float]]],
    *,
    unit: str = "Bytes",
    aggregation: str = "average",
    region: str = "westeurope",
) -> Body:
    """Daily values of one metric by dimensions (https://learn.microsoft.com/rest/api/monitor/metrics/list)."""
    timeseries = [
        {
            "metadatavalues": [{"name": _localised(key.lower()), "value": value} for key, value in dimensions.items()],
            "data": [{"timeStamp": f"{day.isoformat()}T00:00:00Z", aggregation: value} for day, value in days.items()],
        }
        for dimensions, days in series
    ]
    value = {
        "id": f"{resource_id}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": _localised(name),
        "unit": unit,
        "timeseries": timeseries,
        "errorCode": "Success",
    }
    return {"cost": 0, "interval": "P1D", "resourceregion": region, "value": [value]}


def retail_prices(items: Sequence[Mapping[str, Any]], next_link: str | None = None) -> Body:
    """A page of retail prices (https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices)."""
    return {
        "BillingCurrency": "USD",
        "CustomerEntityId": "Default",
        "CustomerEntityType": "Retail",
        "Items": [dict(item) for item in items],
        "NextPageLink": next_link,
        "Count": len(items),
    }


def _next(link: str | None) -> dict[str, str]:
    return {} if link is None else {"nextLink": link}


def _localised(name: str) -> dict[str, str]:
    return {"value": name, "localizedValue": name}


def _check(read: Any, body: Mapping[str, Any], where: str) -> None:
    kind = type(read)
    fields = {rest._rest_name: name for name, rest in kind._attr_to_rest_field.items()}
    hints = {
        name: hint for base in reversed(kind.__mro__) for name, hint in vars(base).get("__annotations__", {}).items()
    }
    for key, given in body.items():
        if key not in fields:
            raise ValueError(f"{where}.{key} is no field of the SDK's {kind.__name__}: {', '.join(sorted(fields))}")
        _check_value(getattr(read, fields[key]), given, str(hints.get(fields[key], "")), f"{where}.{key}")


def _check_value(value: object, given: object, hint: str, where: str) -> None:
    if given is None:
        return
    if hasattr(type(value), "_attr_to_rest_field"):
        if not isinstance(given, Mapping):
            raise ValueError(f"{where} is {given!r}, expected an object")
        _check(value, given, where)
    elif isinstance(value, list) and isinstance(given, list):
        for position, (part, given_part) in enumerate(zip(value, given, strict=True)):
            _check_value(part, given_part, "", f"{where}[{position}]")
    elif "datetime" in hint and not isinstance(value, datetime):
        raise ValueError(f"{where} is {given!r}, expected a date and time in RFC 3339")
    elif re.fullmatch(r"typing\.Optional\[(float|int|decimal\.Decimal)\]", hint) and not isinstance(given, int | float):
        raise ValueError(f"{where} is {given!r}, expected a number")
    else:
        _check_enumeration(given, hint, where)


def _check_enumeration(given: object, hint: str, where: str) -> None:
    named = re.search(r"Union\[str, ForwardRef\('_models\.(\w+)'\)", hint)
    enumeration = getattr(models, named[1], None) if named else None
    if isinstance(enumeration, type) and issubclass(enumeration, Enum):
        known = [member.value for member in enumeration]
        if given not in known:
            raise ValueError(f"{where} is {given!r}, expected one of {', '.join(known)}")
