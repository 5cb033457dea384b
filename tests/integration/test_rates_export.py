"""`tollgate rates export` on a real DuckDB: the rates are what the charges say, nothing else."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jsonschema_rs
import psycopg2
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.gate import app as gate_app
from orchestration.cli.rates import app
from orchestration.ingest.postgres import postgres_dsn
from orchestration.rates import measure_card
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from policies.bundle import BUNDLE
from policies.deployment.ratecard import PUBLIC_KEY, SIGNING_KEY, read_card
from policies.engine import SCHEMAS
from tests.integration.postgres_server import postgres_database

PLANS = Path(__file__).parents[2] / "policies/examples/deployment/plans"
TABLES = """
create schema focus; create schema marts;
create table focus.fct_focus_charges (
    service_provider_name text, x_native_service text, x_usage_type text, sku_meter text,
    region_id text, charge_description text, charge_category text, charge_class text,
    pricing_category text, pricing_unit text, billing_currency text, resource_id text,
    pricing_quantity decimal(38, 12), effective_cost decimal(38, 12),
    contracted_cost decimal(38, 12), contracted_unit_price decimal(38, 12),
    charge_period_start timestamp, commitment_discount_id text, commitment_discount_type text,
    commitment_discount_status text);
create table marts.fct_daily_costs (service_provider_name text, charge_category text,
    billing_currency text, effective_cost decimal(38, 12), charge_date date);
create table marts.fct_budgets (scope text, billing_currency text, charge_month date,
    spent_cost decimal(38, 12), forecast_cost decimal(38, 12), forecast_low_cost decimal(38, 12),
    forecast_high_cost decimal(38, 12), covers text, unbilled_covers text,
    as_of date, spent_through date);
create table marts.fct_reconciliation (difference decimal(38, 12));
create table marts.fct_estimate_calibration (service_provider_name text, resource_type text,
    price_source text, usage_basis text, cost_basis text, observations integer, changes integer,
    median_ratio decimal(38, 12), ratio_p10 decimal(38, 12), ratio_p90 decimal(38, 12),
    observations_above integer, observations_below integer, bills_until date);
insert into marts.fct_reconciliation values (0);
"""
TODAY = date(2026, 10, 20)


class Bills:
    """A warehouse of a few charges a day, on any connection that takes `mark` for a value."""

    def __init__(self, connection: Any, mark: str = "?") -> None:
        self.connection, self.mark = connection, mark
        self.connection.execute(TABLES)

    def charge(self, day: int, usage: str, quantity: str, cost: str, **more: Any) -> None:
        price = Decimal(cost) / Decimal(quantity) if Decimal(quantity) else None
        fields = {
            "service_provider_name": "AWS", "x_native_service": "Amazon Elastic Compute Cloud",
            "x_usage_type": usage, "sku_meter": usage, "region_id": "eu-west-1",
            "charge_description": "a charge", "charge_category": "Usage",
            "pricing_category": "Standard", "pricing_unit": "Hrs", "billing_currency": "USD",
            "resource_id": "i-0123456789", "pricing_quantity": quantity, "effective_cost": cost,
            "contracted_cost": cost, "contracted_unit_price": price,
            "charge_period_start": TODAY - timedelta(days=day), **more,
        }  # fmt: skip
        names, marks = ", ".join(fields), ", ".join([self.mark] * len(fields))
        statement = f"insert into focus.fct_focus_charges ({names}) values ({marks})"
        self.connection.execute(statement, list(fields.values()))

    def experience(self, kind: str, observations: int, until: str, **more: Any) -> None:
        fields = {
            "service_provider_name": "AWS", "resource_type": kind, "price_source": "own",
            "usage_basis": "plan", "cost_basis": "uncovered", "observations": observations,
            "changes": 4, "median_ratio": "1.1", "ratio_p10": "0.9", "ratio_p90": "1.3",
            "observations_above": observations, "observations_below": 0, "bills_until": until,
            **more,
        }  # fmt: skip
        names, marks = ", ".join(fields), ", ".join([self.mark] * len(fields))
        statement = f"insert into marts.fct_estimate_calibration ({names}) values ({marks})"
        self.connection.execute(statement, list(fields.values()))

    def close(self) -> None:
        self.connection.execute(
            "insert into marts.fct_daily_costs select distinct 'AWS', 'Usage', 'USD', "
            "10::decimal(38, 12), charge_period_start::date from focus.fct_focus_charges"
        )
        self.connection.execute(
            "insert into marts.fct_budgets select *, date '2026-10-20', date '2026-10-19' from ("
            "values "
            "('default', 'USD', date '2026-09-01', 99, null, null, null, '{}', null),"
            "('default', 'USD', date '2026-10-01', 190, 290, 280, 320, '{}', null),"
            "('discovery', 'USD', date '2026-10-01', 7, null, null, null, '{}', 'owner x')) as b"
        )
        self.connection.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    for name in ("TOLLGATE_ENGINE", SIGNING_KEY, PUBLIC_KEY):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "shifted_clock").write_text("2026-10-20T12:00:00+00:00")
    return tmp_path


@pytest.fixture
def empty(home: Path) -> Bills:
    return Bills(duckdb.connect(str(home / "warehouse.duckdb")))


@pytest.fixture
def bills(empty: Bills) -> Bills:
    fill(empty)
    return empty


def fill(bills: Bills) -> None:
    for day in range(1, 31):
        bills.charge(day, "EU-BoxUsage:m5.large", "24", "2.40")
        # A third of a larger machine's hours is covered.
        bills.charge(day, "EU-BoxUsage:m5.xlarge", "16", "3.20")
        bills.charge(day, "EU-BoxUsage:m5.xlarge", "8", "0.80", pricing_category="Committed",
                     contracted_cost="1.60", commitment_discount_id="sp-1",
                     commitment_discount_type="Savings Plan",
                     commitment_discount_status="Used")  # fmt: skip
        bills.charge(day, "EU-SpotUsage:c5.large", "10", "0.40", pricing_category="Dynamic")
        bills.charge(day, "EU-NatGateway-Bytes", str(day), str(day * Decimal("0.05")),
                     pricing_unit="GB",
                     resource_id="arn:aws:ec2:eu-west-1:1:natgateway/nat-1")  # fmt: skip
        said = "USD 0.08 per RDS db.t3.medium running PostgreSQL"
        bills.charge(day, "EU-InstanceUsage:db.t3.medium", "24", "1.92", charge_description=said,
                     x_native_service="Amazon Relational Database Service")  # fmt: skip
        bills.charge(day, "SoftwareUsage:m5.large", "24", "99", x_native_service="Scanner")
    for day in range(1, 6):
        bills.charge(day, "EU-BoxUsage:c5.large", "24", "2.40")
    bills.charge(2, "EU-BoxUsage:m5.large", "24", "0", charge_class="Correction")
    bills.experience("aws_instance", 12, "2026-10-15")
    bills.charge(2, "", "0", "0.50", pricing_category=None, commitment_discount_id="sp-1",
                 commitment_discount_type="Savings Plan",
                 commitment_discount_status="Unused")  # fmt: skip


def export(*options: str) -> Result:
    return CliRunner().invoke(app, ["export", *options])


def card(bills: Bills, home: Path, *options: str) -> dict[str, Any]:
    bills.close()
    result = export("--out", str(home / "rates.json"), *options)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads((home / "rates.json").read_text())
    return found


def rates(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {rate["meter"]: rate for rate in document["rates"]}


def test_export_says_once_that_it_is_unsigned_and_whose_days_it_measured(
    bills: Bills, home: Path
) -> None:
    bills.close()
    said = export("--out", str(home / "rates.json")).stderr
    document = json.loads((home / "rates.json").read_text())
    assert (
        f"from bills through {document['data_as_of'][:10]}, issued {document['issued_at'][:10]},"
        in said
    )
    assert said.count("unsigned") == 1
    assert said.count("\n") == 1


def test_rate_is_cost_by_quantity_of_enough_lines_of_what_is_looked_up(
    bills: Bills, home: Path
) -> None:
    found = rates(card(bills, home))
    assert set(found) == {"BoxUsage:m5.large", "BoxUsage:m5.xlarge", "SpotUsage:c5.large",
                          "NatGateway-Bytes", "InstanceUsage:db.t3.medium"}  # fmt: skip
    assert Decimal(found["BoxUsage:m5.large"]["price"]) == Decimal("0.1")
    assert found["BoxUsage:m5.large"]["line_items"] == 29
    assert found["BoxUsage:m5.large"]["last_day"] == "2026-10-18"
    assert found["SpotUsage:c5.large"]["purchase"] == "spot"
    assert found["InstanceUsage:db.t3.medium"]["variant"] == "postgres"


@pytest.mark.parametrize(
    ("usage_type", "description", "variant"),
    [
        ("EU-InstanceUsage:db.m5.large", "USD 0.4 per RDS db.m5.large running Oracle SE2 (LI)",
         "oracle"),
        ("EU-InstanceUsage:db.m5.large", "USD 0.9 per RDS db.m5.large running SQL Server SE (LI)",
         "sqlserver"),
        ("EU-BoxUsage:r5.large", "USD 0.7 per On Demand Windows with SQL Std r5.large Hour",
         "sqlserver"),
    ],
)  # fmt: skip
def test_rate_with_a_licence_is_not_the_rate_of_what_has_none(
    bills: Bills, home: Path, usage_type: str, description: str, variant: str
) -> None:
    service = (
        {"x_native_service": "Amazon Relational Database Service"} if "db." in usage_type else {}
    )
    for day in range(1, 15):
        bills.charge(day, usage_type, "24", "9", charge_description=description, **service)
    found = rates(card(bills, home))
    assert found[usage_type.removeprefix("EU-")]["variant"] == variant


def test_uncovered_hour_and_hour_under_commitments_are_two_figures(
    bills: Bills, home: Path
) -> None:
    rate = rates(card(bills, home))["BoxUsage:m5.xlarge"]
    assert Decimal(rate["price"]) == Decimal("0.2")
    # (3.20 + 0.80) a day by 24 hours
    assert rate["committed"] == "0.166666666667"
    assert rate["coverage_pct"] == 33


def test_always_covered_sku_has_its_contracts_price(empty: Bills, home: Path) -> None:
    bills = empty
    for day in range(1, 31):
        bills.charge(day, "EU-BoxUsage:r5.large", "24", "2.16", pricing_category="Committed",
                     contracted_cost="3.36", contracted_unit_price="0.14",
                     commitment_discount_id="ri-1")  # fmt: skip
    rate = rates(card(bills, home))["BoxUsage:r5.large"]
    assert Decimal(rate["price"]) == Decimal("0.14")
    assert Decimal(rate["committed"]) == Decimal("0.09")
    assert rate["coverage_pct"] == 100


def test_spread_is_that_of_what_was_paid(empty: Bills, home: Path) -> None:
    bills = empty
    for day in range(1, 31):
        bills.charge(day, "EU-BoxUsage:m5.large", "10", "1.00" if day % 2 else "1.20")
    rate = rates(card(bills, home))["BoxUsage:m5.large"]
    assert Decimal(rate["low"]) == Decimal("0.1")
    assert Decimal(rate["high"]) == Decimal("0.12")
    assert Decimal("0.109") < Decimal(rate["price"]) < Decimal("0.111")


def test_history_is_the_months_use_of_each_resource(bills: Bills, home: Path) -> None:
    (use,) = card(bills, home)["usage"]
    assert use["meter"] == "NatGateway-Bytes"
    # Days 2 to 30 with so many GB each: 16 a day on average.
    assert Decimal(use["likely"]).quantize(Decimal("0.01")) == Decimal("486.67")
    assert Decimal(use["low"]) < Decimal(use["likely"]) < Decimal(use["high"])


def test_use_of_a_resource_of_azure_is_one_however_its_id_is_written(
    empty: Bills, home: Path
) -> None:
    name = "/subscriptions/0/resourceGroups/Shop/providers/Microsoft.Storage/storageAccounts/shop"
    for day in range(1, 31):
        for spelt in (name, name.lower()):
            empty.charge(day, "Blob Storage", "10", "0.50", service_provider_name="Microsoft",
                         x_native_service="Storage", sku_meter="Hot LRS Data Stored",
                         pricing_unit="1 GB/Month", resource_id=spelt)  # fmt: skip
    (use,) = card(empty, home)["usage"]
    assert use["resource_id"] == name.lower()
    assert Decimal(use["likely"]) > 600


def test_facts_are_budget_with_band_freshness_and_commitments(
    bills: Bills, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = shutil.copytree(BUNDLE, home / "policies")
    with (policies / "finops/config/budgets/data.yaml").open("a") as configured:
        configured.write("  discovery: {currency: USD, monthly_limit: '9600.00'}\n")
    monkeypatch.setenv("TOLLGATE_POLICIES", str(policies))
    facts = card(bills, home)["facts"]
    budget, unforecast = facts["budgets"]
    assert (budget["month"], budget["spent"]) == ("2026-10", "190.00")
    band = [budget[name] for name in ("forecast_low", "forecast", "forecast_high")]
    assert band == ["280.00", "290.00", "320.00"]
    assert unforecast == dict.fromkeys(("spent", "forecast", *list(budget)[-2:]), "7.00") | {
        "scope": "discovery", "month": "2026-10", "currency": "USD", "covers": "{}",
        "unbilled_covers": "owner x",
    }  # fmt: skip
    assert facts["freshness"]["reconciled"] is True
    assert facts["freshness"]["providers"] == {"AWS": "2026-10-19"}
    (commitment,) = facts["commitments"]
    assert commitment["commitment_id"] == "sp-1"
    assert Decimal(commitment["unused_monthly"]) > 0


@pytest.mark.parametrize(
    ("failed", "said"),
    [
        ("delete from marts.fct_budgets where charge_month = '2026-10-01'",
         "'default' in USD is not in marts.fct_budgets for 2026-10: run"),
        ("update marts.fct_budgets set as_of = '2026-10-03'",
         "'default' was measured on 2026-10-03, before the costs until 2026-10-19 came: run"),
    ],
)  # fmt: skip
def test_stale_budget_is_not_unspent(bills: Bills, home: Path, failed: str, said: str) -> None:
    bills.close()
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute(failed)
    result = export("--out", str(home / "rates.json"))
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (home / "rates.json").exists()


def test_charges_after_the_day_asked_for_are_not_seen(bills: Bills, home: Path) -> None:
    document = card(bills, home, "--until", "2026-10-10")
    assert document["data_as_of"] == "2026-10-09T00:00:00Z"
    assert rates(document)["BoxUsage:m5.large"]["last_day"] == "2026-10-08"


def test_experience_is_exported_where_there_is_enough_of_it(bills: Bills, home: Path) -> None:
    bills.experience("aws_lb", 9, "2026-10-01")
    bills.experience("aws_eip", 12, "2026-10-01", changes=2)
    bills.experience("aws_nat_gateway", 12, "2026-10-01", cost_basis="committed")
    bills.experience("aws_ebs_volume", 12, "2026-10-01", price_source="sample")
    (group,) = card(bills, home)["calibration"]
    assert group == {
        "provider": "aws", "type": "aws_instance", "price_source": "own", "usage_basis": "plan",
        "observations": 12, "changes": 4, "median": "1.100000000000", "low": "0.900000000000",
        "high": "1.300000000000", "above": 12, "below": 0, "bills_until": "2026-10-15",
    }  # fmt: skip
    assert len(read_card(home / "rates.json").calibration) == 1


def test_look_back_does_not_see_what_later_bills_have_told(bills: Bills, home: Path) -> None:
    assert card(bills, home, "--until", "2026-10-14")["calibration"] == []


def test_exported_card_is_of_the_published_schema(bills: Bills, home: Path) -> None:
    schema = json.loads((SCHEMAS / "rates.v1.json").read_text())
    jsonschema_rs.Draft202012Validator(schema).validate(card(bills, home))


def test_card_is_the_same_on_postgresql(
    bills: Bills, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bills.close()
    now = datetime(2026, 10, 20, 12, tzinfo=UTC)
    expected = measure_card(Warehouse(Settings(home)), now)
    with postgres_database() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        connection = psycopg2.connect(postgres_dsn())
        connection.autocommit = True
        other = Bills(connection.cursor(), "%s")
        fill(other)
        other.close()
        connection.close()
        assert measure_card(Warehouse(Settings(home, "postgres")), now) == expected


@pytest.mark.parametrize("warehouse", ["missing", "without usage"])
def test_nothing_to_measure_exits_2_and_writes_nothing(warehouse: str, home: Path) -> None:
    if warehouse != "missing":
        Bills(duckdb.connect(str(home / "warehouse.duckdb"))).close()
    result = export("--out", str(home / "rates.json"))
    assert result.exit_code == 2
    assert not (home / "rates.json").exists()


def test_gate_decides_from_the_signed_card_alone(
    bills: Bills, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CliRunner().invoke(app, ["keys", str(home / "keys")]).exit_code == 0
    monkeypatch.setenv(SIGNING_KEY, (home / "keys" / "rates_signing.key").read_text())
    card(bills, home)
    monkeypatch.delenv(SIGNING_KEY)
    monkeypatch.setenv(PUBLIC_KEY, (home / "keys" / "rates_public.key").read_text())
    assert read_card(home / "rates.json").signature == "verified"
    (home / "warehouse.duckdb").unlink()
    monkeypatch.setenv("GITHUB_SHA", "c0ffee")
    options = ["--rates", str(home / "rates.json"), "--environment", "staging", "--format", "json"]
    options += ["--as-of", "2026-10-20"]
    result = CliRunner().invoke(
        gate_app, ["deployment", str(PLANS / "aws_kubernetes.json"), *options]
    )
    # Its version pays for extended support.
    assert result.exit_code == 1, result.output
    answer = json.loads(result.stdout)
    denied = {found["rule_id"] for found in answer["decision"]["denials"]}
    assert denied == {"deployment.monthly_budget_delta"}
    question = answer["question"]
    assert question["facts"]["rate_card"]["signature"] == "verified"
    assert question["facts"]["waivers"]["source"] == "card"
    assert question["facts"]["commitments"]
    assert question["budget"]["source"] == "measured"
    assert question["budget"]["forecast_high"] == "320.00"
    assert question["estimate"]["price_sources"]["sample"] == 2
    document = json.loads((home / "rates.json").read_text())
    document["rates"][0]["price"] = document["rates"][0]["low"] = "0.01"
    (home / "rates.json").write_text(json.dumps(document))
    refused = CliRunner().invoke(gate_app, ["deployment", str(PLANS / "create.json"), *options])
    assert refused.exit_code == 2
    assert "digest" in refused.stderr
