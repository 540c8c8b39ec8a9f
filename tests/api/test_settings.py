"""Settings come from the environment; what cannot be meant is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.errors import InvalidSettings
from api.settings import Settings, settings_from


def test_the_environment_sets_what_it_names_and_nothing_else() -> None:
    found = settings_from({"PLACEMENT_DATA_DIRECTORY": "/tmp/x", "PLACEMENT_NIGHTLY_AT": "03:30", "PATH": "/bin"})
    assert found.data_directory == Path("/tmp/x")
    assert found.resolved_database_url == "sqlite:////tmp/x/placement.sqlite3"
    assert found.nightly_at.hour == 3
    assert settings_from({}) == Settings()


def test_hosts_are_a_list_with_commas() -> None:
    found = settings_from({"PLACEMENT_ALLOWED_HOSTS": "placement.example, localhost"})
    assert found.allowed_hosts == ("placement.example", "localhost")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PLACEMENT_LEASE_SECONDS", "soon", "valid number"),
        ("PLACEMENT_NIGHTLY_TIMEZONE", "Europe/Atlantis", "IANA name"),
        ("PLACEMENT_API_KEY", "short", "16 to 256"),
        ("PLACEMENT_SPEED", "fast", "no such setting; known are PLACEMENT_DATA_DIRECTORY"),
        ("PLACEMENT_DATABASE_URL", "nonsense", "database URL"),
        ("PLACEMENT_WORKER_COUNT", "0", "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_meant_names_the_variable_and_the_fix(name: str, value: str, says: str) -> None:
    with pytest.raises(InvalidSettings, match=says) as refusal:
        settings_from({name: value})
    assert refusal.value.variable == name
    assert str(refusal.value).startswith(name)


def test_a_key_is_not_repeated_when_it_is_refused() -> None:
    with pytest.raises(InvalidSettings) as refusal:
        settings_from({"PLACEMENT_API_KEY": "hunter2 secret key with spaces"})
    assert "hunter2" not in str(refusal.value)
