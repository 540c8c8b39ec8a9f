"""Addresses come from the connection alone: what the environment or the AWS configuration names is not asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

OTHER = "http://elsewhere.test:4566"
VARIABLES = {"AWS_ENDPOINT_URL": OTHER, "AWS_ENDPOINT_URL_S3": OTHER, "AWS_ENDPOINT_URL_STS": OTHER}
KEYS = "aws_access_key_id = id\naws_secret_access_key = secret"
CONFIGURATION = f"""
[default]
endpoint_url = {OTHER}
ignore_configured_endpoint_urls = false
[profile other]
{KEYS}
endpoint_url = {OTHER}
services = mine
[services mine]
s3 =
  endpoint_url = {OTHER}
sts =
  endpoint_url = {OTHER}
"""
ADDRESSES = """
import json, os, sys
from pathlib import Path
from collectors.aws.client import AwsClients
from collectors.aws.credentials import assume_role, open_session
from collectors.connections import AwsFocusExport

folder = Path(sys.argv[1])
(folder / "token").write_text("a.web.token")
environ = {"P_ACCESS_KEY_ID": "id", "P_SECRET_ACCESS_KEY": "secret"}
keys = folder / "keys"
keys.write_text("[default]\\naws_access_key_id = id\\naws_secret_access_key = secret\\n")
found = {}
role = "arn:aws:iam::123456789012:role/billing-reader"
for reference in ("default", "profile:other", "env:P", f"file:{keys}", f"workload:{folder / 'token'}"):
    shared = {"name": "payer", "bucket": "billing", "export": "daily", "region": "us-east-1", "role_arn": None}
    if reference.startswith("workload:"):
        shared["role_arn"] = role
    clients = AwsClients(AwsFocusExport(credentials=reference, **shared), environ=environ)
    scheme = reference.partition(":")[0]
    for name in (
        "s3", "sts", "cost_explorer", "invoicing", "savings_plans", "cost_optimization_hub", "organizations", "pricing",
    ):
        found[f"{scheme} {name}"] = getattr(clients, name).meta.endpoint_url
    for name in ("cloudwatch", "ec2"):
        found[f"{scheme} {name}"] = getattr(clients, name)("eu-west-1").meta.endpoint_url
    # What the SDK itself makes a client from when a profile or a token file names a role.
    session = open_session(reference, region="us-east-1", environ=environ)
    found[f"{scheme} own"] = session.client("sts").meta.endpoint_url
    # What the role is taken with, and what is then used.
    asked = []
    def noted(service, **settings):
        asked.append(clients._make(session, service, "us-east-1", **settings).meta.endpoint_url)
        raise InterruptedError
    taken = assume_role(session, reference, role_arn=role, external_id=None, make_sts_client=noted)
    found[f"{scheme} role's"] = taken.client("s3").meta.endpoint_url
    try:
        taken.get_credentials().get_frozen_credentials()
    except InterruptedError:
        (found[f"{scheme} taking the role"],) = asked
own = {"s3": "http://127.0.0.1:9"}
clients = AwsClients(AwsFocusExport(credentials="env:P", endpoints=own, **shared | {"role_arn": None}), environ=environ)
found["named s3"] = clients.s3.meta.endpoint_url
print(json.dumps(found))
"""


@pytest.mark.parametrize("where", ["the environment", "the configuration"])
def test_an_address_of_the_environment_or_the_configuration_is_never_asked(tmp_path: Path, where: str) -> None:
    configuration = tmp_path / "config"
    configuration.write_text(CONFIGURATION if where == "the configuration" else f"[profile other]\n{KEYS}\n")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"}
    environ |= {"AWS_CONFIG_FILE": str(configuration), **keys, **(VARIABLES if where == "the environment" else {})}
    done = subprocess.run(
        [sys.executable, "-c", ADDRESSES, str(tmp_path)], env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    assert found.pop("named s3") == "http://127.0.0.1:9"
    assert {f"{scheme} taking the role" for scheme in ("default", "profile", "env", "file", "workload")} <= found.keys()
    for client, address in found.items():
        assert address.startswith("https://"), client
        assert (urlsplit(address).hostname or "").endswith((".amazonaws.com", ".aws", ".api.aws")), client
