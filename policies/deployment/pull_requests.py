"""What the other open pull requests would add, from a JSON file.

Belongs here: reading and checking the file. Does not belong here: judging the sum (the policies).

    [{"number": "12", "head_sha": "4f0d2c9", "monthly_delta": "80.00", "high": "95.00",
      "currency": "USD"}]
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

_TEXTS, _AMOUNTS = ("number", "head_sha", "currency"), ("monthly_delta", "high")
_FORM = "write a list as policies/README.md shows it"


class PullRequestsError(ValueError):
    """The file cannot be used; the message names the place and the remedy."""


def read_pull_requests(path: Path) -> list[dict[str, str]]:
    """The estimates of other open pull requests; PullRequestsError names what is wrong."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PullRequestsError(
            f"{path}: cannot be read ({error.strerror}); give its path"
        ) from error
    except ValueError as error:
        raise PullRequestsError(f"{path}: not JSON ({error}); {_FORM}") from error
    if not isinstance(document, list):
        raise PullRequestsError(f"{path}: not a list of pull requests; {_FORM}")
    return [_request(f"{path}: [{number}]", entry) for number, entry in enumerate(document)]


def _request(where: str, entry: Any) -> dict[str, str]:
    wanted = {*_TEXTS, *_AMOUNTS}
    if not isinstance(entry, dict) or set(entry) != wanted:
        raise PullRequestsError(f"{where} does not hold exactly: {', '.join(sorted(wanted))}")
    for name in wanted:
        if not isinstance(entry[name], str) or not entry[name]:
            raise PullRequestsError(f'{where}.{name} is not a text; write amounts like "80.00"')
    for name in _AMOUNTS:
        try:
            finite = Decimal(entry[name]).is_finite()
        except InvalidOperation:
            finite = False
        if not finite:
            raise PullRequestsError(f"{where}.{name} is not an amount of money")
    return dict(entry)
