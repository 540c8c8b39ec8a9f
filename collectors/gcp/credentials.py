"""Where a connection's credentials are, by reference: nothing here keeps, prints or logs a secret.

Sources: https://cloud.google.com/docs/authentication/application-default-credentials and
https://cloud.google.com/iam/docs/workload-identity-federation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import google.auth
import google.auth.aws
import google.auth.compute_engine
import google.auth.credentials
import google.auth.exceptions
import google.auth.identity_pool
import google.oauth2.credentials
import google.oauth2.service_account
from google.auth.transport.requests import Request

from collectors.connections.base import Connection, is_safe_endpoint
from collectors.errors import CredentialsMissing

VENDOR: Final = "Google Cloud"
# Queries are jobs, so BigQuery's read-only scope is not enough; the roles of the identity limit what it can do.
SCOPES: Final = (
    "https://www.googleapis.com/auth/bigquery",
    "https://www.googleapis.com/auth/cloud-billing.readonly",
    "https://www.googleapis.com/auth/devstorage.read_only",
)
ANONYMOUS: Final = "workload:anonymous"
METADATA: Final = "workload:metadata"
_TOKEN_ADDRESSES: Final = ("token_uri", "token_url", "service_account_impersonation_url")

Credentials = google.auth.credentials.Credentials


def open_credentials(connection: Connection, *, environ: Mapping[str, str], request: Request) -> Credentials:
    """The credentials that the connection's reference points at.

    * ``default``: application default credentials.
    * ``env:PREFIX``: the variable ``PREFIX_CREDENTIALS_FILE`` (path of a key file), ``PREFIX_CREDENTIALS_JSON`` (its
      content) or ``PREFIX_ACCESS_TOKEN`` (a token made elsewhere, which is used until it expires).
    * ``file:PATH``: a service account's key file, or a workload identity federation configuration.
    * ``workload:metadata``: the identity of the machine or pod that this runs on.
    * ``workload:anonymous``: none at all; only where every endpoint of the connection is on the loopback interface.

    Raises:
        CredentialsMissing: there is nothing usable at that place.
    """
    reference = connection.credentials
    scheme, _, place = reference.partition(":")
    if reference == ANONYMOUS:
        return _anonymous(connection)
    if reference == METADATA:
        return google.auth.compute_engine.Credentials(scopes=SCOPES)  # type: ignore[no-untyped-call]
    if scheme == "env":
        return _from_environment(place, environ, connection)
    if scheme == "file":
        return _from_text(_read(Path(place), reference), f"file {place}", connection)
    if scheme != "default":
        raise missing(reference, 'Google Cloud has no such kind; use "default", "env:", "file:" or "workload:metadata"')
    try:
        found, _ = google.auth.default(scopes=SCOPES, request=request)
    except google.auth.exceptions.GoogleAuthError as fault:
        raise missing(
            reference, "there are no application default credentials; run `gcloud auth application-default login`"
        ) from fault
    return found


def missing(reference: str, reason: str) -> CredentialsMissing:
    """The error for a reference that leads nowhere; ``reason`` says what to do and holds no secret."""
    return CredentialsMissing(f"Google Cloud credentials {reference!r}: {reason}", vendor=VENDOR, location=reference)


def _anonymous(connection: Connection) -> Credentials:
    for service in connection.ENDPOINTS:
        url = connection.endpoints.get(service)
        if url is not None and not url.startswith("http://"):
            raise missing(ANONYMOUS, f"the endpoint of {service} is not on the loopback interface; name credentials")
    if not connection.endpoints:
        raise missing(ANONYMOUS, "the connection goes to Google's own servers; name credentials")
    return google.auth.credentials.AnonymousCredentials()  # type: ignore[no-untyped-call]


def _from_environment(prefix: str, environ: Mapping[str, str], connection: Connection) -> Credentials:
    file, content, token = (
        environ.get(f"{prefix}_{name}") for name in ("CREDENTIALS_FILE", "CREDENTIALS_JSON", "ACCESS_TOKEN")
    )
    if file:
        return _from_text(_read(Path(file), connection.credentials), f"file {file}", connection)
    if content:
        return _from_text(content, f"variable {prefix}_CREDENTIALS_JSON", connection)
    if token:
        return google.oauth2.credentials.Credentials(token)  # type: ignore[no-untyped-call]
    raise missing(
        connection.credentials,
        f"none of the environment variables {prefix}_CREDENTIALS_FILE, {prefix}_CREDENTIALS_JSON and "
        f"{prefix}_ACCESS_TOKEN is set; set one",
    )


def _read(path: Path, reference: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise missing(reference, f"{path} cannot be read; create it or fix its rights") from fault


def _from_text(text: str, place: str, connection: Connection) -> Credentials:
    """Credentials from the JSON of a key or federation file; what it says is never repeated in an error."""
    reference = connection.credentials
    try:
        document: Any = json.loads(text)
    except ValueError:
        # The parser's own error quotes the text, which may hold the secret, so it is not chained.
        raise missing(reference, f"the {place} is not JSON; create a new key") from None
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        raise missing(reference, f'the {place} has no "type"; it must be a key file as Google Cloud writes it')
    override = connection.endpoints.get("token")
    if override is not None and document["type"] == "service_account":
        document["token_uri"] = override
    for name in _TOKEN_ADDRESSES:
        if name in document and not is_safe_endpoint(str(document[name])):
            raise missing(reference, f"{name} in the {place} is not an https:// address; secrets are not sent there")
    make = _MAKERS.get(document["type"])
    if make is None:
        raise missing(reference, f"the {place} is none of the types {', '.join(_MAKERS)}; name another")
    try:
        return make(document)
    except (google.auth.exceptions.GoogleAuthError, ValueError, KeyError, TypeError):
        raise missing(reference, f"the {place} is not a complete key file; create a new one") from None


def _service_account(document: dict[str, Any]) -> Credentials:
    made: Credentials = google.oauth2.service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        document, scopes=SCOPES
    )
    return made


def _federated(document: dict[str, Any]) -> Credentials:
    source = document.get("credential_source")
    kind = google.auth.aws if isinstance(source, dict) and "environment_id" in source else google.auth.identity_pool
    made: Credentials = kind.Credentials.from_info(document, scopes=SCOPES)
    return made


def _person(document: dict[str, Any]) -> Credentials:
    made: Credentials = google.oauth2.credentials.Credentials.from_authorized_user_info(  # type: ignore[no-untyped-call]
        document, scopes=SCOPES
    )
    return made


# Federation through a program of the file's choosing ("executable") is left out: a connections file runs nothing.
_MAKERS: Final[dict[str, Callable[[dict[str, Any]], Credentials]]] = {
    "service_account": _service_account,
    "external_account": _federated,
    "authorized_user": _person,
}
