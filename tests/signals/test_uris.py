"""Names of datasets: one canonical form, prefixes that compare."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.signals.errors import InvalidUri
from collectors.signals.uris import object_store_uri, parse_uri, snowflake_uri, uri_of_lineage

PREFIXES = (
    "s3://",
    "gs://",
    "abfss://",
    "https://acct.blob.core.windows.net/",
    "bigquery:",
    "snowflake://",
    "databricks:",
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("s3://lake/raw/orders/", "s3://lake/raw/orders"),
        ("s3n://lake", "s3://lake"),
        ("arn:aws:s3:::lake", "s3://lake"),
        ("arn:aws-cn:s3:::lake/raw", "s3://lake/raw"),
        ("//storage.googleapis.com/projects/_/buckets/lake", "gs://lake"),
        ("gs://lake//a", "gs://lake/a"),
        ("wasbs://c@acct.blob.core.windows.net/p", "abfss://c@acct.dfs.core.windows.net/p"),
        ("https://acct.blob.core.windows.net/c/p", "abfss://c@acct.dfs.core.windows.net/p"),
        (
            "/subscriptions/1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/Acct",
            "abfss://acct.dfs.core.windows.net",
        ),
        (
            "/subscriptions/1/resourcegroups/g/providers/microsoft.storage/storageaccounts/acct"
            "/blobServices/default/containers/c",
            "abfss://c@acct.dfs.core.windows.net",
        ),
        ("//bigquery.googleapis.com/projects/p/datasets/d/tables/t", "bigquery:p.d.t"),
        ("bigquery:p.d.events$20260101", "bigquery:p.d.events"),
        ("snowflake://Org-Acct/DB.S.T", "snowflake://org-acct/DB.S.T"),
        ('snowflake://o-a/DB.S."odd.name"', 'snowflake://o-a/DB.S."odd.name"'),
        ("databricks:Main.Sales.`Orders`", "databricks:main.sales.orders"),
        ("hive://metastore:9083/db.orders", "hive://metastore:9083/db.orders"),
    ],
)
def test_every_spelling_has_one_canonical_form_that_reads_back(text: str, canonical: str) -> None:
    assert str(parse_uri(text)) == canonical
    assert str(parse_uri(canonical)) == canonical


@given(st.text(max_size=40) | st.builds("{}{}".format, st.sampled_from(PREFIXES), st.text(max_size=20)))
def test_any_text_is_a_name_inside_its_own_scope_or_refused(text: str) -> None:
    try:
        uri = parse_uri(text)
    except InvalidUri:
        return
    assert str(uri).startswith(uri.scope.removesuffix(".dfs.core.windows.net"))


def test_a_container_is_a_prefix_of_what_it_holds() -> None:
    account = parse_uri("/subscriptions/1/resourcegroups/g/providers/microsoft.storage/storageaccounts/acct")
    blob = parse_uri("abfss://gold@acct.dfs.core.windows.net/orders/2026")
    assert blob.segments[: len(account.segments)] == account.segments
    assert blob.scope == "abfss://gold@acct.dfs.core.windows.net"


def test_partitions_and_the_name_of_the_object_are_no_part_of_a_dataset() -> None:
    assert str(object_store_uri("s3", "b", "x/y/dt=1/h=2/a.parquet")) == "s3://b/x/y"
    assert str(object_store_uri("s3", "b", "1/2/3/4/5/6", prefix_depth=2)) == "s3://b/1/2"
    assert str(object_store_uri("s3", "b", "a.parquet")) == "s3://b"


@pytest.mark.parametrize(("namespace", "name"), [("", "x"), ("s3://b", ""), ("bigquery", "p..t"), ("s3://", "x")])
def test_names_without_a_part_are_refused(namespace: str, name: str) -> None:
    with pytest.raises(InvalidUri):
        uri_of_lineage(namespace, name)


def test_an_account_is_needed_for_a_snowflake_table() -> None:
    with pytest.raises(InvalidUri):
        snowflake_uri("", "DB.S.T")
