"""Selectors: what a statement is about."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from optimizer.domain.estate import BilledMonth, Dataset, Demand, Tags, Workload
from optimizer.domain.policy import Selector
from optimizer.domain.policy_contradictions import covers
from optimizer.domain.policy_file import parse_policy

_TAGS = Tags(business_unit="risk", environment="test", data_class="restricted", jurisdiction="DE")
JOB = Workload(
    id="job",
    name="job",
    role="batch_compute",
    place_id="aws:us-east-1",
    service="aws_glue",
    sku="dpu",
    purchase="on_demand",
    tags=_TAGS,
    demand=Demand(vcpu_hours=1, memory_gib=1, peak_vcpu=1, running_hours=1),
    billed=BilledMonth(),
)
TRADES = Dataset(
    id="trades", name="trades", place_id="aws:us-east-1", service="aws_s3", tags=_TAGS, bands=(), billed=BilledMonth()
)
MATCHING = {
    "kinds": ("workload", "dataset"),
    "ids": ("job", "trades"),
    "business_units": ("risk",),
    "data_classes": ("restricted",),
    "jurisdictions": ("DE",),
    "environments": ("test",),
    "roles": ("batch_compute", "object_storage"),
    "services": ("aws_glue", "aws_s3"),
}


def test_an_empty_selector_selects_everything() -> None:
    assert Selector().selects(JOB)
    assert Selector().selects(TRADES)


@given(st.sets(st.sampled_from(sorted(MATCHING))), st.sets(st.sampled_from(sorted(MATCHING))))
def test_one_disagreeing_field_is_enough_to_leave_a_thing_out(matching: set[str], disagreeing: set[str]) -> None:
    agreeing = Selector(**{name: MATCHING[name] for name in matching})
    assert agreeing.selects(JOB)
    assert agreeing.selects(TRADES)
    other = replace(agreeing, **dict.fromkeys(disagreeing, ("something else",)))
    assert other.selects(JOB) == (not disagreeing)


_SELECTORS = st.builds(
    Selector,
    kinds=st.sampled_from([(), ("dataset",), ("workload",), ("dataset", "workload")]),
    data_classes=st.sampled_from([(), ("restricted",), ("restricted", "internal")]),
    jurisdictions=st.sampled_from([(), ("DE",), ("US", "DE")]),
)


@given(_SELECTORS, _SELECTORS)
def test_a_covering_selector_selects_all_that_the_covered_one_does(wide: Selector, narrow: Selector) -> None:
    things = [
        replace(thing, tags=replace(thing.tags, data_class=data_class, jurisdiction=jurisdiction))
        for thing in (JOB, TRADES)
        for data_class in ("restricted", "internal", "public")
        for jurisdiction in ("DE", "US", "CH")
    ]
    contained = all(wide.selects(thing) for thing in things if narrow.selects(thing))
    if covers(wide, narrow):
        assert contained


@given(_SELECTORS)
def test_a_selector_written_to_a_file_comes_back_the_same(selector: Selector) -> None:
    keys = "".join(
        f"{field.name} = {list(getattr(selector, field.name))}\n"
        for field in fields(Selector)
        if getattr(selector, field.name)
    )
    text = f'[policy]\nname = "p"\n[[pin]]\nid = "pin"\n{keys}'
    policy = parse_policy(text, file="p.toml", known_place_ids=[], known_jurisdictions=["DE", "US"])
    assert policy.pins[0].select == selector
