"""What the repository must hold and must not hold."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest
import typer

from api.cli.app import app
from optimizer.exchange.schema_files import schema_texts
from tests.architecture.sources import MODULES, parsed, shown
from tests.reference import REPOSITORY

OURS = (".py", ".md", ".toml", ".txt", ".ipynb", ".json", ".mako", ".html", ".css", ".lock", ".yml", ".cfg")
FOREIGN_FOLDERS = {".git", ".venv", "__pycache__", "build", "dist", "placement-demo", "placement-data"}
MACHINE_PATHS = (
    "/" + "work/",
    "/" + "home/",
    "/" + "root/",
    "/" + "Users/",
    "shared/" + "design",
    "shared/" + "prototypes",
)
PACKAGE_HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "--" + "index-url", "--" + "find-links")
LARGEST_BOOK_BYTES = 5_000_000


def own_files() -> list[Path]:
    """Text files of the project: no caches (they begin with a dot), no environment, no outputs."""
    found = []
    for path in REPOSITORY.rglob("*"):
        steps = path.relative_to(REPOSITORY).parts
        hidden = any(step.startswith(".") and step != ".ci" for step in steps)
        ours = path.suffix in OURS or path.name in ("Makefile", "run", "LICENSE", "NOTICE")
        if ours and not hidden and not set(steps) & FOREIGN_FOLDERS and path.is_file():
            found.append(path)
    return found


def test_nothing_names_a_path_of_some_machine() -> None:
    for path in own_files():
        text = path.read_text(encoding="utf-8")
        named = [word for word in MACHINE_PATHS if word in text]
        assert not named, f"{shown(path)} names {named}"


def test_the_lock_has_hashes_and_no_addresses() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert "://" not in lock
    pins = re.findall(r"^\S+==\S+", lock, flags=re.MULTILINE)
    assert len(pins) > 50
    assert lock.count("--hash=sha256:") >= len(pins)
    assert not list(REPOSITORY.glob("uv.lock"))
    for name in ("Makefile", "pyproject.toml", ".ci/run"):
        text = (REPOSITORY / name).read_text()
        assert not [host for host in PACKAGE_HOSTS if host in text], name


def test_every_runtime_dependency_is_locked() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    lock = (REPOSITORY / "requirements.lock").read_text()
    for requirement in project["project"]["dependencies"]:
        name = re.split(r"[<>=!\[ ;]", requirement)[0]
        assert re.search(rf"^{re.escape(name)}==", lock, flags=re.MULTILINE), f"{name} is not in requirements.lock"


def test_the_makefile_has_the_commands_that_people_are_told_to_type() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    for target in ("demo", "test", "check", "bench", "serve", "clean", "lock", "schemas"):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
    assert {"make check", "make test"} <= set((REPOSITORY / ".ci" / "run").read_text().splitlines())


def commands() -> set[str]:
    """Commands of the console script, two words for those in a group."""
    named = set()
    for command in app.registered_commands:
        assert command.name is not None
        named.add(command.name)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        named.add(str(group.name))
    return named


def test_commands_that_the_readme_shows_exist_with_their_options() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    shown_lines = re.findall(r"(?:^|`)(?:\.venv/bin/)?placement ([a-z][a-z-]*)([^`\n#]*)", readme, flags=re.MULTILINE)
    assert len(shown_lines) > 8
    click_app = typer.main.get_command(app)
    for command, rest in shown_lines:
        assert command in commands(), f"the README shows `placement {command}`"
        named = click_app.commands[command]  # type: ignore[attr-defined]
        within = getattr(named, "commands", {}).get((rest.split() or [""])[0], named)
        known = {option for parameter in (*named.params, *within.params) for option in parameter.opts}
        assert set(re.findall(r"(--[a-z-]+|(?<= )-[a-z](?= ))", rest)) <= known | {"--help"}, f"{command}{rest}"


def test_the_readme_says_what_every_command_is_for() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    unnamed = [
        command
        for command in sorted(commands())
        if f"placement {command}" not in readme and f"make {command}" not in readme
    ]
    assert not unnamed


@pytest.mark.parametrize("name", sorted(schema_texts()))
def test_the_published_schemas_are_current(name: str) -> None:
    shipped = resources.files("optimizer.exchange").joinpath(name).read_text(encoding="utf-8")
    assert shipped == schema_texts()[name], "run `make schemas`"
    assert json.loads(shipped)["additionalProperties"] is False


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("collectors.pricing", "book/book.json"),
        ("collectors.pricing", "book/rows.parquet"),
        ("collectors.pricing", "book/transfers.parquet"),
        ("collectors.pricing", "book/round_trips.parquet"),
        ("collectors.policies", "reference.toml"),
        ("scenarios.library", "hard_year.toml"),
        ("api.database", "migrations/script.py.mako"),
        ("optimizer.exchange", "problem.schema.json"),
    ],
)
def test_files_that_are_not_code_lie_inside_the_packages_that_the_wheel_holds(package: str, name: str) -> None:
    """The wheel is the four folders whole: a file that git keeps inside them is in it (``.ci/run`` runs it)."""
    file = resources.files(package).joinpath(name)
    assert file.is_file()
    ignored = subprocess.run(
        ["git", "check-ignore", "-q", str(file)], cwd=REPOSITORY, check=False, capture_output=True
    ).returncode
    assert ignored != 0, f"{name} is ignored by git, so it would be missing from a clone and its wheel"


def test_the_embedded_price_book_is_small() -> None:
    book = REPOSITORY / "collectors" / "pricing" / "book"
    assert 0 < sum(path.stat().st_size for path in book.iterdir()) < LARGEST_BOOK_BYTES


def test_notebooks_hold_no_outputs() -> None:
    checker = REPOSITORY / ".ci" / "notebooks_are_stripped.py"
    answer = subprocess.run(
        [sys.executable, str(checker), str(REPOSITORY / "notebooks")], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout


def test_a_notebook_with_outputs_is_refused(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "outputs": [{"text": "1"}], "execution_count": 1, "source": "1"}
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [cell]}))
    checker = REPOSITORY / ".ci" / "notebooks_are_stripped.py"
    answer = subprocess.run([sys.executable, str(checker), str(tmp_path)], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "cell 0 has outputs" in answer.stdout


def test_modules_stay_small_enough_to_be_read_at_once() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert lengths[len(lengths) // 2] <= 120
    assert lengths[len(lengths) * 9 // 10] <= 300


def test_no_module_is_named_after_nothing() -> None:
    forbidden = {"utils", "helpers", "helper", "misc", "common_utils", "manager", "info"}
    assert not [shown(path) for path in MODULES if path.stem in forbidden]
    assert all(parsed(path) for path in MODULES)
