"""All readers in the order in which they depend on each other."""

from __future__ import annotations

from pathlib import Path

from collectors.pricing.sources.analytics import read_analytics
from collectors.pricing.sources.aws_transfer import read_aws_transfer
from collectors.pricing.sources.azure_blob import read_azure_blob
from collectors.pricing.sources.azure_transfer import read_azure_transfer
from collectors.pricing.sources.azure_vm import read_azure_vm
from collectors.pricing.sources.databricks import read_databricks
from collectors.pricing.sources.drafts import Drafts
from collectors.pricing.sources.ec2 import read_ec2
from collectors.pricing.sources.gce import read_gce
from collectors.pricing.sources.gcp_transfer import read_gcp_transfer
from collectors.pricing.sources.gcs import read_gcs
from collectors.pricing.sources.machines import Specifications
from collectors.pricing.sources.places import read_places
from collectors.pricing.sources.round_trips import read_round_trips
from collectors.pricing.sources.s3 import read_s3
from collectors.pricing.sources.snowflake import read_snowflake


def read_sources(source: Path) -> Drafts:
    """Everything in the source folder as drafts.

    Raises:
        InvalidPriceSource: a source table is absent or is not what its reader expects.
    """
    drafts = Drafts()
    read_places(source, drafts)
    specifications = Specifications(source)
    indices = {
        "aws": read_ec2(source, drafts, specifications),
        "azure": read_azure_vm(source, drafts, specifications),
        "gcp": read_gce(source, drafts),
    }
    read_s3(source, drafts, indices["aws"])
    read_azure_blob(source, drafts, indices["azure"])
    read_gcs(source, drafts)
    read_aws_transfer(source, drafts)
    read_azure_transfer(source, drafts)
    read_gcp_transfer(source, drafts)
    read_snowflake(source, drafts)
    read_databricks(drafts, indices)
    read_analytics(source, drafts, indices)
    read_round_trips(source, drafts)
    return drafts
