"""Recommendations as flat rows for other tools; no cell can run as a formula."""

from __future__ import annotations

import json
import os
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pandas as pd

from optimizer.units import usd

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
FOCUS_SUBCATEGORY: Final = {"resize": "Rightsizing", "retire_duplicate": "Idle Resource Removal"}
FOCUS_GRADES: Final = {
    "very_low": "Very Low",
    "low": "Low",
    "medium": "Medium",
    "high": "High",
    "very_high": "Very High",
}


def write_export(stored: dict[str, Any], output: Path, *, kind: str) -> int:
    """Write the recommendations of a stored run; how many there were. Whole or not at all.

    ``focus`` writes CSV in the columns of the FOCUS 1.5 draft's Recommendation dataset.
    """
    shape = _focus_row if kind == "focus" else _row
    frame = pd.DataFrame([shape(advice, stored["run"]) for advice in stored["recommendations"]])
    output.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}-", suffix=f".{kind}")
    os.close(handle)
    try:
        if kind == "parquet":
            frame.to_parquet(unfinished, index=False)
        elif kind == "xlsx":
            _write_xlsx(frame, Path(unfinished))
        else:
            frame.map(_harmless).to_csv(unfinished, index=False)
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, output)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return len(frame)


def _row(advice: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    money, target = advice["money"], advice["targets"][0]
    now, then = advice["current"] or {}, advice["recommended"]
    return {
        "recommendation_id": advice["id"],
        "run_id": run["id"],
        "action_type": advice["action_type"],
        "priority": advice["priority"],
        "title": advice["title"],
        "description": advice["description"],
        "target": target["name"],
        "kind": target["kind"],
        "business_unit": advice["scope"]["business_unit"],
        "current_place": now.get("place_id"),
        "current_service": now.get("service_name"),
        "current_sku": now.get("sku") or now.get("tier"),
        "recommended_place": then["place_id"],
        "recommended_service": then["service_name"],
        "recommended_sku": then["sku"] or then["tier"],
        "recommended_purchase": then["purchase"],
        "saving_low_usd_per_month": _usd(money["savings"]["low_micro_usd"]),
        "saving_expected_usd_per_month": _usd(money["savings"]["expected_micro_usd"]),
        "saving_high_usd_per_month": _usd(money["savings"]["high_micro_usd"]),
        "deduplicated_contribution_usd_per_month": _usd(money["deduplicated_contribution_micro_usd"]),
        "one_off_usd": _usd(sum(money["one_off"].values())),
        "payback_months": money["payback_months"],
        "effort": advice["operations"]["effort"],
        "risk": advice["operations"]["risk"],
    }


def _focus_row(advice: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """Columns of the draft; ``EstimatedMonthlyCostImpact`` is negative for a saving."""
    target, placement = advice["targets"][0], advice["current"] or advice["recommended"]
    details = {"x_ActionType": advice["action_type"], "x_RunId": run["id"], "x_Recommended": advice["recommended"]}
    return {
        "RecommendationId": advice["id"],
        "RecommendationProviderName": "workload-placement",
        "RecommendationCreated": run["requested_at"].isoformat(),
        "RecommendationLastUpdated": run["finished_at"].isoformat(),
        "RecommendationStatus": "Open",
        "RecommendationCategory": "Cost",
        "RecommendationSubcategory": FOCUS_SUBCATEGORY.get(advice["action_type"], "Other (Cost)"),
        "RecommendationDescription": advice["description"],
        "RecommendationDetails": json.dumps(details, sort_keys=True),
        "EstimatedMonthlyCostImpact": -_usd(advice["money"]["savings"]["expected_micro_usd"]),
        "Currency": "USD",
        "ImplementationEffort": FOCUS_GRADES[advice["operations"]["effort"]],
        "ImplementationRisk": FOCUS_GRADES[advice["operations"]["risk"]],
        "BillingAccountId": advice["scope"]["billing_account_id"] or None,
        "SubAccountId": advice["scope"]["sub_account_id"] or None,
        "RegionId": placement["region_id"],
        "ResourceId": target["resource_ids"][0] if target["resource_ids"] else None,
        "ResourceName": target["name"],
        "ServiceName": placement["service_name"],
        "ServiceProviderName": placement["provider"],
    }


def _usd(micro_usd: int) -> Decimal:
    return usd(micro_usd)


def _harmless(cell: object) -> object:
    """Text that a spreadsheet would run as a formula gets a quote in front (CWE-1236)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _write_xlsx(frame: pd.DataFrame, file: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "recommendations"
    sheet.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        sheet.append([None if pd.isna(cell) else float(cell) if isinstance(cell, Decimal) else cell for cell in row])
    for line in sheet.iter_rows():
        for cell in line:
            if cell.data_type == "f":
                cell.data_type = "s"
    sheet.freeze_panes = "A2"
    book.save(file)
