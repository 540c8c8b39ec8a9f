"""``placement signals``: who accesses which dataset, from logs, job lists, lineage and inventories."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.common import AsJson, DataDirectory, echo_json, settings_for, show_table
from api.cli.failures import BAD_INPUT

if TYPE_CHECKING:
    from collectors.signals.coverage import Window
    from collectors.signals.last_access import LastAccess

app = typer.Typer(help="Access signals: take in logs and inventories, show what is covered.", no_args_is_help=True)
_DAY = ["%Y-%m-%d"]
_REJECTED_SQL = "SELECT source, reason, count(*) FROM signal_rejects GROUP BY ALL ORDER BY ALL"


@app.command("ingest")
def ingest_signals(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all they hold.")],
    kind: Annotated[str, typer.Option(help="What they are, for instance s3_server_log, cloudtrail, openlineage.")],
    name: Annotated[str | None, typer.Option(help="Name of this delivery, when a kind comes from several.")] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The day that an inventory describes (snapshots only).")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Region of the data or jobs, when the files do not say.")] = None,
    account: Annotated[
        str | None, typer.Option(help="Snowflake's organisation-account, or an inventory's Azure account.")
    ] = None,
    file_schema: Annotated[
        str | None, typer.Option("--schema", help="fileSchema of the manifest of an S3 inventory in CSV.")
    ] = None,
    prefix_depth: Annotated[int, typer.Option(min=0, max=50, help="Folders of a key that name its dataset.")] = 4,
    covers_from: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First day that the files watched.")
    ] = None,
    covers_to: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="Last day that the files watched.")
    ] = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Store signals; doing it twice changes nothing. Name all files of one inventory at once.

    Without --from and --to, the files cover all days from their first event to their last. What cannot be used is kept
    aside with its reason; files of which nothing can be used end with exit code 2.
    """
    from collectors.signals.ingest import ingest_signal_files
    from collectors.signals.readers import ReadOptions
    from collectors.signals.store import SignalStore

    covered = _covered(covers_from, covers_to)
    options = ReadOptions(
        prefix_depth=prefix_depth,
        region=region,
        account=account,
        day_on=day.date() if day is not None else None,
        file_schema=file_schema,
    )
    receipts = ingest_signal_files(
        SignalStore.open(settings_for(data_directory).store_folder),
        paths,
        source=kind if name is None else f"{kind}:{name}",
        received_at=datetime.now(UTC),
        options=options,
        covered=covered,
    )
    said = {
        "files": len(receipts),
        "unchanged": sum(receipt.unchanged for receipt in receipts),
        "records": sum(receipt.records for receipt in receipts),
        "rejected": sum(receipt.rejected for receipt in receipts),
        "skipped": sum(receipt.skipped for receipt in receipts),
    }
    reasons = sum((Counter(receipt.reject_reasons) for receipt in receipts), Counter[str]())
    if as_json:
        echo_json({**said, "reject_reasons": reasons})
    else:
        counts = [tuple(f"{count:,}" for count in said.values())]
        show_table(f"Signals of {receipts[0].source}", tuple(said), counts, right=tuple(said))
        for reason, rows in reasons.most_common():
            typer.echo(f"kept aside, in no figure: {rows:,} with {reason}")
    if reasons and not said["records"]:
        reason, _ = reasons.most_common(1)[0]
        fault = f"nothing of these files can be used as {kind} ({reason}); check that --kind says what they are"
        typer.echo(f"placement: {fault}", err=True)
        raise typer.Exit(BAD_INPUT)


@app.command("show")
def show_signals(
    dataset: Annotated[
        list[str] | None, typer.Option(help="Say when this dataset (s3://bucket/prefix, ...) was last used.")
    ] = None,
    data_directory: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Sources, which times they cover, and when a dataset was last used."""
    from collectors.signals.last_access import last_access
    from collectors.signals.store import SignalStore

    store = SignalStore.find(settings_for(data_directory).store_folder)
    if store is None:
        typer.echo("no signals yet; `placement signals ingest` takes them in")
        return
    sources = [{"source": source, **counts} for source, counts in store.delivery_counts().items()]
    coverage = [
        {"source": each.source, "scope": each.scope, "from": each.window.from_at, "to": each.window.to_at}
        for each in store.coverage()
    ]
    with store.connect() as connection:
        rejected = connection.execute(_REJECTED_SQL).fetchall()
    used = {uri: _told(last_access(store, [uri])) for uri in dataset or ()}
    if as_json:
        reasons = [{"source": source, "reason": reason, "rows": rows} for source, reason, rows in rejected]
        echo_json({"sources": sources, "coverage": coverage, "rejected": reasons, "last_access": used})
        return
    counts = ("source", "deliveries", "records", "rejected", "skipped")
    show_table("Signals", counts, [[row.get(column, 0) for column in counts] for row in sources], right=counts[1:])
    show_table(
        "Covered times (to: exclusive)", ("source", "scope", "from", "to"), [list(row.values()) for row in coverage]
    )
    if rejected:
        show_table("Rejected (kept aside, in no figure)", ("source", "reason", "rows"), rejected, right=("rows",))
    for uri, told in used.items():
        typer.echo(f"{uri}: {told}")


def _covered(covers_from: datetime | None, covers_to: datetime | None) -> Window | None:
    from collectors.signals.coverage import whole_days

    if covers_from is None and covers_to is None:
        return None
    if covers_from is None or covers_to is None or covers_from > covers_to:
        raise typer.BadParameter("--from and --to go together, the first day first")
    return whole_days(covers_from.date(), covers_to.date())


def _told(found: LastAccess) -> str:
    from collectors.signals.last_access import Accessed, NotSince

    match found:
        case Accessed(on=on):
            return f"last used on {on.isoformat()}"
        case NotSince(from_on=from_on, until_on=until_on):
            return f"not used since {from_on.isoformat()} (watched until {until_on.isoformat()})"
        case _:
            return "unknown: nobody watched all of it"
