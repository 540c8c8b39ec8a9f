"""Every provider that can be collected from, and what is read of each; their SDKs load when a connection is opened."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from collectors.collector import Collector
from collectors.connections import KINDS, Connection
from collectors.errors import ProviderPackageMissing
from collectors.focus.dialect import FOCUS, Dialect

Purpose = Literal["billing", "usage", "prices", "access"]
PURPOSES: Final[tuple[Purpose, ...]] = ("billing", "usage", "prices", "access")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider's package, which has ``open_collector``; its ``to_focus`` has ``DIALECTS`` where formats are its own.

    ``reads`` is promised in ``collectors/README.md`` and shown true by the contract tests. ``extra`` is the optional
    dependency that brings its SDK.
    """

    name: str
    package: str
    reads: tuple[Purpose, ...]
    has_dialects: bool = True
    extra: str | None = None


COLLECTORS: Final = (
    Provider(name="aws", package="collectors.aws", reads=PURPOSES),
    Provider(name="azure", package="collectors.azure", reads=PURPOSES),
    Provider(name="gcp", package="collectors.gcp", reads=PURPOSES),
    Provider(name="snowflake", package="collectors.snowflake", reads=PURPOSES, extra="snowflake"),
    Provider(name="databricks", package="collectors.databricks", reads=PURPOSES, extra="databricks"),
    Provider(name="focus", package="collectors.focus_files", reads=("billing",), has_dialects=False),
)


def open_collector(connection: Connection, *, environ: Mapping[str, str]) -> Collector:
    """The collector of a connection. Nothing is asked of the vendor yet.

    Raises:
        CredentialsMissing: the connection's credentials are not where it says.
        ProviderPackageMissing: the vendor's SDK is not installed.
    """
    provider = next(each for each in COLLECTORS if each.name == connection.PROVIDER)
    try:
        package = importlib.import_module(provider.package)
        return cast(Collector, package.open_collector(connection, environ=environ))
    except ModuleNotFoundError as fault:
        if provider.extra is None or (fault.name or "").startswith("collectors"):
            raise
        raise ProviderPackageMissing(
            f"{provider.name} needs the package {fault.name}; install it with "
            f"`pip install 'workload-placement[{provider.extra}]'`",
            vendor=provider.name,
            location=connection.name,
        ) from fault


def dialects() -> Mapping[str, Dialect]:
    """Every billing format by name. Loads no vendor's SDK."""
    found = {FOCUS.name: FOCUS}
    for provider in COLLECTORS:
        if provider.has_dialects:
            module = importlib.import_module(f"{provider.package}.to_focus")
            found |= {dialect.name: dialect for dialect in module.DIALECTS}
    return found


def kinds_of(provider: Provider) -> tuple[type[Connection], ...]:
    """The kinds of connection that a provider has."""
    return tuple(kind for kind in KINDS if provider.name == kind.PROVIDER)
