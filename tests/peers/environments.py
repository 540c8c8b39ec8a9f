"""Where the peers that need an environment of their own are built, and whether they are."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).resolve().parent
ROOT: Final = SOURCES.parent.parent
BUILT: Final = ROOT / ".peers"
RECIPE: Final = "1"  # raise it when the way of building changes, so that everything is built again


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What one peer runs in: ``pins`` say which packages; its program must exist once built."""

    name: str
    pins: tuple[Path, ...]
    program_below: str = "bin/python"
    root: Path = BUILT

    @property
    def folder(self) -> Path:
        """The environment itself."""
        return self.root / self.name

    @property
    def program(self) -> Path:
        """What runs the peer."""
        return self.folder / self.program_below

    @property
    def home(self) -> Path:
        """The home directory that the peer's programs see: theirs alone."""
        return self.folder / "home"

    @property
    def failure(self) -> Path:
        """Holds the reason when the last attempt to build failed."""
        return self.root / f"{self.name}.failed"

    @property
    def stamp(self) -> str:
        """What the environment is made from: a hash of the pins, the recipe and the interpreter."""
        digest = hashlib.sha256(f"{RECIPE} {sys.version_info[:3]}".encode())
        for pin in self.pins:
            digest.update(pin.read_bytes())
        return digest.hexdigest()

    @property
    def is_built(self) -> bool:
        """Whether the environment is there and made from today's pins."""
        stamped = self.folder / ".stamp"
        return self.program.exists() and stamped.exists() and stamped.read_text(encoding="utf-8") == self.stamp

    def why_missing(self) -> str | None:
        """None when built; else one sentence with the reason and what to do."""
        if self.is_built:
            return None
        if self.failure.exists():
            return f"the {self.name} peer could not be built: {self.failure.read_text(encoding='utf-8').strip()}"
        return f"the {self.name} peer is not built, or from older pins: run `make peers`"


def _python(name: str) -> Environment:
    pins = SOURCES / "requirements" / f"{name}.txt"
    return Environment(name=name, pins=(pins,))


BIGQUERY: Final = _python("bigquery")
GCS: Final = _python("gcs")
SNOWFLAKE: Final = _python("snowflake")
DATABRICKS: Final = _python("databricks")
AZURITE: Final = Environment(
    name="azurite",
    pins=(SOURCES / "azurite" / "package.json", SOURCES / "azurite" / "package-lock.json"),
    program_below="node_modules/azurite/dist/src/blob/main.js",
)
ENVIRONMENTS: Final = (BIGQUERY, GCS, SNOWFLAKE, DATABRICKS, AZURITE)
