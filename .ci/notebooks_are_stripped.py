"""Exit 1 when a notebook holds outputs or execution counts: what a notebook shows comes from running it."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def unstripped_cells(notebook: Path) -> list[int]:
    """Positions of code cells that carry outputs or an execution count."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [
        position
        for position, cell in enumerate(cells)
        if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"] is not None)
    ]


def main(folder: Path) -> int:
    """Say which cells must be cleared."""
    faults = [
        f"{notebook}: cell {position} has outputs; clear them before committing"
        for notebook in sorted(folder.rglob("*.ipynb"))
        for position in unstripped_cells(notebook)
    ]
    print("\n".join(faults) or f"notebooks in {folder}/ hold no outputs")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
