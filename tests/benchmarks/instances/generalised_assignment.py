"""Generalised assignment: Chu and Beasley's types A to D, and Cattrysse's."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from api.problem_files import write_json
from tests.benchmarks.registry import Instance, Published
from tests.generalised_assignment import CATTRYSSE, CHU, GAP_FOLDER, gap_document, published_values


def _write(name: str, path: Path) -> None:
    write_json(gap_document(GAP_FOLDER / name), path)


def _published(name: str) -> Published:
    bound, best = published_values(name)
    return Published(bound=bound, best=best)


def _instance(name: str) -> Instance:
    kind = "cattrysse" if name in CATTRYSSE else f"type_{name[0]}"
    return Instance(
        name=f"gap/{name}",
        section=f"assignment_{kind}",
        write=partial(_write, name),
        published=partial(_published, name),
    )


INSTANCES: Final = tuple(_instance(name) for name in (*CHU, *CATTRYSSE))
