"""Faults of AWS: which of them pass, how long to wait for that, and what to tell a person about the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import botocore.exceptions

from collectors.aws.credentials import VENDOR
from collectors.errors import (
    AccessDenied,
    CredentialsMissing,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
    TornDelivery,
)
from collectors.unreachable import as_host_unreachable

AwsFault = botocore.exceptions.ClientError | botocore.exceptions.BotoCoreError
"""What the SDK raises."""

_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "403",
        "Forbidden",
        "UnauthorizedOperation",
        "OptInRequired",
    }
)
_ABSENT: Final = frozenset(
    {"NoSuchBucket", "NoSuchKey", "404", "NotFound", "ResourceNotFoundException", "DataUnavailableException"}
)
_WRONG_KEYS: Final = frozenset(
    {
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidToken",
        "TokenRefreshRequired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "AuthFailure",
        "RequestExpired",
    }
)
_CHANGED: Final = frozenset({"PreconditionFailed", "412"})
_WRONG_CLOCK: Final = ("signature expired", "signature not yet current")
"""Found in what AWS says when the moment of signing is far from its own clock."""
_PASSING: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "LimitExceededException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
        "SlowDown",
        "RequestTimeout",
        "RequestTimeoutException",
        "InternalError",
        "InternalServerError",
        "InternalServerException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
_PASSING_STATUS: Final = frozenset({429, 500, 502, 503, 504})
_NO_CREDENTIALS: Final = (
    botocore.exceptions.NoCredentialsError,
    botocore.exceptions.PartialCredentialsError,
    botocore.exceptions.CredentialRetrievalError,
)


def code_of(fault: AwsFault) -> str:
    """The service's own error code; '' for a fault of the way to the service."""
    if isinstance(fault, botocore.exceptions.ClientError):
        return str(fault.response.get("Error", {}).get("Code", ""))
    return ""


def is_passing(fault: AwsFault) -> bool:
    """Whether the same call may succeed in a moment: throttled, a server's fault, or cut off on the way."""
    if isinstance(fault, botocore.exceptions.ClientError):
        facts: Mapping[str, Any] = fault.response.get("ResponseMetadata", {})
        return code_of(fault) in _PASSING or facts.get("HTTPStatusCode") in _PASSING_STATUS
    on_the_way = (
        botocore.exceptions.HTTPClientError,
        botocore.exceptions.ConnectionError,
        botocore.exceptions.IncompleteReadError,
    )
    return isinstance(fault, on_the_way) and not isinstance(fault, botocore.exceptions.SSLError)


def wished_pause_seconds(fault: AwsFault, *, now: datetime) -> float:
    """How long the answer asks to wait, in whichever of its headers: ``Retry-After`` in seconds or as a date,
    ``x-amz-retry-after`` in milliseconds. 0 when it does not say, or nothing that can be understood."""
    if not isinstance(fault, botocore.exceptions.ClientError):
        return 0.0
    headers: Mapping[str, str] = fault.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    lowered = {name.lower(): str(value).strip() for name, value in headers.items()}
    wishes = [0.0]
    if (milliseconds := lowered.get("x-amz-retry-after", "")).isdecimal():
        wishes.append(int(milliseconds) / 1000)
    after = lowered.get("retry-after", "")
    if after.isdecimal():
        wishes.append(float(after))
    elif after:
        try:
            date = parsedate_to_datetime(after)
        except ValueError:
            date = now  # not a date either: as good as no header
        wishes.append((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
    return max(wishes)


def translated(fault: AwsFault, *, location: str, permission: str) -> ProviderError:
    """The fault of a call on ``location`` that needs ``permission``, as an error that says what to do."""
    if isinstance(fault, _NO_CREDENTIALS):
        return CredentialsMissing(
            f"AWS found no credentials for {location}; set them in the connection or in the environment",
            vendor=VENDOR,
            location=location,
        )
    if not isinstance(fault, botocore.exceptions.ClientError):
        unreachable = as_host_unreachable(VENDOR, fault, location=location)
        if unreachable is not None:
            return unreachable
        return ProviderUnavailable(
            f"AWS did not answer for {location} ({type(fault).__name__}); check the network and the endpoint, then try "
            "again",
            vendor=VENDOR,
            location=location,
        )
    if fault.operation_name in ("AssumeRole", "AssumeRoleWithWebIdentity") and not is_passing(fault):
        return _role_refused(fault, location)
    return _refused(fault, location, permission)


def _refused(fault: botocore.exceptions.ClientError, location: str, permission: str) -> ProviderError:
    code = code_of(fault)
    if _is_wrong_clock(fault):
        return ProviderUnavailable(
            f"AWS refuses the signature for {location} ({code}): its clock and this machine's differ by more than some "
            "minutes; set the clock of this machine, then try again",
            vendor=VENDOR,
            location=location,
        )
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


def _is_wrong_clock(fault: botocore.exceptions.ClientError) -> bool:
    if code_of(fault) == "RequestTimeTooSkewed":
        return True
    said = str(fault.response.get("Error", {}).get("Message", "")).lower()
    return code_of(fault) in _WRONG_KEYS and any(words in said for words in _WRONG_CLOCK)


def _role_refused(fault: botocore.exceptions.ClientError, location: str) -> ProviderError:
    permission = "sts:AssumeRole" if fault.operation_name == "AssumeRole" else "sts:AssumeRoleWithWebIdentity"
    if code_of(fault) in _DENIED:
        return AccessDenied(
            f"AWS does not let this connection take its role to reach {location}; grant {permission} on role_arn and "
            "let the role's trust policy name this identity, with the external_id that it asks for",
            vendor=VENDOR,
            location=location,
            permission=permission,
        )
    return CredentialsMissing(
        f"AWS refuses the credentials that the role is taken with to reach {location} ({code_of(fault)}); renew them",
        vendor=VENDOR,
        location=location,
    )
