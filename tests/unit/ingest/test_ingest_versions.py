"""Versions of a landed month: kept, bounded, put together as of a date; and how columns drift."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.ingest.errors import IngestError
from orchestration.ingest.landing import LandingResult, land
from orchestration.ingest.manifest import SUPERSEDED, landed
from orchestration.ingest.versions import as_received
from orchestration.moments import MomentError, read_moment

START = datetime(2026, 2, 1, tzinfo=UTC)
COLUMNS = {
    "bill_payer_account_id": "1",
    "bill_billing_period_start_date": "2026-01-01",
    "line_item_usage_start_date": "2026-01-02",
    "line_item_currency_code": "USD",
    "line_item_usage_account_id": "11",
}


def bill(folder: Path, name: str, costs: Sequence[str], **columns: str) -> Path:
    path = folder / f"{name}.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        row = {**COLUMNS, **columns}
        writer.writerow([*row, "line_item_unblended_cost"])
        writer.writerows([*row.values(), cost] for cost in costs)
    return path


def receive(lake: Path, file: Path, day: int, kept_versions: int = 40) -> LandingResult:
    received = START + timedelta(days=day)
    (result,) = land(
        [file], "aws_cur2", "acme", lake, data_as_of=received, kept_versions=kept_versions
    )
    return result


def cost(lake: Path) -> list[tuple[str]]:
    files = lake / "aws_cur2/acme/billing_period=*/data.parquet"
    with duckdb.connect() as db:
        return db.execute(
            f"SELECT CAST(sum(line_item_unblended_cost) AS DECIMAL(9, 2))::VARCHAR FROM '{files}'"
        ).fetchall()


def at(lake: Path, day: int, target: Path) -> int:
    moment = START + timedelta(days=day, hours=1)
    return as_received(lake, lambda _: moment, target)


def test_each_date_gives_the_version_that_was_received_last(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    first, second = bill(tmp_path, "a", ["1", "2"]), bill(tmp_path, "b", ["1", "2.5"])
    for day, file in enumerate((first, second, first)):
        receive(lake, file, day)
    found = {}
    for day in (-1, 0, 1, 2):
        there = tmp_path / f"as-of{day}"
        count = at(lake, day, there)
        found[day] = (count, cost(there) if count else None)
    assert found == {-1: (0, None), 0: (1, [("3.00",)]), 1: (1, [("3.50",)]), 2: (1, [("3.00",)])}
    (then,) = landed(tmp_path / "as-of1")
    assert len(then.previous) == 1, "what came later is not known there"


def test_only_so_many_superseded_versions_are_kept_and_a_pruned_one_is_named(
    tmp_path: Path,
) -> None:
    lake = tmp_path / "lake"
    for day in range(4):
        receive(lake, bill(tmp_path, f"bill{day}", ["1", str(day)]), day, kept_versions=2)
    kept = list(lake.glob(f"aws_cur2/acme/*/{SUPERSEDED}/*/data.parquet"))
    assert len(kept) == 2
    at(lake, 1, tmp_path / "still")
    assert cost(tmp_path / "still") == [("2.00",)]
    with pytest.raises(IngestError, match=r"2026-01.*no longer in the lake.*KEPT_VERSIONS"):
        at(lake, 0, tmp_path / "gone")


def test_a_delivery_declared_older_than_what_is_landed_is_refused(tmp_path: Path) -> None:
    receive(tmp_path / "lake", bill(tmp_path, "new", ["2"]), 5)
    with pytest.raises(IngestError, match="in the order in which they came"):
        receive(tmp_path / "lake", bill(tmp_path, "old", ["1"]), 4)


def test_a_clock_set_back_does_not_keep_a_bill_from_landing(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    receive(lake, bill(tmp_path, "a", ["1"]), 5)
    land([bill(tmp_path, "b", ["2"])], "aws_cur2", "acme", lake, now=START)
    (manifest,) = landed(lake)
    assert manifest.data_as_of == manifest.previous[0].data_as_of


def test_totals_are_kept_by_account_and_add_up(tmp_path: Path) -> None:
    file = bill(tmp_path, "a", ["0.000000000001", "2"])
    with file.open("a") as stream:
        stream.write("1,2026-01-01,2026-01-03,USD,12,3\n")
    receive(tmp_path / "lake", file, 0)
    (manifest,) = landed(tmp_path / "lake")
    parts = {(t.account, t.sub_account): str(t.amount) for t in manifest.account_totals}
    payer, first, second = (number.zfill(12) for number in ("1", "11", "12"))
    assert parts == {(payer, first): "2.000000000001", (payer, second): "3.000000000000"}
    (total,) = manifest.control_totals
    assert total.amount == sum(part.amount for part in manifest.account_totals)


def test_columns_that_come_go_and_change_their_name_are_reported(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    first = receive(lake, bill(tmp_path, "a", ["1"], mystery="x", line_item_operation="run"), 0)
    again = receive(lake, bill(tmp_path, "b", ["2"], other="y"), 1)
    legacy = bill(tmp_path, "c", ["3"], other="y")
    renamed = legacy.read_text().replace("line_item_usage_account_id", "LineItem_UsageAccountId")
    legacy.write_text(renamed)
    third = receive(lake, legacy, 2)
    seen = [
        {(d.kind, d.column, d.fills, d.was) for d in result.drift}
        for result in (first, again, third)
    ]
    assert seen == [
        {("new", "mystery", None, None)},
        {
            ("new", "other", None, None),
            ("gone", "mystery", None, None),
            ("gone", "line_item_operation", "line_item_operation", None),
        },
        {
            (
                "renamed",
                "LineItem_UsageAccountId",
                "line_item_usage_account_id",
                "line_item_usage_account_id",
            )
        },
    ]


def test_a_new_month_is_compared_with_the_month_before(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    receive(lake, bill(tmp_path, "a", ["1"], mystery="x"), 0)
    february = {"bill_billing_period_start_date": "2026-02-01", "mystery": "x", "more": "y"}
    later = receive(lake, bill(tmp_path, "b", ["1"], **february), 30)
    assert [(d.kind, d.column) for d in later.drift] == [("new", "more")]


def test_a_column_that_a_rule_needs_is_missed_by_name_with_feed_and_file(tmp_path: Path) -> None:
    file = bill(tmp_path, "march", ["1"], line_item_line_item_type="SavingsPlanCoveredUsage")
    with pytest.raises(
        IngestError, match=r"march\.csv: no column for savings_plan\w+effective_cost \(aws_cur2"
    ):
        receive(tmp_path / "lake", file, 0)
    assert not list(landed(tmp_path / "lake"))


@pytest.mark.parametrize(
    ("costs", "more"),
    [(["2", "-1"], {}), (["1"], {"savings_plan_savings_plan_a_r_n": "arn:plan"})],
)
def test_what_only_a_line_type_tells_from_usage_needs_one(
    costs: list[str], more: dict[str, str], tmp_path: Path
) -> None:
    file = bill(tmp_path, "march", costs, **more)
    with pytest.raises(IngestError, match=r"march\.csv: no column for line_item_line_item_type"):
        receive(tmp_path / "lake", file, 0)


ZEROS = {"line_item_line_item_type": "Usage", "line_item_net_unblended_cost": "0.0"}


@pytest.mark.parametrize("more", [{}, {"discount": "{}"}])
def test_net_costs_that_are_all_filled_with_zeros_are_refused(
    more: dict[str, str], tmp_path: Path
) -> None:
    file = bill(tmp_path, "march", ["1", "2"], **(ZEROS | more))
    with pytest.raises(IngestError, match=r"all of it.* leave out line_item_net_unblended_cost"):
        receive(tmp_path / "lake", file, 0)


@pytest.mark.parametrize(
    "more",
    [
        {"discount": '{"total_discount": -1}'},
        {"line_item_net_unblended_cost": "0.9"},
        {"line_item_line_item_type": "BundledDiscount"},
    ],
)
def test_net_costs_of_nothing_that_discounts_explain_land(
    more: dict[str, str], tmp_path: Path
) -> None:
    receive(tmp_path / "lake", bill(tmp_path, "march", ["1", "2"], **(ZEROS | more)), 0)
    assert landed(tmp_path / "lake")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-09-15", "2026-09-15T23:59:59+00:00"),
        ("2026-09-15T08:00:00+02:00", "2026-09-15T06:00:00+00:00"),
        ("2026-09-15T08:00:00", "2026-09-15T08:00:00+00:00"),
        ("2026-10-01", "2026-10-01T12:00:00+00:00"),
    ],
)
def test_a_date_means_its_end_and_times_are_utc(text: str, expected: str) -> None:
    now = datetime(2026, 10, 1, 12, tzinfo=UTC)
    assert read_moment(text, now).isoformat() == expected


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-10-02", "2026-10-01T13:00:00Z"])
def test_what_is_no_time_or_has_not_come_is_refused(text: str) -> None:
    with pytest.raises(MomentError, match=text):
        read_moment(text, datetime(2026, 10, 1, 12, tzinfo=UTC))
