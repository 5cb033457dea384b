"""Bills from Azure's Cost Details API ("Generate Cost Details Report"), where there is no export.

`azure-costs://subscriptions/<id>?metric=ActualCost`, or `AmortizedCost`; also of a billing account
or what is below it, `azure-costs://providers/Microsoft.Billing/billingAccounts/<id>/…`. It is for
enterprise and Microsoft customer agreements, not for pay-as-you-go, and for months of at most two
million rows, as Microsoft advises. Credentials come from the SDK's own chain, and the cloud where
it is not the public one from its `AZURE_SDK_CLOUD_CONF` (`AZURE_US_GOVERNMENT`, …). Needed: "Cost
Management Reader" on the subscription, or a reader's role of the billing account.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from orchestration.ingest.errors import IngestError
from orchestration.ingest.providers.azure_access import (
    BLOB_HOST,
    CLIENT_OPTIONS,
    STORAGE_OPTIONS,
    Identity,
    explained,
    plain,
    quieten,
)
from orchestration.ingest.providers.csv_parts import join
from orchestration.ingest.stores import Address, Interrupted, Nothing, Remote

_METRICS = ("ActualCost", "AmortizedCost")
_ID = r"[A-Za-z0-9][\w:.-]*"
_SCOPE = re.compile(
    rf"subscriptions/{_ID}|providers/Microsoft\.Billing/billingAccounts/{_ID}"
    rf"(/(departments|enrollmentAccounts|customers|billingProfiles)/{_ID}"
    rf"(/invoiceSections/{_ID})?)?",
    re.ASCII | re.IGNORECASE,
)
# "No older than 13 months": the open month and the twelve before it are there from their first day.
_MONTHS = 13
# Charges "can change until the fifth day of the month after", "uncommonly" for longer; those of
# historical invoices "don't change unless you're explicitly notified". Customers saw a month grow
# between the 5th and the 21st (azure-docs issue 65987), and one change daily 36 days after its end
# (51759). So: daily until the tenth, then weekly while an invoice may still be put right.
_DAILY_DAYS, _WEEKLY_DAYS = 9, 60
# Where Azure does not say when to ask again; and the longest that a report may take.
_POLL_SECONDS, _PATIENCE_SECONDS = 15, 3600
_REMEDIES: Mapping[str | int, str] = {
    401: "Sign in again, to the tenant of the subscription or billing account.",
    403: (
        'The credentials need the role "Cost Management Reader" on the subscription, or a reader\'s'
        " role of the billing account."
    ),
    404: "There is no such subscription or billing account: check the address.",
    422: (
        "Reports are for enterprise and Microsoft customer agreements: of a pay-as-you-go"
        " subscription, set up an export and name its folder."
    ),
    429: "So many reports are not allowed now: try again in an hour.",
}
_LINK_REMEDIES: Mapping[str | int, str] = {
    403: "The link to the report was refused: it holds for an hour. Try again."
}


class CostDetails:
    """A file per month, `ActualCost-2026-09.csv`, whose report is generated to be downloaded.

    A report is of days, and late charges of them are billed with a later month: so its file lies in
    no month's folder, and its rows say where they belong.

    The version of a month is the UTC day since which it is to be asked for: of the open one, and
    until the tenth of the one before, today; then one day a week. 60 days after its end a month is
    settled, and asked for once more. `now` is the clock.
    """

    is_window = True

    def __init__(
        self, address: Address, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        address.require_options("metric")
        self._address, self._now = address, now
        self._metric = address.options.get("metric", _METRICS[0])
        self._scope = f"{address.place}/{address.path}"
        if self._metric not in _METRICS:
            raise IngestError(f"{address}: write metric={' or metric='.join(_METRICS)}.")
        if not _SCOPE.fullmatch(self._scope):
            raise IngestError(
                f"{address} names no subscription and no billing account. Write it like"
                " azure-costs://subscriptions/<id>?metric=ActualCost or"
                " azure-costs://providers/Microsoft.Billing/billingAccounts/<id>."
            )
        quieten()
        manager, self._token_scope = _manager(address)
        self._identity = Identity(address, manager)
        self._client = _client(address, self._identity, manager)

    def contents(self) -> Iterator[Remote]:
        """The months that the API can give, the open one first; Azure only has to let us in."""
        self._identity.get_token(self._token_scope)
        today = self._today()
        first = today.replace(day=1)
        for _ in range(_MONTHS):
            yield Remote(f"{self._metric}-{first:%Y-%m}.csv", _version(first, today))
            first = (first - timedelta(days=1)).replace(day=1)

    def download(self, remote: Remote, target: BinaryIO) -> None:
        """Generate a month's report, and join its blobs to one file.

        One, since how many there are is only known when it was generated. `Nothing` where the
        month has no charges.
        """
        month = remote.key.removeprefix(f"{self._metric}-").removesuffix(".csv")
        first = date.fromisoformat(f"{month}-01")
        with explained(self._address, _REMEDIES):
            links = self._generate(first, target)
        with explained(self._address, _LINK_REMEDIES):
            charges = join((_chunks(link) for link in links), target, str(self._address))
        if not charges:
            raise Nothing(f"{self._address} has no charges in {first:%Y-%m}.")

    def _generate(self, first: date, target: BinaryIO) -> Sequence[str]:
        """Links to a month's report, each with a signature of its own: they are secrets."""
        from azure.core.polling.base_polling import (  # noqa: PLC0415 (fast --help)
            LocationPolling,
            StatusCheckPolling,
        )
        from azure.mgmt.core.polling.arm_polling import ARMPolling  # noqa: PLC0415

        last = min((first + timedelta(days=31)).replace(day=1) - timedelta(days=1), self._today())
        period = {"start": first.isoformat(), "end": last.isoformat()}

        class Polling(ARMPolling):
            def _delay(self) -> None:
                # The SDK's thread must not go on asking for what nobody waits for any more.
                target.flush()
                super()._delay()

        # The status in the body, "Completed", is none that the SDK's other ways of polling know.
        polling = Polling(_POLL_SECONDS, [LocationPolling(), StatusCheckPolling()])
        poller = self._client.generate_cost_details_report.begin_create_operation(
            self._scope, {"metric": self._metric, "timePeriod": period}, polling=polling
        )
        for _ in range(_PATIENCE_SECONDS):
            poller.wait(1)
            if poller.done():
                break
            # Fails once nobody waits for the file any more.
            target.flush()
        else:
            raise IngestError(
                f"{self._address}: the report of {first:%Y-%m} is not there after an hour."
                " Set up an export instead: so much is what they are for."
            )
        return self._links(poller.result(), first)

    def _links(self, result: Any, first: date) -> Sequence[str]:
        # No content is an answer too: "succeeded but returned no results".
        if result is None or result.status == "NoDataFound":
            return []
        manifest = result.manifest
        blobs = (manifest and manifest.blobs) or []
        if result.status != "Completed" or manifest is None:
            code = plain(result.error.code if result.error else result.status)
            raise Interrupted(
                f"{self._address}: Azure could not generate the report of {first:%Y-%m}"
                f" ({code or 'no reason given'}). Try again later."
            )
        if manifest.compress_data or (manifest.blob_count or len(blobs)) != len(blobs):
            raise IngestError(
                f"{self._address}: Azure's report of {first:%Y-%m} is compressed or incomplete."
                " Set up an export instead."
            )
        links = [str(blob.blob_link) for blob in blobs]
        if not all(_is_blob(link) for link in links):
            raise IngestError(
                f"{self._address}: Azure's answer leads to what is no blob in Azure Blob Storage."
                " It was not followed."
            )
        return links

    def _today(self) -> date:
        return self._now().astimezone(UTC).date()


def _version(first: date, today: date) -> str:
    ended = (first + timedelta(days=31)).replace(day=1)
    days = (today - ended).days
    if days >= _WEEKLY_DAYS:
        return "settled"
    since_due = (days - _DAILY_DAYS) % 7 if days >= _DAILY_DAYS else 0
    return (today - timedelta(days=since_due)).isoformat()


def _is_blob(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    there = BLOB_HOST.fullmatch(parts.netloc) and re.fullmatch(r"/[^/]+/.+", parts.path)
    return parts.scheme == "https" and there is not None


def _chunks(link: str) -> Iterator[bytes]:
    from azure.storage.blob import BlobClient  # noqa: PLC0415 (fast --help)

    blob = BlobClient.from_blob_url(link, **STORAGE_OPTIONS)
    yield from blob.download_blob(max_concurrency=1, decompress=False).chunks()


def _manager(address: Address) -> tuple[str, str]:
    """The resource manager's host in the cloud that the SDK is set to, and what a token is for."""
    from azure.core.settings import settings  # noqa: PLC0415 (fast --help)
    from azure.mgmt.core.tools import get_arm_endpoints  # noqa: PLC0415

    try:
        found = get_arm_endpoints(settings.azure_cloud())
    except ValueError as error:
        raise IngestError(f"{address}: AZURE_SDK_CLOUD_CONF: {error}. Correct it.") from error
    return urlsplit(found["resource_manager"]).netloc, found["credential_scopes"][0]


def _client(address: Address, identity: Identity, manager: str) -> Any:
    from azure.core.pipeline.policies import SansIOHTTPPolicy  # noqa: PLC0415 (fast --help)
    from azure.mgmt.costmanagement import CostManagementClient  # noqa: PLC0415

    class OnlyTheManager(SansIOHTTPPolicy[Any, Any]):
        """An answer names where to poll: the token goes nowhere else."""

        def on_request(self, request: Any) -> None:
            asked = urlsplit(request.http_request.url)
            if (asked.scheme, asked.netloc) != ("https", manager):
                raise IngestError(
                    f"{address}: Azure's answer leads to {asked.hostname}, not to {manager}."
                    " It was not followed."
                )

    options: dict[str, Any] = {**CLIENT_OPTIONS, "timeout": _PATIENCE_SECONDS}
    return CostManagementClient(identity, per_retry_policies=[OnlyTheManager()], **options)
