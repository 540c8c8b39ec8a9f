"""The peers, for the tests of the peers themselves."""

from tests.peers.fixtures import (  # noqa: F401 - fixtures are found by name
    arm,
    aws_json,
    azurite,
    bigquery,
    databricks,
    gcp_catalog,
    gcs,
    in_front_of,
    moto,
    snowflake,
)
