"""S3 clients, and AWS faults turned into our errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import botocore.exceptions
from botocore.config import Config

from collectors.aws.credentials import VENDOR, open_session
from collectors.connections import AwsFocusExport
from collectors.errors import (
    AccessDenied,
    CredentialsMissing,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
    TornDelivery,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

CONNECT_TIMEOUT_SECONDS: Final = 10
READ_TIMEOUT_SECONDS: Final = 60
ATTEMPTS: Final = 5

_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "403", "Forbidden"})
_ABSENT: Final = frozenset({"NoSuchBucket", "NoSuchKey", "404", "NotFound"})
_WRONG_KEYS: Final = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
)
_CHANGED: Final = frozenset({"PreconditionFailed", "412"})


def s3_client(connection: AwsFocusExport, *, environ: Mapping[str, str]) -> S3Client:
    """A client for the connection's bucket, with the SDK's standard retries.

    Raises:
        CredentialsMissing: the connection's credentials are not where it says.
    """
    session = open_session(connection.credentials, region=connection.region, environ=environ)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "max_attempts": ATTEMPTS},
        s3={"addressing_style": "path" if connection.endpoint_url else "auto"},
    )
    return session.client("s3", endpoint_url=connection.endpoint_url, config=config)


@contextmanager
def aws_faults(location: str, *, permission: str) -> Iterator[None]:
    """Turn faults of a call on ``location`` that needs ``permission`` into errors that say what to do.

    Raises:
        AccessDenied, NotFoundAtProvider, CredentialsMissing: a person must change something.
        TornDelivery: the object changed since it was listed.
        ProviderUnavailable: everything else; the SDK has retried already.
    """
    try:
        yield
    except botocore.exceptions.ClientError as fault:
        raise _translated(fault, location, permission) from fault
    except (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError) as fault:
        raise CredentialsMissing(
            f"AWS found no credentials for {location}; set them in the connection or in the environment",
            vendor=VENDOR,
            location=location,
        ) from fault
    except botocore.exceptions.BotoCoreError as fault:
        raise ProviderUnavailable(
            f"AWS did not answer for {location} ({fault}); check the network and the endpoint, then try again",
            vendor=VENDOR,
            location=location,
        ) from fault


def _translated(fault: botocore.exceptions.ClientError, location: str, permission: str) -> ProviderError:
    code = str(fault.response.get("Error", {}).get("Code", ""))
    if code in _DENIED:
        return AccessDenied(
            f"AWS denies access to {location}; grant {permission} on it to the identity of this connection",
            vendor=VENDOR,
            location=location,
            permission=permission,
        )
    if code in _ABSENT:
        return NotFoundAtProvider(
            f"AWS has no {location}; check bucket, prefix and export of this connection",
            vendor=VENDOR,
            location=location,
        )
    if code in _WRONG_KEYS:
        return CredentialsMissing(
            f"AWS refuses the credentials for {location} ({code}); renew them where the connection says they are",
            vendor=VENDOR,
            location=location,
        )
    if code in _CHANGED:
        return TornDelivery(
            f"AWS is rewriting {location}; nothing of it was stored; try again in a few minutes",
            vendor=VENDOR,
            location=location,
        )
    return ProviderUnavailable(
        f"AWS could not serve {location} ({code or fault}); try again later", vendor=VENDOR, location=location
    )
