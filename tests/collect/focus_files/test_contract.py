"""The contract of all collectors, kept by the folder of FOCUS files."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from tests.collect.contract import Contract
from tests.collect.focus_files.vendor import WAIVED, FocusFolderVendor, focus_folder_vendor
from tests.collect.vendor import Fault


@pytest.mark.covers("focus", "billing")
class TestFocusFolder(Contract):
    """Runs it."""

    waived: ClassVar[dict[Fault, str]] = WAIVED

    @pytest.fixture
    def vendor(self, tmp_path: Path) -> FocusFolderVendor:
        """An empty folder; one delivery in four comes in two files."""
        return focus_folder_vendor(tmp_path / "bills", rows_of_two_files=4)
