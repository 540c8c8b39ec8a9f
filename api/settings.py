"""Settings of the service, read once from environment variables that start with ``PLACEMENT_``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from api.errors import InvalidSettings

ENVIRONMENT_PREFIX: Final = "PLACEMENT_"
LOOPBACK_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")


class Settings(BaseModel):
    """Every setting of the service with its default. ``PLACEMENT_<FIELD>`` in the environment sets a field.

    Times are wall times in ``nightly_timezone``. The API answers on loopback without a key; with ``api_key`` set every
    call below ``/v1`` needs ``Authorization: Bearer <key>``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_directory: Path = Path("placement-data")
    database_url: str = ""
    api_key: SecretStr | None = None
    allowed_hosts: tuple[str, ...] = LOOPBACK_HOSTS
    max_body_bytes: Annotated[int, Field(ge=1024, le=64 * 2**20)] = 2**20
    max_time_limit_seconds: Annotated[float, Field(gt=0, le=24 * 3600)] = 3600.0
    default_time_limit_seconds: Annotated[float, Field(gt=0)] = 60.0
    lease_seconds: Annotated[float, Field(ge=0.2)] = 30.0
    poll_seconds: Annotated[float, Field(ge=0.01)] = 0.5
    max_run_seconds: Annotated[float, Field(gt=0)] = 2 * 3600.0
    max_lost_attempts: Annotated[int, Field(ge=1)] = 3
    worker_count: Annotated[int, Field(ge=1, le=32)] = 1
    nightly_at: time = time(2, 0)
    nightly_timezone: str = "UTC"

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        return tuple(host.strip() for host in value.split(",") if host.strip()) if isinstance(value, str) else value

    @field_validator("nightly_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not a time zone; give an IANA name such as 'UTC' or 'Europe/Zurich'")
        return value

    @field_validator("api_key")
    @classmethod
    def _strong_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[\x21-\x7e]{16,256}", value.get_secret_value()):
            raise ValueError("expected 16 to 256 printable ASCII characters without spaces")
        return value

    @property
    def resolved_database_url(self) -> str:
        """The database's URL: the one that was set, else a SQLite file in the data directory."""
        return self.database_url or f"sqlite:///{self.data_directory.absolute() / 'placement.sqlite3'}"

    @property
    def store_folder(self) -> Path:
        """Where the ingest store lies."""
        return self.data_directory / "store"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the nightly run."""
        return ZoneInfo(self.nightly_timezone)


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables.

    Raises:
        InvalidSettings: a variable with our prefix is unknown or its value cannot be meant. The message does not
            repeat values, because some are secret.
    """
    given: dict[str, Any] = {
        name.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }
    try:
        settings = Settings.model_validate(given)
        make_url(settings.resolved_database_url)
    except ValidationError as problem:
        first = problem.errors()[0]
        variable = ENVIRONMENT_PREFIX + str(first["loc"][0]).upper()
        known = ", ".join(ENVIRONMENT_PREFIX + field.upper() for field in Settings.model_fields)
        unknown = first["type"] == "extra_forbidden"
        raise InvalidSettings(
            f"no such setting; known are {known}" if unknown else f"{first['msg']}; correct or unset it",
            variable=variable,
        ) from None
    except ArgumentError:
        raise InvalidSettings(
            "expected a database URL such as sqlite:////var/lib/placement/placement.sqlite3",
            variable="PLACEMENT_DATABASE_URL",
        ) from None
    return settings
