"""A connections file is read, or refused with the line at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.connections import AwsFocusExport, DatabricksSystemTables, FocusFolder, read_connections
from collectors.errors import InvalidConnections

GOOD = """\
[[connection]]
name = "payer"
provider = "aws"
kind = "focus_export"
bucket = "acme-billing"
prefix = "/exports/"
export = "focus-daily"
region = "eu-central-1"
credentials = "env:BILLING"

[[connection]]
name = "second"
provider = "aws"
kind = "focus_export"
bucket = "other-billing"
export = "focus"
region = "us-east-1"
"""


FOCUS_LINE = 'export = "focus"'


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "connections.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_connections_are_read_in_their_order(tmp_path: Path) -> None:
    first, second = read_connections(write(tmp_path, GOOD))
    assert first == AwsFocusExport(
        name="payer",
        bucket="acme-billing",
        prefix="exports",
        export="focus-daily",
        region="eu-central-1",
        credentials="env:BILLING",
    )
    assert (first.base_key, first.source) == ("exports/focus-daily/", "aws:focus-daily")
    assert (second.base_key, second.credentials, second.endpoints) == ("focus/", "default", {})


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('name = "second"', 'name = "payer"', 12, "two connections have the name 'payer'"),
        ('bucket = "acme-billing"\n', "", 1, "bucket is missing"),
        ('export = "focus"', 'exprot = "focus"', 16, "unknown key 'exprot'"),
        ('region = "us-east-1"', "region = 7", 17, "region must be text in quotes"),
        ('region = "us-east-1"', 'region = "Virginia"', 17, "is not an AWS region such as us-east-1"),
        ('bucket = "acme-billing"', 'bucket = "Acme Billing"', 5, "is not the name of an S3 bucket"),
        ('"env:BILLING"', '"AKIAIOSFODNN7EXAMPLE"', 9, "a secret itself never stands in this file"),
        ('kind = "focus_export"\nbucket = "o', 'kind = "cur"\nbucket = "o', 14,
         'kind = .cur. is none of .*"focus_export" .*"cur_2_export" .*"legacy_cur"'),
        ('provider = "aws"', 'provider = "amazon"', 3, 'expected one of "aws", "azure", "gcp"'),
        (FOCUS_LINE, FOCUS_LINE + '\nbilled_through = "payer"', 17, 'write its source, "aws:focus-daily"'),
        (FOCUS_LINE, FOCUS_LINE + '\nbilled_through = "aws:focus"', 17, "names this connection itself"),
        (FOCUS_LINE, FOCUS_LINE + '\nendpoints = { s3 = "http://example.com" }', 17, "loopback interface only"),
        (FOCUS_LINE, FOCUS_LINE + '\nendpoints = { s9 = "https://example.com" }', 17, "endpoints names 's9'"),
        (FOCUS_LINE, FOCUS_LINE + '\nendpoints = "https://example.com"', 17, "endpoints must be a table of texts"),
        (FOCUS_LINE, FOCUS_LINE + '\ncounts = "no"', 17, "counts must be true or false"),
        (FOCUS_LINE, FOCUS_LINE + '\ninventories = "s3://x"', 17, "inventories must be a list of texts"),
        (FOCUS_LINE, FOCUS_LINE + '\ncalls_per_day = -1', 17, "calls_per_day must be a whole number"),
        (FOCUS_LINE, FOCUS_LINE + '\ntotal = "maybe"', 17, "neither"),
        (FOCUS_LINE, FOCUS_LINE + '\nca_bundle = "/no/such.pem"', 17, "ca_bundle = '/no/such.pem' is not a file"),
        (FOCUS_LINE, FOCUS_LINE + '\nsource = "aws:focus-daily"', 17, "two connections have the source"),
        ('export = "focus"', 'export = "focus', 16, "not TOML"),
        ("[[connection]]\nname = \"payer\"", "speed = 3\n[[connection]]\nname = \"payer\"", 1, "unknown key 'speed'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(InvalidConnections, match=message) as caught:
        read_connections(path)
    assert (caught.value.line, caught.value.path) == (line, path)
    assert f"line {line}" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConnections, match=r"is not there; write it as collectors/README\.md shows$"):
        read_connections(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "url", ["https://s3.example.com", "http://127.0.0.1:5000", "http://localhost:1", "http://[::1]:1"]
)
def test_safe_endpoints_are_accepted(url: str) -> None:
    made = AwsFocusExport(name="a", bucket="billing", export="e", region="us-east-1", endpoints={"s3": url})
    assert made.endpoints["s3"] == url


@pytest.mark.parametrize("url", ["http://10.0.0.1", "ftp://127.0.0.1", "http://127.0.0.1.example.com", "https://", "x"])
def test_unsafe_endpoints_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="loopback interface only"):
        AwsFocusExport(name="a", bucket="billing", export="e", region="us-east-1", endpoints={"s3": url})


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.mkdir()
    (tmp_path / "ca.pem").write_text("")
    table = '[[connection]]\nname = "f"\nprovider = "focus"\nkind = "folder"\npath = "bills"\nca_bundle = "../ca.pem"\n'
    write(data, table + 'credentials = "file:keys/f.json#work"\n')
    monkeypatch.chdir(elsewhere)
    (found,) = read_connections(Path("../data/connections.toml"))
    assert isinstance(found, FocusFolder)
    assert (found.path, found.ca_bundle) == (str(data / "bills"), str(tmp_path / "ca.pem"))
    assert found.credentials == f"file:{data / 'keys' / 'f.json#work'}"


@pytest.mark.parametrize("host", ["https://acme.cloud.databricks.com/", "http://127.0.0.1:8443", "http://localhost:1"])
def test_a_workspace_may_be_on_this_machine_without_tls(host: str) -> None:
    found = DatabricksSystemTables(name="d", host=host, warehouse_id="w", account_id="a")
    assert found.host == host.rstrip("/")


def test_a_workspace_elsewhere_has_tls() -> None:
    with pytest.raises(ValueError, match=r"host = .* http:// is accepted on the loopback interface only"):
        DatabricksSystemTables(name="d", host="http://acme.example.com", warehouse_id="w", account_id="a")
