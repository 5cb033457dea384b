"""The estimates of other pull requests are read whole, or what is wrong with them is told."""

import json
from pathlib import Path

import pytest

from policies.deployment.pull_requests import PullRequestsError, read_pull_requests

OTHER = {"number": "12", "head_sha": "4f0d2c9", "monthly_delta": "80.00", "high": "95.00",
         "currency": "USD"}  # fmt: skip


def test_estimates_are_read_as_they_were_reported(tmp_path: Path) -> None:
    (tmp_path / "others.json").write_text(json.dumps([OTHER]))
    assert read_pull_requests(tmp_path / "others.json") == [OTHER]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "give its path"),
        ("- number: 12", "write a list as policies/README.md shows it"),
        (json.dumps(OTHER), "write a list as policies/README.md shows it"),
        (json.dumps([{**OTHER, "high": 95}]), 'high is not a text; write amounts like "80.00"'),
        (json.dumps([{**OTHER, "high": "NaN"}]), "high is not an amount of money"),
        (json.dumps([{"number": "12"}]), "does not hold exactly: currency, head_sha, high"),
    ],
)
def test_file_that_cannot_be_read_says_what_to_write(
    tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "others.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(PullRequestsError, match=said):
        read_pull_requests(path)
