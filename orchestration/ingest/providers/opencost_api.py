"""What Kubernetes workloads used, from OpenCost's `/allocation`: a file per day that is over.

`opencost://host:9003` asks over http, as inside a cluster or through `kubectl port-forward`;
`opencosts://host` over https. A server that wants a password finds it in `~/.netrc`. OpenCost knows
as many days as its Prometheus keeps, so what is fetched is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from orchestration.ingest.errors import IngestError
from orchestration.ingest.stores import Address, Interrupted, Nothing, Remote

if TYPE_CHECKING:
    from requests import Response

_PROTOCOLS = {"opencost": "http", "opencosts": "https"}
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")
# Prometheus keeps 15 days unless told otherwise; older ones are empty, and passed over.
_DAYS, _MOST_DAYS = 15, 400
# OpenCost reconciles a day with the cloud's bill for some time.
_MOVING_DAYS = 3
_CHUNK = 1 << 20
_CONNECT_SECONDS, _READ_SECONDS = 10, 300
# An answer without any workload is not longer.
_EMPTY = 1 << 10
# A container's day takes some 2 KB: this is half a million of them.
_MOST_BYTES = 1 << 30


class OpenCost:
    """The days before today, `2026-09/2026-09-01.json`, of all containers and of idle capacity.

    `?days=30` looks further back than 15 days. The version of the last three days is today's date,
    so that they are fetched once a day; older ones are settled. `now` is the clock.
    """

    is_window = True

    def __init__(
        self, address: Address, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        address.require_options("days")
        self._address, self._now = address, now
        days = address.options.get("days", str(_DAYS))
        if not days.isdecimal() or not 1 <= int(days) <= _MOST_DAYS:
            raise IngestError(f"{address}: write days as a number from 1 to {_MOST_DAYS}.")
        if not _HOST.fullmatch(address.place):
            raise IngestError(f"{address} names no host. Write it like opencost://localhost:9003.")
        self._days = int(days)
        base = f"{address.place}/{address.path.strip('/')}".rstrip("/")
        self._url = f"{_PROTOCOLS[address.scheme]}://{base}/allocation"

    def contents(self) -> Iterator[Remote]:
        """The days that are over, the latest first; the server only has to be there."""
        self._ask("1d", aggregate="cluster").close()
        today = self._now().astimezone(UTC).date()
        for ago in range(1, self._days + 1):
            day = today - timedelta(days=ago)
            version = today.isoformat() if ago <= _MOVING_DAYS else "settled"
            yield Remote(f"{day:%Y-%m}/{day}.json", version)

    def download(self, remote: Remote, target: BinaryIO) -> None:
        """Write a day's answer; `Nothing` where it has no workload.

        One of more than 1 GiB, unpacked, is an `IngestError`.
        """
        day = datetime.fromisoformat(remote.key.rpartition("/")[2].removesuffix(".json"))
        window = f"{day:%Y-%m-%dT00:00:00Z},{day + timedelta(days=1):%Y-%m-%dT00:00:00Z}"
        size, start = 0, b""
        with self._ask(window, includeIdle="true") as answer, _explained(self._address, begun=True):
            for chunk in answer.iter_content(_CHUNK):
                start = start or chunk
                if not start.startswith(b"{"):
                    # A proxy's page, whose status is that of an answer, would be kept for good.
                    raise _unlike(self._address)
                size += len(chunk)
                if size > _MOST_BYTES:
                    raise IngestError(
                        f"{self._address}: the answer for {day:%Y-%m-%d} is longer than"
                        f" {_MOST_BYTES >> 20} MiB, unpacked. Check that it is OpenCost's API; of a"
                        " cluster that large, ingest an export of its allocations."
                    )
                target.write(chunk)
        if size <= _EMPTY and not any(_allocations(start, self._address)):
            raise Nothing(f"{self._address} has no workloads on {day:%Y-%m-%d}.")

    def _ask(self, window: str, **options: str) -> Response:
        import requests  # noqa: PLC0415 (fast --help)

        with _explained(self._address):
            answer = requests.get(
                self._url,
                params={"window": window, "accumulate": "true", **options},
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                stream=True,
                allow_redirects=False,
            )
        if answer.status_code != requests.codes.ok:
            answer.close()
            raise IngestError(
                f"{self._address}: {self._url} answers {answer.status_code}. Check that it is"
                " OpenCost's API (port 9003), and that a password for it is in ~/.netrc if it"
                " wants one."
            )
        return answer


def _unlike(address: Address) -> IngestError:
    return IngestError(f"{address} does not answer like OpenCost. Check the address.")


def _allocations(body: bytes, address: Address) -> list[object]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise _unlike(address) from error
    data = found.get("data") if isinstance(found, dict) else None
    return data if isinstance(data, list) else []


@contextmanager
def _explained(address: Address, *, begun: bool = False) -> Iterator[None]:
    """Errors of the way, with a remedy; `begun` where an answer has been arriving."""
    import requests  # noqa: PLC0415 (fast --help)

    # What stalls in the middle is a ConnectionError too.
    stalled = (requests.ConnectionError,) if begun else ()
    broken = (requests.exceptions.ChunkedEncodingError, requests.ReadTimeout, *stalled)
    try:
        yield
    except broken as error:
        raise Interrupted(
            f"{address}: the connection broke ({type(error).__name__}). Try again."
        ) from error
    except requests.RequestException as error:
        raise Interrupted(
            f"{address}: cannot be reached ({type(error).__name__}). Check host and port; from"
            " outside the cluster: kubectl port-forward -n opencost service/opencost 9003."
        ) from error
