"""Entry points of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.errors import InvalidSettings
from api.jobs.main import serve
from api.settings import Settings
from tests.api.pipelines import advise_one


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_other_machines_are_not_let_in_without_a_key(tmp_path: Path, host: str) -> None:
    with pytest.raises(InvalidSettings, match="lets other machines in") as refusal:
        serve(Settings(data_directory=tmp_path), pipeline=advise_one, host=host)
    assert refusal.value.variable == "PLACEMENT_API_KEY"
    assert list(tmp_path.iterdir()) == [], "nothing was started"
