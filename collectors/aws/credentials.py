"""Where a connection's credentials are, by reference: nothing here keeps, prints or logs a secret."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.credentials
import botocore.loaders
import botocore.session
import botocore.utils

from collectors.connections.base import unset_variables
from collectors.errors import CredentialsMissing

VENDOR: Final = "AWS"
SESSION_NAME: Final = "workload-placement"


def open_session(reference: str, *, region: str, environ: Mapping[str, str]) -> boto3.Session:
    """A session with the credentials that ``reference`` points at.

    * ``default``: the SDK's own chain (environment of the process, profile, container, instance role).
    * ``env:PREFIX``: the variables ``PREFIX_ACCESS_KEY_ID``, ``PREFIX_SECRET_ACCESS_KEY`` and, when there is one,
      ``PREFIX_SESSION_TOKEN``.
    * ``profile:NAME``: that profile of the AWS configuration files.
    * ``file:PATH`` or ``file:PATH#PROFILE``: a file in the format of the AWS credentials file.
    * ``workload:PATH``: no keys yet; ``assume_role`` exchanges the token in that file for a role's.

    Raises:
        CredentialsMissing: there is nothing at that place.
    """
    scheme, _, place = reference.partition(":")
    if scheme == "env":
        return _session(_from_environment(place, environ, reference), region)
    if scheme == "file":
        path, _, profile = place.partition("#")
        return _session(_from_file(Path(path), profile or "default", reference), region)
    if scheme == "workload":
        _read_token(Path(place), reference)
        return boto3.Session(region_name=region, botocore_session=_core())
    if scheme == "profile":
        if place not in boto3.Session().available_profiles:
            raise _missing(reference, f"the AWS configuration has no profile {place!r}; add it with `aws configure`")
        return boto3.Session(profile_name=place, region_name=region, botocore_session=_core(place))
    return boto3.Session(region_name=region, botocore_session=_core())


def assume_role(
    session: boto3.Session,
    reference: str,
    *,
    role_arn: str,
    external_id: str | None,
    make_sts_client: Callable[..., Any],
) -> boto3.Session:
    """A session of a role, taken with the credentials of ``session`` or the web identity token of ``workload:PATH``.

    The role is taken at the first call and again whenever its keys are about to expire; the token file is read anew
    each time, since a cluster replaces it.

    Args:
        session: whose region, and unless ``reference`` is a workload identity whose keys, are used.
        reference: as ``open_session`` reads it.
        role_arn: the role.
        external_id: what the role's trust policy asks for, if it does.
        make_sts_client: makes an STS client as ``botocore.session.Session.create_client`` does.
    """
    fetcher: Any
    extra: dict[str, str] = {"RoleSessionName": SESSION_NAME}
    scheme, _, place = reference.partition(":")
    if scheme == "workload":
        fetcher = botocore.credentials.AssumeRoleWithWebIdentityCredentialFetcher(
            client_creator=make_sts_client,
            web_identity_token_loader=lambda: _read_token(Path(place), reference),
            role_arn=role_arn,
            extra_args=extra,
        )
    else:
        if external_id is not None:
            extra["ExternalId"] = external_id
        own = session.get_credentials()
        if own is None:
            raise _missing(reference, "none were found to assume the role with; set them in the environment")
        fetcher = botocore.credentials.AssumeRoleCredentialFetcher(
            client_creator=make_sts_client, source_credentials=own, role_arn=role_arn, extra_args=extra
        )
    core = _core()
    # botocore has no public way to give a session refreshable credentials; its own providers set the same attribute.
    core._credentials = botocore.credentials.DeferredRefreshableCredentials(  # type: ignore[attr-defined]
        refresh_using=fetcher.fetch_credentials, method="assume-role"
    )
    return boto3.Session(region_name=session.region_name, botocore_session=core)


@cache
def _loader() -> botocore.loaders.Loader:
    """Reads the service models once a process: most of the time that a client takes to make."""
    return botocore.loaders.create_loader()


def _core(profile: str | None = None) -> botocore.session.Session:
    core = botocore.session.Session(profile=profile)
    core.register_component("data_loader", _loader())
    # Addresses come from the connection alone, for the clients as well that the SDK makes itself to take a role: one
    # named in the environment or the AWS configuration could be an insecure one.
    core.set_config_variable("ignore_configured_endpoint_urls", True)
    return core


def _session(keys: Mapping[str, str], region: str) -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
        aws_session_token=keys.get("session_token"),
        region_name=region,
        botocore_session=_core(),
    )


def _read_token(path: Path, reference: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise _missing(
            reference, f"the web identity token {path} cannot be read; mount it or fix its rights"
        ) from fault


def _from_environment(prefix: str, environ: Mapping[str, str], reference: str) -> dict[str, str]:
    names = {key: f"{prefix}_{key.upper()}" for key in ("access_key_id", "secret_access_key", "session_token")}
    found = {key: environ[name] for key, name in names.items() if environ.get(name)}
    absent = [names[key] for key in ("access_key_id", "secret_access_key") if key not in found]
    if absent:
        raise _missing(reference, unset_variables(absent))
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
