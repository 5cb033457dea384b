"""The feeds that Tollgate knows, by name; what it knows and does not read; where it fetches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from orchestration.ingest.contract import Feed, Unread
from orchestration.ingest.providers import aws, azure, company, focus, gcp, kubernetes, oci
from orchestration.ingest.providers.aws_s3 import S3
from orchestration.ingest.providers.azure_blob import Blobs
from orchestration.ingest.providers.azure_costs import CostDetails
from orchestration.ingest.providers.google_bigquery import BigQuery
from orchestration.ingest.providers.google_storage import CloudStorage
from orchestration.ingest.providers.opencost_api import OpenCost
from orchestration.ingest.stores import Address, Store

FEEDS: Mapping[str, Feed] = MappingProxyType(
    {
        feed.name: feed
        for module in (aws, azure, gcp, oci, kubernetes, focus, company)
        for feed in module.FEEDS
    }
)

UNREAD: tuple[Unread, ...] = azure.UNREAD

STORES: Mapping[str, Callable[[Address], Store]] = MappingProxyType(
    {
        "s3": S3,
        "abfss": Blobs,
        "https": Blobs,
        "azure-costs": CostDetails,
        "gs": CloudStorage,
        "bigquery": BigQuery,
        "opencost": OpenCost,
        "opencosts": OpenCost,
    }
)
"""Connectors by the scheme of the addresses that they open."""
