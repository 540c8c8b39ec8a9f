"""Which FOCUS version a file is, by the columns it has, and what each version must have."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from collectors.store.schema import COLUMNS, Level

VERSIONS: Final = ("1.0", "1.1", "1.2", "1.3", "1.4")

# Removed in 1.4. ProviderName became ServiceProviderName. PublisherName has no successor: who made a product is not
# whose infrastructure it runs on, so it stays among the extra columns and HostProviderName is taken from ProviderName,
# which the specification permits where the host is not told apart.
REMOVED_COLUMNS: Final = ("ProviderName", "PublisherName")
SUCCESSOR: Final = {"ServiceProviderName": "ProviderName", "HostProviderName": "ProviderName"}


def columns_of(version: str) -> tuple[str, ...]:
    """Names of the columns that a FOCUS version defines, in alphabetical order.

    >>> [len(columns_of(version)) for version in VERSIONS]
    [43, 50, 57, 65, 65]
    """
    position = VERSIONS.index(version)
    names = [column.name for column in COLUMNS if VERSIONS.index(column.introduced) <= position]
    if version != "1.4":
        names.extend(REMOVED_COLUMNS)
    return tuple(sorted(names))


def detect_version(names: Collection[str]) -> str:
    """The oldest FOCUS version that has every specified column among ``names``.

    A file without ``ProviderName`` and ``PublisherName`` is 1.4, which removed them.
    """
    present = set(names)
    if "ServiceProviderName" in present and not present & set(REMOVED_COLUMNS):
        return "1.4"
    introduced = [column.introduced for column in COLUMNS if column.name in present]
    return max(introduced, default=VERSIONS[0])


def missing_mandatory(names: Collection[str], version: str) -> tuple[str, ...]:
    """Mandatory columns of ``version`` that are not among ``names``, in alphabetical order."""
    present = set(names)
    position = VERSIONS.index(version)
    required = {
        column.name
        for column in COLUMNS
        if column.level is Level.MANDATORY and VERSIONS.index(column.introduced) <= position
    }
    if version in ("1.0", "1.1", "1.2"):
        required.update(REMOVED_COLUMNS)
    return tuple(sorted(required - present))
