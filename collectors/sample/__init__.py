"""The sample estate: a large financial company's data platform, generated, priced from the price book."""

from collectors.sample.generate import FIRST_MONTH, SampleManifest, write_sample_estate
from collectors.sample.platform import build_platform

__all__ = ["FIRST_MONTH", "SampleManifest", "build_platform", "write_sample_estate"]
