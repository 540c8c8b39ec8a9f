"""Connections to Azure: Cost Management exports in Blob storage, and what may be read besides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from collectors.connections.base import Connection, is_safe_endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureExport(Connection):
    """An export delivered to ``<account_url>/<container>/<root_folder>/<export>/``.

    Attributes:
        scope: what the export covers, as Cost Management writes it, for instance
            ``providers/Microsoft.Billing/billingAccounts/123`` or ``subscriptions/<id>``.
        inventories: ``<container>`` or ``<container>/<prefix>`` of blob inventory reports in the same storage account.
        metric_accounts: resource ids of storage accounts whose metrics are read.
        access_logs: ``<container>`` or ``<container>/<prefix>`` of storage resource logs in the same storage account,
            for instance ``insights-logs-storageread``.
        commitments: whether reservations, savings plans and Azure's own advice to buy some are read.
        price_regions: regions whose prices are read, for instance ``eastus``: public ones, and those of the contract
            where ``scope`` is a billing account or billing profile.
        price_services: service names whose prices are read, for instance ``Storage``.
    """

    PROVIDER: ClassVar[str] = "azure"
    ENDPOINTS: ClassVar[tuple[str, ...]] = ("management", "login", "blob", "retail_prices")
    PATTERNS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "account_url": (r"https?://[^/\s@]+(/[a-z0-9]+)?", "the address of a storage account"),
        "container": (r"[a-z0-9$][a-z0-9-]{1,62}", "the name of a blob container"),
        "export": (r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", "the name of the export as Cost Management shows it"),
        "scope": (r"(subscriptions|providers)/[^\s?#]+[^\s?#/]", "a scope such as subscriptions/<id>"),
    }
    PLACE: ClassVar[str] = r"[a-z0-9$][a-z0-9-]{1,62}(/[^\s?#]*)?"
    STORAGE_ACCOUNT: ClassVar[str] = (
        r"(?i)/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.storage/storageaccounts/[a-z0-9]{3,24}"
    )

    account_url: str
    container: str
    export: str
    scope: str
    root_folder: str = ""
    inventories: tuple[str, ...] = ()
    metric_accounts: tuple[str, ...] = ()
    access_logs: tuple[str, ...] = ()
    commitments: bool = False
    price_regions: tuple[str, ...] = ()
    price_services: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "root_folder", self.root_folder.strip("/"))
        object.__setattr__(self, "scope", self.scope.strip("/"))
        Connection.__post_init__(self)
        if not is_safe_endpoint(self.account_url):
            raise ValueError(
                f"account_url = {self.account_url!r} is not an https:// address; http:// is accepted on the loopback "
                "interface only"
            )
        for name in ("inventories", "access_logs"):
            for place in getattr(self, name):
                if re.fullmatch(self.PLACE, place) is None:
                    raise ValueError(f"{name} names {place!r}, which is not <container> or <container>/<prefix>")
        for account in self.metric_accounts:
            if re.fullmatch(self.STORAGE_ACCOUNT, account) is None:
                raise ValueError(
                    f"metric_accounts names {account!r}; expected /subscriptions/<id>/resourceGroups/<group>/providers/"
                    "Microsoft.Storage/storageAccounts/<name>"
                )

    @property
    def base_path(self) -> str:
        """Blob prefix of everything that the export writes, ending in a slash."""
        return f"{self.root_folder}/{self.export}/" if self.root_folder else f"{self.export}/"

    @property
    def account_name(self) -> str:
        """Name of the storage account: the first part of its host name, or the path where the host is an address."""
        parts = urlsplit(self.account_url)
        return parts.path.strip("/") or str(parts.hostname).partition(".")[0]

    @property
    def origin(self) -> str:
        """The export's folder in its container."""
        return f"{self.account_url}/{self.container}/{self.base_path}"

    def default_source(self) -> str:
        """``azure:<export>``."""
        return f"azure:{self.export}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureFocusExport(AzureExport):
    """``FocusCost``: actual and amortised cost in one."""

    KIND: ClassVar[str] = "focus_export"
    MEANING: ClassVar[str] = "the FOCUS export of Azure Cost Management in a blob container"


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureAmortizedExport(AzureExport):
    """``AmortizedCost``: reservations and savings plans spread over the use that they cover."""

    KIND: ClassVar[str] = "amortized_export"
    MEANING: ClassVar[str] = "the amortised cost export of Azure Cost Management in a blob container"
