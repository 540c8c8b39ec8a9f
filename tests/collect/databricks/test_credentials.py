"""Credentials of Databricks: found where the reference points, and never told."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.connections.databricks import DatabricksSystemTables
from collectors.connections.focus_files import FocusFolder
from collectors.databricks import open_collector
from collectors.databricks.credentials import login_arguments
from collectors.errors import CredentialsMissing

SECRET = "dapi-0123456789"


def test_a_token_goes_before_a_service_principal() -> None:
    both = {"P_TOKEN": SECRET, "P_CLIENT_ID": "id", "P_CLIENT_SECRET": "s"}
    assert login_arguments("env:P", environ=both) == {"auth_type": "pat", "token": SECRET}
    principal = {"P_CLIENT_ID": "id", "P_CLIENT_SECRET": SECRET}
    expected = {"auth_type": "oauth-m2m", "client_id": "id", "client_secret": SECRET}
    assert login_arguments("env:P", environ=principal) == expected
    assert login_arguments("default", environ={"DATABRICKS_TOKEN": SECRET})["token"] == SECRET
    assert login_arguments("workload:azure-msi", environ={}) == {"auth_type": "azure-msi"}


def test_a_file_holds_profiles(tmp_path: Path) -> None:
    path = tmp_path / ".databrickscfg"
    path.write_text(f"[DEFAULT]\ntoken = {SECRET}\n[finops]\nclient_id = id\nclient_secret = other\n")
    assert login_arguments(f"file:{path}", environ={})["token"] == SECRET
    assert login_arguments(f"file:{path}#finops", environ={})["client_secret"] == "other"
    assert login_arguments("profile:finops", environ={"HOME": str(tmp_path)})["client_id"] == "id"
    assert login_arguments("profile:DEFAULT", environ={"DATABRICKS_CONFIG_FILE": str(path)})["token"] == SECRET


@pytest.mark.parametrize(
    ("reference", "content", "said"),
    [
        ("env:P", None, "P_TOKEN"),
        ("default", None, "DATABRICKS_TOKEN"),
        ("workload:moon", None, "azure-msi"),
        ("file:{path}", None, "cannot be read"),
        ("file:{path}", f"token {SECRET}", "not in the format"),
        ("file:{path}#finops", f"[DEFAULT]\ntoken = {SECRET}\n", r"no section \[finops\]"),
        ("file:{path}", "[DEFAULT]\nhost = https://x\n", "has neither token nor"),
    ],
)
def test_what_is_missing_is_said_without_what_is_there(
    tmp_path: Path, reference: str, content: str | None, said: str
) -> None:
    path = tmp_path / "credentials"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CredentialsMissing, match=said) as caught:
        login_arguments(reference.format(path=path), environ={"P_CLIENT_ID": SECRET})
    assert SECRET not in str(caught.value)


def test_a_connection_of_another_provider_is_refused() -> None:
    with pytest.raises(TypeError, match="is a FocusFolder"):
        open_collector(FocusFolder(name="f", path="/nowhere"), environ={})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "http://example.com"),
        ("discount_ratio", "1"),
        ("discount_ratio", "-0.1"),
        ("discount_ratio", "10%"),
        ("currency", "usd"),
        ("account_host", "https://attacker.example"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused(name: str, value: str) -> None:
    settings = {"name": "dbx", "host": "https://x.example", "warehouse_id": "w", "account_id": "a", name: value}
    with pytest.raises(ValueError, match=name):
        DatabricksSystemTables(**settings)
