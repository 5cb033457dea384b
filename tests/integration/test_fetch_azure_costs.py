"""Azure's Cost Details API: a report per month, generated when it is wanted, and landed."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from orchestration.ingest import listing
from orchestration.ingest.errors import IngestError
from orchestration.ingest.exports import Export, land_export
from orchestration.ingest.providers import azure_access
from orchestration.ingest.providers.azure_costs import CostDetails
from orchestration.ingest.transfer import Transfer
from tests.fetching import fetch
from tests.integration.azure_bills import address, bill, ingest, words
from tests.integration.azure_fake import SECRET, SIGNATURE, TOKEN, Answer, Fake, said

SCOPE = "subscriptions/11111111-2222-3333-4444-555555555555"
COSTS = f"azure-costs://{SCOPE}?metric=ActualCost"
MANAGER = "management.azure.com"
STORAGE = "ccmreports.blob.core.windows.net/armreports"
SIGNED = f"sv=2024-11-04&sr=b&sp=r&sig={SIGNATURE}"
NOTHING = {"status": "NoDataFound"}


@dataclass
class Costs:
    """The API for one scope: months with the blobs of their reports."""

    azure: Fake
    months: dict[str, list[bytes]] = field(default_factory=dict)
    refusal: Answer | None = None
    location: str = f"https://{MANAGER}/{SCOPE}/costDetailsOperationResults"
    result: dict[str, Any] = field(default_factory=dict)
    """Where it is not empty, what every report ends in."""
    pending: int = 1
    """How often a report is not there yet."""

    def __post_init__(self) -> None:
        create = f"POST {MANAGER}/{SCOPE}/providers/Microsoft.CostManagement/generateCostDetails"
        self.azure.answers[create] = self._create

    def _create(self, body: bytes) -> Answer:
        if self.refusal:
            return self.refusal
        month = str(json.loads(body)["timePeriod"]["start"])[:7]
        if month not in self.months and not self.result:
            return Answer(204)
        left = [self.pending]
        self.azure.answers[f"GET {MANAGER}/{SCOPE}/costDetailsOperationResults/{month}"] = (
            lambda _: self._poll(month, left)
        )
        location = f"{self.location}/{month}?api-version=2025-03-01"
        return Answer(202, b"", {"Location": location, "Retry-After": "0.01"})

    def _poll(self, month: str, left: list[int]) -> Answer:
        left[0] -= 1
        if left[0] >= 0:
            return Answer(202, b"", {"Retry-After": "0.01"})
        if self.result:
            return said(self.result)
        blobs = []
        for number, body in enumerate(self.months[month]):
            url = f"{STORAGE}/{month}-{number}.csv"
            self.azure.answers[f"GET {url}"] = partial(_content, body)
            blobs.append({"blobLink": f"https://{url}?{SIGNED}", "byteCount": len(body)})
        return said({"status": "Completed", "manifest": _manifest(blobs)})


def _manifest(blobs: list[Any], **other: Any) -> Mapping[str, Any]:
    return {"blobCount": len(blobs), "compressData": False, "blobs": blobs} | other


def _content(body: bytes, _: bytes) -> Answer:
    span = f"bytes 0-{len(body) - 1}/{len(body)}"
    return Answer(206, body, {"Content-Range": span, "x-ms-blob-type": "BlockBlob"})


@pytest.fixture
def costs(azure: Fake, monkeypatch: pytest.MonkeyPatch) -> Costs:
    at(monkeypatch, "2026-11-28")
    return Costs(azure)


def at(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    """Set the clock of the connector."""

    def now() -> datetime:
        return datetime.fromisoformat(day).replace(hour=23, tzinfo=UTC)

    monkeypatch.setattr(listing, "STORES", {"azure-costs": partial(CostDetails, now=now)})


def versions(day: str) -> dict[str, str]:
    store = CostDetails(address(COSTS), now=lambda: datetime.fromisoformat(f"{day}T12:00Z"))
    return {remote.key: remote.version for remote in store.contents()}


def test_a_day_of_reports_is_landed_and_the_next_asks_for_the_open_month_only(
    costs: Costs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    costs.months = {
        "2025-11": [bill("7", month="2025-11")],
        "2026-11": [bill("1", "2", month="2026-11")],
    }
    export, lake = Export("azure_actual", "acme", address(COSTS)), tmp_path / "lake"
    first = land_export(export, None, lake)
    assert [(r.billing_period, r.status) for r in first] == [
        ("2025-11", "landed"), ("2026-11", "landed"),
    ]  # fmt: skip
    assert costs.azure.count("generateCostDetailsReport") == 13
    assert costs.azure.count('"start": "2026-11-01", "end": "2026-11-28"') == 1
    assert costs.azure.count('"start": "2026-02-01", "end": "2026-02-28"') == 1
    costs.azure.asked.clear()
    assert {r.status for r in land_export(export, None, lake)} == {"unchanged"}
    assert not costs.azure.count("generateCostDetailsReport")
    at(monkeypatch, "2026-11-29")
    costs.months["2026-11"] = [bill("1", "2", "4", month="2026-11")]
    later = land_export(export, None, lake)
    assert [r.status for r in later if r.billing_period == "2026-11"] == ["restated"]
    assert costs.azure.count("generateCostDetailsReport") == 1


def test_a_late_charge_lands_with_the_month_that_bills_it_also_when_its_report_is_past(
    costs: Costs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    late = bill("5", month="2025-12").removeprefix(bill(month="2025-12"))
    costs.months = {
        "2025-11": [bill("7", month="2025-11") + late],
        "2025-12": [bill("1", month="2025-12")],
    }
    export, lake = Export("azure_actual", "acme", address(COSTS)), tmp_path / "lake"
    landed = {r.billing_period: r.rows for r in land_export(export, None, lake)}
    assert landed == {"2025-11": 1, "2025-12": 2}
    at(monkeypatch, "2026-12-02")
    again = {r.billing_period: (r.rows, r.status) for r in land_export(export, None, lake)}
    assert again == {"2025-11": (1, "unchanged"), "2025-12": (2, "unchanged")}


def test_a_month_is_asked_for_daily_then_weekly_then_once_more(azure: Fake) -> None:
    """A report is asked for again whenever its version is another."""
    late = versions("2026-11-28")
    assert len(late) == 13
    assert min(late) == "ActualCost-2025-11.csv"
    assert late.pop("ActualCost-2026-11.csv") == "2026-11-28"
    assert [month for month, version in late.items() if version != "settled"] == [
        "ActualCost-2026-10.csv", "ActualCost-2026-09.csv",
    ]  # fmt: skip
    days = [f"2026-{month}-{day:02}" for month in (11, 12) for day in range(1, 31)]
    october = [versions(day)["ActualCost-2026-10.csv"] for day in days]
    assert october[:9] == days[:9]
    assert list(dict.fromkeys(october[9:])) == [
        "2026-11-10", "2026-11-17", "2026-11-24", "2026-12-01", "2026-12-08", "2026-12-15",
        "2026-12-22", "2026-12-29",
    ]  # fmt: skip
    assert versions("2026-12-31")["ActualCost-2026-10.csv"] == "settled"


def test_what_azure_corrects_after_the_tenth_is_landed(
    costs: Costs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at(monkeypatch, "2026-11-10")
    costs.months = {"2026-10": [bill("1", month="2026-10")]}
    export, lake = Export("azure_actual", "acme", address(COSTS)), tmp_path / "lake"
    land_export(export, None, lake)
    costs.months["2026-10"] = [bill("1", "2", month="2026-10")]
    for day, status in (("2026-11-16", "unchanged"), ("2026-11-17", "restated")):
        at(monkeypatch, day)
        assert [result.status for result in land_export(export, None, lake)] == [status]


def test_the_blobs_of_a_report_are_one_file_with_one_header(costs: Costs) -> None:
    parts = [bill("1", "2", month="2026-11"), bill(month="2026-11"), bill("4", month="2026-11")]
    costs.months = {"2026-11": parts}
    done = ingest(COSTS, "--billing-period", "2026-11")
    assert done.exit_code == 0, done.output
    (file,) = Path(str(costs.azure.environment["REQUESTS_CA_BUNDLE"])).parent.glob(
        "home/lake/_fetched/*/files/ActualCost-2026-11.csv"
    )
    assert file.read_bytes() == bill("1", "2", "4", month="2026-11")


def test_a_month_without_charges_is_passed_over_and_remembered(
    costs: Costs, tmp_path: Path
) -> None:
    costs.months = {"2026-11": [bill("1", month="2026-11")], "2026-10": [bill()], "2026-09": []}
    lake = tmp_path / "lake"
    copy = fetch(address(COSTS), lake)
    assert copy is not None
    assert [path.name for path in copy.iterdir()] == ["ActualCost-2026-11.csv"]
    assert fetch(address(COSTS), lake) == copy
    assert costs.azure.count('"start": "2026-03-01"') == 1


def test_a_month_that_azure_has_nothing_of_any_more_is_kept(
    costs: Costs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    costs.months = {"2026-11": [bill("1", month="2026-11")]}
    assert fetch(address(COSTS), tmp_path / "lake") is not None
    at(monkeypatch, "2026-11-29")
    costs.months, costs.result = {}, NOTHING
    copy = fetch(address(COSTS), tmp_path / "lake")
    assert copy is not None
    assert [path.name for path in copy.iterdir()] == ["ActualCost-2026-11.csv"]


def completed(*links: str, **other: Any) -> dict[str, Any]:
    blobs = [{"blobLink": f"https://{link}?{SIGNED}"} for link in links]
    return {"status": "Completed", "manifest": _manifest(blobs, **other)}


def _refuses(status: int, code: str) -> Callable[[Costs], None]:
    answer = said({"error": {"code": code, "message": f"sig={SIGNATURE}"}}, status)
    return lambda costs: setattr(costs, "refusal", answer)


def _ends_in(result: dict[str, Any]) -> Callable[[Costs], None]:
    return lambda costs: setattr(costs, "result", result)


def _polls_elsewhere(costs: Costs) -> None:
    costs.location, costs.result = "https://elsewhere.example.com/steal", NOTHING


@pytest.mark.parametrize(
    ("set_up", "problem"),
    [
        (_refuses(401, "Unauthorized"), "Sign in again, to the tenant"),
        (_refuses(403, "RBACAccessDenied"), '"Cost Management Reader"'),
        (_refuses(404, "SubscriptionNotFound"), "no such subscription or billing account"),
        (_refuses(422, "UnprocessableEntity"), "of a pay-as-you-go subscription, set up an export"),
        (_refuses(429, "TooManyRequests"), "try again in an hour"),
        (
            _ends_in({"status": "Failed", "error": {"code": "Late"}}),
            "could not generate the report",
        ),
        (_ends_in(completed("elsewhere.example.com/a/x.csv")), "no blob in Azure Blob Storage"),
        (_ends_in(completed("ccmreports.blob.core.windows.net/x.csv")), "no blob in Azure"),
        (_ends_in(completed("[ccmreports/x.csv")), "no blob in Azure"),
        (_ends_in(completed("ccmreports.blob.core.windows.net/gone/x.csv")), "404"),
        (_ends_in(completed(compressData=True)), "compressed or incomplete"),
        (_ends_in(completed(blobCount=2)), "compressed or incomplete"),
        (_polls_elsewhere, "elsewhere.example.com, not to management.azure.com"),
    ],
)
def test_refusals_are_said_with_a_remedy_and_no_secret(
    costs: Costs,
    caplog: pytest.LogCaptureFixture,
    set_up: Callable[[Costs], None],
    problem: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    set_up(costs)
    done = ingest(COSTS, "--billing-period", "2026-11")
    assert done.exit_code == 2
    assert problem in words(done)
    for secret in (SIGNATURE, SECRET, TOKEN):
        assert secret not in done.output
        assert secret not in caplog.text
    assert not costs.azure.count(" elsewhere.example.com")


def test_links_that_cannot_be_reached_are_not_repeated(
    costs: Costs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(
        "orchestration.ingest.providers.azure_costs.STORAGE_OPTIONS",
        {**azure_access.STORAGE_OPTIONS, "retry_total": 0},
    )
    # No certificate of the fake is for this account's zone.
    costs.result = completed("ccmreports.z01.blob.storage.azure.net/a/x.csv")
    with pytest.raises(IngestError, match="cannot be reached") as failed:
        fetch(address(COSTS), tmp_path / "lake", ["2026-11"])
    assert SIGNATURE not in "".join([str(failed.value), caplog.text])
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


def test_a_report_is_not_waited_for_once_the_fetch_was_ended(costs: Costs, tmp_path: Path) -> None:
    costs.result, costs.pending = NOTHING, 1_000_000
    store = CostDetails(address(COSTS))
    transfer = Transfer("costs", 1, lambda _: None)
    Timer(0.5, transfer.end).start()
    month = next(iter(store.contents()))
    with (
        pytest.raises(IngestError, match="the transfer was ended"),
        transfer.file(tmp_path / "costs.csv") as target,
    ):
        store.download(month, target)
    asked = len(costs.azure.asked)
    time.sleep(0.2)
    assert len(costs.azure.asked) <= asked + 1


def test_a_throttled_request_waits_as_long_as_it_is_told(costs: Costs) -> None:
    costs.months = {"2026-11": [bill("1", month="2026-11")]}
    costs.refusal = said({"error": {"code": "TooManyRequests"}}, 429, Retry_After="0.01")
    create = next(key for key in costs.azure.answers if key.startswith("POST management"))
    asked = costs.azure.answers[create]

    def throttle(body: bytes) -> Answer:
        answer = asked(body)
        costs.refusal = None
        return answer

    costs.azure.answers[create] = throttle
    done = ingest(COSTS, "--billing-period", "2026-11")
    assert done.exit_code == 0, done.output
    assert costs.azure.count("generateCostDetailsReport") == 13 + 1


def test_a_sovereign_cloud_has_its_own_manager_and_sign_in(
    azure: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AZURE_SDK_CLOUD_CONF", "AZURE_US_GOVERNMENT")
    azure.answers["POST management.usgovcloudapi.net"] = lambda _: Answer(204)
    with pytest.raises(IngestError, match="holds no charges yet, in no month"):
        fetch(address(COSTS), tmp_path / "lake")
    hosts = {request.split()[1].partition("/")[0] for request in azure.asked}
    assert hosts == {"management.usgovcloudapi.net", "login.microsoftonline.us"}
    monkeypatch.setenv("AZURE_SDK_CLOUD_CONF", "MARS")
    with pytest.raises(IngestError, match=r"AZURE_SDK_CLOUD_CONF: .*MARS"):
        CostDetails(address(COSTS))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("azure-costs://subscriptions/1?metric=Usage", "metric=ActualCost or metric=AmortizedCost"),
        ("azure-costs://subscriptions/1?start=2025", "no option 'start'"),
        ("azure-costs://subscriptions/1/resourceGroups/a", "names no subscription"),
        ("azure-costs://subscriptions/../../providers", "names no subscription"),
        ("azure-costs://providers/Microsoft.Compute/virtualMachines/a", "names no subscription"),
    ],
)
def test_other_scopes_are_refused(text: str, problem: str) -> None:
    with pytest.raises(IngestError, match=problem):
        CostDetails(address(text))


@pytest.mark.parametrize(
    "scope",
    [
        "subscriptions/11111111-2222-3333-4444-555555555555",
        "providers/Microsoft.Billing/billingAccounts/1234567",
        "providers/Microsoft.Billing/billingAccounts/1234567/departments/42",
        "providers/Microsoft.Billing/billingAccounts/1a-b:2c-d_2019-05-31/billingProfiles/AB-CD",
    ],
)
def test_scopes_of_all_agreements_are_accepted(scope: str) -> None:
    CostDetails(address(f"azure-costs://{scope}"))
