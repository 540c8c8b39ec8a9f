"""Where a connection's credentials are, by reference: nothing here keeps, prints or logs a secret."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from collectors.connections.base import is_safe_endpoint
from collectors.errors import CredentialsMissing

VENDOR: Final = "Snowflake"
_CLOUDS: Final = ("AWS", "AZURE", "GCP")
_ANY_HOST: Final = "snowflakecomputing.com"
"""Stands for the account's own host, which is never this machine."""


def login_arguments(reference: str, *, environ: Mapping[str, str]) -> dict[str, str]:
    """Arguments of ``snowflake.connector.connect`` that say who we are, as ``reference`` points at it.

    * ``default``: as ``env:SNOWFLAKE``.
    * ``env:PREFIX``: the first that is set of ``PREFIX_PASSWORD``; ``PREFIX_TOKEN`` (a programmatic access token);
      ``PREFIX_OAUTH_TOKEN``; ``PREFIX_OAUTH_CLIENT_ID`` with ``PREFIX_OAUTH_CLIENT_SECRET`` and, for an authority of
      your own, ``PREFIX_OAUTH_TOKEN_URL``; ``PREFIX_PRIVATE_KEY_FILE`` with ``PREFIX_PRIVATE_KEY_PASSPHRASE`` when it
      has one.
    * ``file:PATH`` or ``file:PATH#PREFIX``: a private key (PEM, PKCS 8) for key-pair authentication; its passphrase in
      ``PREFIX_PRIVATE_KEY_PASSPHRASE``.
    * ``profile:NAME``: that connection of ``connections.toml`` in ``SNOWFLAKE_HOME``, or else in ``.snowflake`` of the
      home directory.
    * ``workload:AWS``, ``workload:AZURE``, ``workload:GCP``: the identity of the machine; ``workload:OIDC:PATH``: the
      token in that file.

    An address that the environment or the profile names for the login must have TLS, or be on this machine.

    Raises:
        CredentialsMissing: there is nothing at that place, or secrets would be sent to an address without TLS.

    Source: https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-connect.
    """
    scheme, _, place = reference.partition(":")
    match scheme:
        case "default":
            return _from_environment("SNOWFLAKE", environ, reference)
        case "env":
            return _from_environment(place, environ, reference)
        case "file":
            path, _, prefix = place.partition("#")
            return _key_pair(path, environ.get(f"{prefix}_PRIVATE_KEY_PASSPHRASE", ""), reference)
        case "profile":
            home = environ.get("SNOWFLAKE_HOME") or str(Path(environ.get("HOME", "")) / ".snowflake")
            return _profile(Path(home) / "connections.toml", place, reference)
        case _:
            return _workload_identity(place, reference)


def _from_environment(prefix: str, environ: Mapping[str, str], reference: str) -> dict[str, str]:
    def value(name: str) -> str:
        return environ.get(f"{prefix}_{name}", "")

    if value("PASSWORD"):
        return {"password": value("PASSWORD")}
    if value("TOKEN"):
        return {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": value("TOKEN")}
    if value("OAUTH_TOKEN"):
        return {"authenticator": "OAUTH", "token": value("OAUTH_TOKEN")}
    if value("OAUTH_CLIENT_ID"):
        if not value("OAUTH_CLIENT_SECRET"):
            raise _missing(reference, f"the environment variable {prefix}_OAUTH_CLIENT_SECRET is not set; set it")
        found = {
            "authenticator": "OAUTH_CLIENT_CREDENTIALS",
            "oauth_client_id": value("OAUTH_CLIENT_ID"),
            "oauth_client_secret": value("OAUTH_CLIENT_SECRET"),
        }
        url = value("OAUTH_TOKEN_URL")
        if url and not is_safe_endpoint(url):
            raise _missing(reference, f"{prefix}_OAUTH_TOKEN_URL is not an https:// address; correct it")
        return found | ({"oauth_token_request_url": url} if url else {})
    if value("PRIVATE_KEY_FILE"):
        return _key_pair(value("PRIVATE_KEY_FILE"), value("PRIVATE_KEY_PASSPHRASE"), reference)
    raise _missing(
        reference,
        f"none of the environment variables {prefix}_PASSWORD, {prefix}_TOKEN, {prefix}_OAUTH_TOKEN, "
        f"{prefix}_OAUTH_CLIENT_ID and {prefix}_PRIVATE_KEY_FILE is set; set one",
    )


def _profile(path: Path, name: str, reference: str) -> dict[str, str]:
    """The file is named to the SDK as well, so that what was looked at here is what it reads."""
    try:
        section: Any = tomllib.loads(path.read_text(encoding="utf-8"))[name]
        profile = {key.lower(): value for key, value in section.items()}
        addresses = {key: str(value) for key, value in profile.items() if key.endswith("url")}
        if "host" in profile or "protocol" in profile:
            addresses["host"] = f"{profile.get('protocol', 'https')}://{profile.get('host', _ANY_HOST)}"
    except OSError as fault:
        raise _missing(reference, f"{path} cannot be read ({fault.strerror}); create it or fix its rights") from fault
    except ValueError as fault:  # the parser's own message may quote a secret
        raise _missing(reference, f"{path} is not TOML; fix it") from fault
    except (KeyError, AttributeError) as fault:
        raise _missing(reference, f"{path} has no section [{name}]; add it or name another") from fault
    for key, url in addresses.items():
        if not is_safe_endpoint(url):
            raise _missing(reference, f"{key} in section [{name}] of {path} is an address without TLS; correct it")
    return {"connection_name": name, "connections_file_path": str(path)}


def _key_pair(path: str, passphrase: str, reference: str) -> dict[str, str]:
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(27)
    except OSError as fault:
        raise _missing(reference, f"{path} cannot be read ({fault.strerror}); create it or fix its rights") from fault
    if not start.startswith(b"-----BEGIN"):
        raise _missing(reference, f"{path} is not a private key in PEM format; name the .p8 file")
    found = {"authenticator": "SNOWFLAKE_JWT", "private_key_file": path}
    return found | ({"private_key_password": passphrase} if passphrase else {})


def _workload_identity(place: str, reference: str) -> dict[str, str]:
    provider, _, path = place.partition(":")
    found = {"authenticator": "WORKLOAD_IDENTITY", "workload_identity_provider": provider.upper()}
    if provider.upper() in _CLOUDS and not path:
        return found
    if provider.upper() == "OIDC" and Path(path).is_file():
        return found | {"token_file_path": path}
    raise _missing(
        reference, f"expected workload: with one of {', '.join(_CLOUDS)}, or OIDC:PATH with a token in that file"
    )


def _missing(reference: str, reason: str) -> CredentialsMissing:
    return CredentialsMissing(f"Snowflake credentials {reference!r}: {reason}", vendor=VENDOR, location=reference)
