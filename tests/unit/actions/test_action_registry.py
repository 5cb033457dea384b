"""Every action of the catalogue declares what it must, and the lint sees what it forgets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actions.errors import Refused
from actions.models import Parameters, Reversibility
from actions.registry import Permissions, Registered, Registry, lint, load_catalog

FLIGHTS = Path(__file__).resolve().parents[2] / "integration" / "actions"
CATALOG = {registered.spec.action_id: registered for registered in load_catalog().all()}
STOP = CATALOG["aws.ec2_instance.stop"]


def test_the_catalogue_is_complete() -> None:
    assert sorted(CATALOG) == ["aws.ebs_volume.snapshot_and_delete", "aws.ec2_instance.stop"]


@pytest.mark.parametrize("action_id", sorted(CATALOG))
def test_action_declares_schema_permissions_blast_radius_undo_and_has_flown(
    action_id: str,
) -> None:
    assert lint(CATALOG[action_id], FLIGHTS) == []


@pytest.mark.parametrize("action_id", sorted(CATALOG))
def test_action_lives_in_the_file_that_its_name_says(action_id: str) -> None:
    provider, resource, verb = action_id.split(".")
    assert CATALOG[action_id].module == f"actions.catalog.{provider}.{resource}_{verb}"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"blast_radius": " "}, "blast_radius is empty"),
        ({"action_id": "stop"}, "not <provider>.<resource>.<verb>"),
        ({"parameters": dict}, "not a schema"),
        ({"permissions": Permissions(read=("ec2:*",), apply=(), undo=("ec2:X",))}, "not exact"),
        ({"permissions": Permissions(read=("ec2:X",), apply=(), undo=("ec2:X",))}, "apply is"),
        (
            {"permissions": Permissions(read=("ec2:X",), apply=("ec2:X",), undo=())},
            "names no undo",
        ),
        (
            {"reversibility": Reversibility(kind="irreversible", undo_action=None, note="")},
            "without a reason",
        ),
    ],
)
def test_lint_sees_what_is_forgotten(change: dict[str, object], complaint: str) -> None:
    broken = replace(STOP, spec=replace(STOP.spec, **change))  # type: ignore[arg-type]
    assert any(complaint in problem for problem in lint(broken))


def test_lint_sees_an_action_that_never_flew(tmp_path: Path) -> None:
    assert any("no flight test" in problem for problem in lint(STOP, tmp_path))


def test_lint_sees_missing_methods() -> None:
    hollow = Registered(STOP.spec, object(), STOP.module)  # type: ignore[arg-type]
    assert any("observe()" in problem for problem in lint(hollow))


def test_an_action_is_registered_once() -> None:
    registry = Registry()
    registry.register(STOP.spec)(dict)
    with pytest.raises(ValueError, match="twice"):
        registry.register(STOP.spec)(dict)


def test_an_unknown_action_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused, match=r"aws\.ec2_instance\.stop"):
        load_catalog().get("aws.rds.delete")


def test_parameters_that_the_schema_does_not_know_are_errors() -> None:
    with pytest.raises(ValueError, match="surprise"):
        Parameters.model_validate({"surprise": 1})
