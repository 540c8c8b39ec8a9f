"""Credentials come from where the connection says, and a secret never shows in an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.aws.credentials import open_session
from collectors.errors import CredentialsMissing

SECRET = "do-not-print-me"


def keys_of(reference: str, environ: dict[str, str]) -> tuple[str | None, str | None, str | None]:
    found = open_session(reference, region="us-east-1", environ=environ).get_credentials()
    assert found is not None
    return found.access_key, found.secret_key, found.token


def test_keys_come_from_variables_with_the_given_prefix() -> None:
    environ = {"P_ACCESS_KEY_ID": "id", "P_SECRET_ACCESS_KEY": SECRET, "P_SESSION_TOKEN": "token"}
    assert keys_of("env:P", environ) == ("id", SECRET, "token")


@pytest.mark.parametrize(("suffix", "expected"), [("", "id"), ("#other", "id2")])
def test_keys_come_from_a_file_and_profile(tmp_path: Path, suffix: str, expected: str) -> None:
    path = tmp_path / "credentials"
    path.write_text(
        "[default]\naws_access_key_id = id\naws_secret_access_key = a%b\n"
        "[other]\naws_access_key_id = id2\naws_secret_access_key = a%b\n"
    )
    assert keys_of(f"file:{path}{suffix}", {}) == (expected, "a%b", None)


def test_what_is_missing_is_named_without_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text(f"[default]\naws_secret_access_key = {SECRET}\n")
    broken = tmp_path / "broken"
    broken.write_text(f"{SECRET}\n")
    cases = {
        "env:P": "the environment variable P_ACCESS_KEY_ID is not set",
        f"file:{path}": "has no aws_access_key_id",
        f"file:{path}#other": r"has no section \[other\]",
        f"file:{broken}": "is not in the format of the AWS credentials file",
        f"file:{tmp_path / 'none'}": "cannot be read",
        "profile:no-such-profile-here": "has no profile 'no-such-profile-here'",
    }
    for reference, message in cases.items():
        with pytest.raises(CredentialsMissing, match=message) as caught:
            open_session(reference, region="us-east-1", environ={"P_SECRET_ACCESS_KEY": SECRET})
        assert SECRET not in str(caught.value)
        assert caught.value.vendor == "AWS"
