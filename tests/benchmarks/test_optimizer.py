"""The optimizer on every instance of the registry, beside the baselines: ``-k ladder_500`` picks sections by name."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.benchmarks.case import OURS, Answer, measure
from tests.benchmarks.conftest import Record, Row
from tests.benchmarks.registry import Instance, Published, all_instances
from tests.reference import REFERENCE_DATA

BY_SECTION: dict[str, list[Instance]] = {}
for each in all_instances():
    BY_SECTION.setdefault(each.section, []).append(each)


@pytest.mark.benchmark
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("section", list(BY_SECTION))
def test_section(section: str, record: Record, tmp_path: Path) -> None:
    instances = BY_SECTION[section]
    if any(instance.published for instance in instances) and not REFERENCE_DATA.is_dir():
        pytest.skip("the reference data folder is not beside this checkout, so there are no instances to read")
    rows: list[Row] = []
    faults: list[str] = []
    for number, instance in enumerate(instances):
        path = tmp_path / (f"{number}.json" if instance.published else str(number))
        _write_apart(instance, path)
        ours = measure(path, OURS, seconds=instance.time_limit_seconds, gap_ratio=instance.stop_gap_ratio)
        if instance.published is None:
            rows += [_row(OURS, instance, ours, ours), *_baseline_rows(instance, path, ours)]
        else:
            rows.append(_published_row(instance, instance.published(), ours))
            faults += _faults(instance, instance.published(), ours)
    record(f"Optimizer: {section}", rows)
    assert not faults, faults


def _write_apart(instance: Instance, path: Path) -> None:
    """Write in a process of its own: Linux counts the memory of who starts a process into that process's peak."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as writer:
        writer.submit(instance.write, path).result()


def _baseline_rows(instance: Instance, path: Path, ours: Answer) -> list[Row]:
    return [
        _row(name, instance, measure(path, name, seconds=instance.time_limit_seconds), ours)
        for name in instance.baselines
    ]


def _row(method: str, instance: Instance, answer: Answer, ours: Answer) -> Row:
    ratio = None
    if answer.is_feasible and ours.is_feasible and answer.objective_usd and ours.objective_usd:
        ratio = answer.objective_usd / ours.objective_usd
    return {
        "method": method,
        "plan": answer.state,
        "USD a month": _figure(answer.objective_usd, ",.0f"),
        "lower bound": _figure(answer.lower_bound_usd, ",.0f"),
        "gap": _figure(answer.gap_ratio, ".3%"),
        "times ours": _figure(ratio, ".4f"),
        "CPU s": _figure(answer.cpu_seconds, ".1f"),
        "wall s": _figure(answer.wall_seconds, ".1f"),
        "peak MB": _figure(answer.peak_mb, ",.0f"),
        "goal": _goal(instance, answer) if method == OURS else "",
    }


def _published_row(instance: Instance, published: Published, ours: Answer) -> Row:
    return {
        "instance": instance.name,
        "published bound": published.bound,
        "published best": published.best,
        "found": ours.state if ours.objective_usd is None else f"{ours.objective_usd:.4f}",
        "lower bound": _figure(ours.lower_bound_usd, ".4f"),
        "gap": _figure(ours.gap_ratio, ".1e"),
        "CPU s": _figure(ours.cpu_seconds, ".2f"),
        "wall s": _figure(ours.wall_seconds, ".2f"),
        "peak MB": _figure(ours.peak_mb, ",.0f"),
        "goal": _goal(instance, ours),
    }


def _faults(instance: Instance, published: Published, ours: Answer) -> list[str]:
    """What can never be: a bound above a known solution, or a plan below a proved bound."""
    faults = []
    tolerance = float(published.tolerance) + 1e-6
    if ours.lower_bound_usd is not None and ours.lower_bound_usd > float(published.best) + tolerance:
        faults.append(f"{instance.name}: bound {ours.lower_bound_usd} is above the solution {published.best}")
    if ours.objective_usd is not None and ours.objective_usd < float(published.bound) - tolerance:
        faults.append(f"{instance.name}: plan of {ours.objective_usd} is below the bound {published.bound}")
    return faults


def _goal(instance: Instance, answer: Answer) -> str:
    met = answer.gap_ratio is not None and answer.gap_ratio <= instance.goal_gap_ratio
    return f"{instance.goal_gap_ratio:.2%} in {instance.time_limit_seconds:g} s: {'met' if met else 'MISSED'}"


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
