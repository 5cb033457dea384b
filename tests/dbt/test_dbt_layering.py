"""The layers of the dbt project keep what the design promises of them."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.defs.transform.translator import Translator
from orchestration.ingest.registry import FEEDS

ROOT = Path(__file__).parents[2]
LAYERS = ("staging", "intermediate", "focus", "marts")
NAMES = {
    "staging": re.compile(r"stg_[a-z]+__[a-z_]+"),
    "intermediate": re.compile(r"int_[a-z_]+?__[a-z_]+"),
    "focus": re.compile(r"(fct|focus)_[a-z_]+"),
    "marts": re.compile(r"(fct|dim)_[a-z_]+"),
}
FOCUS_VIEWS = {
    "focus_billing_period": "fct_billing_periods",
    "focus_contract_commitment": "fct_contract_commitments",
    "focus_cost_and_usage": "fct_focus_charges",
    "focus_invoice_detail": "fct_invoice_details",
}

Model = dict[str, Any]


def layer(model: Model) -> str:
    return str(model["fqn"][1])


def public(models: list[Model]) -> list[Model]:
    return [model for model in models if layer(model) in ("focus", "marts")]


def test_parsing_warns_of_nothing(parsed: dict[str, Any]) -> None:
    assert "Deprecat" not in parsed["said"]
    assert "WARNING" not in parsed["said"]


def test_names_say_the_layer(models: list[Model]) -> None:
    wrong = [m["name"] for m in models if not NAMES[layer(m)].fullmatch(m["name"])]
    assert not wrong


def test_schemas_are_the_layers(models: list[Model]) -> None:
    assert {(layer(m), m["schema"]) for m in models} == {(name, name) for name in LAYERS}


def test_only_staging_reads_sources(models: list[Model]) -> None:
    readers = [
        m["name"]
        for m in models
        if layer(m) != "staging"
        and any(node.startswith("source.") for node in m["depends_on"]["nodes"])
    ]
    assert not readers


def test_layers_depend_only_downwards(models: list[Model]) -> None:
    layers = {m["unique_id"]: layer(m) for m in models}
    # Allocation and unit economics are built on charges, so they may read focus and marts.
    allowed = {
        "staging": set(),
        "intermediate": {"staging", "intermediate", "focus", "marts"},
        "focus": {"staging", "intermediate", "focus"},
        "marts": {"staging", "intermediate", "focus", "marts"},
    }
    wrong = [
        (m["name"], node)
        for m in models
        for node in m["depends_on"]["nodes"]
        if node in layers and layers[node] not in allowed[layer(m)]
    ]
    assert not wrong


def test_below_the_focus_boundary_nobody_reads_charges(models: list[Model]) -> None:
    providers = ("int_focus__", "int_aws__", "int_azure__", "int_gcp__", "stg_")
    for m in models:
        if m["name"].startswith(providers):
            assert not [n for n in m["depends_on"]["nodes"] if ".fct_" in n], m["name"]


def test_above_the_focus_boundary_nobody_knows_providers(models: list[Model]) -> None:
    feeds = ("aws", "azure", "gcp", "focus")
    bills = tuple(f"{layer}_{feed}__" for layer in ("stg", "int") for feed in feeds)
    for m in public(models):
        if m["name"] != "fct_focus_charges":
            used = [n.split(".")[-1] for n in m["depends_on"]["nodes"]]
            assert not [n for n in used if n.startswith(bills)], m["name"]


def test_public_models_state_grain_owner_and_contract(models: list[Model]) -> None:
    for m in public(models):
        assert m["description"].startswith("One row per "), m["name"]
        assert m["config"]["meta"].get("owner"), m["name"]
        assert m["config"]["contract"]["enforced"], m["name"]
        assert m["access"] == "public", m["name"]
        assert all(column["data_type"] for column in m["columns"].values()), m["name"]
        # Databases keep them too, for people in BI tools.
        assert all(column["description"] for column in m["columns"].values()), m["name"]
        assert m["config"]["persist_docs"] == {"relation": True, "columns": True}, m["name"]


def test_the_views_for_outsiders_say_of_columns_what_their_tables_say(models: list[Model]) -> None:
    def described(name: str) -> dict[str, str]:
        return {
            column["name"].lower().replace("_", ""): column["description"]
            for m in models
            if m["name"] == name and m.get("version") == m.get("latest_version")
            for column in m["columns"].values()
        }

    for view, table in FOCUS_VIEWS.items():
        assert described(view) and described(view) == described(table)


def test_public_models_have_one_yml_each_beside_them(models: list[Model]) -> None:
    for m in public(models):
        # The versions of a model are described in the yml of its name.
        yml = Path(m["original_file_path"]).with_name(f"{m['name']}.yml")
        assert m["patch_path"] == f"tollgate://{yml}"


def test_public_tables_test_their_key(parsed: dict[str, Any], models: list[Model]) -> None:
    tested = {
        node["attached_node"]
        for node in parsed["manifest"]["nodes"].values()
        if node["resource_type"] == "test" and node["test_metadata"]["name"] == "unique_key"
    }
    tables = [m for m in public(models) if m["config"]["materialized"] != "view"]
    assert not [m["name"] for m in tables if m["unique_id"] not in tested]


def test_every_money_column_is_decimal_beside_a_currency(models: list[Model]) -> None:
    for m in public(models):
        columns = {c["name"].lower().replace("_", ""): c for c in m["columns"].values()}
        money = [c for name, c in columns.items() if name.endswith(("cost", "saving", "amount"))]
        assert all(c["data_type"] == "numeric(38, 12)" for c in money), m["name"]
        assert not money or "billingcurrency" in columns, m["name"]


def test_every_feed_is_a_source_with_its_asset_key(parsed: dict[str, Any]) -> None:
    sources = parsed["manifest"]["sources"].values()
    keys = {s["name"]: s["config"]["meta"]["dagster"]["asset_key"] for s in sources}
    assert set(FEEDS) | {"control_totals"} <= set(keys)
    assert all(key == [s["schema"], s["name"]] for s in sources for key in [keys[s["name"]]])


def test_no_dbt_package_is_needed() -> None:
    assert not [name for name in ("packages.yml", "dependencies.yml") if (ROOT / name).exists()]


@pytest.mark.parametrize("macro", sorted((ROOT / "dbt_project/macros/cross_db").glob("*.sql")))
def test_a_dispatched_macro_refuses_engines_it_was_not_written_for(macro: Path) -> None:
    text = macro.read_text()
    if "adapter.dispatch" in text:
        name = macro.stem
        assert f"default__{name}" in text and f"unsupported_engine('{name}')" in text
        assert f"duckdb__{name}" in text and f"postgres__{name}" in text


def test_rule_28_each_service_has_one_category_of_the_specification() -> None:
    with (ROOT / "dbt_project/seeds/service_categories.csv").open() as seed:
        rows = list(csv.DictReader(seed))
    names = [row["service_name"] for row in rows]
    assert len(names) == len(set(names))
    parents = {row["service_subcategory"]: row["service_category"] for row in rows}
    assert all(parents[r["service_subcategory"]] == r["service_category"] for r in rows)
    macro = (ROOT / "dbt_project/macros/focus/service_category_names.sql").read_text()
    assert {row["service_category"] for row in rows} <= set(
        re.findall(r"'([^']+)'", macro.split("#}")[1])
    )


def test_every_check_says_in_the_ui_what_it_promises(parsed: dict[str, Any]) -> None:
    manifest, translator = parsed["manifest"], Translator()
    said = {}
    for name, node in manifest["nodes"].items():
        if node["resource_type"] == "test":
            tested = dg.AssetSpec(
                translator.get_asset_key(manifest["nodes"][node["attached_node"]])
            )
            if check := translator.get_asset_check_spec(tested, manifest, name, None):
                said[check.name] = check.description or ""
    assert len(said) > 80
    assert [name for name, text in said.items() if not text] == []
    (own,) = [text for name, text in said.items() if name.startswith("billed_by_one_export")]
    assert "name it in the seed lone_exports" in own, "its own, not that of its kind"
