"""What the invoice of a month says, where somebody has put it beside the files.

``<path>/<YYYY-MM>/invoice.json``::

    {"costs": {"USD": "1234.56"}, "final": true, "number": "E0400ABC"}

``final`` (default true) says whether the invoice has been issued; ``number`` is optional. Amounts are text, so that
nothing rounds them on the way.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from collectors.collector import IndependentTotal
from collectors.errors import InvalidManifest
from collectors.focus.values import CURRENCIES
from collectors.focus_files.discover import INVOICE, VENDOR

_LARGEST_INVOICE_BYTES: Final = 1 << 20


def read_invoice(folder: Path) -> IndependentTotal | None:
    """The total of ``invoice.json`` in a month's folder, or None when there is none.

    Raises:
        InvalidManifest: it is there and cannot be read.
        OSError: the folder cannot be read.
    """
    path = folder / INVOICE
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_INVOICE_BYTES + 1)
    except FileNotFoundError:
        return None
    try:
        if len(content) > _LARGEST_INVOICE_BYTES:
            raise ValueError(f"more than {_LARGEST_INVOICE_BYTES} bytes")
        document: Any = json.loads(content)
        costs = {_currency(code): _amount(text) for code, text in document["costs"].items()}
        final, number = document.get("final", True), document.get("number", "")
        if not isinstance(final, bool) or not isinstance(number, str):
            raise TypeError("final must be true or false and number text")
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation, RecursionError) as fault:
        raise InvalidManifest(
            f"the FOCUS folder's invoice {path} cannot be read ({fault!r}); expected "
            '{"costs": {"USD": "1234.56"}, "final": true}; write it again',
            vendor=VENDOR,
            location=str(path),
        ) from fault
    return IndependentTotal(costs=costs, final=final, origin=f"invoice {number}".strip())


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"{code!r} is no ISO 4217 currency")
    return code


def _amount(text: Any) -> Decimal:
    if not isinstance(text, str):
        raise TypeError(f"the amount {text!r} must be text in quotes")
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError(f"the amount {text!r} is no number")
    return amount
