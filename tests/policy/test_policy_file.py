"""Policy files: what they mean, and every class of mistake with its line."""

from __future__ import annotations

import textwrap
from decimal import Decimal

import pytest

from optimizer.domain import policy_file
from optimizer.domain.policy import Area, Policy, Selector
from optimizer.domain.policy_file import InvalidPolicyFile, parse_policy
from optimizer.errors import InvalidPolicy

PLACES = ("aws:eu-central-1", "aws:us-east-1", "azure:germanywestcentral", "azure:eastus", "gcp:europe-west3")
JURISDICTIONS = ("US", "DE", "EU", "EEA")
GENERAL = '[policy]\nname = "p"\n'


def parsed(text: str) -> Policy:
    return parse_policy(text, file="p.toml", known_place_ids=PLACES, known_jurisdictions=JURISDICTIONS)


def test_a_whole_file_becomes_the_policy_it_states() -> None:
    policy = parsed("""
[policy]
name = "whole"
horizon_months = 24
labour_usd_per_hour = 99.50
dual_run_months = 0.5
utilisation_target_ratio = 0.65
purchases = ["on_demand", "committed_1y"]
candidate_places = ["aws:us-east-1", "azure:eastus"]
[[residency]]
id = "eu"
because = "GDPR"
jurisdictions = ["DE"]
data_classes = ["restricted"]
allow_jurisdictions = ["EU"]
[[provider_policy]]
id = "no-gcp"
forbid_providers = ["gcp"]
forbid_continents = ["AF"]
[[latency]]
id = "near"
roles = ["sql_warehouse", "object_storage"]
max_rtt_ms = 30
[[capacity]]
id = "quota"
resource = "stored_gb"
places = ["aws:us-east-1"]
maximum = 1e6
[[keep_together]]
id = "one-place"
ids = ["a", "b"]
[[keep_apart]]
id = "two-clouds"
ids = ["k1", "k2"]
by = "provider"
[[recovery]]
id = "copies"
kinds = ["dataset"]
copies = 3
[[pin]]
id = "stay"
services = ["aws_glue"]
environments = ["test"]
business_units = ["risk"]
[[move_budget]]
id = "budget"
max_moves = 10
max_one_off_usd = 1000.25
[[provider_share]]
id = "share"
provider = "aws"
max_ratio = 0.6
[[footprint]]
id = "presence"
places = ["gcp:europe-west3"]
monthly_usd = 1500
""")
    assert policy.horizon_months == 24
    assert policy.labour_usd_per_hour == Decimal("99.50")
    assert (policy.dual_run_months, policy.utilisation_target_ratio) == (0.5, 0.65)
    assert policy.purchases == ("on_demand", "committed_1y")
    assert policy.candidate_places == ("aws:us-east-1", "azure:eastus")
    residency, provider_policy = policy.areas
    assert residency.select == Selector(jurisdictions=("DE",), data_classes=("restricted",))
    assert (residency.effect, residency.area) == ("allow", Area(jurisdictions=("EU",)))
    assert (provider_policy.effect, provider_policy.area) == ("forbid", Area(providers=("gcp",), continents=("AF",)))
    assert policy.latencies[0].max_rtt_ms == 30.0
    assert (policy.capacities[0].resource, policy.capacities[0].maximum) == ("stored_gb", 1e6)
    assert [(group.relation, group.by) for group in policy.groups] == [("together", "place"), ("apart", "provider")]
    assert (policy.recoveries[0].copies, policy.recoveries[0].distinct) == (3, "region")
    assert policy.pins[0].select.environments == ("test",)
    assert (policy.move_budgets[0].max_moves, policy.move_budgets[0].max_one_off_usd) == (10, Decimal("1000.25"))
    assert policy.provider_shares[0].max_ratio == 0.6
    assert policy.footprints[0].monthly_usd == 1500
    assert len(policy.statement_ids) == 11


def test_settings_left_out_have_the_defaults_of_the_policy() -> None:
    assert parsed(GENERAL) == Policy(name="p")


@pytest.mark.parametrize(
    ("text", "line", "key", "said"),
    [
        ('[policy]\nname = "p"\nhorizon = 3\n', 3, "policy.horizon", "did you mean 'horizon_months'?"),
        ("[policy]\nname = 3\n", 2, "policy.name", "found 3"),
        ("", 1, "policy.name", "add name"),
        (GENERAL + "horizon_months = 0\n", 3, "policy.horizon_months", "at least 1"),
        (GENERAL + "labour_usd_per_hour = -1\n", 3, "policy.labour_usd_per_hour", "found -1"),
        (GENERAL + "utilisation_target_ratio = 1.2\n", 3, "policy.utilisation_target_ratio", "at most 1"),
        (GENERAL + 'purchases = ["monthly"]\n', 3, "policy.purchases", "'monthly' is unknown"),
        (
            GENERAL + 'candidate_places = [\n"aws:us-east-1",\n"aws:us-est-1"]\n',
            5,
            "policy.candidate_places",
            "did you",
        ),
        (GENERAL + '[[residncy]]\nid = "a"\n', 3, "residncy", "did you mean 'residency'?"),
        (GENERAL + '[residency]\nid = "a"\n', 3, "residency", "[[residency]]"),
        (
            GENERAL + '[[residency]]\nid = "a"\nallow_jurisdictions = ["EUU"]\n',
            5,
            "residency.allow_jurisdictions",
            "did you mean 'EU'?",
        ),
        (
            GENERAL + '[[provider_policy]]\nid = "a"\nforbid_providers = ["awz"]\n',
            5,
            "provider_policy.forbid_providers",
            "did you mean 'aws'?",
        ),
        (
            GENERAL + '[[provider_policy]]\nid = "a"\nallow_continents = ["Europe"]\n',
            5,
            "provider_policy.allow_continents",
            "AF, AS, EU",
        ),
        (GENERAL + '[[residency]]\nid = "a"\n', 3, "residency", "found neither"),
        (
            GENERAL + '[[provider_policy]]\nid = "a"\nallow_providers = ["aws"]\nforbid_providers = ["gcp"]\n',
            3,
            "provider_policy",
            "found allow and forbid",
        ),
        (GENERAL + '[[latency]]\nid = "a"\nmax_rtt_ms = -5\n', 5, "latency.max_rtt_ms", "at least 0"),
        (GENERAL + '[[latency]]\nid = "a"\n', 3, "latency.max_rtt_ms", "add max_rtt_ms"),
        (GENERAL + "[[latency]]\nmax_rtt_ms = 5\n", 3, "latency.id", "add id"),
        (
            GENERAL + '[[capacity]]\nid = "a"\nresource = "cpus"\nmaximum = 1\n',
            5,
            "capacity.resource",
            "vcpu, memory_gib, stored_gb",
        ),
        (GENERAL + '[[keep_apart]]\nid = "a"\nby = "provder"\n', 5, "keep_apart.by", "did you mean 'provider'?"),
        (GENERAL + '[[recovery]]\nid = "a"\ncopies = 1\n', 5, "recovery.copies", "at least 2"),
        (GENERAL + '[[move_budget]]\nid = "a"\n', 3, "move_budget", "add one of them"),
        (
            GENERAL + '[[provider_share]]\nid = "a"\nprovider = "oci"\nmax_ratio = 0.5\n',
            5,
            "provider_share.provider",
            "aws, azure, gcp",
        ),
        (
            GENERAL + '[[provider_share]]\nid = "a"\nprovider = "aws"\nmax_ratio = 50\n',
            6,
            "provider_share.max_ratio",
            "at most 1",
        ),
        (GENERAL + '[[footprint]]\nid = "a"\nmonthly_usd = 1\n', 3, "footprint", "add places"),
        (GENERAL + '[[pin]]\nid = "a"\nkinds = ["bucket"]\n', 5, "pin.kinds", "dataset, workload"),
        (GENERAL + '[[pin]]\nid = "a"\nroles = []\n', 5, "pin.roles", "at least one"),
        (GENERAL + '[[pin]]\nid = "a"\njurisdictions = ["Germany"]\n', 5, "pin.jurisdictions", "unknown"),
        (GENERAL + '[[pin]]\nid = "a"\n[[pin]]\nid = "a"\n', 6, "pin.id", "taken by line 4"),
        ("[policy\n", 1, "syntax", "valid TOML"),
    ],
)
def test_each_mistake_is_reported_with_its_line_and_what_to_do(text: str, line: int, key: str, said: str) -> None:
    with pytest.raises(InvalidPolicyFile) as caught:
        parsed(text)
    [problem] = caught.value.problems
    assert (problem.file, problem.line, problem.key) == ("p.toml", line, key)
    assert said in str(problem)


def test_a_country_without_any_cloud_region_may_still_be_selected() -> None:
    policy = parsed(GENERAL + '[[residency]]\nid = "a"\njurisdictions = ["NG"]\nallow_jurisdictions = ["EU"]\n')
    assert policy.areas[0].select.jurisdictions == ("NG",)


def test_every_mistake_of_a_file_is_reported_at_once() -> None:
    text = GENERAL + 'horizon = 1\n[[pin]]\nid = "a"\nkinds = ["x"]\n[[latency]]\nid = "a"\nmax_rtt_ms = "fast"\n'
    with pytest.raises(InvalidPolicy) as caught:
        parsed(text)
    assert isinstance(caught.value, InvalidPolicyFile)
    assert [problem.line for problem in caught.value.problems] == [3, 6, 8, 9]


_PAIRS = [
    (
        '[[residency]]\nid = "a"\n{}allow_jurisdictions = ["DE"]\n',
        '[[residency]]\nid = "b"\nforbid_jurisdictions = ["DE"]\n',
    ),
    (
        '[[provider_policy]]\nid = "a"\n{}allow_places = ["aws:us-east-1"]\n',
        '[[provider_policy]]\nid = "b"\nforbid_providers = ["aws"]\nforbid_continents = ["AF"]\n',
    ),
    (
        '[[provider_policy]]\nid = "a"\n{}allow_providers = ["aws"]\n',
        '[[provider_policy]]\nid = "b"\nallow_providers = ["gcp"]\n',
    ),
    ('[[keep_together]]\nid = "a"\nids = ["x", "y"]\n', '[[keep_apart]]\nid = "b"\nids = ["y", "x"]\nby = "region"\n'),
]


@pytest.mark.parametrize(("first", "second"), _PAIRS)
@pytest.mark.parametrize("selector", ["", 'data_classes = ["restricted"]\n'])
@pytest.mark.parametrize("swapped", [False, True])
def test_statements_that_cannot_both_hold_are_refused(first: str, second: str, selector: str, swapped: bool) -> None:
    statements = [first.format(selector), second]
    text = GENERAL + "".join(reversed(statements) if swapped else statements)
    with pytest.raises(InvalidPolicyFile) as caught:
        parsed(text)
    [problem] = caught.value.problems
    assert problem.line == 3 + statements[1 if swapped else 0].count("\n")
    assert f"no contradiction to {'b' if swapped else 'a'!r} of line 3" in str(problem)


@pytest.mark.parametrize(
    "statements",
    [
        '[[residency]]\nid = "a"\nallow_jurisdictions = ["EU"]\n[[residency]]\nid = "b"\n'
        'forbid_jurisdictions = ["DE"]\n',
        '[[residency]]\nid = "a"\nallow_jurisdictions = ["DE"]\n[[residency]]\nid = "b"\nids = ["x"]\n'
        'forbid_jurisdictions = ["DE"]\n',
        '[[provider_policy]]\nid = "a"\nids = ["x"]\nallow_providers = ["aws"]\n[[provider_policy]]\nid = "b"\n'
        'ids = ["y"]\nallow_providers = ["gcp"]\n',
        '[[provider_policy]]\nid = "a"\nallow_providers = ["aws"]\n[[provider_policy]]\nid = "b"\n'
        'allow_places = ["aws:us-east-1", "gcp:europe-west3"]\n',
        '[[keep_together]]\nid = "a"\nids = ["x", "y"]\nby = "continent"\n[[keep_apart]]\nid = "b"\nids = ["x", "y"]\n',
    ],
)
def test_statements_that_can_both_hold_are_accepted(statements: str) -> None:
    assert len(parsed(GENERAL + statements).statement_ids) == 2


def test_the_example_at_the_top_of_the_module_is_a_valid_policy() -> None:
    documentation = policy_file.__doc__
    assert documentation is not None
    example = documentation.partition("::\n")[2].partition("\nEvery statement takes")[0]
    policy = parse_policy(
        textwrap.dedent(example),
        file="example",
        known_place_ids=["aws:us-east-1", "azure:westeurope"],
        known_jurisdictions=["EU"],
    )
    assert policy.statement_ids == ("gdpr",)
