"""Azure Blob Storage with signed-in users: which hosts are asked, and what they refuse."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.providers import azure_access, azure_blob
from orchestration.ingest.providers.azure_blob import Blobs
from orchestration.ingest.stores import Interrupted, Remote
from tests.fetching import fetch
from tests.integration.azure_bills import address, bill, ingest, words
from tests.integration.azure_fake import SECRET, TOKEN, Answer, Fake, said

PUBLIC = "acme.blob.core.windows.net"


def listed(*blobs: tuple[str, int]) -> Answer:
    entries = "".join(
        f"<Blob><Name>{name}</Name><Properties><Etag>0x1</Etag><Content-Length>{size}"
        "</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>"
        for name, size in blobs
    )
    body = f"<EnumerationResults><Blobs>{entries}</Blobs><NextMarker/></EnumerationResults>"
    return Answer(200, body.encode(), {"Content-Type": "application/xml"})


def content(body: bytes, *, cut: bool = False) -> Answer:
    span = f"bytes 0-{len(body) - 1}/{len(body)}"
    headers = {"Content-Range": span, "ETag": '"0x1"', "x-ms-blob-type": "BlockBlob"}
    return Answer(206, body, headers, cut)


def refusal(status: int, code: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>sig={TOKEN}</Message></Error>"
    return Answer(status, body.encode(), {"x-ms-error-code": code})


@pytest.mark.parametrize(
    ("text", "host", "sign_in"),
    [
        ("abfss://bills@acme.dfs.core.windows.net/x", PUBLIC, "login.microsoftonline.com"),
        ("https://acme.blob.core.windows.net/bills/x", PUBLIC, "login.microsoftonline.com"),
        ("abfss://bills@acme.blob.core.usgovcloudapi.net/x", "acme.blob.core.usgovcloudapi.net",
         "login.microsoftonline.us"),
        ("https://acme.blob.core.chinacloudapi.cn/bills/x", "acme.blob.core.chinacloudapi.cn",
         "login.chinacloudapi.cn"),
    ],
)  # fmt: skip
def test_each_cloud_is_asked_at_its_own_hosts(
    azure: Fake, tmp_path: Path, text: str, host: str, sign_in: str
) -> None:
    body = bill("1")
    azure.answers[f"GET {host}/bills?"] = lambda _: listed(("x/bill.csv", len(body)))
    azure.answers[f"GET {host}/bills/x/bill.csv"] = lambda _: content(body)
    copy = fetch(address(text), tmp_path / "lake")
    assert copy is not None
    assert (copy / "bill.csv").read_bytes() == body
    assert {request.split()[1].partition("/")[0] for request in azure.asked} == {host, sign_in}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (refusal(403, "AuthorizationPermissionMismatch"), "Storage Blob Data Reader"),
        (refusal(401, "InvalidAuthenticationInfo"), "Sign in again"),
        (refusal(503, "ServerBusy"), "ServerBusy (503). Try again later."),
        (Answer(302, headers={"Location": "https://elsewhere.blob.core.windows.net/"}), "302"),
    ],
)
def test_refusals_are_said_with_a_remedy_and_no_secret(
    azure: Fake, monkeypatch: pytest.MonkeyPatch, answer: Answer, problem: str
) -> None:
    without_retries = {**azure_access.STORAGE_OPTIONS, "retry_total": 0}
    monkeypatch.setattr(azure_blob, "STORAGE_OPTIONS", without_retries)
    azure.answers[f"GET {PUBLIC}/"] = lambda _: answer
    done = ingest("abfss://bills@acme.dfs.core.windows.net")
    assert done.exit_code == 2
    assert problem in words(done)
    assert SECRET not in done.output
    assert TOKEN not in done.output
    assert not azure.count("elsewhere")


def test_missing_and_refused_credentials_are_told_apart(
    azure: Fake, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    azure.answers["POST login."] = lambda _: said(
        {"error": "invalid_client", "error_description": f"AADSTS7000215: not {SECRET}"}, 401
    )
    done = ingest("abfss://bills@acme.dfs.core.windows.net")
    assert "refuses the credentials (AADSTS7000215)" in words(done)
    assert SECRET not in done.output
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    done = ingest("abfss://bills@acme.dfs.core.windows.net")
    assert done.exit_code == 2
    assert "there are no Azure credentials here" in words(done)
    # The SDK warns whoever has set up no logging.
    assert not capfd.readouterr().err
    assert not azure.count(PUBLIC)


def test_a_transfer_that_breaks_may_be_tried_again(azure: Fake) -> None:
    body = bill("1")
    azure.answers[f"GET {PUBLIC}/bills/bill.csv"] = lambda _: content(body, cut=True)
    store = Blobs(address("abfss://bills@acme.dfs.core.windows.net"))
    with pytest.raises(Interrupted, match="the connection broke"):
        store.download(Remote("bill.csv", "0x1", len(body), "bill.csv"), io.BytesIO())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("https://example.com/bills/x", "example.com is no host of Azure Blob Storage"),
        ("https://acme.blob.core.windows.net.example.com/bills", "no host of Azure"),
        ("https://acme.blob.core.windows.net:8443/bills", "no host of Azure"),
        ("abfss://acme.dfs.core.windows.net/bills", "names no container"),
        ("abfss://BILLS@acme.dfs.core.windows.net/x", "names no container"),
        ("https://acme.blob.core.windows.net", "names no container"),
        ("https://acme.blob.core.windows.net/bills?restype=container", "no option 'restype'"),
    ],
)
def test_other_hosts_are_never_asked(azure: Fake, tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(IngestError, match=problem):
        fetch(address(text), tmp_path / "lake")
    assert not azure.asked
