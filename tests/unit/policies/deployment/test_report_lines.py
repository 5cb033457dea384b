"""Findings are shown on the block of their resource, found without leaving the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policies.deployment.places import Place
from policies.deployment.plan import Plan, read_plan
from policies.deployment.report.lines import (
    MAX_BYTES,
    PlacesError,
    PlanFile,
    blocks,
    find_places,
)

PLANS = Path(__file__).parents[4] / "policies/examples/deployment/plans"
SOURCE = PLANS / "source" / "create"


def plan_file(name: str) -> PlanFile:
    return PlanFile(PLANS / f"{name}.json", read_plan(PLANS / f"{name}.json"))


def test_each_resource_of_a_real_plan_points_at_its_own_block() -> None:
    file = plan_file("create")
    places = find_places([file], [SOURCE], PLANS)
    for change in file.plan.resources:
        place = places.of(change.address)
        line = (PLANS / place.file).read_text().split("\n")[place.line - 1]
        name = change.address.split("[")[0].rpartition(".")[2]
        if change.address.startswith("module."):
            assert place.file.startswith("source/create/service/")
            name = "this"
        assert line == f'resource "{change.type}" "{name}" {{'
    assert places.of("budget") == Place("create.json", 1)


def test_without_folders_everything_points_at_the_plan() -> None:
    assert find_places([plan_file("create")], [], PLANS).known == {
        change.address: Place("create.json") for change in plan_file("create").plan.resources
    }


def test_plan_outside_the_checkout_is_shown_by_its_name(tmp_path: Path) -> None:
    assert find_places([plan_file("create")], [], tmp_path).default == Place("create.json")


def test_several_plans_point_each_into_its_own_folder() -> None:
    files = [plan_file("create"), plan_file("change")]
    places = find_places(files, [SOURCE, SOURCE.parent / "change" / "after"], PLANS)
    assert places.of("create: aws_eip.nat").file == "source/create/main.tf"
    assert places.of("change: aws_eip.nat").file != "source/create/main.tf"
    changed = {c.address: places.of(f"change: {c.address}") for c in files[1].plan.resources}
    assert changed["aws_instance.resized"] == Place("source/change/after/main.tf", 1)
    # Its block is gone.
    assert changed["aws_ebs_volume.removed"] == Place("change.json", 1)


def test_comments_strings_and_heredocs_are_told_from_blocks() -> None:
    text = """# resource "a" "commented" {
/* resource "a" "b" {
resource "a" "inside" {
*/
resource "a" "policy" {
  arn  = "arn:aws:s3:::bucket/*" // /* not open
  text = <<-EOT
    resource "a" "in_heredoc" {
    /*
    EOT
}
  resource a "indented"{ # <<EOT
\x0bresource "a" "after_a_vertical_tab" {
"""
    assert list(blocks(text)) == [
        (("a", "policy"), 5), (("a", "indented"), 12), (("a", "after_a_vertical_tab"), 13),
    ]  # fmt: skip


@pytest.mark.parametrize("piece", ['"', '\\"', '"\\"', "/*", "resource a ", " ", "<<A"])
def test_no_file_makes_the_scan_slow(piece: str) -> None:
    text = piece * (MAX_BYTES // len(piece)) + "\n" + (piece * 50 + "\n") * 2000
    assert isinstance(list(blocks(text)), list)


def plan_of(address: str, source: str) -> Plan:
    (change, *_) = plan_file("create").plan.resources
    moved = Plan("1.2", "1.11.4", True, False, (change,), modules={("m",): source})
    object.__setattr__(change, "address", address)
    return moved


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    block = 'resource "a" "b" {\n'
    for folder in ("repo/infra", "repo/modules/m", "outside/m"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "main.tf").write_text(block)
    (tmp_path / "repo" / "link").symlink_to(tmp_path / "outside")
    return tmp_path / "repo"


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("../modules/m", "modules/m/main.tf"),
        ("./../modules/../modules/m", "modules/m/main.tf"),
        ("../../outside/m", "plan.json"),
        ("../link/m", "plan.json"),
        ("/etc", "plan.json"),
        ("terraform-aws-modules/vpc/aws", "plan.json"),
        ("../nowhere", "plan.json"),
        ("./\0", "plan.json"),
    ],
)
def test_modules_are_followed_within_the_checkout_only(
    checkout: Path, source: str, file: str
) -> None:
    plan = PlanFile(checkout / "plan.json", plan_of("module.m.a.b", source))
    assert find_places([plan], [checkout / "infra"], checkout).of("module.m.a.b").file == file


def test_links_devices_and_large_files_are_not_read(checkout: Path) -> None:
    file = checkout / "infra" / "main.tf"
    plan = PlanFile(checkout / "plan.json", plan_of("a.b", ""))

    def found() -> str:
        return find_places([plan], [checkout / "infra"], checkout).of("a.b").file

    assert found() == "infra/main.tf"
    file.write_text(file.read_text() + " " * MAX_BYTES)
    assert found() == "plan.json"
    file.unlink()
    os.mkfifo(file)
    assert found() == "plan.json"
    file.unlink()
    file.symlink_to(checkout / "modules" / "m" / "main.tf")
    assert found() == "plan.json"


def test_folders_that_do_not_fit_the_plans_are_refused(tmp_path: Path) -> None:
    file = plan_file("create")
    with pytest.raises(PlacesError, match="2 folders of configuration for 1 plans"):
        find_places([file], [SOURCE, SOURCE])
    with pytest.raises(PlacesError, match="is no folder"):
        find_places([file], [tmp_path / "nowhere"])
