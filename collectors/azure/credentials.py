"""Where a connection's credentials are, by reference: nothing here keeps, prints or logs a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential, TokenCredential
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from collectors.connections.azure import AzureExport
from collectors.connections.base import unset_variables
from collectors.errors import CredentialsMissing

VENDOR: Final = "Azure"
TENANT_FROM_ENVIRONMENT: Final = "AZURE_TENANT_ID"

_IDENTITY: Final = ("tenant_id", "client_id")
_CERTIFICATE_START: Final = b"-----BEGIN"


def identity_credential(
    connection: AzureExport, *, environ: Mapping[str, str], settings: Mapping[str, Any]
) -> TokenCredential:
    """A source of Entra ID tokens for the identity that ``connection.credentials`` points at.

    * ``default``: azure-identity's own chain (environment, workload identity, managed identity, developer tools).
    * ``env:PREFIX``: the variables ``PREFIX_TENANT_ID``, ``PREFIX_CLIENT_ID`` and ``PREFIX_CLIENT_SECRET``.
    * ``file:PATH``: JSON with ``tenant_id``, ``client_id`` and ``client_secret`` or ``certificate_path``; or a PEM file
      with certificate and key, whose tenant and client are ``file:PATH#TENANT_ID/CLIENT_ID``.
    * ``workload:managed``, ``workload:managed/CLIENT_ID``: the machine's managed identity; ``workload:federated``: the
      token that Kubernetes projects, as the variables of Azure Workload Identity say.

    Args:
        connection: whose credentials, login endpoint and CA bundle count.
        environ: the environment.
        settings: keyword arguments for the HTTP pipeline of azure-identity (transport, retry policy).

    Raises:
        CredentialsMissing: there is nothing at that place.
    """
    reference = connection.credentials
    scheme, _, place = reference.partition(":")
    login = connection.endpoints.get("login")
    arguments = dict(settings)
    if login is not None:
        # An authority that is not Microsoft's cannot be looked up in Microsoft's list of authorities.
        arguments |= {"authority": login, "disable_instance_discovery": True}
    if scheme == "env":
        return _from_environment(place, environ, reference, arguments)
    if scheme == "file":
        return _from_file(place, reference, arguments)
    if scheme == "workload":
        return _of_workload(place, environ, reference, arguments)
    if scheme == "profile":
        raise _missing(reference, "Azure has no profiles; use default, env:PREFIX, file:PATH or workload:managed")
    return DefaultAzureCredential(**arguments)


def storage_credential(
    connection: AzureExport, *, environ: Mapping[str, str], settings: Mapping[str, Any]
) -> TokenCredential | AzureNamedKeyCredential | AzureSasCredential:
    """What opens the storage account: an account key or a SAS where the environment has one, else the identity.

    With ``env:PREFIX``, ``PREFIX_ACCOUNT_KEY`` is the account's key and ``PREFIX_SAS_TOKEN`` a shared access signature.

    Raises:
        CredentialsMissing: there is nothing at that place.
    """
    scheme, _, prefix = connection.credentials.partition(":")
    if scheme == "env":
        key, signature = environ.get(f"{prefix}_ACCOUNT_KEY"), environ.get(f"{prefix}_SAS_TOKEN")
        if key:
            return AzureNamedKeyCredential(connection.account_name, key)
        if signature:
            return AzureSasCredential(signature)
    return identity_credential(connection, environ=environ, settings=settings)


def tenant_of(connection: AzureExport, environ: Mapping[str, str]) -> str:
    """The tenant whose call quota the connection shares; the credentials' reference where the tenant is not told."""
    scheme, _, prefix = connection.credentials.partition(":")
    name = f"{prefix}_TENANT_ID" if scheme == "env" else TENANT_FROM_ENVIRONMENT
    return environ.get(name, "") or connection.credentials


def _from_environment(
    prefix: str, environ: Mapping[str, str], reference: str, arguments: Mapping[str, Any]
) -> TokenCredential:
    names = {key: f"{prefix}_{key.upper()}" for key in (*_IDENTITY, "client_secret")}
    absent = [name for name in names.values() if not environ.get(name)]
    if absent:
        raise _missing(reference, unset_variables(absent))
    return ClientSecretCredential(**{key: environ[name] for key, name in names.items()}, **arguments)


def _from_file(place: str, reference: str, arguments: Mapping[str, Any]) -> TokenCredential:
    name, _, identity = place.partition("#")
    path = Path(name)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise _missing(reference, f"{path} cannot be read ({fault.strerror}); create it or fix its rights") from fault
    if _CERTIFICATE_START in content:
        tenant, slash, client = identity.partition("/")
        if not slash or not tenant or not client:
            raise _missing(reference, f"{path} is a certificate; write file:{path}#TENANT_ID/CLIENT_ID")
        return _certificate(tenant, client, reference, content, arguments)
    return _from_json(path, content, reference, arguments)


def _from_json(path: Path, content: bytes, reference: str, arguments: Mapping[str, Any]) -> TokenCredential:
    try:
        document = json.loads(content)
    except ValueError:
        # The parser's own message quotes the text, which may hold the secret.
        raise _missing(reference, f"{path} is neither JSON nor a PEM certificate; fix it") from None
    if not isinstance(document, dict):
        raise _missing(reference, f"{path} is not a JSON object; expected tenant_id, client_id and client_secret")
    for key in _IDENTITY:
        if not isinstance(document.get(key), str) or not document[key]:
            raise _missing(reference, f"{path} has no {key}; add it")
    tenant, client = document["tenant_id"], document["client_id"]
    certificate, secret = document.get("certificate_path"), document.get("client_secret")
    if isinstance(certificate, str) and certificate:
        try:
            pem = Path(certificate).read_bytes()
        except OSError as fault:
            raise _missing(reference, f"{certificate} cannot be read ({fault.strerror}); fix its rights") from fault
        return _certificate(tenant, client, reference, pem, arguments)
    if not isinstance(secret, str) or not secret:
        raise _missing(reference, f"{path} has neither client_secret nor certificate_path; add one")
    return ClientSecretCredential(tenant, client, secret, **arguments)


def _certificate(tenant: str, client: str, reference: str, pem: bytes, arguments: Mapping[str, Any]) -> TokenCredential:
    try:
        return CertificateCredential(tenant, client, certificate_data=pem, **arguments)
    except ValueError:
        raise _missing(
            reference, "the PEM file does not hold an RSA certificate with its private key; fix it"
        ) from None


def _of_workload(
    place: str, environ: Mapping[str, str], reference: str, arguments: Mapping[str, Any]
) -> TokenCredential:
    kind, _, client = place.partition("/")
    if kind == "managed":
        return ManagedIdentityCredential(client_id=client or None, **arguments)
    if kind != "federated":
        raise _missing(reference, "expected workload:managed, workload:managed/CLIENT_ID or workload:federated")
    names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE")
    absent = [name for name in names if not environ.get(name)]
    if absent:
        raise _missing(reference, f"{unset_variables(absent)}, or label the pod azure.workload.identity/use")
    tenant, client, token_file = (environ[name] for name in names)
    return WorkloadIdentityCredential(tenant_id=tenant, client_id=client, token_file_path=token_file, **arguments)


def _missing(reference: str, reason: str) -> CredentialsMissing:
    return CredentialsMissing(f"Azure credentials {reference!r}: {reason}", vendor=VENDOR, location=reference)
