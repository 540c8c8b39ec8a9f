"""Whether the identity of a connection may do what the connection needs, tried by calls that change nothing.

Queries are tried as dry runs, which check rights and cost nothing. The custom roles with exactly these permissions are
in ``collectors/gcp/policy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from google.cloud import bigquery

from collectors.collector import Grant, GrantCheck
from collectors.connections.gcp import GcpBilling, GcpBillingFiles, GcpBillingTable
from collectors.errors import ProviderError
from collectors.gcp.access import JOBS_PERMISSION
from collectors.gcp.client import READ_TIMEOUT_SECONDS, GcpClients, gcp_faults
from collectors.gcp.manifests import GET_PERMISSION, LIST_PERMISSION
from collectors.gcp.prices import PERMISSION as CATALOG_PERMISSION
from collectors.gcp.relations import READ_PERMISSION, RUN_PERMISSION, relation_sql
from collectors.grant_checks import Probe, try_grants

DESCRIBE_PERMISSION: Final = "bigquery.tables.get"
TABLES_PERMISSION: Final = "bigquery.tables.list"
_IDENTITY: Final = "IDENTITY"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Probe:
    """A grant, and the call that needs it."""

    grant: Grant
    call: Probe


def check_grants(clients: GcpClients, connection: GcpBilling) -> tuple[GrantCheck, ...]:
    """One check for each permission, in the order in which a collection needs them.

    A fault of any kind is told in the check, not raised.
    """
    member = _member(clients)
    return try_grants(
        (
            replace(probe.grant, statement=probe.grant.statement.replace(_IDENTITY, member)),
            partial(_attempt, probe),
        )
        for probe in _probes(clients, connection)
    )


def _member(clients: GcpClients) -> str:
    """The identity as a grant names it; a word to replace where the credentials do not tell it."""
    try:
        email = clients.service_account_email
    except ProviderError:
        email = None
    return _IDENTITY if email is None else f"serviceAccount:{email}"


def _attempt(probe: _Probe) -> None:
    with gcp_faults(probe.grant.on, permission=probe.grant.permission):
        probe.call()


def _probes(clients: GcpClients, connection: GcpBilling) -> Iterator[_Probe]:
    tables = {
        "billing": connection.table_id if isinstance(connection, GcpBillingTable) else None,
        "total": connection.totals_table,
        "usage": connection.commitments_table,
    }
    asks = [purpose for purpose, table in tables.items() if table is not None]
    asks += ["usage"] if connection.storage_relation is not None else []
    asks += ["access"] if connection.jobs_relation is not None else []
    if asks:
        yield _Probe(
            grant=_project_grant(connection, RUN_PERMISSION, purpose=asks[0], role="placementQueryRunner"),
            call=lambda: _dry_run(clients, "SELECT 1"),
        )
    for purpose, table in tables.items():
        if table is not None:
            yield from _table_probes(clients, table, purpose)
    if connection.storage_relation is not None:
        storage = relation_sql(connection.storage_relation)
        yield _Probe(
            grant=_project_grant(connection, TABLES_PERMISSION, purpose="usage", role="placementMetadataReader"),
            call=lambda: _dry_run(clients, f"SELECT table_name FROM {storage}"),
        )
    if connection.jobs_relation is not None:
        jobs = relation_sql(connection.jobs_relation)
        yield _Probe(
            grant=_project_grant(connection, JOBS_PERMISSION, purpose="access", role="placementMetadataReader"),
            call=lambda: _dry_run(clients, f"SELECT job_id FROM {jobs}"),
        )
    if isinstance(connection, GcpBillingFiles):
        yield from _bucket_probes(clients, connection.bucket, connection.prefix, "billing")
    for uri in connection.storage_inventories:
        bucket, _, prefix = uri.removeprefix("gs://").partition("/")
        yield from _bucket_probes(clients, bucket, prefix, "usage")
    if connection.price_services:
        yield _catalog_probe(clients, connection)


def _table_probes(clients: GcpClients, table: str, purpose: str) -> Iterator[_Probe]:
    project, _, rest = table.partition(".")
    statement = (
        f"bq add-iam-policy-binding --member=IDENTITY --role=projects/{project}/roles/placementTableReader "
        f"--table=true {project}:{rest}"
    )
    yield _Probe(
        grant=Grant(permission=DESCRIBE_PERMISSION, on=f"table {table}", purpose=purpose, statement=statement),
        call=lambda: clients.bigquery.get_table(table, retry=clients.patience, timeout=READ_TIMEOUT_SECONDS),
    )
    yield _Probe(
        grant=Grant(permission=READ_PERMISSION, on=f"table {table}", purpose=purpose, statement=statement),
        call=lambda: _dry_run(clients, f"SELECT COUNT(*) FROM {relation_sql(table)}"),
    )


def _bucket_probes(clients: GcpClients, bucket: str, prefix: str, purpose: str) -> Iterator[_Probe]:
    statement = (
        f"gcloud storage buckets add-iam-policy-binding gs://{bucket} --member=IDENTITY "
        f"--role=projects/{clients.connection.project}/roles/placementObjectReader"
    )

    def first_names() -> list[str]:
        found = clients.storage.list_blobs(
            bucket, prefix=prefix, max_results=1, retry=clients.patience, timeout=READ_TIMEOUT_SECONDS
        )
        return [each.name for each in found]

    def read_first() -> None:
        for name in first_names():
            clients.storage.bucket(bucket).blob(name).reload(retry=clients.patience, timeout=READ_TIMEOUT_SECONDS)

    on = f"gs://{bucket}"
    yield _Probe(grant=Grant(permission=LIST_PERMISSION, on=on, purpose=purpose, statement=statement), call=first_names)
    yield _Probe(grant=Grant(permission=GET_PERMISSION, on=on, purpose=purpose, statement=statement), call=read_first)


def _catalog_probe(clients: GcpClients, connection: GcpBilling) -> _Probe:
    grant = Grant(
        permission=CATALOG_PERMISSION,
        on=f"project {connection.project}",
        purpose="prices",
        statement=f"gcloud services enable cloudbilling.googleapis.com --project={connection.project}",
    )
    return _Probe(
        grant=grant,
        call=lambda: next(
            iter(
                clients.catalog.list_services(
                    request={"page_size": 1}, retry=clients.patience, timeout=READ_TIMEOUT_SECONDS
                ).pages
            )
        ),
    )


def _project_grant(connection: GcpBilling, permission: str, *, purpose: str, role: str) -> Grant:
    project = connection.project
    return Grant(
        permission=permission,
        on=f"project {project}",
        purpose=purpose,
        statement=f"gcloud projects add-iam-policy-binding {project} --member=IDENTITY "
        f"--role=projects/{project}/roles/{role}",
    )


def _dry_run(clients: GcpClients, sql: str) -> None:
    clients.bigquery.query(
        sql,
        job_config=bigquery.QueryJobConfig(dry_run=True, use_query_cache=False),
        retry=clients.patience,
        job_retry=None,
        timeout=READ_TIMEOUT_SECONDS,
    )
