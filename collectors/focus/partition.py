"""Staged bills into period versions: which rows belong to which source and billing period, and where rejects go.

A rejected row is kept with the version of its own source and period. When it does not tell its period, it is kept with
the first period of the same source in its file, else with the first period of its file, else under ``unknown``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from collectors.errors import InvalidFocusFile
from collectors.focus.dialect import Dialect
from collectors.focus.findings import Rejection, add_costs
from collectors.focus.malformed import MALFORMED, malformed_query
from collectors.focus.normalise import REASON, WORK_COLUMNS, normaliser_of
from collectors.focus.staged import UNKNOWN, RowGroup, StagedBill, reject_query
from collectors.store.schema import PERIOD, SOURCE
from collectors.store.sql import literal
from collectors.store.versions import NewVersion, PeriodContents, PeriodVersion
from collectors.store.views import INPUT_ROW

Key = tuple[str, str]


@dataclass(slots=True)
class _Member:
    """What one bill gives to one version."""

    staged: StagedBill
    accepted: list[RowGroup] = field(default_factory=list)
    rejected: list[RowGroup] = field(default_factory=list)
    malformed: Rejection | None = None

    @property
    def malformed_rows(self) -> int:
        return 0 if self.malformed is None else self.malformed.rows


def partition(
    staged: Sequence[StagedBill],
    connection: duckdb.DuckDBPyConnection,
    *,
    staging: Path,
    superseded: Mapping[Key, PeriodVersion],
    salt: str | None,
    dialect: Dialect,
    home: Key | None = None,
) -> list[NewVersion]:
    """The versions that the bills make up, their files written in ``staging``, ordered by source and period.

    Args:
        staged: bills of one delivery.
        connection: an engine to split files with.
        staging: folder on the store's file system.
        superseded: what readers see now, by source and period.
        salt: the source that the caller named, part of the fingerprint.
        dialect: format of the bills.
        home: source and period of the whole delivery, when the caller knows: rejected rows are then kept there,
            whatever period they name.

    Raises:
        InvalidFocusFile: every row of a period is rejected and the store holds rows of it, which would be erased.
    """
    members: dict[Key, list[_Member]] = {}
    for bill in staged:
        for key, member in _members_of(bill, home).items():
            members.setdefault(key, []).append(member)
    versions = []
    for position, (key, parts) in enumerate(sorted(members.items())):
        contents = _contents(key, parts, salt, dialect)
        present = superseded.get(key)
        if contents.rows == 0 and present is not None and present.rows > 0:
            raise InvalidFocusFile(
                f"every row of {key[0]} in {key[1]} is rejected, and the store holds {present.rows} rows of it; "
                "nothing was stored, those rows stay; export the bill again",
                path=parts[0].staged.bill.raw.origin,
            )
        versions.append(_new_version(contents, key, parts, connection, staging / f"version-{position:05d}"))
    return versions


def _members_of(bill: StagedBill, forced: Key | None) -> dict[Key, _Member]:
    members: dict[Key, _Member] = {}
    for group in bill.groups:
        if group.reason is None:
            members.setdefault((group.source, group.period), _Member(bill)).accepted.append(group)
    accepted = sorted(members)
    for group in bill.groups:
        if group.reason is not None:
            members.setdefault(forced or _home(group, accepted), _Member(bill)).rejected.append(group)
    malformed = next((each for each in bill.findings.rejections if each.reason == MALFORMED), None)
    if malformed is not None:
        home = forced or accepted[0] if forced or accepted else next(iter(sorted(members)), (UNKNOWN, UNKNOWN))
        members.setdefault(home, _Member(bill)).malformed = malformed
    return members


def _home(group: RowGroup, accepted: Sequence[Key]) -> Key:
    if group.period != UNKNOWN:
        return group.source, group.period
    same_source = [key for key in accepted if key[0] == group.source]
    return next(iter([*same_source, *accepted]), (group.source, UNKNOWN))


def _contents(key: Key, parts: Sequence[_Member], salt: str | None, dialect: Dialect) -> PeriodContents:
    accepted = [group for part in parts for group in part.accepted]
    rejected = [group for part in parts for group in part.rejected]
    files = tuple(sorted(part.staged.bill.raw.sha256 for part in parts))
    fingerprint = hashlib.sha256(json.dumps([normaliser_of(dialect), salt, key, files]).encode()).hexdigest()
    return PeriodContents(
        source=key[0],
        period=key[1],
        fingerprint=fingerprint,
        files=files,
        dialect=dialect.name,
        normaliser=normaliser_of(dialect),
        focus_versions=tuple(sorted({part.staged.bill.version for part in parts})),
        rows=sum(group.rows for group in accepted),
        rejected_rows=sum(group.rows for group in rejected) + sum(part.malformed_rows for part in parts),
        billed_cost=add_costs({group.currency: group.billed_cost} for group in accepted),
        effective_cost=add_costs({group.currency: group.effective_cost} for group in accepted),
        rejected_cost=add_costs(
            [
                *({group.currency: group.billed_cost} for group in rejected),
                *(part.malformed.cost for part in parts if part.malformed is not None),
            ]
        ),
    )


def _new_version(
    contents: PeriodContents, key: Key, parts: Sequence[_Member], connection: duckdb.DuckDBPyConnection, folder: Path
) -> NewVersion:
    folder.mkdir()
    row_parts = []
    queries: list[str] = []
    for position, part in enumerate(parts):
        if part.accepted:
            row_parts.append(_row_part(part.staged, key, connection, folder / f"rows-{position:05d}.parquet"))
        queries.extend(reject_query(part.staged, _belongs(group)) for group in _distinct(part.rejected))
        if part.malformed_rows and part.staged.malformed_path is not None:
            queries.append(malformed_query(part.staged.malformed_path, part.staged.bill.raw.sha256))
    reject_parts = []
    if queries:
        target = folder / "rejects.parquet"
        connection.execute(f"COPY ({' UNION ALL '.join(queries)}) TO {literal(str(target))} (FORMAT parquet)")
        reject_parts.append(target)
    return NewVersion(contents=contents, row_parts=tuple(row_parts), reject_parts=tuple(reject_parts))


def _row_part(staged: StagedBill, key: Key, connection: duckdb.DuckDBPyConnection, target: Path) -> Path:
    """The bill's usable rows of one version: the staging file itself when it holds nothing else."""
    if {(group.source, group.period, group.reason) for group in staged.groups} == {(*key, None)}:
        return staged.path
    # Rows are written in any order, which halves the time; each keeps its place in the bill as a number.
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(
        f"COPY (SELECT * EXCLUDE ({', '.join(WORK_COLUMNS)}, file_row_number), file_row_number + 1 AS {INPUT_ROW} "
        f"FROM read_parquet({literal(str(staged.path))}, file_row_number = true) "
        f"WHERE {SOURCE} = {literal(key[0])} AND {PERIOD} = {literal(key[1])} AND {REASON} IS NULL) "
        f"TO {literal(str(target))} (FORMAT parquet, ROW_GROUP_SIZE 61440)"
    )
    return target


def _distinct(groups: Sequence[RowGroup]) -> list[RowGroup]:
    """One group per source and period: currencies and reasons are read together."""
    return list({(group.source, group.period): group for group in groups}.values())


def _belongs(group: RowGroup) -> str:
    period = f"{PERIOD} IS NULL" if group.period == UNKNOWN else f"{PERIOD} = {literal(group.period)}"
    return f"{SOURCE} = {literal(group.source)} AND {period}"
