"""What an address is, and that it holds no secret."""

from __future__ import annotations

import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.stores import read_address


@pytest.mark.parametrize("text", ["bills/a.csv", "/bills/s3:/a", "C:\\bills", "s3:/bucket/key"])
def test_a_path_is_no_address(text: str) -> None:
    assert read_address(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "s3://key:secret@bucket/x",
        "https://a.blob.core.windows.net/c?sv=2024&sig=abc%3D",
        "s3://bucket/x?X-Amz-Signature=abc",
        "gs://bucket/x?access_token=abc",
        "https://a.blob.core.windows.net/c?sv=2024;sig=abc",
        "https://a.blob.core.windows.net/c?sv=2024%26sig%3Dabc",
        "https://a.blob.core.windows.net/c%3Fsv%3D2024%26sig%3Dabc",
        "https://a.blob.core.windows.net/c#sig=abc",
    ],
)
def test_an_address_with_a_secret_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(IngestError, match="must not hold") as refused:
        read_address(text)
    assert not any(secret in str(refused.value) for secret in ("secret@", "abc"))


def test_an_unknown_option_is_not_repeated_with_its_value() -> None:
    found = read_address("https://a.blob.core.windows.net/c?code=abc")
    assert found is not None
    with pytest.raises(IngestError, match="no option 'code'") as refused:
        found.require_options()
    assert "abc" not in str(refused.value)


@pytest.mark.parametrize("text", ["https://[a/b", "s3:///key", "s3://bucket/key#part"])
def test_what_cannot_be_an_address_is_said(text: str) -> None:
    with pytest.raises(IngestError, match="is no address"):
        read_address(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("s3://bucket/", "s3://bucket"),
        ("S3://bucket/a/b//?profile=acme", "s3://bucket/a/b?profile=acme"),
        ("gs://bucket/a/", "gs://bucket/a"),
        ("abfss://bills@a.dfs.core.windows.net/x/", "abfss://bills@a.dfs.core.windows.net/x"),
        ("https://a.blob.core.windows.net/c/a%20b/", "https://a.blob.core.windows.net/c/a%20b"),
        ("s3://bucket//a/", "s3://bucket//a"),
    ],
)
def test_slashes_at_its_end_make_no_other_address(text: str, same: str) -> None:
    assert read_address(text) == read_address(same)
    assert str(read_address(text)) == same


def test_a_folder_without_a_name_is_not_the_whole_bucket() -> None:
    named, whole = read_address("s3://bucket//"), read_address("s3://bucket/")
    assert named is not None
    assert whole is not None
    assert (named.path, whole.path) == ("/", "")
