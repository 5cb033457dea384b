"""Bills in Azure Blob Storage and Data Lake Storage Gen2: Cost Management exports, and others.

Credentials come from the SDK's own chain (`az login`, a managed identity, `AZURE_CLIENT_ID`, …),
or from `AZURE_STORAGE_CONNECTION_STRING`, as Azure's own tools read it; so an emulator is reached.
Needed: the role "Storage Blob Data Reader" on the container.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from orchestration.ingest.errors import IngestError
from orchestration.ingest.providers.azure_access import (
    BLOB_HOST,
    STORAGE_OPTIONS,
    Identity,
    explained,
    quieten,
)
from orchestration.ingest.stores import Address, Remote, below

_CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
_CONTAINER = re.compile(r"[a-z0-9][a-z0-9-]{2,62}|\$root|\$web")

_ROLE = (
    'The credentials need the role "Storage Blob Data Reader" on the container, and the account\'s'
    " firewall must let this machine in."
)
_SIGN_IN = f"Sign in again, or correct {_CONNECTION}: it is expired or wrong."
_REMEDIES: Mapping[str | int, str] = {
    "ContainerNotFound": "There is no such container: check its name.",
    "BlobArchived": "It is in the archive tier: rehydrate it, or name a newer folder.",
    "BlobNotFound": "It was there a moment ago. Try again.",
    "KeyBasedAuthenticationNotPermitted": f"Sign in (az login), without {_CONNECTION}.",
    "AuthenticationFailed": _SIGN_IN,
    "InvalidAuthenticationInfo": _SIGN_IN,
    401: _ROLE,
    403: _ROLE,
}


class Blobs:
    """The blobs below a folder of a container; or the one of that very name.

    `abfss://container@account.dfs.core.windows.net/folder` is read as it is written, the path of
    `https://account.blob.core.windows.net/container/folder` is percent-encoded.
    """

    is_window = False

    def __init__(self, address: Address) -> None:
        address.require_options()
        self._address = address
        host, container, self._path = _place(address)
        self._container = _client(address, host).get_container_client(container)

    def contents(self) -> Iterator[Remote]:
        """All blobs below the folder."""
        with explained(self._address, _REMEDIES):
            yield from below(self._path, self._listed)

    def download(self, remote: Remote, target: BinaryIO) -> None:
        """Stream a blob to a file, as it is stored."""
        with explained(self._address, _REMEDIES):
            blob = self._container.get_blob_client(remote.name)
            # Compressed content that says so stays compressed, as its name says.
            for chunk in blob.download_blob(max_concurrency=1, decompress=False).chunks():
                target.write(chunk)

    def _listed(self, prefix: str) -> Iterator[Remote]:
        blobs = self._container.list_blobs(name_starts_with=prefix or None, include=["metadata"])
        for blob in blobs:
            if not _is_folder(blob):
                yield Remote(blob.name, blob.etag.strip('"'), blob.size, blob.name)


def _place(address: Address) -> tuple[str, str, str]:
    """The blob host of an address, the container, and the path in it."""
    if address.scheme == "abfss":
        container, _, host = address.place.rpartition("@")
        path = address.path
    else:
        host, (container, _, path) = address.place, unquote(address.path).partition("/")
    found = BLOB_HOST.fullmatch(host.lower())
    if found is None:
        raise IngestError(
            f"{address}: {host} is no host of Azure Blob Storage. Write it like"
            " abfss://container@account.dfs.core.windows.net/folder or"
            " https://account.blob.core.windows.net/container/folder."
        )
    if not _CONTAINER.fullmatch(container):
        raise IngestError(f"{address} names no container. Check what stands before its path.")
    zone = found["zone"] or ""
    return f"{found['account']}.{zone}blob.{found['suffix']}", container, path


def _client(address: Address, host: str) -> Any:
    from azure.storage.blob import BlobServiceClient  # noqa: PLC0415 (fast --help)

    quieten()
    connection = os.environ.get(_CONNECTION)
    if not connection:
        credential = Identity(address, host)
        return BlobServiceClient(f"https://{host}", credential=credential, **STORAGE_OPTIONS)
    try:
        client = BlobServiceClient.from_connection_string(connection, **STORAGE_OPTIONS)
    except ValueError:
        client = None
    if client is None:
        raise IngestError(f"{address}: {_CONNECTION} is malformed. Copy it again.")
    # An emulator and a private endpoint have hosts of their own, and only the account to compare.
    reached, account = urlsplit(client.url).netloc, client.account_name
    if reached != host if BLOB_HOST.fullmatch(reached) else account != host.partition(".")[0]:
        raise IngestError(
            f"{address}: {_CONNECTION} is of {account or reached}, another account."
            " Unset it, or name an address of that account."
        )
    return client


def _is_folder(blob: Any) -> bool:
    """Hierarchical namespaces list their folders among the blobs, some tools create such too."""
    metadata = {key.lower(): value for key, value in (blob.metadata or {}).items()}
    return metadata.get("hdi_isfolder") == "true" or (blob.name.endswith("/") and not blob.size)
