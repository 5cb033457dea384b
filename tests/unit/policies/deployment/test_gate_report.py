"""Names in a plan are anybody's text: the report shows them, and obeys none."""

import html
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from rich.console import Console

from policies.deployment.budget import Budget
from policies.deployment.changes import ResourceChange
from policies.deployment.gate import Answer, build_question
from policies.deployment.plan import Plan
from policies.deployment.report.annotations import to_annotations
from policies.deployment.report.json import to_json
from policies.deployment.report.markdown import MARKER, to_markdown
from policies.deployment.report.text import rendered, to_text
from policies.deployment.report.words import clean
from policies.models import Decision, Finding
from tests.unit.policies.deployment.made_plans import AWS

HOSTILE = [
    "a|b", "`code`", "**bold**", "<img src=x onerror=alert(1)>", "[x](https://evil.example)",
    "@maria", "\x1b[31mred\x1b[0m", "a\nb\r\n# Allowed", "\u202egnp.exe", "--> <!-- tollgate",
    "</code></td>", "https://evil.example", "[bold red]x[/]", "~~gone~~", "#1",
    "::error file=x::y", "\n::set-env name=a::b", "  ::stop-commands::t", "%0A::error::x",
    "##[error]x", "##vso[task.setvariable variable=a]b", "]]>", "</failure>", "&lt;&#0;", "{0}",
    "\x00\x08\ufffe\uffff", "\u2028::error::x", "$(id)", "a,line=1:b", "\ud800",
]  # fmt: skip


def answer(name: str = "web", count: int = 1, **decided: Any) -> Answer:
    from decimal import Decimal  # noqa: PLC0415

    resources = tuple(
        ResourceChange(
            address=f"aws_ebs_volume.{name}{number or ''}", type="aws_ebs_volume", provider=AWS,
            region="us-east-1", actions=("create",), before=None,
            after={"type": "gp3", "size": 100 + number}, taggable=True, tags={},
        )
        for number in range(count)
    )  # fmt: skip
    budget = Budget("default", "USD", Decimal(100), Decimal(40), Decimal(50), "measured")
    question = build_question(
        Plan("1.2", "1.11.4", True, False, resources), budget, "staging",
        now=datetime(2026, 10, 28, tzinfo=UTC),
    )  # fmt: skip
    denial = Finding("deployment.x", "high", "T", f"Tag {name} is bad.", name, f"Set {name}.")
    decision = Decision(
        decision_id="id-1", gate="deployment", allow=False, denials=(denial,), warnings=(),
        waived=(), evaluated=("x",), input_sha256="a" * 64, bundle_sha256="b" * 64, revision="1",
    )  # fmt: skip
    return Answer(question, Decision(**{**decision.__dict__, **decided}))


def terminal(found: Answer, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False, highlight=False)
    return rendered(to_text(found), console)


def test_all_three_reports_come_from_one_decision() -> None:
    found = answer()
    assert "DENIED  +8.00 USD a month in staging" in terminal(found)
    assert "+8.00 USD a month" in to_markdown(found)
    assert json.loads(to_json(found))["question"]["estimate"]["monthly_delta"] == "8.00"
    for text in (terminal(found), to_markdown(found).replace("&#46;", ".")):
        assert "50.00 of 100.00 USD left this month" in text
        assert "Set web." in text


def test_free_resources_are_counted_apart_from_those_that_are_priced() -> None:
    found = answer(count=2)
    first = found.question["estimate"]["lines"][0]
    first["price_source"] = {**first["price_source"], "kind": "free"}
    text = " ".join(terminal(found).split())
    assert "100 % of 1 changed resources are priced; of types that cost nothing: 1." in text


def test_plan_that_changes_nothing_is_not_priced_at_100_percent() -> None:
    for text in (terminal(answer(count=0)), to_markdown(answer(count=0))):
        assert "Nothing changes that has a price." in text
        assert not re.search(r"resource +before|\| Before", text)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_stays_text_in_markdown(name: str) -> None:
    text = to_markdown(answer(name))
    assert text.count("<!--") == 1
    assert text.startswith(MARKER)
    body = re.sub(r"</?(?:code|br|details|summary|sub)>", "", text.removeprefix(MARKER))
    assert not re.search(r"[<>`\\]|\]\(|https?:", body)
    assert not re.search(r"(?<!\u200b)@\w|@\w|&#64;\w", body)
    assert "\x1b" not in text
    rows = [line for line in text.splitlines() if line.startswith("| <code>")]
    assert [row.count("|") for row in rows] == [6]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_moves_no_cursor_in_the_terminal(name: str) -> None:
    text = terminal(answer(name))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n# Allowed" not in text


def test_markup_of_the_terminal_is_shown_as_it_is() -> None:
    assert "[bold red]x[/]" in terminal(answer("[bold red]x[/]"))


def test_long_plan_fits_into_one_comment() -> None:
    name = "a_rather_long_name_of_a_resource_in_a_module" * 2
    denial = Finding("deployment.x", "high", "T", "M", "S", "R")
    found = answer(name, count=2000, denials=(denial,) * 2000)
    text = to_markdown(found)
    assert len(text) < 65_536
    assert "… and 1940 more" in text


def test_what_is_not_priced_comes_first_and_is_no_zero() -> None:
    found = answer()
    line = {**found.question["estimate"]["lines"][0], "status": "unsupported", "note": "no price"}
    for name in ("monthly_before", "monthly_after", "low", "high", "price_source"):
        line[name] = None
    question = {**found.question, "estimate": {**found.question["estimate"], "lines": [line]}}
    text = to_markdown(Answer(question, found.decision))
    assert "| ? | ? | ? | unsupported" in text


def test_waived_denial_names_its_waiver() -> None:
    waiver = {"waiver_id": "W-1", "owner": "ann", "expires_at": "2026-12-31", "reason": "leaves"}
    waived = Finding("deployment.x", "high", "T", "M", "S", "R", waiver=waiver)
    found = answer(denials=(), waived=(waived,), allow=True)
    assert "Waiver W-1 of ann until 2026-12-31: leaves" in terminal(found)
    assert "ALLOWED" in terminal(found)


def denial(subject: str, message: str = "M", **more: Any) -> Finding:
    return Finding("deployment.x", "high", "T", message, subject, "Set it right.", **more)


def plain(found: Answer) -> str:
    """The Markdown as its reader sees it."""
    return html.unescape(re.sub(r"</?(?:code|br)>", " ", to_markdown(found)))


def test_one_remedy_of_many_resources_is_said_once_with_all_their_names() -> None:
    found = answer(denials=(denial("a.a"), denial("b.b"), denial("c.c", "Other."), denial("a.d")))
    for text in (terminal(found), plain(found)):
        assert text.count("Set it right.") == 1
        assert re.search(r"a\.a *, *b\.b *, *a\.d", text)
        assert "Other." in text


@pytest.mark.parametrize(
    ("subject", "said"),
    [("default", "budget default"), ("staging", "environment staging"),
     ("estimate", "the estimate"), ("plan", "the plan"), ("rates", "the rate card"),
     ("aws_eip.x", "aws_eip.x")],
)  # fmt: skip
def test_subject_says_what_it_is_the_name_of(subject: str, said: str) -> None:
    found = answer(denials=(denial(subject),))
    assert f"  {said}: M" in terminal(found)
    assert f"- {said}" in " ".join(plain(found).replace("-  ", "- ").split())
    assert f"::{said}: M" in to_annotations(found)


@pytest.mark.parametrize("name", ["default", *HOSTILE])
def test_entry_of_a_waiver_is_ready_to_be_copied(name: str) -> None:
    amounts: dict[str, Any] = {"waivable": True, "amount": "8.00", "currency": "USD"}
    found = answer(denials=(denial(name, **amounts), denial(name, **amounts | {"amount": "9.00"})))
    text = to_markdown(found)
    _, _, rest = text.partition("<pre>\n")
    entry, _, _ = rest.partition("</pre>")
    assert not re.search(r"[<>`\\@]", entry)
    (read,) = yaml.safe_load(html.unescape(entry.replace("\u200b", "")))
    assert read["subject"] == clean(name).replace("\u200b", "")
    assert (read["rule_id"], read["max_amount"], read["currency"]) == (
        "deployment.x",
        "9.00",
        "USD",
    )
    assert (read["repository"], read["environment"]) == ("local", "staging")
    assert read["expires_at"] == "2026-11-27T00:00:00Z"


def test_what_cannot_be_waived_or_measured_has_no_entry() -> None:
    cannot = denial("a", amount="8.00", currency="USD")
    unknown = denial("b", waivable=True, amount="(missing)")
    for text in (
        terminal(answer(denials=(cannot, unknown))),
        to_markdown(answer(denials=(cannot,))),
    ):
        assert "waiver" not in text


def test_narrow_terminal_breaks_no_address() -> None:
    name = "a_rather_long-name_of_a_resource_in_a_module" * 2
    found = answer(name, denials=(denial(f"aws_ebs_volume.{name}"),))
    text = terminal(found, width=80)
    assert text.count(f"aws_ebs_volume.{name}") == 2
    assert "before 0.00, after 8.00, difference +8.00; sample" in text
    assert "aws_ebs_volume.of_37_characters_here" in terminal(
        answer("of_37_characters_here"), width=80
    )


def test_difference_without_a_range_is_exact() -> None:
    assert "(exact)" in terminal(answer())
    assert "exact) in" in plain(answer())


def test_what_is_set_off_stands_beside_the_difference() -> None:
    found = answer()
    amounts = {"added": "50.00", "removed": "42.00"}
    question = {**found.question, "estimate": {**found.question["estimate"], **amounts}}
    for text in (
        terminal(Answer(question, found.decision)),
        plain(Answer(question, found.decision)),
    ):
        assert "; added +50.00, removed -42.00" in text
    assert "added" not in terminal(found)
