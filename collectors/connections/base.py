"""What every connection has: a name, where its secrets are, where its servers are, and how its bills count."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import urlsplit

CREDENTIAL_SCHEMES: Final = ("env:", "file:", "profile:", "workload:")
_NAME: Final = (r"[a-z0-9][a-z0-9_-]{0,62}", "lower-case letters, digits, - and _")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Base of all connections; each subclass is one ``provider`` and ``kind`` of the connections file.

    Attributes:
        name: what a person calls it; unique in the file.
        credentials: a reference, never a secret: ``default``, ``env:PREFIX``, ``file:PATH``, ``profile:NAME`` or
            ``workload:...`` (workload identity), as the provider's ``credentials`` module reads them.
        endpoints: other addresses than the vendor's own, by service (``s3``, ``cost_explorer``, ``blob``, ...). One
            without TLS is accepted on the loopback interface alone.
        ca_bundle: PEM file with the authorities to trust instead of the system's, for instance a company proxy's.
        source: name under which its rows are filed; by default made of provider and export.
        counts: whether its bills are part of the estate. ``false`` keeps them for comparison only, which is how one
            of two exports of the same bill is kept from being counted twice.
        billed_through: the source of a cloud's bill that holds this vendor's charges as marketplace lines; those lines
            are then set aside there, since these rows are the same money in detail.
        total: ``auto`` compares every period with the vendor's own independent total; ``none`` does not ask for it.
    """

    PROVIDER: ClassVar[str]
    KIND: ClassVar[str]
    MEANING: ClassVar[str]
    ENDPOINTS: ClassVar[tuple[str, ...]] = ()
    PATTERNS: ClassVar[Mapping[str, tuple[str, str]]] = {}
    TOTAL_IS_CHARGED: ClassVar[bool] = False
    """Whether the vendor charges for telling its own total of a month."""
    LOOKING_IS_FREE: ClassVar[bool] = False
    """Whether it costs next to nothing to see which months there are."""

    name: str
    credentials: str = "default"
    endpoints: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str | None = None
    source: str = ""
    counts: bool = True
    billed_through: str = ""
    total: str = "auto"

    def __post_init__(self) -> None:
        for name, (pattern, expected) in {"name": _NAME, **self.PATTERNS}.items():
            value = getattr(self, name)
            if value is not None and re.fullmatch(pattern, value) is None:
                raise ValueError(f"{name} = {value!r} is not {expected}")
        if self.credentials != "default" and not self.credentials.startswith(CREDENTIAL_SCHEMES):
            raise ValueError(
                'credentials must be "default", "env:PREFIX", "profile:NAME", "file:/path" or "workload:..."; a secret '
                "itself never stands in this file"
            )
        for service, url in self.endpoints.items():
            if service not in self.ENDPOINTS:
                raise ValueError(f"endpoints names {service!r}; expected one of {', '.join(self.ENDPOINTS)}")
            if not is_safe_endpoint(url):
                raise ValueError(
                    f"endpoints: {service} = {url!r} is not an https:// address; http:// is accepted on the loopback "
                    "interface only"
                )
        if self.ca_bundle is not None and not Path(self.ca_bundle).is_file():
            raise ValueError(f"ca_bundle = {self.ca_bundle!r} is not a file; name a PEM file of authorities")
        if self.total not in ("auto", "none"):
            raise ValueError(f'total = {self.total!r} is neither "auto" nor "none"')
        object.__setattr__(self, "source", self.source or self.default_source())

    @property
    def origin(self) -> str:
        """Where its deliveries lie, the same text as long as it is the same export."""
        raise NotImplementedError

    def default_source(self) -> str:
        """The source when the file names none."""
        raise NotImplementedError


def unset_variables(names: Sequence[str]) -> str:
    """What to say of environment variables that a reference needs and that are not set.

    >>> unset_variables(["A_KEY", "A_SECRET"])
    'the environment variables A_KEY and A_SECRET are not set; set them'
    """
    if len(names) == 1:
        return f"the environment variable {names[0]} is not set; set it"
    return f"the environment variables {', '.join(names[:-1])} and {names[-1]} are not set; set them"


def is_safe_endpoint(url: str) -> bool:
    """Whether secrets may be sent to ``url``: TLS, or this machine itself.

    >>> is_safe_endpoint("https://s3.example.com"), is_safe_endpoint("http://127.0.0.1:5000")
    (True, True)
    >>> is_safe_endpoint("http://s3.example.com"), is_safe_endpoint("ftp://127.0.0.1")
    (False, False)
    """
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"
