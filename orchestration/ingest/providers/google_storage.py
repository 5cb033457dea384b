"""Bills in Cloud Storage buckets: billing tables that were exported there, and FOCUS files.

Credentials are Google's own application default ones; `STORAGE_EMULATOR_HOST` names another server.
Needed: roles/storage.objectViewer on the bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, BinaryIO

from orchestration.ingest.providers.google_errors import RETRY_SECONDS, explained
from orchestration.ingest.stores import Address, Remote


class CloudStorage:
    """The objects below a prefix, `gs://bucket/prefix`; or the one of that very name."""

    is_window = False

    def __init__(self, address: Address) -> None:
        from google.cloud.storage import Client  # noqa: PLC0415 (fast --help)
        from google.cloud.storage.retry import DEFAULT_RETRY  # noqa: PLC0415

        address.require_options()
        self._address = address
        # A prefix is a folder: `exports/a` must not find `exports/ab/…`.
        self._folder = f"{address.path.rstrip('/')}/" if address.path else ""
        # What the keys are below of: the folder, or the one object's own.
        self._base = self._folder
        self._retry = DEFAULT_RETRY.with_timeout(RETRY_SECONDS)
        with self._explained():
            # Reading objects needs no project.
            self._bucket = Client(project=None).bucket(address.place)

    def contents(self) -> Iterator[Remote]:
        """All objects below the prefix."""
        with self._explained():
            found = False
            for blob in self._below(self._folder):
                found = True
                yield _remote(blob, self._folder)
            if found:
                return
            for blob in self._below(self._address.path):
                if blob.name == self._address.path:
                    self._base = blob.name.removesuffix(blob.name.rpartition("/")[2])
                    yield _remote(blob, self._base)

    def download(self, remote: Remote, target: BinaryIO) -> None:
        """Stream an object to a file, as it is stored, and compare it with its checksum."""
        gone = f"{remote.key} is gone since it was listed: try again."
        with self._explained(gone):
            self._bucket.blob(f"{self._base}{remote.key}").download_to_file(
                target, raw_download=True, retry=self._retry
            )

    def _below(self, prefix: str) -> Iterator[Any]:
        fields = "items(name,generation,size),nextPageToken"
        yield from self._bucket.list_blobs(prefix=prefix, fields=fields, retry=self._retry)

    def _explained(self, missing: str | None = None) -> AbstractContextManager[None]:
        bucket = self._address.place
        return explained(
            self._address,
            "Cloud Storage",
            missing=missing or f"There is no bucket {bucket}: check its name.",
            needs=f"The credentials need roles/storage.objectViewer on the bucket {bucket}.",
        )


def _remote(blob: Any, folder: str) -> Remote:
    return Remote(blob.name.removeprefix(folder), str(blob.generation), blob.size)
