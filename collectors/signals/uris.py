"""Names of datasets: OpenLineage's naming, made canonical, and comparable as prefixes.

=====================================================  =========================================================
canonical                                              also read
=====================================================  =========================================================
``s3://bucket/a/b``                                    ``s3a://``, ``s3n://``, ``arn:aws:s3:::bucket/a/b``
``gs://bucket/a/b``                                    ``//storage.googleapis.com/projects/_/buckets/bucket``
``abfss://container@account.dfs.core.windows.net/a``   ``abfs``, ``wasb(s)``, ``https://account.blob...``, resource ids
``bigquery:project.dataset.table``                     ``//bigquery.googleapis.com/projects/p/datasets/d/tables/t``
``snowflake://org-account/DB.SCHEMA.TABLE``
``databricks:catalog.schema.table``
anything else: ``namespace/name`` as it is
=====================================================  =========================================================

Source: https://openlineage.io/docs/spec/naming.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from collectors.signals.errors import InvalidUri

DEFAULT_PREFIX_DEPTH: Final = 4
"""How many folders of an object's key name its dataset."""
_AZURE_HOST: Final = re.compile(r"^([a-z0-9]{3,24})\.(?:dfs|blob)\.core\.windows\.net$", re.IGNORECASE)
_AZURE_ID: Final = re.compile(
    r"^/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.storage/storageaccounts/([^/]+)"
    r"(?:/blobservices/[^/]+/containers/([^/]+))?/?$",
    re.IGNORECASE,
)
_BIGQUERY_ID: Final = re.compile(
    r"^//bigquery\.googleapis\.com/projects/([^/]+)(?:/datasets/([^/]+)(?:/tables/([^/]+))?)?/?$"
)
_GCS_ID: Final = re.compile(r"^//storage\.googleapis\.com/(?:projects/[^/]+/buckets/)?([^/]+)(?:/objects)?(?:/(.*))?$")
_S3_ARN: Final = re.compile(r"^arn:aws[a-z-]*:s3:::([^/]+)(?:/(.*))?$")
_QUOTED_PART: Final = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
_LONGEST_URI: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetUri:
    """A dataset's name in parts. ``authority`` is what coverage is told for: bucket, container, project, account."""

    scheme: str
    authority: tuple[str, ...]
    path: tuple[str, ...] = ()

    @property
    def segments(self) -> tuple[str, ...]:
        """Everything in order, so that a containing dataset is a prefix of what it contains."""
        return (self.scheme, *self.authority, *self.path)

    @property
    def scope(self) -> str:
        """The canonical name of the authority alone."""
        return str(DatasetUri(scheme=self.scheme, authority=self.authority))

    def __str__(self) -> str:
        dotted = ".".join(_dotted_part(part) for part in self.path)
        match self.scheme:
            case "bigquery" | "databricks":
                return f"{self.scheme}:{'.'.join((*self.authority, *self.path))}"
            case "snowflake":
                return f"snowflake://{self.authority[0]}" + (f"/{dotted}" if dotted else "")
            case "abfss":
                host = self.authority[0] if "." in self.authority[0] else f"{self.authority[0]}.dfs.core.windows.net"
                container = f"{self.authority[1]}@" if len(self.authority) > 1 else ""
                return "/".join((f"abfss://{container}{host}", *self.path))
            case "":
                return "/".join((*self.authority, *self.path))
            case _:
                return "/".join((f"{self.scheme}://{self.authority[0]}", *self.path))


@lru_cache(maxsize=65536)
def parse_uri(text: str) -> DatasetUri:
    """The dataset that a URI or a vendor's resource id names.

    >>> str(parse_uri("s3a://lake//raw/orders/")), str(parse_uri("wasbs://gold@acct.blob.core.windows.net/orders"))
    ('s3://lake/raw/orders', 'abfss://gold@acct.dfs.core.windows.net/orders')

    Raises:
        InvalidUri: the text is empty, too long, or lacks the part that names the store.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST_URI:
        raise InvalidUri(f"a dataset name that is empty or longer than {_LONGEST_URI} characters")
    found = _resource(text)
    if found is not None:
        return found
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if colon and rest.startswith("//"):
        return _hierarchical(scheme, rest[2:])
    if colon and scheme in ("bigquery", "databricks") and rest:
        return bigquery_uri(rest) if scheme == "bigquery" else databricks_uri(rest)
    namespace, _, name = text.partition("/")
    return DatasetUri(scheme="", authority=(namespace,), path=_steps(name))


def uri_of_lineage(namespace: str, name: str) -> DatasetUri:
    """The dataset that an OpenLineage namespace and name mean together.

    >>> str(uri_of_lineage("bigquery", "prj.ds.customers")), str(uri_of_lineage("s3://lake", "/raw/orders"))
    ('bigquery:prj.ds.customers', 's3://lake/raw/orders')

    Raises:
        InvalidUri: one of them is empty, or they name no dataset.
    """
    if not namespace or not name or namespace.endswith("://"):
        raise InvalidUri("a dataset without namespace or name")
    if namespace in ("bigquery", "databricks"):
        return parse_uri(f"{namespace}:{name}")
    return parse_uri(f"{namespace.rstrip('/')}/{name.lstrip('/')}")


def object_store_uri(scheme: str, bucket: str, key: str, *, prefix_depth: int = DEFAULT_PREFIX_DEPTH) -> DatasetUri:
    """The dataset of an object: bucket and the folders of its key, at most ``prefix_depth`` of them.

    Folders of partitions (``dt=2026-01-01``) and the object's own name are no part of a dataset's name.

    >>> str(object_store_uri("s3", "lake", "raw/orders/dt=2026-01-01/a.parquet"))
    's3://lake/raw/orders'

    Raises:
        InvalidUri: the bucket is empty.
    """
    if not bucket:
        raise InvalidUri("an object without a bucket")
    return DatasetUri(scheme=scheme, authority=(bucket,), path=folders_of_key(key, prefix_depth))


def azure_blob_uri(account: str, container: str, key: str, *, prefix_depth: int = DEFAULT_PREFIX_DEPTH) -> DatasetUri:
    """The dataset of a blob, named like ``object_store_uri``.

    Raises:
        InvalidUri: account or container is empty.
    """
    if not account or not container:
        raise InvalidUri("a blob without account or container")
    authority = (account.lower(), container)
    return DatasetUri(scheme="abfss", authority=authority, path=folders_of_key(key, prefix_depth))


def bigquery_uri(name: str) -> DatasetUri:
    """A table from ``project[.dataset[.table]]``; partition decorators are dropped, domain-scoped projects kept whole.

    >>> str(bigquery_uri("example.com:prj.ds.events$20260101"))
    'bigquery:example.com:prj.ds.events'

    Raises:
        InvalidUri: a part is empty.
    """
    domain, colon, rest = name.rpartition(":")
    parts = rest.split("$")[0].split(".", 2)
    if not all(parts):
        raise InvalidUri("a BigQuery name with an empty part; expected project.dataset.table")
    return DatasetUri(scheme="bigquery", authority=(f"{domain}{colon}{parts[0]}",), path=tuple(parts[1:]))


def databricks_uri(name: str) -> DatasetUri:
    """A Unity table from ``catalog[.schema[.table]]``; Unity compares names without regard to case.

    Raises:
        InvalidUri: a part is empty.
    """
    parts = name.replace("`", "").lower().split(".")
    if not all(parts):
        raise InvalidUri("a Unity name with an empty part; expected catalog.schema.table")
    return DatasetUri(scheme="databricks", authority=(parts[0],), path=tuple(parts[1:]))


def snowflake_uri(account: str, name: str) -> DatasetUri:
    """A table from the account (``org-account``) and ``DB.SCHEMA.TABLE``, parts quoted where they need it.

    Raises:
        InvalidUri: the account is empty.
    """
    if not account:
        raise InvalidUri("a Snowflake table without an account")
    parts = tuple(quoted.replace('""', '"') or plain for quoted, plain in _QUOTED_PART.findall(name))
    return DatasetUri(scheme="snowflake", authority=(account.lower(),), path=tuple(part for part in parts if part))


def folders_of_key(key: str, prefix_depth: int) -> tuple[str, ...]:
    """Folders of a key before its partitions and its own name, at most ``prefix_depth``."""
    folders: list[str] = []
    for step in key.split("/")[:-1]:
        if len(folders) == prefix_depth or "=" in step:
            break
        if step:
            folders.append(step)
    return tuple(folders)


def _resource(text: str) -> DatasetUri | None:
    """A vendor's resource id of something that holds data."""
    if match := _S3_ARN.match(text):
        return DatasetUri(scheme="s3", authority=(match[1],), path=_steps(match[2] or ""))
    if match := _GCS_ID.match(text):
        return DatasetUri(scheme="gs", authority=(match[1],), path=_steps(match[2] or ""))
    if match := _AZURE_ID.match(text):
        account = match[1].lower()
        return DatasetUri(scheme="abfss", authority=(account, match[2]) if match[2] else (account,))
    if match := _BIGQUERY_ID.match(text):
        path = tuple(part for part in (match[2], match[3]) if part)
        return DatasetUri(scheme="bigquery", authority=(match[1],), path=path)
    return None


def _hierarchical(scheme: str, rest: str) -> DatasetUri:
    authority, _, path = rest.partition("/")
    if not authority:
        raise InvalidUri(f"a {scheme} name without the part after ://")
    if scheme in ("s3", "s3a", "s3n", "gs", "gcs"):
        return DatasetUri(scheme="gs" if scheme[0] == "g" else "s3", authority=(authority,), path=_steps(path))
    if scheme in ("abfss", "abfs", "wasbs", "wasb"):
        container, at, host = authority.rpartition("@")
        account = _azure_account(host)
        return DatasetUri(scheme="abfss", authority=(account, container) if at else (account,), path=_steps(path))
    if scheme in ("https", "http") and _AZURE_HOST.match(authority):
        container, *steps = _steps(path) or ("",)
        account = _azure_account(authority)
        return DatasetUri(scheme="abfss", authority=(account, container) if container else (account,), path=(*steps,))
    if scheme == "snowflake":
        return snowflake_uri(authority, path)
    return DatasetUri(scheme=scheme, authority=(authority,), path=_steps(path))


def _azure_account(host: str) -> str:
    match = _AZURE_HOST.match(host)
    return match[1].lower() if match else host.lower()


def _steps(path: str) -> tuple[str, ...]:
    return tuple(step for step in path.split("/") if step)


def _dotted_part(part: str) -> str:
    return '"' + part.replace('"', '""') + '"' if "." in part or '"' in part else part
