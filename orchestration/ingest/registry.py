"""The feeds that Tollgate knows, by name; and what it knows and does not read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from orchestration.ingest.contract import Feed, Unread
from orchestration.ingest.providers import aws, azure, company, focus, gcp, kubernetes, oci

FEEDS: Mapping[str, Feed] = MappingProxyType(
    {
        feed.name: feed
        for module in (aws, azure, gcp, oci, kubernetes, focus, company)
        for feed in module.FEEDS
    }
)

UNREAD: tuple[Unread, ...] = azure.UNREAD
