"""dbt's artefacts as the gate reads them: what is refused, what breaks, what is asked."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policies.dbt_changes.artefacts import ArtefactError, Manifest, read_manifest, read_runs
from policies.dbt_changes.breaks import breaks
from policies.dbt_changes.question import build_question
from policies.deployment.gate import GitFacts

NOW = datetime(2026, 10, 28, 12, tzinfo=UTC)
SCHEMAS = "https://schemas.getdbt.com/dbt"
MODEL = "model.costs.fct_costs"

Edit = Callable[[dict[str, Any]], object]


def model(**changes: Any) -> dict[str, Any]:
    return {
        "resource_type": "model", "package_name": "costs", "access": "public",
        "contract": {"enforced": True}, "meta": {}, "group": "finops",
        "original_file_path": "models/fct_costs.sql",
        "config": {"materialized": "table"}, "depends_on": {"nodes": ["model.costs.stg_costs"]},
        "columns": {"cost": {"data_type": "NUMERIC(38, 12)"}, "day": {"data_type": "date"}},
    } | changes  # fmt: skip


def document() -> dict[str, Any]:
    return {
        "metadata": {
            "dbt_schema_version": f"{SCHEMAS}/manifest/v12.json",
            "dbt_version": "1.11.16", "project_name": "costs", "adapter_type": "duckdb",
        },
        "groups": {"group.costs.finops": {"name": "finops", "owner": {"name": "Ann"}}},
        "nodes": {
            MODEL: model(),
            "model.costs.stg_costs": model(access="private"),
            "model.other.fct_costs": model(package_name="other"),
            "test.costs.unique": {
                "resource_type": "test", "attached_node": MODEL, "tags": [],
                "test_metadata": {"name": "unique"}, "depends_on": {"nodes": [MODEL]},
            },
            "test.costs.sums": {
                "resource_type": "test", "name": "sums", "attached_node": None,
                "tags": ["reconciliation"],
                "depends_on": {"nodes": [MODEL, "model.costs.stg_costs"]},
            },
        },
    }  # fmt: skip


def results(moment: str, **statuses: str) -> dict[str, Any]:
    return {
        "metadata": {
            "dbt_schema_version": f"{SCHEMAS}/run-results/v6.json", "generated_at": moment,
        },
        "results": [{"unique_id": k, "status": v} for k, v in statuses.items()],
    }  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Any], Path]:
    def write(content: Any) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def changed(written: Callable[[Any], Path], edit: Edit) -> Manifest:
    content = document()
    edit(content["nodes"])
    return read_manifest(written(content))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ([], "is no dbt manifest"),
        ({"metadata": {"dbt_schema_version": f"{SCHEMAS}/catalog/v1.json"}}, "is no dbt manifest"),
        (results("2026-10-28T11:30:00Z"), "is no dbt manifest"),
        ({"metadata": {"dbt_schema_version": f"{SCHEMAS}/manifest/v11.json"}}, "v12 or newer"),
        (document() | {"nodes": [1]}, "no objects"),
        (document() | {"nodes": {"model.a.b": 1}}, "no objects"),
    ],
)
def test_what_is_no_manifest_is_refused_by_name(
    written: Callable[[Any], Path], content: Any, said: str
) -> None:
    path = written(content)
    with pytest.raises(ArtefactError, match=said) as refused:
        read_manifest(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (document(), "is no dbt run-results"),
        (results("yesterday"), "does not say when"),
        (results("2026-10-28T11:30:00Z") | {"results": [{"status": "pass"}]}, "no list of nodes"),
    ],
)
def test_what_are_no_run_results_is_refused_by_name(
    written: Callable[[Any], Path], content: Any, said: str
) -> None:
    with pytest.raises(ArtefactError, match=said):
        read_runs([written(content)])


def test_missing_file_says_to_run_dbt(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="run dbt first"):
        read_manifest(tmp_path / "manifest.json")


def test_runs_that_make_up_a_build_are_joined_and_as_old_as_the_oldest(
    written: Callable[[Any], Path],
) -> None:
    later = written(results("2026-10-28T12:30:00+01:00", a="success"))
    earlier = written(results("2026-10-28T11:00:00", a="error", b="skipped"))
    runs = read_runs([later, earlier])
    assert runs.statuses == {"a": "success", "b": "skipped"}
    assert runs.generated_at == "2026-10-28T11:00:00Z"


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (lambda nodes: nodes.pop(MODEL), ("model_removed", "", "", "")),
        (lambda n: n[MODEL].update(access="private"), ("access_narrowed", "", "public", "private")),
        (
            lambda nodes: nodes[MODEL].update(contract={"enforced": False}),
            ("contract_dropped", "", "enforced", "not enforced"),
        ),
        (
            lambda nodes: nodes[MODEL]["columns"].pop("cost"),
            ("column_removed", "cost", "numeric(38, 12)", ""),
        ),
        (
            lambda nodes: nodes[MODEL]["columns"].update(day={"data_type": "text"}),
            ("type_changed", "day", "date", "text"),
        ),
    ],
)
def test_what_is_taken_away_is_found(
    written: Callable[[Any], Path], edit: Edit, what: tuple[str, ...]
) -> None:
    base = read_manifest(written(document()))
    (found,) = breaks(base, changed(written, edit))
    assert found["unique_id"] == MODEL
    assert tuple(found[key] for key in ("what", "column", "before", "after")) == what


@pytest.mark.parametrize(
    "edit",
    [
        lambda nodes: nodes[MODEL]["columns"].update(new={"data_type": "text"}),
        lambda nodes: nodes[MODEL]["columns"].update(cost={"data_type": "numeric(38, 12)"}),
        lambda nodes: nodes.update({f"{MODEL}.v2": model(columns={})}),
        lambda nodes: nodes.pop("model.costs.stg_costs"),
        lambda nodes: nodes.pop("model.other.fct_costs"),
    ],
)
def test_what_takes_nothing_away_breaks_nothing(written: Callable[[Any], Path], edit: Edit) -> None:
    assert breaks(read_manifest(written(document())), changed(written, edit)) == []


def test_question_tells_of_each_public_model_what_the_build_made_of_it(
    written: Callable[[Any], Path],
) -> None:
    manifest = read_manifest(written(document()))
    statuses = {MODEL: "success", "test.costs.unique": "pass", "test.costs.sums": "fail"}
    runs = read_runs([written(results("2026-10-28T11:30:00Z", **statuses))])
    asked = build_question(manifest, runs, manifest, git=GitFacts(), now=NOW)
    (told,) = asked["models"]
    assert told["owner"] == "Ann"
    assert told["contract"] is True
    assert (told["materialized"], told["reads"]) == ("table", ["model.costs.stg_costs"])
    assert {t["test"]: t["status"] for t in told["tests"]} == {"unique": "pass", "sums": "fail"}
    assert asked["run"]["failed"] == [{"unique_id": "test.costs.sums", "status": "fail"}]
    assert asked["base"]["manifest_sha256"] == manifest.sha256


def test_owner_of_the_model_goes_before_that_of_its_group_and_may_be_missing(
    written: Callable[[Any], Path],
) -> None:
    def owner(**changes: Any) -> str:
        content = copy.deepcopy(document())
        content["nodes"][MODEL] |= changes
        manifest = read_manifest(written(content))
        asked = build_question(manifest, read_runs([]), None, git=GitFacts(), now=NOW)
        assert asked["models"][0]["status"] == "not run"
        return str(asked["models"][0]["owner"])

    assert owner(meta={"owner": "Bea"}) == "Bea"
    assert owner(meta={"owner": " "}) == "Ann"
    assert owner(group=None) == ""
