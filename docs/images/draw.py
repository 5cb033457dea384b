"""Looks at the Dagster UI in headless Chromium: redraws the pictures, or checks what is shown.

`python docs/images/draw.py` writes the PNG files beside this script; `--check` only verifies that
the code location loads, that every asset is described, and that the lineage page shows every group.
Needs the machine's own `chromium` (or `CHROMIUM` naming one) and a built `TOLLGATE_HOME`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
START_TIMEOUT_S = 120
# The graph is laid out by a worker after the page has loaded.
LAYOUT_TIMEOUT_MS = 60_000

QUERY = """
{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
      __typename ... on PythonError { message } } } } }
  assetNodes { groupName description isMaterializable assetKey { path } } }
"""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def ui() -> Iterator[str]:
    """The UI as `tollgate dev` starts it, on a free port; stopped with all its children."""
    port = free_port()
    command = [Path(sys.executable).with_name("tollgate"), "dev", "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, start_new_session=True, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            while True:
                try:
                    requests.get(f"{url}/server_info", timeout=5).raise_for_status()
                    break
                except requests.RequestException:
                    if process.poll() is not None or time.monotonic() > deadline:
                        log.seek(0)
                        sys.exit(f"the UI did not start:\n{log.read().decode()[-3000:]}")
                    time.sleep(0.5)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)


def problems(url: str) -> tuple[list[str], list[str]]:
    """What a newcomer would stumble over, and the groups that there are, in their order."""
    data = requests.post(f"{url}/graphql", json={"query": QUERY}, timeout=60).json()["data"]
    found = [
        f"code location {entry['name']}: {entry['locationOrLoadError']['message']}"
        for entry in data["workspaceOrError"]["locationEntries"]
        if entry["locationOrLoadError"]["__typename"] == "PythonError"
    ]
    nodes = data["assetNodes"]
    if not nodes:
        found.append("no asset is shown")
    found += [
        f"asset {'/'.join(node['assetKey']['path'])} has no description"
        for node in nodes
        if not (node["description"] or "").strip()
    ]
    found += [
        f"asset {'/'.join(node['assetKey']['path'])} is in no group of the path"
        for node in nodes
        if not node["groupName"][:2].isdigit()
    ]
    return found, sorted({node["groupName"] for node in nodes})


def lineage(page: Page, url: str, groups: list[str]) -> list[str]:
    """Open the global lineage page and say which groups it does not show."""
    page.goto(f"{url}/asset-groups")
    page.get_by_text(groups[0], exact=True).first.wait_for(timeout=LAYOUT_TIMEOUT_MS)
    page.wait_for_timeout(3000)  # the camera still moves when the first node is there
    return [
        f"the lineage page does not show group {group}"
        for group in groups
        if not page.get_by_text(group, exact=True).count()
    ]


def main() -> None:
    """Check, and unless told otherwise draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="draw nothing, exit 1 on a problem")
    options = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("No chromium on PATH: apt-get install chromium, or set CHROMIUM to a browser.")
    with ui() as url, sync_playwright() as playwright:
        found, groups = problems(url)
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1800, "height": 760})
        found += lineage(page, url, groups)
        if not options.check:
            page.screenshot(path=HERE / "lineage.png")
        browser.close()
    if found:
        sys.exit("\n".join(found))
    print(f"the UI shows {len(groups)} groups: {', '.join(groups)}")


if __name__ == "__main__":
    main()
