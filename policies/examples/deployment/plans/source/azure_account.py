"""An Azure account for planning: gives a made-up token and one service principal, keeps nothing.

usage: azure_account.py PORT ENVIRONMENT (the file that AZURE_ENVIRONMENT_FILEPATH names is written)
The provider asks for both before it plans; everything else it does without the cloud.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

PRINCIPAL = {
    "objectId": "00000000-0000-0000-0000-000000000004",
    "appId": "00000000-0000-0000-0000-000000000002",
    "objectType": "ServicePrincipal",
}


class Account(BaseHTTPRequestHandler):
    """Answers each GET with the principal and each POST with a token."""

    def do_GET(self) -> None:
        """The principal."""
        self._answer({"value": [PRINCIPAL]})

    def do_POST(self) -> None:
        """A token."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        now = int(time.time())
        token = {"access_token": "made-up", "token_type": "Bearer", "resource": "made-up"}
        times = {"expires_in": "3600", "expires_on": str(now + 3600), "not_before": str(now)}
        self._answer(token | times)

    def _answer(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def environment(here: str) -> dict[str, Any]:
    """The endpoints of a cloud that is this server alone, as Azure Stack's are described."""
    endpoints = [
        "managementPortalURL",
        "publishSettingsURL",
        "serviceManagementEndpoint",
        "resourceManagerEndpoint",
        "activeDirectoryEndpoint",
        "galleryEndpoint",
        "keyVaultEndpoint",
        "graphEndpoint",
        "tokenAudience",
    ]
    suffixes = [
        "storageEndpointSuffix",
        "sqlDatabaseDNSSuffix",
        "trafficManagerDNSSuffix",
        "keyVaultDNSSuffix",
        "serviceBusEndpointSuffix",
    ]
    resources = ["graph", "keyVault", "datalake", "batch", "operationalInsights", "storage"]
    return {
        "name": "AzureStackCloud",
        **dict.fromkeys(endpoints, here),
        **dict.fromkeys(suffixes, "local"),
        "resourceIdentifiers": dict.fromkeys(resources, here),
    }


if __name__ == "__main__":
    port, target = int(sys.argv[1]), Path(sys.argv[2])
    server = HTTPServer(("127.0.0.1", port), Account)
    target.write_text(json.dumps(environment(f"http://127.0.0.1:{port}/")))
    server.serve_forever()
