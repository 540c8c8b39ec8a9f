"""Only complete billing months count."""

from __future__ import annotations

from datetime import date

import pytest

from collectors.errors import Terminal
from collectors.estate import NoCompleteMonth
from collectors.estate.months import BillTrust, SourceMonth, window_of

_ENDS_ON = {"2026-08": date(2026, 9, 1), "2026-09": date(2026, 10, 1), "2026-10": date(2026, 11, 1)}


def bill(source: str, month: str, used_until_on: date | None = None) -> SourceMonth:
    ends_on = _ENDS_ON[month]
    return SourceMonth(source=source, month=month, ends_on=ends_on, used_until_on=used_until_on or ends_on)


def test_the_last_complete_months_are_used_oldest_first() -> None:
    found = [bill("aws", month) for month in _ENDS_ON]
    assert window_of(found, as_of_on=date(2026, 11, 5), months=2).months == ("2026-09", "2026-10")


def test_a_month_that_has_not_ended_is_left_out_and_named() -> None:
    found = [bill("aws", month) for month in _ENDS_ON]
    window = window_of(found, as_of_on=date(2026, 10, 31), months=3)
    assert window.months == ("2026-08", "2026-09")
    assert window.refused == ("2026-10 of aws is open until 2026-11-01",)


def test_a_month_counts_as_ended_on_the_day_its_period_ends() -> None:
    assert window_of([bill("aws", "2026-08")], as_of_on=date(2026, 9, 1), months=3).months == ("2026-08",)


def test_a_newest_month_whose_usage_stops_early_is_left_out() -> None:
    found = [bill("aws", "2026-08"), bill("aws", "2026-09", used_until_on=date(2026, 9, 20))]
    window = window_of(found, as_of_on=date(2026, 11, 1), months=3)
    assert window.months == ("2026-08",)
    assert window.refused == ("2026-09 of aws shows usage only until 2026-09-20",)


def test_an_older_month_may_be_quiet_at_its_end() -> None:
    found = [bill("aws", "2026-08", used_until_on=date(2026, 8, 20)), bill("aws", "2026-09")]
    assert window_of(found, as_of_on=date(2026, 11, 1), months=3).months == ("2026-08", "2026-09")


def test_a_bill_of_purchases_alone_is_complete_when_its_period_has_ended() -> None:
    entry = SourceMonth(source="azure", month="2026-08", ends_on=date(2026, 9, 1), used_until_on=None)
    assert window_of([entry], as_of_on=date(2026, 9, 1), months=1).months == ("2026-08",)


def test_a_source_that_lacks_a_month_is_counted_by_the_months_it_has() -> None:
    found = [bill("aws", "2026-08"), bill("aws", "2026-09"), bill("snowflake", "2026-09")]
    window = window_of(found, as_of_on=date(2026, 11, 1), months=2)
    assert window.months_of_source == {"aws": 2, "snowflake": 1}
    assert window.sources_with_gaps == ("snowflake",)


@pytest.mark.parametrize("found", [[], [bill("aws", "2026-10")]])
def test_without_a_complete_month_there_is_no_estate(found: list[SourceMonth]) -> None:
    with pytest.raises(NoCompleteMonth, match="ingest one") as caught:
        window_of(found, as_of_on=date(2026, 10, 15), months=3)
    assert isinstance(caught.value, Terminal)
    assert len(caught.value.refused) == len(found)


def test_each_reason_why_no_month_is_complete_is_a_sentence_told_once() -> None:
    found = [bill("aws", "2026-08"), bill("azure", "2026-08"), bill("aws", "2026-09")]
    why = "aws and azure both hold 5.00 USD of the bill of account 1; leave one out"
    trust = BillTrust(withheld={("aws", "2026-08"): why, ("azure", "2026-08"): why, ("aws", "2026-09"): "it differs"})
    with pytest.raises(NoCompleteMonth) as caught:
        window_of(found, as_of_on=date(2026, 11, 1), months=3, trust=trust)
    assert f"on 2026-11-01. {why}. it differs. Expected at least one month" in str(caught.value)


def test_a_closed_bill_is_complete_whatever_day_its_last_usage_is_of() -> None:
    found = [bill("aws", "2026-10", date(2026, 10, 12))]
    with pytest.raises(NoCompleteMonth):
        window_of(found, as_of_on=date(2026, 11, 5), months=3)
    trust = BillTrust(closed=frozenset({("aws", "2026-10")}))
    assert window_of(found, as_of_on=date(2026, 11, 5), months=3, trust=trust).months == ("2026-10",)
