"""The catalogues, the planted stories and the plans hold together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from orchestration.demo import (
    aws_catalogue,
    aws_prices,
    azure_catalogue,
    gcp_catalogue,
    inventory,
    plans,
    saas,
)
from orchestration.demo.aws_commitments import cover, savings_plan
from orchestration.demo.company import AS_OF, DAYS, MONTHS, SAAS_PROVIDER, day_date
from orchestration.demo.meters import Meter
from orchestration.demo.planted import ANOMALIES, IDLE_INSTANCES, VOLUMES, IdleInstance, Volume
from orchestration.demo.sizing import SizeError, plan
from orchestration.demo.tails import Tagger, counts

SEED = 7
BOOKS: dict[str, list[Meter]] = {
    "AWS": aws_catalogue.core(SEED, 1.0),
    "Microsoft": azure_catalogue.core(SEED, 1.0),
    "Google Cloud": gcp_catalogue.core(SEED, 1.0),
    SAAS_PROVIDER: saas.meters(SEED, 5),
}


def test_fourteen_months_end_on_the_day_the_demo_takes_place() -> None:
    assert [m.name for m in (MONTHS[0], MONTHS[-1])] == ["2025-09", "2026-10"]
    assert len(MONTHS) == 14
    assert day_date(DAYS - 1) == AS_OF
    assert MONTHS[-1].last - MONTHS[-1].first < MONTHS[-1].length


@pytest.mark.parametrize("module", [aws_prices, azure_catalogue, gcp_catalogue, saas])
def test_every_price_times_every_quantity_is_exact(module: object) -> None:
    skus = module.SKUS  # type: ignore[attr-defined]
    assert all(sku.step >= 0 for sku in skus.values())


def test_every_anomaly_is_charged_to_the_series_that_the_truth_names() -> None:
    for anomaly in ANOMALIES:
        mine = [m for m in BOOKS[anomaly.provider] if m.anomaly == anomaly.anomaly_id]
        assert len(mine) == anomaly.count
        for meter in mine:
            fields = meter.sku.fields
            assert meter.account == anomaly.sub_account_id
            assert fields.get("product_name", fields["service"]) == anomaly.service_name


def test_new_spend_is_the_only_spend_of_its_series() -> None:
    for anomaly in ANOMALIES:
        if anomaly.kind == "new_spend":
            others = [
                m
                for m in BOOKS[anomaly.provider]
                if m.account == anomaly.sub_account_id
                and m.sku.fields.get("product_name", m.sku.fields["service"])
                == anomaly.service_name
                and m.anomaly != anomaly.anomaly_id
            ]
            assert not others


def test_some_anomalies_are_old_and_several_fall_into_the_last_sixty_days() -> None:
    recent = [a for a in ANOMALIES if a.start >= "2026-08-29"]
    assert len(recent) >= 5
    assert len(ANOMALIES) - len(recent) >= 4
    assert len({a.provider for a in ANOMALIES}) == 4


def test_protected_look_alikes_say_why_they_must_not_be_touched() -> None:
    planted: list[Volume | IdleInstance] = [*VOLUMES, *IDLE_INSTANCES]
    assert all(p.why_not for p in planted if p.tags.get("tollgate:protected"))
    assert all(p.why_not for p in planted if p.managed_by)
    aws = [p for p in planted if p.provider == "AWS" and not p.why_not]
    assert all(p.environment != "prod" for p in aws)


def test_planted_waste_is_in_the_inventory_with_the_id_that_the_bill_charges() -> None:
    found = inventory.resources(BOOKS)
    by_name = {r.name: r for r in found}
    charged = {m.resource for meters in BOOKS.values() for m in meters}
    for name in [v.name for v in VOLUMES] + [i.name for i in IDLE_INSTANCES]:
        assert by_name[name].resource_id in charged


def test_the_emulator_gets_every_aws_machine_and_volume_attached_to_known_machines() -> None:
    seed = inventory.emulator_seed(inventory.resources(BOOKS))
    machines = {i["id"] for i in seed["instances"]}
    attached = {v["attached_to"] for v in seed["volumes"] if v["attached_to"]}
    assert attached <= machines
    free = {v["tags"]["Name"] for v in seed["volumes"] if not v["attached_to"]}
    assert free == {v.name for v in VOLUMES if v.provider == "AWS"}


def test_a_savings_plan_covers_whole_hours_and_never_more_than_committed() -> None:
    agreement = savings_plan(BOOKS["AWS"])
    rate = np.array([30, 20, 10], dtype=np.int64) * 10**7
    hours = np.array([24, 24, 24], dtype=np.int64)
    for delivered in (1, 5, 24):
        covered = cover(agreement, rate, hours, delivered)
        assert covered.used == int((covered.hours * rate).sum()) <= covered.committed
        assert (covered.hours <= hours).all()


def test_tags_have_gaps_and_slips_as_real_ones_have() -> None:
    tagger = Tagger(SEED)
    tags = [tagger.tags(f"resource-{n}", "platform", "prod") for n in range(2_000)]
    assert any(not t for t in tags)
    assert any("Team" in t and "team" not in t for t in tags)
    assert any(t.get("product") == "platfrom" for t in tags)
    assert sum("team" in t and t.get("product") == "platform" for t in tags) > 1_500


@pytest.mark.parametrize("lines", [4, 15, 17, 230, 5_000])
def test_the_long_tail_has_exactly_the_lines_it_was_given(lines: int) -> None:
    assert sum(counts(aws_catalogue.TAILS, lines)) == lines


def test_a_company_that_is_too_small_is_refused_with_the_smallest_size() -> None:
    with pytest.raises(SizeError, match="at least 20000 rows"):
        plan(19_999, SEED)


def test_plans_look_like_terraform_and_differ_in_tags_and_size(tmp_path: Path) -> None:
    paths = plans.write(tmp_path)
    allowed, denied = (json.loads(paths[n].read_text()) for n in ("allowed", "denied"))
    for document in (allowed, denied):
        assert document["format_version"] == "1.2"
        assert document["complete"] and not document["errored"]
        region = document["configuration"]["provider_config"]["aws"]["expressions"]["region"]
        assert region == {"constant_value": "eu-west-1"}
    tags = [c["change"]["after"]["tags"] for c in allowed["resource_changes"]]
    assert all({"team", "product", "environment", "cost_center"} <= set(t) for t in tags)
    machines = [c for c in denied["resource_changes"] if c["type"] == "aws_instance"]
    assert [c["address"] for c in machines] == [f"aws_instance.replay[{n}]" for n in range(3)]
    assert all(c["change"]["after"]["tags"] is None for c in denied["resource_changes"])
