"""Trying the permissions that a connection needs, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from collectors.collector import Grant, GrantCheck
from collectors.errors import CredentialsMissing, HostUnreachable, ProviderError, ProviderPackageMissing

Probe = Callable[[], object]
"""A call that needs the grant, and reads next to nothing."""

ENDS_TRYING: Final = (CredentialsMissing, HostUnreachable, ProviderPackageMissing)
"""After these nothing else can be tried either."""


def try_grants(
    probes: Iterable[tuple[Grant, Probe]], *, ends: tuple[type[ProviderError], ...] = ENDS_TRYING
) -> tuple[GrantCheck, ...]:
    """Every grant tried once, up to the first error of a kind in ``ends``, which is told once."""
    checks: list[GrantCheck] = []
    for grant, probe in probes:
        error: ProviderError | None = None
        try:
            probe()
        except ProviderError as found:
            error = found
        checks.append(GrantCheck(grant=grant, error=error))
        if isinstance(error, ends):
            break
    return tuple(checks)
