"""Single-source capacitated facility location: OR-Library (24, as printed to the cent) and Holmberg (36)."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

from api.problem_files import write_json
from tests.benchmarks.registry import Instance, Published
from tests.facility_location import HOLMBERG, ORLIB, instance_document, published_optimum
from tests.facility_location import INSTANCES as FOLDER

HALF_A_CENT: Final = Decimal("0.005")


def _write(name: str, path: Path) -> None:
    write_json(instance_document(FOLDER / name), path)


def _published(name: str, tolerance: Decimal) -> Published:
    optimum = published_optimum(name)
    return Published(bound=optimum, best=optimum, tolerance=tolerance)


def _instance(name: str, section: str, tolerance: Decimal) -> Instance:
    return Instance(
        name=name, section=section, write=partial(_write, name), published=partial(_published, name, tolerance)
    )


INSTANCES: Final = (
    *(_instance(name, "facility_location_orlib", HALF_A_CENT) for name in ORLIB),
    *(_instance(name, "facility_location_holmberg", Decimal(0)) for name in HOLMBERG),
)
