"""Where the reference data lies when it is present: beside the repository, never inside it."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
REFERENCE_DATA = REPOSITORY.parent / "shared" / "data"

needs_reference_data = pytest.mark.skipif(
    not REFERENCE_DATA.is_dir(),
    reason="the reference data folder is not beside this checkout, so this test has nothing to read",
)
