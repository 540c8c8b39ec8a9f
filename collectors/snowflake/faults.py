"""Snowflake's error codes turned into our errors, in one place.

Only codes are passed on: the text of an error may quote the statement.
Source: https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api.
"""

from __future__ import annotations

import re
from typing import Any, Final

from collectors.errors import AccessDenied, CredentialsMissing, InvalidManifest, ProviderError, ProviderUnavailable
from collectors.snowflake.credentials import VENDOR
from collectors.snowflake.views import View
from collectors.unreachable import host_unreachable, unreachable_cause_in_text

_ABSENT_OR_HIDDEN: Final = frozenset({2003, 3001})
_NO_WAREHOUSE: Final = 606
_UNKNOWN_COLUMNS: Final = frozenset({904, 2043})
_SESSION_ENDED: Final = frozenset({390111, 390112, 390114, 390195})
_ROLE_NOT_GRANTED: Final = 390189
_LOGIN_CODES: Final = range(390_000, 391_000)
_NOT_CONNECTED: Final = 250_001
_STATUS: Final = re.compile(r"error status: (\d{3})\b")


def translated_fault(code: int, view: View, role: str | None, *, text: str = "", host: str = "") -> ProviderError:
    """What a code means for a statement that mainly reads ``view`` as ``role``, asked of ``host``.

    ``text``, the connector's own, only serves to tell why a login went nowhere.
    """
    cause = unreachable_cause_in_text(text) if code == _NOT_CONNECTED else None
    if cause is not None:
        return host_unreachable(VENDOR, host, cause, location=view.name)
    where: dict[str, Any] = {"vendor": VENDOR, "location": view.name}
    if code in _ABSENT_OR_HIDDEN:
        return AccessDenied(
            f"Snowflake does not show {view.name} to this role; run {view.grant(role)} as ACCOUNTADMIN",
            permission=view.database_role,
            **where,
        )
    if code in (_NO_WAREHOUSE, _ROLE_NOT_GRANTED):
        return _role_fault(code, role, where)
    if code in _UNKNOWN_COLUMNS:
        return InvalidManifest(
            f"Snowflake's view {view.name} lacks a column that is needed; it may be the legacy version: ask "
            "Snowflake Support for the current one",
            **where,
        )
    if code in _LOGIN_CODES and code not in _SESSION_ENDED:
        return CredentialsMissing(
            f"Snowflake refuses the credentials of this connection (code {code}); renew them where the connection "
            "says they are",
            **where,
        )
    kind = f"log in at {host}" if code == _NOT_CONNECTED else f"serve {view.name}"
    status = _STATUS.search(text) if code == _NOT_CONNECTED else None
    told = f"code {code}, HTTP {status[1]}" if status else f"code {code}"
    return ProviderUnavailable(
        f"Snowflake could not {kind} ({told}); check the account and the network, then try again later",
        **where,
    )


def _role_fault(code: int, role: str | None, where: dict[str, Any]) -> AccessDenied:
    if code == _NO_WAREHOUSE:
        return AccessDenied(
            "Snowflake has no warehouse to run queries on for this connection; set warehouse in it, and grant USAGE on "
            "that warehouse to its role",
            permission="USAGE ON WAREHOUSE",
            **where,
        )
    return AccessDenied(
        f"Snowflake does not let this user take the role {role}; run GRANT ROLE {role} TO USER for it, or correct role "
        "in this connection",
        permission=f"ROLE {role}",
        **where,
    )
