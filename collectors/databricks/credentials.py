"""Where a connection's credentials are, by reference: nothing here keeps, prints or logs a secret."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from collectors.errors import CredentialsMissing

VENDOR: Final = "Databricks"
_WORKLOAD_TYPES: Final = ("azure-msi", "env-oidc", "file-oidc", "github-oidc", "google-id")


def login_arguments(reference: str, *, environ: Mapping[str, str]) -> dict[str, str]:
    """Arguments of ``databricks.sdk.config.Config`` that say who we are, as ``reference`` points at it.

    * ``default``: as ``env:DATABRICKS``.
    * ``env:PREFIX``: ``PREFIX_TOKEN`` (a personal access token), else ``PREFIX_CLIENT_ID`` with
      ``PREFIX_CLIENT_SECRET`` (OAuth of a service principal).
    * ``file:PATH`` or ``file:PATH#PROFILE``: the same as ``token`` or ``client_id`` and ``client_secret`` in a file in
      the format of ``.databrickscfg``; PROFILE is ``DEFAULT`` when none is named.
    * ``profile:NAME``: that profile of the ``.databrickscfg`` in the home directory, or of ``DATABRICKS_CONFIG_FILE``.
    * ``workload:TYPE``: the identity of the machine, one of the SDK's types: azure-msi, env-oidc, file-oidc,
      github-oidc, google-id.

    Raises:
        CredentialsMissing: there is nothing at that place.

    Source: https://docs.databricks.com/aws/en/dev-tools/auth.
    """
    scheme, _, place = reference.partition(":")
    match scheme:
        case "default":
            return _from_environment("DATABRICKS", environ, reference)
        case "env":
            return _from_environment(place, environ, reference)
        case "file":
            path, _, profile = place.partition("#")
            return _from_file(Path(path), profile or "DEFAULT", reference)
        case "profile":
            default = str(Path(environ.get("HOME", "")) / ".databrickscfg")
            return _from_file(Path(environ.get("DATABRICKS_CONFIG_FILE") or default), place, reference)
        case _:
            if place not in _WORKLOAD_TYPES:
                raise _missing(reference, f"expected workload: with one of {', '.join(_WORKLOAD_TYPES)}")
            return {"auth_type": place}


def _from_environment(prefix: str, environ: Mapping[str, str], reference: str) -> dict[str, str]:
    found = _chosen({name: environ.get(f"{prefix}_{name.upper()}", "") for name in _NAMES})
    if found is None:
        raise _missing(
            reference,
            f"neither the environment variable {prefix}_TOKEN nor both of {prefix}_CLIENT_ID and "
            f"{prefix}_CLIENT_SECRET are set; set them",
        )
    return found


def _from_file(path: Path, profile: str, reference: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise _missing(reference, f"{path} cannot be read ({fault.strerror}); create it or fix its rights") from fault
    except (configparser.Error, UnicodeDecodeError) as fault:
        # The parser's own message quotes the line, which may hold the secret.
        raise _missing(reference, f"{path} is not in the format of .databrickscfg; fix it") from fault
    if not parser.has_section(profile):
        raise _missing(reference, f"{path} has no section [{profile}]; add it or name another")
    found = _chosen({name: parser[profile].get(name, "") for name in _NAMES})
    if found is None:
        raise _missing(
            reference, f"section [{profile}] of {path} has neither token nor client_id and client_secret; add them"
        )
    return found


_NAMES: Final = ("token", "client_id", "client_secret")


def _chosen(found: Mapping[str, str]) -> dict[str, str] | None:
    if found["token"]:
        return {"auth_type": "pat", "token": found["token"]}
    if found["client_id"] and found["client_secret"]:
        return {
            "auth_type": "oauth-m2m",
            "client_id": found["client_id"],
            "client_secret": found["client_secret"],
        }
    return None


def _missing(reference: str, reason: str) -> CredentialsMissing:
    return CredentialsMissing(f"Databricks credentials {reference!r}: {reason}", vendor=VENDOR, location=reference)
