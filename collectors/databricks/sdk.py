"""The vendor's SDK, which is an extra: found without loading it, loaded when it is first needed."""

from __future__ import annotations

import importlib
from typing import Any, Final

from collectors.databricks.credentials import VENDOR
from collectors.extras import Extra

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


def trust(client: Any, ca_bundle: str | None) -> None:
    """Let a client of the SDK trust a bundle of authorities of one's own, whatever the environment says.

    The SDK has no setting for it. Its OAuth tokens come by another way, which looks at ``REQUESTS_CA_BUNDLE`` alone.
    """
    if ca_bundle is None:
        return
    adapters = importlib.import_module("requests.adapters")

    class Trusting(adapters.HTTPAdapter):  # type: ignore[name-defined,misc]
        def send(self, request: Any, **settings: Any) -> Any:
            return super().send(request, **{**settings, "verify": ca_bundle})

    client.api_client._api_client._session.mount("https://", Trusting())


def status_of(fault: BaseException) -> int:
    """The HTTP status that a class of the SDK's errors stands for; 0 when it is none."""
    platform = SDK.load("errors.platform")
    by_class = {kind: status for status, kind in platform.STATUS_CODE_MAPPING.items()}
    return next((by_class[kind] for kind in type(fault).__mro__ if kind in by_class), 0)
