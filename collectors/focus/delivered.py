"""The files of a delivery: found, kept in the store as they came, and known to people by their own names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from collectors.errors import BillError, InvalidFocusFile
from collectors.focus.dialect import Dialect
from collectors.focus.findings import Oddity
from collectors.store.raw import Origin, RawFile, suffix_of
from collectors.store.writer import StoreWriter

Progress = Callable[[str], None]


def files_of(paths: Iterable[Path], dialect: Dialect) -> list[tuple[Path, str]]:
    """Every file with its suffix, in a stable order."""
    found: list[tuple[Path, str]] = []
    for given in paths:
        path = Path(given)
        if not path.exists():
            raise InvalidFocusFile("no such file or folder; check the spelling", path=path)
        candidates = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        bills = [(each, suffix) for each in candidates if (suffix := suffix_of(each, dialect.suffixes)) is not None]
        if not bills:
            raise InvalidFocusFile(f"no FOCUS file; expected a name ending in {', '.join(dialect.suffixes)}", path=path)
        found.extend(bills)
    if not found:
        raise ValueError("no paths were given; name at least one FOCUS file or folder")
    return found


def keep_files(
    writer: StoreWriter,
    files: Sequence[tuple[Path, str]],
    origins: Mapping[Path, Origin],
    say: Progress,
    *,
    count_repeats: bool,
) -> tuple[list[RawFile], tuple[Oddity, ...]]:
    """The files, in the order of their hashes, and an oddity for each that came twice and counts once."""
    kept: list[RawFile] = []
    first: dict[str, RawFile] = {}
    duplicates: list[Oddity] = []
    for path, suffix in files:
        name = origins[path].name if path in origins else path.name
        say(f"keeping {name}")
        try:
            raw = writer.keep(path, suffix, name=name)
        except (FileNotFoundError, PermissionError, IsADirectoryError) as fault:
            if fault.filename != str(path):
                raise
            raise InvalidFocusFile(f"cannot be read ({fault.strerror}); check its rights", path=path) from fault
        if count_repeats or raw.sha256 not in first:
            kept.append(raw)
            first.setdefault(raw.sha256, raw)
            continue
        duplicates.append(
            Oddity(
                code="duplicate_file",
                column="",
                meaning=f"the same bytes as {first[raw.sha256].name} in the same call; counted once",
                rows=0,
                examples=(name,),
                cost_affected={},
            )
        )
    return sorted(kept, key=lambda raw: raw.sha256), tuple(duplicates)


@contextmanager
def locating(locations: Mapping[Path, str]) -> Iterator[None]:
    """Faults of bills name the files that people know, not copies of them."""
    try:
        yield
    except BillError as fault:
        fault.locate(locations)
        raise
