"""Statements that are about nothing in an estate are named."""

from __future__ import annotations

from datetime import date

from optimizer.domain.estate import Estate
from optimizer.domain.policy_file import parse_policy
from optimizer.domain.policy_reach import idle_statement_ids
from tests.policy.test_selector import JOB, TRADES

TEXT = """
[policy]
name = "p"
[[residency]]
id = "used"
jurisdictions = ["DE"]
allow_jurisdictions = ["DE"]
[[residency]]
id = "misspelt-class"
data_classes = ["restrictd"]
allow_jurisdictions = ["DE"]
[[keep_apart]]
id = "only-one-of-them"
ids = ["job", "gone"]
[[keep_together]]
id = "both"
ids = ["job", "trades"]
[[recovery]]
id = "no-dataset"
ids = ["job"]
[[pin]]
id = "no-such-unit"
business_units = ["closed"]
[[move_budget]]
id = "always-about-all"
max_moves = 1
"""


def test_idle_statements_are_named_in_the_order_of_the_policy() -> None:
    policy = parse_policy(TEXT, file="p.toml", known_place_ids=[], known_jurisdictions=["DE"])
    estate = Estate(
        name="e", as_of_on=date(2026, 11, 1), billing_months=(), workloads=(JOB,), datasets=(TRADES,), flows=()
    )
    assert idle_statement_ids(policy, estate) == ("misspelt-class", "only-one-of-them", "no-dataset", "no-such-unit")
