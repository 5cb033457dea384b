"""Azure's own hosts on this machine: a proxy that answers for all of them over TLS.

What is tested runs unchanged, real SDKs included: `HTTPS_PROXY` leads here, `REQUESTS_CA_BUNDLE`
trusts the certificate. A host that no test answers for gets 404, so nothing leaves the machine.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOSTS = (
    "management.azure.com", "management.usgovcloudapi.net",
    "login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn",
    "*.blob.core.windows.net", "*.blob.core.usgovcloudapi.net", "*.blob.core.chinacloudapi.cn",
)  # fmt: skip
TENANT = "00000000-0000-0000-0000-00000000feed"
SECRET, TOKEN, SIGNATURE = "client-secret-of-nobody", "token-of-nobody", "signature-of-nobody"


@dataclass
class Answer:
    """What a host answers; a `cut` one breaks off in its middle."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


def said(content: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        status, json.dumps(content).encode(), {"Content-Type": "application/json"} | names
    )


@dataclass
class Fake:
    """Answers by the method and the beginning of the URL without `https://`."""

    environment: dict[str, str]
    answers: dict[str, Callable[[bytes], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Method, URL and sent body of every request, sign-in included."""

    def count(self, part: str) -> int:
        """How many requests had this in their method, URL or body."""
        return sum(part in request for request in self.asked)

    def answer(self, method: str, url: str, body: bytes) -> Answer:
        self.asked.append(f"{method} {url} {body.decode(errors='replace')}")
        place = f"{method} {url}"
        for beginning in sorted(self.answers, key=len, reverse=True):
            if place.startswith(beginning):
                return self.answers[beginning](body)
        return _sign_in(url) or Answer(404)


def _sign_in(url: str) -> Answer | None:
    host, _, path = url.partition("/")
    if not host.startswith("login."):
        return None
    here = f"https://{host}"
    if path.startswith("common/discovery"):
        found = [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]
        endpoint = f"{here}/{TENANT}/v2.0/.well-known/openid-configuration"
        return said({"tenant_discovery_endpoint": endpoint, "metadata": found})
    if path.partition("?")[0].endswith("openid-configuration"):
        return said({
            "issuer": f"{here}/{TENANT}/v2.0",
            "authorization_endpoint": f"{here}/{TENANT}/oauth2/v2.0/authorize",
            "token_endpoint": f"{here}/{TENANT}/oauth2/v2.0/token",
        })  # fmt: skip
    return said({"token_type": "Bearer", "expires_in": 3600, "access_token": TOKEN})


@contextmanager
def azure_fake(folder: Path) -> Iterator[Fake]:
    """A running fake; `environment` leads every Azure SDK to it, signed in as a service."""
    certificate = folder / "azure.pem"
    certificate.write_bytes(_certificate())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    fake = Fake({})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.close_connection = False
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = fake.answer(self.command, f"{self.headers['Host']}{self.path}", body)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body[: len(answer.body) // 2 if answer.cut else None])
            self.wfile.flush()
            self.close_connection = answer.cut

        do_POST = do_HEAD = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    proxy = f"http://127.0.0.1:{server.server_address[1]}"
    fake.environment |= {
        "HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": "", "no_proxy": "",
        "REQUESTS_CA_BUNDLE": str(certificate),
        "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": TENANT, "AZURE_CLIENT_SECRET": SECRET,
        # Neither a developer's own sign-in nor the machine's identity.
        "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
    }  # fmt: skip
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Azure on this machine")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + made.public_bytes(serialization.Encoding.PEM)
