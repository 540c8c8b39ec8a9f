"""Delivered bytes unpacked within a limit, so that a small file cannot fill the memory."""

from __future__ import annotations

import zlib
from typing import Final

from collectors.signals.errors import OversizedSignals, UnreadableSignals

LARGEST_UNPACKED_BYTES: Final = 512 * 2**20
_GZIP: Final = b"\x1f\x8b"
_ANY_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


def unpacked(content: bytes, *, at_most_bytes: int = LARGEST_UNPACKED_BYTES) -> bytes:
    """The content, without gzip when it is packed (one member or several, as appended logs are).

    Raises:
        UnreadableSignals: the gzip is damaged or cut off.
        OversizedSignals: it holds more than ``at_most_bytes``.
    """
    if not content.startswith(_GZIP):
        return _within(content, at_most_bytes)
    found: list[bytes] = []
    left_bytes = at_most_bytes
    while content.startswith(_GZIP):
        member = zlib.decompressobj(_ANY_GZIP_WINDOW)
        try:
            part = member.decompress(content, left_bytes + 1)
        except zlib.error as fault:
            raise UnreadableSignals(f"damaged gzip ({fault}); deliver it again") from fault
        left_bytes -= len(part)
        if left_bytes < 0:
            raise OversizedSignals(f"more than {at_most_bytes} bytes when unpacked; deliver it in smaller files")
        if not member.eof:
            raise UnreadableSignals("gzip that ends too early; deliver it again")
        found.append(part)
        content = member.unused_data
    return b"".join(found)


def _within(content: bytes, at_most_bytes: int) -> bytes:
    if len(content) > at_most_bytes:
        raise OversizedSignals(f"more than {at_most_bytes} bytes; deliver it in smaller files")
    return content
