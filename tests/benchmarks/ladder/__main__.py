"""Writes a rung: ``python -m tests.benchmarks.ladder --workloads 100000 --places 40 --quotas tight -o FOLDER``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.benchmarks.ladder import LadderSpec, write_rung
from tests.benchmarks.ladder.spec import SHARE_OF_LOAD


def main() -> None:
    """Read the arguments and write the folder; a spec or folder that cannot be is refused with the usage."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ladder", description=main.__doc__)
    parser.add_argument("--workloads", type=int, required=True, help="and as many datasets")
    parser.add_argument("--places", type=int, default=40)
    parser.add_argument("--quotas", choices=list(SHARE_OF_LOAD), default="mild")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="a folder that does not exist yet")
    asked = parser.parse_args()
    try:
        spec = LadderSpec(workloads=asked.workloads, places=asked.places, quotas=asked.quotas, seed=asked.seed)
        write_rung(spec, asked.output)
    except (ValueError, FileExistsError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
