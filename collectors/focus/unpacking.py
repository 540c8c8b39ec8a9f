"""Reading compressed files within a limit on what they may unpack to: a small file must not fill the machine."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

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


def refuse_parquet_bomb(path: Path, *, origin: Path) -> None:
    """``refuse_bomb`` by what a Parquet file says of itself.

    Raises:
        InvalidFocusFile: see ``refuse_bomb``.
        pyarrow.ArrowInvalid, OSError: it is no Parquet file.
    """
    facts = pq.read_metadata(path)
    unpacked_bytes = sum(facts.row_group(group).total_byte_size for group in range(facts.num_row_groups))
    refuse_bomb(origin, packed_bytes=path.stat().st_size, unpacked_bytes=unpacked_bytes)


class Unpacking(io.RawIOBase):
    """A gzip file unpacked; reading it raises ``InvalidFocusFile`` when more comes out than any bill holds."""

    def __init__(self, path: Path, *, origin: Path) -> None:
        self._stream = pa.input_stream(str(path), compression="gzip")
        self._origin = origin
        self._packed_bytes = path.stat().st_size
        self._unpacked_bytes = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes of the unpacked file, or what is left of it."""
        piece = bytes(self._stream.read(size))
        self._unpacked_bytes += len(piece)
        refuse_bomb(self._origin, packed_bytes=self._packed_bytes, unpacked_bytes=self._unpacked_bytes)
        return piece

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()
