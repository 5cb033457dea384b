"""Bills in Cloud Storage buckets: billing tables that were exported there, and FOCUS files.

Credentials are Google's own application default ones; `STORAGE_EMULATOR_HOST` names another server.
Needed: roles/storage.objectViewer on the bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO

from orchestration.ingest.providers.google_errors import RETRY_SECONDS, explained
from orchestration.ingest.stores import Address, Remote, below


class CloudStorage:
    """The objects below a prefix, `gs://bucket/prefix`; or the one of that very name."""

    is_window = False

    def __init__(self, address: Address) -> None:
        from google.cloud.storage import Client  # noqa: PLC0415 (fast --help)
        from google.cloud.storage.retry import DEFAULT_RETRY  # noqa: PLC0415

        address.require_options()
        self._address = address
        self._retry = DEFAULT_RETRY.with_timeout(RETRY_SECONDS)
        with self._explained():
            # Reading objects needs no project.
            self._bucket = Client(project=None).bucket(address.place)

    def contents(self) -> Iterator[Remote]:
        """All objects below the prefix."""
        with self._explained():
            yield from below(self._address.path, self._listed)

    def download(self, remote: Remote, target: BinaryIO) -> None:
        """Stream an object to a file, as it is stored, and compare it with its checksum."""
        gone = f"{remote.key} is gone since it was listed: try again."
        with self._explained(gone):
            self._bucket.blob(remote.name).download_to_file(
                target, raw_download=True, retry=self._retry
            )

    def _listed(self, prefix: str) -> Iterator[Remote]:
        fields = "items(name,generation,size),nextPageToken"
        for blob in self._bucket.list_blobs(prefix=prefix, fields=fields, retry=self._retry):
            yield Remote(blob.name, str(blob.generation), blob.size, blob.name)

    def _explained(self, missing: str | None = None) -> AbstractContextManager[None]:
        bucket = self._address.place
        return explained(
            self._address,
            "Cloud Storage",
            missing=missing or f"There is no bucket {bucket}: check its name.",
            needs=f"The credentials need roles/storage.objectViewer on the bucket {bucket}.",
        )
