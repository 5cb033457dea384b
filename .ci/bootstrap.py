"""Fetch the pinned `uv`, so that a machine with nothing but Python 3.11 installs the locked set.

Standard library only; needs neither pip nor venv, which Debian ships apart. The wheel's checksum
is pinned below and verified before anything becomes executable.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import stat
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

VERSION = "0.13.8"
# sha256 as PyPI publishes it, by (system, machine).
WHEELS = {
    ("Linux", "x86_64"): (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ),
    ("Linux", "aarch64"): (
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
    ),
    ("Darwin", "x86_64"): (
        "macosx_10_12_x86_64",
        "b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1",
    ),
    ("Darwin", "arm64"): (
        "macosx_11_0_arm64",
        "62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49",
    ),
}


def main(destination: Path) -> None:
    """Put the `uv` binary at `destination`, atomically."""
    if sys.version_info < (3, 11):  # noqa: UP036 (this runs before anything is installed)
        found = platform.python_version()
        sys.exit(f"Tollgate needs Python 3.11 or newer; {sys.executable} is {found}.")
    key = (platform.system(), platform.machine())
    if key not in WHEELS:
        sys.exit(f"No pinned uv for {key[0]} {key[1]}: install uv {VERSION} as {destination}.")
    tag, sha256 = WHEELS[key]
    name = f"uv-{VERSION}-py3-none-{tag}.whl"
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    try:
        wheel = _download(f"{index}/uv/", name)
    except (urllib.error.URLError, OSError) as error:
        sys.exit(
            f"Cannot download {name} from {index}: {error}\n"
            f"Set PIP_INDEX_URL to a mirror you can reach, or put uv {VERSION} at {destination}."
        )
    if hashlib.sha256(wheel).hexdigest() != sha256:
        sys.exit(f"{name} from {index} does not have its pinned checksum: refused.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        binary = archive.read(f"uv-{VERSION}.data/scripts/uv")
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=destination.parent, delete=False) as temporary:
        temporary.write(binary)
    path = Path(temporary.name)
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    path.replace(destination)


def _download(index_page: str, name: str) -> bytes:
    with urllib.request.urlopen(index_page, timeout=60) as response:  # noqa: S310
        page = response.read().decode()
        base = response.geturl()
    link = re.search(rf'href="([^"]*{re.escape(name)})[#"]', page)
    if link is None:
        raise OSError(f"{index_page} does not list {name}")
    with urllib.request.urlopen(urllib.parse.urljoin(base, link[1]), timeout=300) as response:  # noqa: S310
        data: bytes = response.read()
    return data


if __name__ == "__main__":
    main(Path(sys.argv[1]))
