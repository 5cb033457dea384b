"""Parts of a CSV file are joined to one that reads as if it had never been cut."""

from __future__ import annotations

import io

import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.providers.csv_parts import join


def joined(*parts: list[bytes]) -> tuple[bytes, bool]:
    file = io.BytesIO()
    anything = join(parts, file, "the report")
    return file.getvalue(), anything


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([b"a,b\n1,2\n", b"a,b\n3,4\n"], b"a,b\n1,2\n3,4\n"),
        ([b"a,b\r\n1,2", b"a,b\r\n", b"", b"a,b\r\n3,4"], b"a,b\r\n1,2\r\n3,4"),
        ([b"\xef\xbb\xbfa,b\n1,2\n", b"\xef\xbb\xbfa,b\n3,4\n"], b"\xef\xbb\xbfa,b\n1,2\n3,4\n"),
        ([b"a,b", b"a,b\n3,4\n"], b"a,b\n3,4\n"),
        ([b"", b"a,b\n3,4\n"], b"a,b\n3,4\n"),
    ],
)
def test_parts_are_one_file_with_one_header(size: int, parts: list[bytes], whole: bytes) -> None:
    pieces = [[part[at : at + size] for at in range(0, len(part), size)] for part in parts]
    assert joined(*pieces) == (whole, True)


@pytest.mark.parametrize("parts", [[], [b""], [b"a,b"], [b"a,b\r\n", b"a,b\r\n"]])
def test_headers_alone_are_nothing(parts: list[bytes]) -> None:
    assert not joined(*[[part] for part in parts])[1]


@pytest.mark.parametrize("other", [b"b,a\n3,4\n", b"3,4\n5,6\n", b"x" * 70_000])
def test_parts_of_other_columns_are_refused(other: bytes) -> None:
    with pytest.raises(IngestError, match="differ in their headers"):
        joined([b"a,b\n1,2\n"], [other])
