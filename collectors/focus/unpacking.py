"""A limit on what a compressed file may unpack to: a small file must not fill the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from collectors.errors import InvalidFocusFile

MOST_TIMES: Final = 300
"""Bills of real exports shrink 10 to 40 times; a bomb does so a thousand times or more."""
ALWAYS_ALLOWED_BYTES: Final = 256 << 20


def refuse_bomb(origin: Path, *, packed_bytes: int, unpacked_bytes: int) -> None:
    """Nothing, unless the file unpacks to far more than any bill does.

    Raises:
        InvalidFocusFile: more than ``MOST_TIMES`` its size, and more than ``ALWAYS_ALLOWED_BYTES``.
    """
    if unpacked_bytes > max(ALWAYS_ALLOWED_BYTES, MOST_TIMES * packed_bytes):
        raise InvalidFocusFile(
            f"its {packed_bytes} bytes unpack to more than {unpacked_bytes}, over {MOST_TIMES} times as much, which no "
            "bill does; nothing of it was stored; find out who wrote it",
            path=origin,
        )
