"""Where a connection's credentials are, by reference: nothing here keeps, prints or logs a secret."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

import boto3

from collectors.errors import CredentialsMissing

VENDOR = "AWS"


def open_session(reference: str, *, region: str, environ: Mapping[str, str]) -> boto3.Session:
    """A session with the credentials that ``reference`` points at.

    * ``default``: the SDK's own chain (environment, profile, container, instance role).
    * ``env:PREFIX``: the variables ``PREFIX_ACCESS_KEY_ID``, ``PREFIX_SECRET_ACCESS_KEY`` and, when there is one,
      ``PREFIX_SESSION_TOKEN``.
    * ``profile:NAME``: that profile of the AWS configuration files.
    * ``file:PATH`` or ``file:PATH#PROFILE``: a file in the format of the AWS credentials file.

    Raises:
        CredentialsMissing: there is nothing at that place.
    """
    scheme, _, place = reference.partition(":")
    if scheme == "env":
        return _session(_from_environment(place, environ, reference), region)
    if scheme == "file":
        path, _, profile = place.partition("#")
        return _session(_from_file(Path(path), profile or "default", reference), region)
    if scheme == "profile":
        if place not in boto3.Session().available_profiles:
            raise _missing(reference, f"the AWS configuration has no profile {place!r}; add it with `aws configure`")
        return boto3.Session(profile_name=place, region_name=region)
    return boto3.Session(region_name=region)


def _session(keys: Mapping[str, str], region: str) -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
        aws_session_token=keys.get("session_token"),
        region_name=region,
    )


def _from_environment(prefix: str, environ: Mapping[str, str], reference: str) -> dict[str, str]:
    names = {key: f"{prefix}_{key.upper()}" for key in ("access_key_id", "secret_access_key", "session_token")}
    found = {key: environ[name] for key, name in names.items() if environ.get(name)}
    for key in ("access_key_id", "secret_access_key"):
        if key not in found:
            raise _missing(reference, f"the environment variable {names[key]} is not set; set it")
    return found


def _from_file(path: Path, profile: str, reference: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise _missing(reference, f"{path} cannot be read ({fault.strerror}); create it or fix its rights") from fault
    except (configparser.Error, UnicodeDecodeError) as fault:
        # The parser's own message quotes the line, which may hold the secret.
        raise _missing(reference, f"{path} is not in the format of the AWS credentials file; fix it") from fault
    if not parser.has_section(profile):
        raise _missing(reference, f"{path} has no section [{profile}]; add it or name another")
    section = parser[profile]
    found = {
        key: section[f"aws_{key}"]
        for key in ("access_key_id", "secret_access_key", "session_token")
        if section.get(f"aws_{key}")
    }
    for key in ("access_key_id", "secret_access_key"):
        if key not in found:
            raise _missing(reference, f"section [{profile}] of {path} has no aws_{key}; add it")
    return found


def _missing(reference: str, reason: str) -> CredentialsMissing:
    return CredentialsMissing(f"AWS credentials {reference!r}: {reason}", vendor=VENDOR, location=reference)
