"""The what-if notebook runs from top to bottom on a fresh machine and is stored without outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from api.demo_estate import prepare_demo
from api.settings import Settings

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "what_if.ipynb"


def code_cells(notebook: nbformat.NotebookNode) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs_of(notebook: nbformat.NotebookNode, kind: str) -> list[str]:
    return [
        str(output.data[kind])
        for cell in code_cells(notebook)
        for output in cell.outputs
        if kind in output.get("data", {})
    ]


@pytest.fixture(scope="module", params=["with a demo folder", "without one"])
def executed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """The notebook after a run, with its own home directory."""
    folder = tmp_path_factory.mktemp("notebook")
    if request.param == "with a demo folder":
        prepare_demo(Settings(data_directory=folder / "demo"), seed=7, scale=0.1)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}})
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PLACEMENT_DATA_DIRECTORY", str(folder / "demo"))
        environment.setenv("TMPDIR", str(folder))
        environment.setenv("IPYTHONDIR", str(folder / "ipython"))
        environment.setenv("MPLCONFIGDIR", str(folder / "matplotlib"))
        environment.setenv("PYTHONPATH", str(ROOT))
        client.execute()
    return notebook


@pytest.mark.slow
def test_the_notebook_shows_both_scenarios_beside_the_baseline(executed: nbformat.NotebookNode) -> None:
    tables = outputs_of(executed, "text/html")
    assert len(tables) == 4
    ledger, totals, moved, rules = tables
    assert "migration" in ledger
    for name in ("dearer AWS machines", "without Google Cloud"):
        assert name in totals
        assert name in rules
    assert any(move in moved for move in ("appears", "disappears", "goes elsewhere"))
    assert "excluded:gcp" in rules


@pytest.mark.slow
def test_the_notebook_plots_the_comparison(executed: nbformat.NotebookNode) -> None:
    (picture,) = outputs_of(executed, "image/png")
    assert len(picture) > 10_000


@pytest.mark.slow
def test_the_notebook_writes_nothing_to_its_error_stream(executed: nbformat.NotebookNode) -> None:
    said = [
        output.text
        for cell in code_cells(executed)
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert said == []


def test_the_stored_notebook_has_no_outputs() -> None:
    for cell in code_cells(nbformat.read(NOTEBOOK, as_version=4)):
        assert cell.outputs == []
        assert cell.execution_count is None
