"""Credentials of Snowflake: found where the reference points, and never told."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.connections.focus_files import FocusFolder
from collectors.errors import CredentialsMissing
from collectors.snowflake import open_collector
from collectors.snowflake.credentials import login_arguments

SECRET = "s3cret-0123456789"
KEY = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"P_PASSWORD": SECRET, "P_TOKEN": "t"}, {"password": SECRET}),
        ({"P_TOKEN": SECRET}, {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": SECRET}),
        ({"P_OAUTH_TOKEN": SECRET}, {"authenticator": "OAUTH", "token": SECRET}),
        (
            {"P_OAUTH_CLIENT_ID": "id", "P_OAUTH_CLIENT_SECRET": SECRET, "P_OAUTH_TOKEN_URL": "https://idp.example/t"},
            {
                "authenticator": "OAUTH_CLIENT_CREDENTIALS",
                "oauth_client_id": "id",
                "oauth_client_secret": SECRET,
                "oauth_token_request_url": "https://idp.example/t",
            },
        ),
    ],
)
def test_the_environment_says_how_to_log_in(environ: dict[str, str], expected: dict[str, str]) -> None:
    assert login_arguments("env:P", environ=environ) == expected


def test_a_private_key_stays_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "key.p8"
    path.write_text(KEY)
    expected = {"authenticator": "SNOWFLAKE_JWT", "private_key_file": str(path)}
    assert login_arguments(f"file:{path}", environ={}) == expected
    assert login_arguments("env:P", environ={"P_PRIVATE_KEY_FILE": str(path)}) == expected
    with_passphrase = login_arguments(f"file:{path}#P", environ={"P_PRIVATE_KEY_PASSPHRASE": "phrase"})
    assert with_passphrase == {**expected, "private_key_password": "phrase"}


@pytest.mark.parametrize("variable", ["SNOWFLAKE_HOME", "HOME"])
def test_a_profile_is_checked_and_its_file_named_to_the_connector(tmp_path: Path, variable: str) -> None:
    folder = tmp_path / ".snowflake" if variable == "HOME" else tmp_path
    folder.mkdir(exist_ok=True)
    path = folder / "connections.toml"
    path.write_text(f"[billing]\nhost = '127.0.0.1'\nprotocol = 'http'\npassword = '{SECRET}'\n")
    expected = {"connection_name": "billing", "connections_file_path": str(path)}
    assert login_arguments("profile:billing", environ={variable: str(tmp_path)}) == expected
    assert SECRET not in str(expected)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("not toml", "is not TOML"),
        ("[other]\n", r"no section \[billing\]"),
        ("billing = 1\n", r"no section \[billing\]"),
        ("[billing]\nhost = 'snow.example'\nprotocol = 'http'\n", "host .*without TLS"),
        ("[billing]\nPROTOCOL = 'http'\n", "host .*without TLS"),
        ("[billing]\noauth_token_request_url = 'http://idp.example/t'\n", "oauth_token_request_url .*without TLS"),
    ],
)
def test_a_profile_that_is_absent_or_names_an_address_without_tls_is_refused(
    tmp_path: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "connections.toml").write_text(content + f"# {SECRET}\n")
    with pytest.raises(CredentialsMissing, match=said) as caught:
        login_arguments("profile:billing", environ={"SNOWFLAKE_HOME": str(tmp_path)})
    assert SECRET not in str(caught.value)


def test_a_token_address_without_tls_is_refused() -> None:
    environ = {"P_OAUTH_CLIENT_ID": "id", "P_OAUTH_CLIENT_SECRET": SECRET, "P_OAUTH_TOKEN_URL": "http://idp.example/t"}
    with pytest.raises(CredentialsMissing, match="P_OAUTH_TOKEN_URL is not an https:// address"):
        login_arguments("env:P", environ=environ)
    local = {**environ, "P_OAUTH_TOKEN_URL": "http://127.0.0.1:8080/t"}
    assert login_arguments("env:P", environ=local)["oauth_token_request_url"] == "http://127.0.0.1:8080/t"


def test_workloads_are_passed_on(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(SECRET)
    identity = {"authenticator": "WORKLOAD_IDENTITY"}
    assert login_arguments("workload:aws", environ={}) == {**identity, "workload_identity_provider": "AWS"}
    assert login_arguments(f"workload:OIDC:{token}", environ={}) == {
        **identity,
        "workload_identity_provider": "OIDC",
        "token_file_path": str(token),
    }


@pytest.mark.parametrize(
    ("reference", "content", "said"),
    [
        ("env:P", None, "P_PASSWORD"),
        ("default", None, "SNOWFLAKE_PASSWORD"),
        ("env:Q", None, "Q_OAUTH_CLIENT_SECRET is not set"),
        ("file:{path}", None, "cannot be read"),
        ("file:{path}", SECRET, "not a private key in PEM format"),
        ("workload:moon", None, "AWS, AZURE, GCP"),
        ("workload:OIDC:{path}", None, "a token in that file"),
    ],
)
def test_what_is_missing_is_said_without_what_is_there(
    tmp_path: Path, reference: str, content: str | None, said: str
) -> None:
    path = tmp_path / "credentials"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CredentialsMissing, match=said) as caught:
        login_arguments(reference.format(path=path), environ={"Q_OAUTH_CLIENT_ID": SECRET})
    assert SECRET not in str(caught.value)


def test_a_connection_of_another_provider_is_refused() -> None:
    with pytest.raises(TypeError, match="is a FocusFolder"):
        open_collector(FocusFolder(name="f", path="/nowhere"), environ={})
