"""Figures that were read from the vendors' pages, held against the finished book."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.pricing.sources.reading import csv_rows
from optimizer.pricing.book import PriceBook

_METERS: Final = {
    ("aws", "S3", "Standard first 50 TB"): ("aws_s3", "storage.standard", 0),
    ("aws", "S3", "Standard next 450 TB"): ("aws_s3", "storage.standard", 1),
    ("aws", "S3", "Standard over 500 TB"): ("aws_s3", "storage.standard", 2),
    ("aws", "S3", "Standard-IA storage"): ("aws_s3", "storage.standard_ia", 0),
    ("aws", "S3", "One Zone-IA storage"): ("aws_s3", "storage.onezone_ia", 0),
    ("aws", "S3", "Glacier Instant Retrieval storage"): ("aws_s3", "storage.glacier_ir", 0),
    ("aws", "S3", "Glacier Flexible Retrieval storage"): ("aws_s3", "storage.glacier_flexible", 0),
    ("aws", "S3", "Glacier Deep Archive storage"): ("aws_s3", "storage.deep_archive", 0),
    ("aws", "S3", "Intelligent-Tiering monitoring"): ("aws_s3", "monitoring.intelligent_tiering", 0),
    ("aws", "S3", "Retrieval Standard-IA"): ("aws_s3", "retrieval.standard_ia", 0),
    ("aws", "S3", "Retrieval One Zone-IA"): ("aws_s3", "retrieval.onezone_ia", 0),
    ("aws", "S3", "Retrieval Glacier Instant"): ("aws_s3", "retrieval.glacier_ir", 0),
    ("aws", "S3", "Retrieval Glacier Flexible standard"): ("aws_s3", "retrieval.glacier_flexible", 0),
    ("aws", "S3", "Retrieval Deep Archive standard"): ("aws_s3", "retrieval.deep_archive", 0),
    ("aws", "S3", "PUT/COPY/POST/LIST Standard"): ("aws_s3", "put.standard", 0),
    ("aws", "S3", "GET Standard"): ("aws_s3", "get.standard", 0),
    ("aws", "S3", "PUT Standard-IA / One Zone-IA"): ("aws_s3", "put.onezone_ia", 0),
    ("aws", "S3", "GET Standard-IA / One Zone-IA"): ("aws_s3", "get.standard_ia", 0),
    ("aws", "S3", "PUT Glacier Instant"): ("aws_s3", "put.glacier_ir", 0),
    ("aws", "S3", "GET Glacier Instant"): ("aws_s3", "get.glacier_ir", 0),
    ("aws", "S3", "PUT Glacier Flexible"): ("aws_s3", "put.glacier_flexible", 0),
    ("aws", "S3", "Lifecycle transition to IA/IT"): ("aws_s3", "transition.intelligent_tiering", 0),
    ("aws", "S3", "Lifecycle transition to Glacier Instant"): ("aws_s3", "transition.glacier_ir", 0),
    ("aws", "S3", "Lifecycle transition to Glacier Flexible"): ("aws_s3", "transition.glacier_flexible", 0),
    ("aws", "S3", "Lifecycle transition to Deep Archive"): ("aws_s3", "transition.deep_archive", 0),
    ("aws", "S3", "Restore request Glacier Flexible standard"): ("aws_s3", "get.glacier_flexible", 0),
    ("aws", "DataTransfer", "Internet to 10 TB"): ("aws_transfer", "internet", 0),
    ("aws", "DataTransfer", "Internet 10-50 TB"): ("aws_transfer", "internet", 1),
    ("aws", "DataTransfer", "Internet 50-150 TB"): ("aws_transfer", "internet", 2),
    ("aws", "DataTransfer", "Internet over 150 TB"): ("aws_transfer", "internet", 3),
    ("aws", "Redshift Serverless", "RPU"): ("aws_redshift", "rpu_hour", 0),
    ("azure", "Blob", "Hot LRS first 50 TB"): ("azure_blob", "storage.hot", 0),
    ("databricks", "AWS", "Premium SQL serverless"): ("databricks", "dbu.sql_serverless", 0),
    ("databricks", "AWS", "SQL serverless"): ("databricks", "dbu.sql_serverless", 0),
    ("databricks", "AWS", "Enterprise jobs serverless"): ("databricks", "dbu.jobs_serverless", 0),
    ("databricks", "AWS", "Enterprise jobs compute"): ("databricks", "dbu.jobs", 0),
    ("databricks", "AWS", "Enterprise all-purpose compute"): ("databricks", "dbu.all_purpose", 0),
    ("databricks", "AWS", "SQL classic"): ("databricks", "dbu.sql_classic", 0),
    ("databricks", "AWS", "SQL Pro"): ("databricks", "dbu.sql_pro", 0),
    ("databricks", "Azure", "Premium SQL serverless"): ("databricks", "dbu.sql_serverless", 0),
    ("databricks", "Azure", "Premium jobs serverless"): ("databricks", "dbu.jobs_serverless", 0),
    ("databricks", "Azure", "Premium jobs compute"): ("databricks", "dbu.jobs", 0),
    ("databricks", "Azure", "Premium all-purpose compute"): ("databricks", "dbu.all_purpose", 0),
}
"""(provider, service, meter) of the table of known figures -> (service, meter, tier) of the book."""

_PAIRS: Final = {
    ("aws", "Inter-region default"): ("aws:us-east-1", "aws:eu-west-1"),
    ("aws", "Inter-region to us-east-2"): ("aws:us-east-1", "aws:us-east-2"),
    ("aws", "Inter-region to ap-southeast-7"): ("aws:us-east-1", "aws:ap-southeast-7"),
    ("gcp", "within North America"): ("gcp:us-central1", "gcp:northamerica-northeast1"),
    ("gcp", "within Europe"): ("gcp:europe-west1", "gcp:europe-north1"),
    ("gcp", "within Asia"): ("gcp:asia-east1", "gcp:asia-south1"),
    ("gcp", "Finland to Singapore"): ("gcp:europe-north1", "gcp:asia-southeast1"),
}
"""(provider, meter) of the table of known figures -> a pair of places that it stands for."""

_HOSTS: Final = {"AWS": "aws", "Azure": "azure"}
_COLUMNS: Final = ("provider", "service", "region", "meter", "price_usd", "confidence")


def check_known_figures(book: PriceBook, source: Path) -> list[str]:
    """What differs between high-confidence known figures and the book, one line each; empty when all agree."""
    listed = {
        (row["from_place_id"], row["to_place_id"]): row["unit_price"] for row in book.tables()["transfers"].to_pylist()
    }
    differing: list[str] = []
    for row in csv_rows(source / "prices/typed_facts/typed_price_facts.csv", _COLUMNS):
        pair = _PAIRS.get((row["provider"], row["meter"]))
        target = _METERS.get((row["provider"], row["service"], row["meter"]))
        if row["confidence"] != "high":
            continue
        if pair is not None:
            found, name = listed.get(pair), " to ".join(pair)
        elif target is not None:
            found, name = _published(book, target, row)
        else:
            continue
        if found != Decimal(row["price_usd"]):
            differing.append(f"{name}: book {found}, page {row['price_usd']}")
    return differing


def _published(book: PriceBook, target: tuple[str, str, int], row: dict[str, str]) -> tuple[Decimal | None, str]:
    service, meter, tier = target
    place_id = f"{_HOSTS.get(row['service'], row['provider'])}:{row['region']}"
    schedule = book.schedule(service=service, meter=meter, place_id=place_id)
    return None if schedule is None else schedule.published_usd[tier], f"{service} {meter} at {place_id}"
