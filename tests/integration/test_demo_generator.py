"""The demo company's bills, read back with DuckDB: totals, invariants and determinism."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.demo.company import AWS_HOURS, DAYS, MONTHS, day_date
from orchestration.demo.generator import DemoCompany, generate

ROWS = 60_000
MONEY = "decimal(38,12)"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    return generate(tmp_path_factory.mktemp("acme"), rows=ROWS)


@pytest.fixture(scope="module")
def truth(acme: DemoCompany) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(acme.truth.read_text())
    return found


@pytest.fixture(scope="module")
def db(acme: DemoCompany) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every bill as a view with its own columns, the current deliveries only."""
    connection = duckdb.connect()
    bills = acme.bills
    current = []
    for manifest in sorted(bills.glob("aws/legacy/*/acme-cur-Manifest.json")):
        for key in json.loads(manifest.read_text())["reportKeys"]:
            current.append(str(manifest.parent.joinpath(*key.split("/")[-2:])))
    connection.execute(
        f"create view legacy as select * from read_csv({current!r}, all_varchar = true)"
    )
    connection.execute(
        f"create view cur2 as select * from read_parquet('{bills}/aws/cur2/*/*.parquet')"
    )
    for name, folder in (
        ("actual", "azure/actual"),
        ("amortized", "azure/amortized"),
        ("kubernetes", "kubernetes"),
        ("saas", "saas"),
        ("drivers", "drivers"),
        ("inventory", "inventory"),
    ):
        connection.execute(
            f"create table {name} as select *, regexp_replace(filename, "
            "'.*/(2[0-9]{3})-?([0-9]{2})[0-9-]*/[^/]*', '\\1-\\2') as folder from "
            f"read_csv('{bills}/{folder}/*/*.csv', all_varchar = true, filename = true)"
        )
    connection.execute(
        f"""create table gcp as select * from read_json('{bills}/gcp/*/*.json.gz',
        format = 'newline_delimited', columns = {{invoice: 'STRUCT(month VARCHAR)', cost: 'VARCHAR',
        credits: 'STRUCT(amount VARCHAR, type VARCHAR)[]', cost_type: 'VARCHAR', project:
        'STRUCT(id VARCHAR)', usage_start_time: 'VARCHAR', sku: 'STRUCT(description VARCHAR)',
        resource: 'STRUCT(name VARCHAR)'}})"""
    )
    connection.execute(
        f"""create table aws as
        select "lineItem/LineItemType" as kind, "lineItem/ResourceId" as resource,
          "lineItem/UsageStartDate"::timestamp::date as day,
          "bill/BillingPeriodStartDate"[1:7] as period,
          "lineItem/UsageType" as usage_type, "lineItem/UsageAmount"::{MONEY} as quantity,
          "lineItem/UnblendedCost"::{MONEY} as cost,
          "savingsPlan/SavingsPlanEffectiveCost"::{MONEY} as plan_cost,
          "savingsPlan/UsedCommitment"::{MONEY} as used,
          "savingsPlan/TotalCommitmentToDate"::{MONEY} as committed,
          "reservation/ReservationARN" as reservation,
          "reservation/EffectiveCost"::{MONEY} as reserved_cost,
          "reservation/UnusedRecurringFee"::{MONEY} as unused_fee,
          "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod"::{MONEY} as unused_upfront,
          "reservation/AmortizedUpfrontFeeForBillingPeriod"::{MONEY} as upfront,
          "resourceTags/user:eks_cluster" as cluster
        from legacy
        union all
        select line_item_line_item_type, line_item_resource_id, line_item_usage_start_date::date,
          strftime(bill_billing_period_start_date, '%Y-%m'), line_item_usage_type,
          line_item_usage_amount::{MONEY}, line_item_unblended_cost::{MONEY},
          savings_plan_savings_plan_effective_cost::{MONEY},
          savings_plan_used_commitment::{MONEY}, savings_plan_total_commitment_to_date::{MONEY},
          reservation_reservation_a_r_n, reservation_effective_cost::{MONEY},
          reservation_unused_recurring_fee::{MONEY},
          reservation_unused_amortized_upfront_fee_for_billing_period::{MONEY},
          reservation_amortized_upfront_fee_for_billing_period::{MONEY},
          resource_tags['user_eks_cluster']
        from cur2"""
    )
    yield connection
    connection.close()


def test_truth_totals_equal_an_independent_sum_over_the_files(
    db: duckdb.DuckDBPyConnection, truth: dict[str, Any]
) -> None:
    sums = {
        ("aws_cur_legacy", "unblended_cost"): "select period, count(*), sum(cost) from aws "
        "where period < '2026-04' group by 1",
        ("aws_cur2", "unblended_cost"): "select period, count(*), sum(cost) from aws "
        "where period >= '2026-04' group by 1",
        (
            "azure_actual",
            "cost",
        ): f"select folder, count(*), sum(Cost::{MONEY}) from actual group by 1",
        ("azure_amortized", "cost"): f"select folder, count(*), sum(Cost::{MONEY}) "
        "from amortized group by 1",
        (
            "gcp_detailed",
            "cost",
        ): "select invoice.month[1:4] || '-' || invoice.month[5:6], count(*), "
        f"sum(cost::{MONEY}) from gcp group by 1",
        ("gcp_detailed", "credits"): "select invoice.month[1:4] || '-' || invoice.month[5:6], "
        f"count(*), sum(list_sum(list_transform(credits, lambda c: c.amount::{MONEY}))) "
        "from gcp group by 1",
        ("kubernetes_opencost", "total_cost"): f"select folder, count(*), "
        f"sum(TotalCost::{MONEY}) from kubernetes group by 1",
        ("focus", "billed_cost"): f"select folder, count(*), sum(BilledCost::{MONEY}) "
        "from saas group by 1",
        ("business_drivers", "quantity"): f"select folder, count(*), sum(quantity::{MONEY}) "
        "from drivers group by 1",
    }
    for (feed, measure), query in sums.items():
        told = {
            t["billing_period"]: (t["rows"], Decimal(t["amount"]))
            for t in truth["totals"]
            if t["feed"] == feed and t["measure"] == measure
        }
        read = {p: (n, Decimal(amount or 0)) for p, n, amount in db.sql(query).fetchall()}
        assert read == told, (feed, measure)
    inventory = dict(db.sql("select folder, count(*) from inventory group by 1").fetchall())
    assert inventory == {
        t["billing_period"]: t["rows"] for t in truth["totals"] if t["feed"] == "resource_inventory"
    }


def test_billed_cost_of_google_is_cost_and_credits_and_of_azure_the_actual_export(
    truth: dict[str, Any],
) -> None:
    def sums(entries: Iterable[dict[str, str]], amount: str) -> dict[str, Decimal]:
        found: dict[str, Decimal] = defaultdict(Decimal)
        for entry in entries:
            found[entry["billing_period"]] += Decimal(entry[amount])
        return found

    # Azure bills in euros, the sellers of its marketplace among them, and nobody else does.
    for feed, key, value in (
        ("gcp_detailed", "service_provider_name", "Google Cloud"),
        ("azure_actual", "currency", "EUR"),
    ):
        billed = sums((e for e in truth["billed_cost"] if e[key] == value), "billed_cost")
        landed = sums((t for t in truth["totals"] if t["feed"] == feed), "amount")
        assert billed == landed != {}
    in_euros = {e["service_provider_name"] for e in truth["billed_cost"] if e["currency"] == "EUR"}
    assert {"Microsoft"} < in_euros


def test_each_covered_line_has_its_negation(db: duckdb.DuckDBPyConnection) -> None:
    lonely = db.sql(
        """select count(*) from
        (select resource, day, cost from aws where kind = 'SavingsPlanCoveredUsage') c full join
        (select resource, day, -cost as cost from aws where kind = 'SavingsPlanNegation') n
        using (resource, day, cost) where c.resource is null or n.resource is null"""
    ).fetchone()
    assert lonely == (0,)
    assert (
        db.sql("select count(*) from aws where kind = 'SavingsPlanNegation'").fetchall()[0][0] > 0
    )


def test_a_savings_plan_costs_its_commitment_each_hour_and_usage_draws_on_it(
    db: duckdb.DuckDBPyConnection,
) -> None:
    rows = db.sql(
        """select f.day, f.cost, f.quantity, f.committed, f.used, sum(c.plan_cost)
        from aws f left join aws c on c.day = f.day and c.kind = 'SavingsPlanCoveredUsage'
        where f.kind = 'SavingsPlanRecurringFee' group by all order by 1"""
    ).fetchall()
    assert len(rows) == DAYS
    hourly = rows[0][1] / 24
    for (day, cost, hours, committed, used, drawn), delivered in zip(rows, AWS_HOURS, strict=True):
        assert (cost, hours, committed) == (hourly * delivered, delivered, cost), day
        assert used == drawn <= committed
    assert any(used < committed for _, _, _, committed, used, _ in rows)


def test_what_reservations_cover_and_leave_unused_adds_up_to_what_they_cost(
    db: duckdb.DuckDBPyConnection,
) -> None:
    rows = db.sql(
        """select period, reservation, sum(cost) filter (kind = 'RIFee') + sum(upfront) as paid,
        coalesce(sum(reserved_cost), 0) + sum(unused_fee) + sum(unused_upfront) as effective
        from aws where kind in ('RIFee', 'DiscountedUsage') and period < '2026-10' group by all"""
    ).fetchall()
    assert len(rows) == 13 + 8
    assert all(paid == effective for _, _, paid, effective in rows)
    upfront = db.sql("select cost from aws where kind = 'Fee' and reservation is not null")
    assert upfront.fetchall() == [(Decimal("2978.4") / (1 if ROWS >= 50_000 else 2),)]


def test_the_bill_has_every_kind_of_line_that_real_ones_have(db: duckdb.DuckDBPyConnection) -> None:
    kinds = {row[0] for row in db.sql("select distinct kind from aws").fetchall()}
    assert kinds == {
        "Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation",
        "SavingsPlanRecurringFee", "RIFee", "Fee", "Tax", "Credit", "Refund",
    }  # fmt: skip
    assert db.sql("select count(*) from aws where cost = 0 and kind = 'Usage'").fetchall()[0][0]
    columns = [row[0] for row in db.sql("describe legacy").fetchall()]
    assert "lineItem/UnblendedCost" in columns


def test_azure_commitments_amortise_to_their_purchases_and_bill_the_rest_alike(
    db: duckdb.DuckDBPyConnection,
) -> None:
    for model in ("Reservation", "SavingsPlan"):
        rows = db.sql(
            f"""select folder, sum(a) as actual, sum(m) as amortised from (
            select folder, Cost::{MONEY} as a, 0 as m from actual where PricingModel = '{model}'
            union all
            select folder, 0, Cost::{MONEY} from amortized where PricingModel = '{model}')
            group by 1 having folder < '2026-10'"""
        ).fetchall()
        assert len(rows) == 13
        assert all(paid == spread > 0 for _, paid, spread in rows), model
    different = db.sql(
        f"""select folder, sum(v) from (
        select folder, Cost::{MONEY} as v from actual where PricingModel in ('OnDemand', 'Spot')
        union all
        select folder, -Cost::{MONEY} from amortized where PricingModel in ('OnDemand', 'Spot'))
        group by 1 having sum(v) <> 0"""
    ).fetchall()
    assert different == []


def test_azure_dates_are_american_and_its_tags_have_no_braces(
    db: duckdb.DuckDBPyConnection,
) -> None:
    date, end, tags = db.sql(
        'select "Date", BillingPeriodEndDate, Tags from amortized where Tags is not null limit 1'
    ).fetchall()[0]
    assert date.count("/") == 2 and end == "09/30/2025"
    assert tags.startswith('"') and json.loads("{" + tags + "}")


def test_google_credits_discount_and_late_usage_lands_on_the_next_invoice(
    db: duckdb.DuckDBPyConnection,
) -> None:
    kinds = db.sql("select distinct unnest(credits).type from gcp").fetchall()
    assert {k for (k,) in kinds} == {
        "COMMITTED_USAGE_DISCOUNT",
        "SUSTAINED_USAGE_DISCOUNT",
        "PROMOTION",
        "DISCOUNT",
        "FREE_TIER",
    }
    worst = db.sql(
        f"select min(cost::{MONEY} + list_sum(list_transform(credits, lambda c: "
        f"c.amount::{MONEY}))) from gcp where cost_type = 'regular' and len(credits) > 0"
    ).fetchall()[0][0]
    assert worst >= 0
    late = db.sql(
        "select count(*) from gcp where cost_type = 'regular' "
        "and replace(usage_start_time[1:7], '-', '') < invoice.month"
    ).fetchall()[0][0]
    assert late > 0
    types = {r[0] for r in db.sql("select distinct cost_type from gcp").fetchall()}
    assert types == {"regular", "tax", "rounding_error", "adjustment"}


def test_workloads_never_cost_more_than_the_nodes_they_run_on(
    db: duckdb.DuckDBPyConnection,
) -> None:
    rows = db.sql(
        f"""with nodes as (
          select day, sum(case kind when 'Usage' then cost when 'SavingsPlanCoveredUsage' then
            plan_cost else 0 end) as cost
          from aws where cluster = 'acme-prod-eks' and usage_type like '%BoxUsage%' group by 1),
        pods as (select "Date"::date as day, sum(TotalCost::{MONEY}) as cost
          from kubernetes group by 1)
        select pods.cost / nodes.cost from pods left join nodes using (day)"""
    ).fetchall()
    assert len(rows) == DAYS - 1
    assert all(0.3 < share < 1 for (share,) in rows)


def test_planted_anomalies_cost_what_the_truth_says(
    db: duckdb.DuckDBPyConnection, truth: dict[str, Any]
) -> None:
    for anomaly in truth["anomalies"]:
        if anomaly["service_provider_name"] != "AWS":
            continue
        days = db.sql(
            f"""select day, sum(cost) from aws
            where resource in {(*anomaly["resource_ids"], "")}
            and usage_type = '{anomaly["usage"]}' and kind = 'Usage' and day < date '2026-10-27'
            group by 1 order by 1"""
        ).fetchall()
        assert str(days[0][0]) == anomaly["start"]
        assert {cost for _, cost in days} == {Decimal(anomaly["daily_impact"])}
        if anomaly["end"]:
            assert str(days[-1][0]) < anomaly["end"]
        else:
            assert str(days[-1][0]) == "2026-10-26"


def test_planted_waste_is_charged_in_the_bill_of_the_last_days(
    db: duckdb.DuckDBPyConnection, truth: dict[str, Any]
) -> None:
    charged = {
        r[0]
        for r in db.sql("select resource from aws where day = '2026-10-26' and cost > 0").fetchall()
    }
    waste = [w for w in truth["waste"] if w["service_provider_name"] == "AWS"]
    assert {w["resource_id"] for w in waste} <= charged
    assert sum(w["actionable"] and w["waste_kind"] == "unattached_volume" for w in waste) == 8
    assert sum(w["actionable"] and w["waste_kind"] == "idle_instance" for w in waste) == 5
    assert all(w["why_not"] for w in truth["waste"] if not w["actionable"])


def test_the_last_days_are_delivered_in_part(db: duckdb.DuckDBPyConnection) -> None:
    hours = dict(
        db.sql(
            "select day, quantity from aws where kind = 'SavingsPlanRecurringFee' "
            "order by day desc limit 3"
        ).fetchall()
    )
    assert [int(hours[day_date(DAYS - n)]) for n in (1, 2, 3)] == [5, 17, 24]
    assert MONTHS[-1].name == "2026-10"
