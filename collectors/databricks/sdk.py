"""The vendor's SDK, which is an extra: found without loading it, loaded when it is first needed."""

from __future__ import annotations

from typing import Any, Final

from collectors.databricks.credentials import VENDOR
from collectors.extras import Extra
from collectors.unreachable import BoundedAdapter

_OUTLASTING_SECONDS: Final = 1_000_000.0


SDK: Final = Extra(vendor=VENDOR, module="databricks.sdk", package="databricks-sdk", extra="databricks")


def impatient_clock() -> Any:
    """A clock of the SDK on which every pause outlasts its patience, so that it gives up at the first fault."""

    class Impatient(SDK.load("clock").Clock):  # type: ignore[misc]
        def __init__(self) -> None:
            self._now_seconds = 0.0

        def time(self) -> float:
            return self._now_seconds

        def sleep(self, seconds: float) -> None:
            self._now_seconds += _OUTLASTING_SECONDS

    return Impatient()


def bound(client: Any, *, read_timeout_seconds: float, ca_bundle: str | None) -> None:
    """Bound the time that a client of the SDK takes to connect and read, and let it trust authorities of one's own.

    The SDK has no setting for either. Its OAuth tokens come by another way, which looks at ``REQUESTS_CA_BUNDLE``
    alone.
    """
    adapter = BoundedAdapter(read_timeout_seconds=read_timeout_seconds, ca_bundle=ca_bundle)
    for scheme in ("https://", "http://"):
        client.api_client._api_client._session.mount(scheme, adapter)


def status_of(fault: BaseException) -> int:
    """The HTTP status that a class of the SDK's errors stands for; 0 when it is none."""
    platform = SDK.load("errors.platform")
    by_class = {kind: status for status, kind in platform.STATUS_CODE_MAPPING.items()}
    return next((by_class[kind] for kind in type(fault).__mro__ if kind in by_class), 0)
