"""Azure's and Google's bills as FOCUS rows: golden bills, whose rows are known by hand."""

from __future__ import annotations

from decimal import Decimal

from tests.integration.dbt_builds import Installation

D = Decimal


def charges(build: Installation, export: str, columns: str) -> list[tuple[object, ...]]:
    return build.rows(
        f"select {columns} from focus.fct_focus_charges where x_export = '{export}' order by all"
    )


def test_rule_07_what_commitments_cost_is_what_was_used_and_unused_of_them(
    duckdb_build: Installation,
) -> None:
    """Of every commitment, also where the bill says only the kind and the day."""
    sums = duckdb_build.rows(
        """
        select
            commitment_discount_id,
            sum(case when charge_category = 'Purchase' then billed_cost else 0 end),
            sum(case when charge_category = 'Usage' then effective_cost else 0 end),
            sum(case when commitment_discount_status is not null then billed_cost else 0 end)
        from focus.fct_focus_charges
        where x_export like 'golden-%' and commitment_discount_id is not null
        group by 1 order by 1
        """
    )
    assert sums == [
        ("/providers/microsoft.capacity/reservationorders/r1", D(9), D(9), D(0)),
        ("subscriptions/cpu-a", D(3), D(3), D(0)),
        ("subscriptions/cpu-b", D(1), D(1), D(0)),
        ("subscriptions/flexible", D("0.2160"), D("0.2160"), D(0)),
        ("subscriptions/ram", D(2), D(2), D(0)),
        ("subscriptions/spend", D("0.20"), D("0.20"), D(0)),
    ]


def test_rule_19_gcp_credits_cover_usage_in_part(duckdb_build: Installation) -> None:
    columns = (
        "sku_id, commitment_discount_id, commitment_discount_status, billed_cost, effective_cost"
    )
    found = charges(duckdb_build, "golden-credits", columns)
    spend, cpu_a, cpu_b = (f"subscriptions/{name}" for name in ("spend", "cpu-a", "cpu-b"))
    assert set(found) >= {
        ("RAM", spend, "Used", D(0), D("0.12")),
        ("RAM", None, None, D("0.04"), D("0.04")),
        ("CORE", spend, "Used", D(0), D("0.06")),
        ("FEE", spend, "Unused", D(0), D("0.02")),
        # 5 of 8 covered dollars are the first line's: 2.5 of the 4 that both commitments cost.
        ("N1CORE", cpu_a, "Used", D(0), D("2.5")),
        ("N1CORE", cpu_a, "Used", D(0), D("0.5")),
        ("N1CORE", cpu_b, "Used", D(0), D(1)),
        ("N1CORE", None, None, D(2), D(2)),
        ("Commitment v1: Ram in Americas for 1 Year", "subscriptions/ram", "Unused", D(0), D(2)),
    }
    assert [row[3] for row in found if row[0] in (None, "T")] == [D("0.7"), D(4)]


def test_rule_19_gcp_consumption_models_cover_usage_in_full(duckdb_build: Installation) -> None:
    columns = "sku_id, commitment_discount_status, billed_cost, effective_cost, contracted_cost"
    found = charges(duckdb_build, "golden-models", columns)
    assert set(found) >= {
        ("RAM", "Used", D(0), D("0.1255"), D("0.1745")),
        ("CORE", "Used", D(0), D("0.0674"), D("0.0936")),
        ("CORE", None, D("0.0587"), D("0.0587"), D("0.0587")),
        ("FEE2", "Unused", D(0), D("0.0230"), D(0)),
        ("FEE2", "Unused", D(0), D("0.0001"), D(0)),
        # What the fee was not credited with of the usage's price stays asked for.
        ("RAM", None, D("0.0001"), D("0.0001"), D(0)),
    }


def test_rule_19_gcp_a_fee_may_pay_for_another_projects_usage(duckdb_build: Installation) -> None:
    rows = duckdb_build.rows(
        """SELECT sub_account_id, landed_amount, explained_amount, mart_amount, difference
        FROM marts.fct_reconciliation WHERE x_export = 'golden-models' ORDER BY 1"""
    )
    assert rows == [
        ("finance", D("0.0231"), D("0.1929"), D("0.2160"), D(0)),
        ("shop", D("0.2517"), D("-0.1929"), D("0.0588"), D(0)),
    ]


def test_rule_20_azure_two_exports_make_one_bill(duckdb_build: Installation) -> None:
    columns = """charge_category, charge_class, commitment_discount_status, billed_cost,
        effective_cost, service_provider_name, pricing_currency_effective_cost"""
    assert set(charges(duckdb_build, "golden-customer-agreement", columns)) == {
        ("Usage", None, None, D("1.8"), D("1.8"), "Microsoft", D(2)),
        ("Usage", "Correction", None, D("-0.9"), D("-0.9"), "Microsoft", D(-1)),
        ("Purchase", None, None, D(45), D(45), "Seller AG", D(50)),
        ("Purchase", None, None, D(9), D(0), "Microsoft", D(0)),
        ("Usage", None, "Used", D(0), D("7.2"), "Microsoft", D(8)),
        ("Usage", None, "Unused", D(0), D("1.8"), "Microsoft", D(2)),
    }
    prices = "billing_account_id, list_unit_price, list_cost, region_name, tags"
    assert charges(duckdb_build, "golden-customer-agreement", prices)[0] == (
        "ABCD-EFGH-BG7-PGB", D("0.225"), D("-1.125"), "West Europe", '{"env":"prod"}',
    )  # fmt: skip


def test_rule_17_gcp_fees_are_spread_as_googles_own_tool_conserves_them(
    duckdb_build: Installation,
) -> None:
    """The public re-attribution tests move 100 of fees onto usage and leave the totals as they are.

    Which project pays follows their list of commitments there, and the export's credits here.
    """
    for export, asked in (("sample-cud-1-1", D(170)), ("sample-cud-9-3", D(340))):
        found = charges(duckdb_build, export, "charge_category, billed_cost, effective_cost, tags")
        assert sum(D(str(row[1])) for row in found) == asked
        assert sum(D(str(row[2])) for row in found) == asked
        assert [row[2] for row in found if row[0] == "Purchase"] == [0]
        used = duckdb_build.rows(
            "select sum(effective_cost) from focus.fct_focus_charges"
            f" where x_export = '{export}' and commitment_discount_status = 'Used'"
        )
        assert used == [(D(100),)]
