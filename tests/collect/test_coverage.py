"""What `collectors/README.md` says is read of whom is what the code reads, and each cell has a test that shows it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from collectors.connections import KINDS, read_connections
from collectors.providers import COLLECTORS, PURPOSES, dialects, kinds_of
from tests.reference import REPOSITORY

README = (REPOSITORY / "collectors" / "README.md").read_text(encoding="utf-8")
HEADER = f"| provider | {' | '.join(PURPOSES)} |"


def table() -> dict[str, dict[str, bool]]:
    """Provider -> purpose -> whether the README says that it is read."""
    lines = README[README.index(HEADER) :].splitlines()[2:]
    rows: dict[str, dict[str, bool]] = {}
    for line in lines:
        if not line.startswith("|"):
            break
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        rows[name] = {purpose: cell != "-" for purpose, cell in zip(PURPOSES, cells, strict=True)}
    return rows


def shown() -> set[tuple[str, str]]:
    """What tests are marked to show: ``@pytest.mark.covers(provider, purpose)``."""
    found = set()
    for path in Path(__file__).parent.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.covers":
                    provider, purpose = (ast.literal_eval(argument) for argument in mark.args)
                    found.add((provider, purpose))
    return found


def test_the_table_says_what_the_code_reads() -> None:
    assert table() == {
        provider.name: {purpose: purpose in provider.reads for purpose in PURPOSES} for provider in COLLECTORS
    }


def test_every_cell_has_a_test_against_a_peer_and_no_test_claims_more() -> None:
    promised = {(name, purpose) for name, cells in table().items() for purpose, is_read in cells.items() if is_read}
    assert shown() == promised


def test_every_kind_of_connection_belongs_to_a_provider() -> None:
    assert [kind for provider in COLLECTORS for kind in kinds_of(provider)] == list(KINDS)
    assert all(kind.KIND in README for kind in KINDS)


def test_dialects_are_named_once_and_versioned() -> None:
    found = dialects()
    assert set(found) > {"focus"}
    assert all(name == dialect.name and dialect.version for name, dialect in found.items())


def test_the_connections_that_the_readme_shows_can_be_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    path = tmp_path / "connections.toml"
    path.write_text(example, encoding="utf-8")
    assert {connection.PROVIDER for connection in read_connections(path)} == {each.name for each in COLLECTORS}


@pytest.mark.parametrize("provider", COLLECTORS, ids=lambda provider: provider.name)
def test_a_provider_has_the_same_files_as_the_others(provider) -> None:  # type: ignore[no-untyped-def]
    if provider.name == "focus":
        pytest.skip("a folder needs no credentials, clients, usage, prices or formats of its own")
    folder = REPOSITORY / provider.package.replace(".", "/")
    expected = {
        "credentials",
        "client",
        "discover",
        "billing",
        "totals",
        "usage",
        "access",
        "prices",
        "to_focus",
        "grants",
    }
    assert expected <= {path.stem for path in folder.glob("*.py")}
    assert [path for path in (folder / "policy").iterdir() if path.suffix in (".json", ".yaml", ".sql")]
