"""A waiver's maximum is there once: what one pull request rests on it with, others cannot."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from typer.testing import CliRunner

from orchestration.cli.gate import app
from orchestration.settings import load_settings
from policies.bundle import read_bundle
from policies.deployment.waivers import recorded_uses
from policies.models import rfc3339
from policies.store import open_store
from tests.unit.policies.deployment.rate_cards import CONTENT, card_file

REPOSITORY = Path(__file__).parents[2]
PLANS = REPOSITORY / "policies/examples/deployment/plans"
# What `aws_dear` adds, 3,858.80 a month, fits once.
WAIVER = {
    "waiver_id": "W-1", "rule_id": "deployment.monthly_budget_delta", "subject": "default",
    "repository": "acme/shop", "environment": "staging", "owner": "maria", "reason": "A trial.",
    "expires_at": "2027-01-31T00:00:00Z", "max_amount": "5000.00", "currency": "USD",
}  # fmt: skip


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundle with one waiver, and a store that it shares with nobody yet."""
    folder = shutil.copytree(REPOSITORY / "policies/rego", tmp_path / "rego")
    waivers = folder / "finops/waivers/data.yaml"
    waivers.write_text(yaml.safe_dump({"entries": [WAIVER]}))
    monkeypatch.setenv("TOLLGATE_POLICIES", str(folder))
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/shop")
    monkeypatch.delenv("TOLLGATE_OPS_URL", raising=False)
    monkeypatch.delenv("GITHUB_REF", raising=False)
    return folder


@pytest.fixture
def shared(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_OPS_URL", f"sqlite:///{tmp_path / 'ops.sqlite'}")


def asked(
    monkeypatch: pytest.MonkeyPatch, request: str | None, sha: str, *more: str
) -> dict[str, Any]:
    monkeypatch.setenv("GITHUB_REF", f"refs/pull/{request}/merge" if request else "refs/heads/main")
    monkeypatch.setenv("GITHUB_SHA", sha)
    plan = str(PLANS / "aws_dear.json")
    options = ("--environment", "staging", "--spent", "0", "--monthly-limit", "100000", *more)
    result = CliRunner().invoke(app, ["deployment", plan, *options, "--format", "json"])
    assert result.exit_code in {0, 1}, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def note(answer: dict[str, Any], part: str) -> str:
    found = [f for f in answer["decision"][part] if f["rule_id"] == WAIVER["rule_id"]]
    (said,) = {str(f.get("note", "")) for f in found}
    return said


@pytest.mark.usefixtures("shared")
def test_maximum_of_a_waiver_is_not_there_again_for_another_pull_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = asked(monkeypatch, "7", "a1")
    assert first["question"]["facts"]["waivers"] == {"source": "store", "as_of": None, "used": []}
    assert note(first, "waived") == ""
    second = asked(monkeypatch, "8", "b1")
    assert not second["decision"]["allow"]
    assert "less what other changes use of it" in note(second, "denials")
    (use,) = second["question"]["facts"]["waivers"]["used"]
    assert (use["waiver_id"], use["amount"]) == ("W-1", "3858.80")


@pytest.mark.usefixtures("shared")
def test_next_commit_and_the_deployment_of_a_pull_request_rest_on_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for request, sha in (("7", "a1"), ("7", "a2"), (None, "merged"), (None, "again")):
        assert asked(monkeypatch, request, sha)["decision"]["waived"], (request, sha)
    # The deployment counts nothing beside its pull request.
    (use,) = asked(monkeypatch, "8", "b1")["question"]["facts"]["waivers"]["used"]
    assert use["amount"] == "3858.80"


@pytest.mark.usefixtures("shared")
def test_without_pull_requests_each_commit_uses_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, None, "a1")["decision"]["waived"]
    assert asked(monkeypatch, None, "a1")["decision"]["waived"]
    assert not asked(monkeypatch, None, "b1")["decision"]["waived"]


@pytest.mark.usefixtures("bundle")
def test_where_nobody_counts_it_is_said_and_may_be_denied(
    monkeypatch: pytest.MonkeyPatch, bundle: Path
) -> None:
    found = asked(monkeypatch, "7", "a1")
    assert found["question"]["facts"]["waivers"]["source"] == "not_known"
    assert note(found, "waived").endswith("is not known.")
    config = bundle / "finops/config/waivers/data.yaml"
    terms = yaml.safe_load(config.read_text())
    terms["use_not_known"] = {"denied_in": ["staging"], "reported_in": [], "ignored_in": []}
    config.write_text(yaml.safe_dump(terms))
    strict = asked(monkeypatch, "7", "a2")
    assert "nobody has counted" in note(strict, "denials")


def exported(folder: Path, *, hours_ago: float = 0, **changes: Any) -> Path:
    """A card with what the store has now, each use with these changes."""
    uses = recorded_uses(open_store(load_settings().ops_url), read_bundle())
    facts = {**CONTENT["facts"], "waivers": [{**use.to_dict(), **changes} for use in uses]}
    issued = rfc3339(datetime.now(UTC) - timedelta(hours=hours_ago))
    card = card_file(folder, {**CONTENT, "issued_at": issued, "facts": facts})
    schema = json.loads((REPOSITORY / "policies/schemas/rates.v1.json").read_text())
    jsonschema_rs.Draft202012Validator(schema).validate(json.loads(card.read_text()))
    return card


@pytest.mark.usefixtures("shared")
def test_rate_card_tells_what_the_shared_store_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert asked(monkeypatch, "7", "a1")["decision"]["waived"]
    card = exported(tmp_path)
    monkeypatch.delenv("TOLLGATE_OPS_URL")
    other = asked(monkeypatch, "8", "b1", "--rates", str(card))
    facts = other["question"]["facts"]["waivers"]
    assert (facts["source"], facts["as_of"]) == ("card", json.loads(card.read_text())["issued_at"])
    assert facts["used"] == [{"waiver_id": "W-1", "amount": "3858.80"}]
    assert not other["decision"]["waived"]
    assert asked(monkeypatch, "7", "a2", "--rates", str(card))["decision"]["waived"]


@pytest.mark.usefixtures("shared")
def test_rate_card_frees_nothing_of_what_the_store_has_seen_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert asked(monkeypatch, "7", "a1")["decision"]["waived"]
    card = exported(tmp_path, amount="0.00", decided_at="2099-01-01T00:00:00Z")
    other = asked(monkeypatch, "8", "b1", "--rates", str(card))
    (use,) = other["question"]["facts"]["waivers"]["used"]
    assert use["amount"] == "3858.80"
    assert not other["decision"]["waived"]


@pytest.mark.usefixtures("shared")
def test_old_count_of_a_rate_card_excuses_nothing_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A card of last month knew nothing of what was allowed since."""
    monkeypatch.delenv("TOLLGATE_OPS_URL")
    for hours_ago, expected in ((47, True), (49, False)):
        card = exported(tmp_path, hours_ago=hours_ago)
        answer = asked(monkeypatch, "7", "a1", "--rates", str(card))
        assert answer["decision"]["allow"] is expected
    assert "tollgate rates export" in note(answer, "denials")


@pytest.mark.usefixtures("shared")
def test_what_a_change_without_a_name_may_use_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, "7", "a1")["decision"]["waived"]
    facts = asked(monkeypatch, None, "local")["question"]["facts"]["waivers"]
    assert facts == {
        "source": "not_known",
        "as_of": None,
        "used": [{"waiver_id": "W-1", "amount": "3858.80"}],
    }
