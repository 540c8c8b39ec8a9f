"""Credentials by reference: found where the connection says, never repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.identity import (
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from collectors.azure.credentials import identity_credential, storage_credential, tenant_of
from collectors.connections.azure import AzureFocusExport
from collectors.errors import CredentialsMissing

CONNECTION = AzureFocusExport(
    name="bank",
    account_url="https://bankexports.blob.core.windows.net",
    container="exports",
    export="focus",
    scope="subscriptions/s1",
)
NAMES = {
    "BILL_TENANT_ID": "11111111-2222-4333-8444-555555555555",
    "BILL_CLIENT_ID": "c",
    "BILL_CLIENT_SECRET": "s3cret-value",
}
FEDERATED = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": "/var/run/token"}


def with_credentials(reference: str) -> AzureFocusExport:
    """The connection with another reference."""
    return replace(CONNECTION, credentials=reference)


def test_each_reference_gives_its_kind_of_credential(tmp_path: Path) -> None:
    path = tmp_path / "azure.json"
    path.write_text(json.dumps({"tenant_id": NAMES["BILL_TENANT_ID"], "client_id": "c", "client_secret": "s3cret"}))
    expected = {
        "env:BILL": ClientSecretCredential,
        f"file:{path}": ClientSecretCredential,
        "workload:managed": ManagedIdentityCredential,
        "workload:managed/client": ManagedIdentityCredential,
        "workload:federated": WorkloadIdentityCredential,
        "default": DefaultAzureCredential,
    }

    for reference, kind in expected.items():
        found = identity_credential(with_credentials(reference), environ={**NAMES, **FEDERATED}, settings={})
        assert isinstance(found, kind), reference


def test_a_storage_account_is_opened_by_key_or_signature_where_the_environment_has_one() -> None:
    key = storage_credential(with_credentials("env:BILL"), environ={"BILL_ACCOUNT_KEY": "a2V5"}, settings={})
    signature = storage_credential(with_credentials("env:BILL"), environ={"BILL_SAS_TOKEN": "sv=1&sig=x"}, settings={})
    identity = storage_credential(with_credentials("env:BILL"), environ=NAMES, settings={})

    assert isinstance(key, AzureNamedKeyCredential)
    assert key.named_key.name == "bankexports"
    assert isinstance(signature, AzureSasCredential)
    assert isinstance(identity, ClientSecretCredential)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_variable_that_is_not_set_is_named(name: str) -> None:
    with pytest.raises(CredentialsMissing, match=name):
        identity_credential(
            with_credentials("env:BILL"),
            environ={key: value for key, value in NAMES.items() if key != name},
            settings={},
        )


def test_all_variables_that_are_not_set_are_named_at_once() -> None:
    with pytest.raises(CredentialsMissing) as refused:
        identity_credential(with_credentials("env:BILL"), environ={}, settings={})
    assert all(name in str(refused.value) for name in NAMES)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{'client_secret': 's3cret-value'", "neither JSON"),
        ('["s3cret-value"]', "not a JSON object"),
        ('{"tenant_id": "t", "client_secret": "s3cret-value"}', "no client_id"),
        ('{"tenant_id": "t", "client_id": "c"}', "neither client_secret nor certificate_path"),
        ('{"tenant_id": "t", "client_id": "c", "certificate_path": "/not/there.pem"}', "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\ns3cret-value", "TENANT_ID/CLIENT_ID"),
    ],
)
def test_a_file_that_holds_no_credentials_is_told_without_its_contents(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "credentials"
    path.write_text(content)

    with pytest.raises(CredentialsMissing, match=reason) as refused:
        identity_credential(with_credentials(f"file:{path}"), environ={}, settings={})

    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None or "s3cret" not in repr(refused.value.__cause__)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("file:/not/there.json", "cannot be read"),
        ("profile:work", "no profiles"),
        ("workload:somehow", "workload:managed"),
        ("workload:federated", "AZURE_TENANT_ID"),
    ],
)
def test_a_reference_that_leads_nowhere_says_what_to_write(reference: str, reason: str) -> None:
    with pytest.raises(CredentialsMissing, match=reason):
        identity_credential(with_credentials(reference), environ={}, settings={})


def test_connections_to_one_tenant_share_its_quota() -> None:
    assert tenant_of(with_credentials("env:BILL"), NAMES) == NAMES["BILL_TENANT_ID"]
    assert tenant_of(with_credentials("default"), FEDERATED) == "t"
    assert tenant_of(with_credentials("default"), {}) == "default"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_url", "http://bankexports.blob.core.windows.net"),
        ("account_url", "https://user:secret@bankexports.blob.core.windows.net"),
        ("inventories", ("UPPER/x",)),
        ("access_logs", ("a?b",)),
        ("metric_accounts", ("lakeaccount",)),
        ("scope", "subscriptions/s1?x=1"),
    ],
)
def test_a_connection_with_a_place_that_cannot_be_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        replace(CONNECTION, **{field: value})  # type: ignore[arg-type]
