"""From a decided plan to its bill and back: what it cost is what the next estimate says."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.gate import app as gate_app
from orchestration.cli.rates import app as rates_app
from orchestration.defs.forecast.budgets import budget_assets
from orchestration.defs.verify.estimates import estimate_assets
from orchestration.resources import Tollgate
from tests.integration.dbt_builds import Installation, write_partition

FIRST, APPLIED, END = date(2026, 6, 1), date(2026, 7, 10), date(2026, 9, 20)
BUILD = ("+fct_reconciliation", "+fct_budgets", "+fct_estimate_calibration")
PLANS = Path(__file__).parents[2] / "policies/examples/deployment/plans"
CHANGES, CLUSTERS = 3, 8


def arn(change: int, number: int) -> str:
    return f"arn:aws:eks:eu-west-1:123456789012:cluster/c{change}-{number}"


def hours(change: int, number: int) -> int:
    """A cluster runs 17, 18 or 19 hours a day; it was estimated to run 24."""
    return 17 + (change * CLUSTERS + number) % 3


def lines(month: str) -> list[tuple[date, str, int]]:
    """Day, resource and hours: the donor, from which the rate is known, and what was applied."""
    days = [FIRST + timedelta(days=n) for n in range((END - FIRST).days + 1)]
    used = [(day, "arn:aws:eks:eu-west-1:1:cluster/donor", 24) for day in days]
    used += [
        (day, arn(change, number), hours(change, number))
        for day in days
        if day >= APPLIED
        for change in range(CHANGES)
        for number in range(CLUSTERS)
    ]
    return [line for line in used if f"{line[0]:%Y-%m}" == month]


def bill(month: str) -> str:
    """A select of the month's charges."""
    values = ", ".join(f"(timestamp '{day}', '{r}', {used})" for day, r, used in lines(month))
    return f"""
        select
            'acct' as billing_account_id, 'USD' as billing_currency, 'Usage' as charge_category,
            'AWS' as service_provider_name, 'Amazon Elastic Kubernetes Service' as service_name,
            'Containers' as service_category, 'eu-west-1' as region_id, resource_id,
            'EUW1-AmazonEKS-Hours:perCluster' as x_usage_type, 'Hrs' as pricing_unit,
            'Standard' as pricing_category, used as pricing_quantity, 0.1 as contracted_unit_price,
            used * 0.1 as billed_cost, used * 0.1 as effective_cost, used * 0.1 as contracted_cost,
            timestamp '{month}-01' as billing_period_start, day as charge_period_start,
            day + interval '1 day' as charge_period_end, 'a cluster' as charge_description
        from (values {values}) as line (day, resource_id, used)
    """


def plan(change: int, count: int = CLUSTERS) -> dict[str, Any]:
    heads = [
        {
            "address": f"aws_eks_cluster.c[{number}]", "mode": "managed", "type": "aws_eks_cluster",
            "name": "c", "index": number, "provider_name": "registry.terraform.io/hashicorp/aws",
        }
        for number in range(count)
    ]  # fmt: skip
    values = [{"name": f"c{change}-{n}", "version": "1.34", "tags": None} for n in range(count)]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {
            "root_module": {
                "resources": [
                    {**h, "values": v, "sensitive_values": {}}
                    for h, v in zip(heads, values, strict=True)
                ]
            }
        },
        "resource_changes": [
            {
                **head,
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": after,
                    "after_unknown": {"arn": True, "id": True},
                },
            }
            for head, after in zip(heads, values, strict=True)
        ],
        "configuration": {
            "provider_config": {
                "aws": {
                    "name": "aws",
                    "expressions": {"region": {"constant_value": "eu-west-1"}},
                }
            },
            "root_module": {
                "resources": [
                    {
                        "address": "aws_eks_cluster.c",
                        "mode": "managed",
                        "type": "aws_eks_cluster",
                        "name": "c",
                        "provider_config_key": "aws",
                        "expressions": {},
                    }
                ]
            },
        },
        "complete": True,
        "errored": False,
    }


def state(change: int) -> dict[str, Any]:
    """After the apply, with a secret that must not be kept."""
    resources = plan(change)["planned_values"]["root_module"]["resources"]
    for number, resource in enumerate(resources):
        resource["values"] |= {"arn": arn(change, number), "id": f"c{change}-{number}"}
        resource["values"] |= {"token": "hush-hush"}
        resource["sensitive_values"] = {"token": True}
    return {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}


def call(app: Any, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def set_clock(home: Path, day: date) -> None:
    (home / "shifted_clock").write_text(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
                                        .isoformat())  # fmt: skip


def written(folder: Path, name: str, content: dict[str, Any]) -> Path:
    path = folder / name
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Built, with the bill of all months; nothing was decided yet."""
    home = tmp_path / "home"
    for name in ("GITHUB_REPOSITORY", "GITHUB_SHA", "TOLLGATE_OPS_URL", "TOLLGATE_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOLLGATE_HOME", str(home))
    found = Installation(home, {"TOLLGATE_NOW": f"{END} 12:00:00"})
    for month in ("2026-06", "2026-07", "2026-08", "2026-09"):
        total = sum((Decimal(used) / 10 for _, _, used in lines(month)), Decimal(0))
        write_partition(
            found.lake, "focus", "aws", month, landing_id=month, rows=bill(month),
            totals=[("billed_cost", "USD", str(total))],
        )  # fmt: skip
    found.dbt("run", "--select", "stg_platform__budgets")
    assert dg.materialize(budget_assets(), resources={"tollgate": Tollgate()}).success
    found.build(*BUILD)
    assert found.rows("select * from marts.fct_estimate_accuracy") == []
    assert found.rows("select * from marts.fct_estimate_calibration") == []
    return found


def exported(installation: Installation, *options: str) -> Path:
    card = installation.home / "rates.json"
    result = call(rates_app, "export", "--out", card, *options)
    assert result.exit_code == 0, result.output
    return card


def asked(installation: Installation, card: Path, document: dict[str, Any]) -> dict[str, Any]:
    """The gate's answer; what it decides about tags and budget is not at issue here."""
    file = written(installation.home, "plan.json", document)
    options = ("--rates", card, "--environment", "development", "--format", "json")
    result = call(gate_app, "deployment", file, *options)
    assert result.exit_code in {0, 1}, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def decided_and_applied(installation: Installation) -> None:
    set_clock(installation.home, APPLIED)
    card = exported(installation, "--until", str(APPLIED))
    assert json.loads(card.read_text())["calibration"] == []
    for change in range(CHANGES):
        answer = asked(installation, card, plan(change))
        assert answer["question"]["estimate"]["monthly_after"] == str(Decimal("73.00") * CLUSTERS)
        after = written(installation.home, "state.json", state(change))
        linked = call(gate_app, "link", after, "--applied-at", str(APPLIED))
        assert linked.exit_code == 0, linked.output
        assert f"8 resources of decision {answer['decision']['decision_id']}" in linked.stderr
    set_clock(installation.home, END)


def published(installation: Installation) -> None:
    result = dg.materialize(estimate_assets(), resources={"tollgate": Tollgate()})
    assert result.success
    installation.build("+fct_estimate_accuracy", "+fct_estimate_calibration")


def figures(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(v.normalize() if isinstance(v, Decimal) else v for v in row) for row in rows]


def test_estimates_meet_their_bills_and_calibrate_the_next_one(installation: Installation) -> None:
    decided_and_applied(installation)
    published(installation)

    # 17 hours a day at 0.10, where 24 were estimated: 1.70 a day is 51.708333333333 a month.
    assert figures(
        installation.rows(
            "select horizon_days, first_day, end_day, outcome, days_billed, estimated_cost,"
            " actual_cost, actual_monthly_cost, actual_ratio, is_within"
            " from marts.fct_estimate_accuracy as a"
            " join platform.estimate_links as l using (decision_id, address)"
            f" where l.resource_name = '{arn(0, 0)}' and cost_basis = 'uncovered' order by 1"
        )
    ) == figures(
        (days, date(2026, 7, 11), date(2026, 7, 11) + timedelta(days=days), "compared", days,
         Decimal(73), Decimal("1.7") * days, Decimal("51.708333333333"), Decimal("0.708333333333"),
         False)
        for days in (7, 30, 60)
    )  # fmt: skip
    assert installation.rows("select count(*) from marts.fct_estimate_accuracy") == [(24 * 3 * 2,)]
    assert figures(
        installation.rows(
            "select service_provider_name, resource_type, price_source, usage_basis, observations,"
            " changes, ratio_p10, median_ratio, ratio_p90, observations_below, within_share"
            " from marts.fct_estimate_calibration where cost_basis = 'uncovered'"
        )
    ) == figures(
        [("AWS", "aws_eks_cluster", "own", "plan", 24, 3, Decimal("0.708333333333"),
          Decimal("0.75"), Decimal("0.791666666666"), 24, 0.0)]
    )  # fmt: skip

    card = exported(installation)
    (group,) = json.loads(card.read_text())["calibration"]
    assert (group["type"], group["observations"]) == ("aws_eks_cluster", 24)
    answer = asked(installation, card, plan(9, count=1))
    estimate = answer["question"]["estimate"]
    (line,) = estimate["lines"]
    assert (estimate["monthly_delta"], estimate["low"], estimate["high"]) == (
        "54.75", "51.71", "57.79",
    )  # fmt: skip
    assert line["note"].startswith("calibrated from 24 bills by a factor of 0.75")
    assert (line["after_low"], line["after_high"]) == ("51.71", "57.79")

    # What is estimated after the correction is still held against what it would have been without.
    state_of_one = state(9)
    del state_of_one["values"]["root_module"]["resources"][1:]
    call(gate_app, "link", written(installation.home, "state.json", state_of_one))
    published(installation)
    corrected = "select calibration_factor, monthly_after_cost from platform.estimates"
    assert figures(installation.rows(f"{corrected} where calibration_factor <> 1")) == figures(
        [(Decimal("0.75"), Decimal("54.75"))]
    )


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that holds nothing yet, not even a warehouse."""
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    for name in ("GITHUB_REPOSITORY", "GITHUB_SHA", "TOLLGATE_OPS_URL", "TOLLGATE_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_nothing_secret_of_a_state_is_kept(laptop: Path) -> None:
    call(gate_app, "deployment", written(laptop, "plan.json", plan(0)))
    assert call(gate_app, "link", written(laptop, "state.json", state(0))).exit_code == 0
    stored = b"".join(p.read_bytes() for p in (laptop / "home").glob("ops.sqlite*"))
    assert arn(0, 0).encode() in stored
    assert b"hush-hush" not in stored


@pytest.mark.usefixtures("laptop")
def test_what_cannot_be_linked_exits_2_and_says_why() -> None:
    for file, said in (
        ("create.json", "this is a plan, not a state"),
        ("state.json", "no decision about local@local is on record here; give --decision"),
    ):
        result = call(gate_app, "link", PLANS / file)
        assert result.exit_code == 2
        assert said in result.stderr.replace("\n", " ")
    named = call(gate_app, "link", PLANS / "state.json", "--decision", "no-such")
    assert named.exit_code == 2 and "no decision no-such" in named.stderr
    early = call(gate_app, "link", PLANS / "state.json", "--applied-at", "2999-01-01")
    assert early.exit_code == 2 and "in the future" in early.stderr


@pytest.mark.usefixtures("laptop")
def test_update_is_linked_without_a_state_by_the_id_that_the_plan_knew() -> None:
    asking = ("deployment", PLANS / "change.json", "--environment", "development")
    assert call(gate_app, *asking).exit_code == 0
    linked = call(gate_app, "link")
    assert linked.exit_code == 0, linked.output
    assert "1 resources" in linked.stderr
    assert "not linked: aws_instance.resized: billed under other ids: public" in linked.stderr
    assert "not linked: aws_ebs_volume.moved_zone: it is new" in linked.stderr
