"""The feeds that Tollgate knows, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from orchestration.ingest.contract import Feed
from orchestration.ingest.providers import aws, azure, company, focus, gcp, kubernetes, oci

FEEDS: Mapping[str, Feed] = MappingProxyType(
    {
        feed.name: feed
        for module in (aws, azure, gcp, oci, kubernetes, focus, company)
        for feed in module.FEEDS
    }
)
