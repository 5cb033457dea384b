"""Azure Blob Storage on this machine: Microsoft's emulator from npm, installed once."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.ingest.locks import exclusive
from policies.provision import tools_dir
from tests.integration.servers import server

# The newest that runs on Node 20; from 3.36 on it wants 21.
_VERSION = "3.35.0"
_MAIN = "node_modules/azurite/dist/src/blob/main.js"
ACCOUNT, KEY = "acmebills", base64.b64encode(b"a key of nobody's account").decode()
AVAILABLE = shutil.which("node") is not None and shutil.which("npm") is not None


@contextmanager
def azurite() -> Iterator[str]:
    """A running emulator with nothing in it; the connection string to its one account."""
    main = _installed() / _MAIN

    def command(port: int) -> list[str | Path]:
        return [
            "node", main, "--blobHost", "127.0.0.1", "--blobPort", str(port),
            "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent",
        ]  # fmt: skip

    with server(command, {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}) as port:
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
        )


def _installed() -> Path:
    """The folder of the pinned version: 190 MB, in about 12 seconds."""
    folder = tools_dir(os.environ) / f"azurite-{_VERSION}"
    with exclusive(folder.with_suffix(".lock")):
        if not (folder / ".ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            what = ["--prefix", str(folder), f"azurite@{_VERSION}"]
            subprocess.run(["npm", "install", *options, *what], check=True, timeout=600)
            (folder / ".ready").touch()
    return folder
