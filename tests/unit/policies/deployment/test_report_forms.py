"""SARIF, JUnit and annotations from one answer: whole, valid, and deaf to what names say."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.deployment.gate import Answer, not_asked
from policies.deployment.places import Place, Places
from policies.deployment.report.annotations import to_annotations
from policies.deployment.report.files import ReportError, parse_reports, write_reports
from policies.deployment.report.json import to_json
from policies.deployment.report.junit import to_junit
from policies.deployment.report.markdown import MARKER, to_markdown
from policies.deployment.report.sarif import MAX_RESULTS, to_sarif
from policies.deployment.report.words import clean, inert
from policies.models import Finding
from tests.unit.policies.deployment.test_gate_report import HOSTILE, answer, terminal

SCHEMA = Path(__file__).parents[3] / "fixtures" / "sarif" / "sarif-schema-2.1.0.json.gz"
OFFICIAL = json.loads(gzip.decompress(SCHEMA.read_bytes()))
# A pattern with a stray bracket, for a property that we do not write: the validator refuses it.
for part in ("run", "toolComponent"):
    del OFFICIAL["definitions"][part]["properties"]["language"]["pattern"]
SARIF = jsonschema_rs.Draft7Validator(OFFICIAL, validate_formats=True)
UNDECIDED = not_asked("deployment", "plan.json: not JSON")


def finding(rule: str = "x", subject: str = "aws_ebs_volume.web", **changes: Any) -> Finding:
    return replace(
        Finding(f"deployment.{rule}", "high", "Tags", "No tag.", subject, "Set it."), **changes
    )


def sarif(found: Answer) -> dict[str, Any]:
    document = json.loads(to_sarif(found))
    SARIF.validate(document)
    run: dict[str, Any] = document["runs"][0]
    return run


def junit(found: Answer) -> ET.Element:
    return ET.fromstring(to_junit(found))  # noqa: S314 (our own document)


def commands(found: Answer) -> list[tuple[str, dict[str, str], str]]:
    """The workflow commands as GitHub's runner reads them: level, properties, message."""
    read = []
    for line in to_annotations(found).splitlines():
        match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
        assert match, line
        pairs = (pair.split("=", 1) for pair in match[2].split(","))
        properties = {name: unescaped(value) for name, value in pairs}
        read.append((match[1], properties, unescaped(match[3])))
    return read


def unescaped(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


WAIVER = {"waiver_id": "W-1", "owner": "ann", "expires_at": "2026-12-31", "reason": "leaves"}
ALL_KINDS = answer(
    denials=(finding("x"), finding("x"), finding("y", "budget")),
    warnings=(finding("z", message="Old price."),),
    waived=(finding("w", waiver=WAIVER),),
    evaluated=("v", "w", "x", "y", "z"),
)


def test_sarif_tells_denied_warned_and_waived_apart() -> None:
    results = sarif(ALL_KINDS)["results"]
    assert [r["level"] for r in results] == ["error", "error", "error", "warning", "note"]
    assert [bool(r.get("suppressions")) for r in results] == [False] * 4 + [True]
    assert "W-1 of ann until 2026-12-31: leaves" in results[-1]["suppressions"][0]["justification"]


def test_sarif_rules_help_with_their_remedy() -> None:
    run = sarif(ALL_KINDS)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [f"deployment.{name}" for name in "wxyz"]
    assert {rule["help"]["text"] for rule in rules} == {"Set it."}
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])


def test_sarif_fingerprints_outlive_amounts_and_tell_findings_apart() -> None:
    def prints(found: Answer) -> list[str]:
        return [next(iter(r["partialFingerprints"].values())) for r in sarif(found)["results"]]

    assert len(set(prints(ALL_KINDS))) == 5
    today, tomorrow = (answer(denials=(finding(message=f"{n} USD"),)) for n in ("5.00", "6.00"))
    assert prints(today) == prints(tomorrow)


def test_sarif_of_a_huge_change_keeps_what_is_denied_and_says_that_it_is_cut() -> None:
    warnings = tuple(finding("z", f"r.{n}") for n in range(MAX_RESULTS))
    run = sarif(answer(denials=(finding(),), warnings=warnings))
    assert len(run["results"]) == MAX_RESULTS
    assert run["results"][0]["level"] == "error"
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "… and 1 more"


def test_findings_are_shown_on_their_lines_and_else_on_the_plan() -> None:
    places = Places(Place("out/plan.json"), {"aws_ebs_volume.web": Place("infra/a b.tf", 7)})
    found = replace(ALL_KINDS, places=places)
    locations = [
        r["locations"][0]["physicalLocation"] for r in sarif(found)["results"] if r["level"] != "x"
    ]
    shown = {(unquote(p["artifactLocation"]["uri"]), p["region"]["startLine"]) for p in locations}
    assert shown == {("infra/a b.tf", 7), ("out/plan.json", 1)}
    assert locations[0]["artifactLocation"]["uri"] == "infra/a%20b.tf"
    errors = [p for level, p, _ in commands(found) if level == "error"]
    assert [(p["file"], p["line"]) for p in errors] == [
        ("infra/a b.tf", "7"), ("out/plan.json", "1"), ("infra/a b.tf", "7"),
    ]  # fmt: skip


def test_junit_has_a_test_for_each_rule_and_a_failure_for_each_denial() -> None:
    root = junit(ALL_KINDS)
    assert root.attrib == {
        "name": "tollgate deployment", "tests": "6", "failures": "3", "errors": "0", "skipped": "1",
    }  # fmt: skip
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(cases)) == 6
    failed = {
        (case.get("classname"), case.get("name"))
        for case in root.iter("testcase")
        if case.find("failure") is not None
    }
    assert failed == {
        ("deployment.x", "aws_ebs_volume.web"), ("deployment.x", "aws_ebs_volume.web (2)"),
        ("deployment.y", "budget"),
    }  # fmt: skip
    assert "Old price." in "".join(root.itertext())


def test_annotations_stay_within_what_github_shows_of_a_step() -> None:
    many = tuple(finding("x", f"r.{n}") for n in range(50))
    waived = tuple(finding("x", f"w.{n}", waiver=WAIVER) for n in range(50))
    read = commands(answer(denials=many, warnings=many, waived=waived))
    assert [level for level, _, _ in read].count("error") == 10
    assert [level for level, _, _ in read].count("warning") == 10
    assert [level for level, _, _ in read].count("notice") == 10
    assert read[0][2] == "Denied: 50 denied, 50 warnings, 50 waived"


def test_allowed_change_passes_everywhere() -> None:
    found = answer(denials=(), allow=True)
    assert sarif(found)["results"] == []
    assert sarif(found)["invocations"][0]["executionSuccessful"] is True
    assert junit(found).get("failures") == "0"
    assert [level for level, _, _ in commands(found)] == ["notice"]


def test_no_decision_fails_in_every_form_with_its_reason() -> None:
    run = sarif(UNDECIDED)
    assert run["invocations"][0]["executionSuccessful"] is False
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["level"] == "error"
    assert "not JSON" in note["message"]["text"]
    root = junit(UNDECIDED)
    assert root.get("errors") == "1"
    assert "not JSON" in "".join(root.itertext())
    assert [level for level, _, _ in commands(UNDECIDED)] == ["error"]
    text = to_markdown(UNDECIDED)
    assert text.startswith(f"{MARKER}\n### Tollgate: ⚠️ No decision")
    assert "not JSON" in text
    assert json.loads(to_json(UNDECIDED))["decision"]["allow"] is False


FORMS: list[Callable[[Answer], str]] = [
    to_sarif, to_junit, to_annotations, to_markdown, to_json, terminal,
    lambda found: terminal(found, 40),
]  # fmt: skip


def is_obeyed(line: str) -> bool:
    """Whether GitHub's runner or Azure's agent takes a line of a log for a command."""
    return line.lstrip().startswith("::") or bool(re.search(r"##\w*\[", line))


def messages(value: Any) -> Iterator[str]:
    """Every message of a SARIF document, wherever it stands."""
    for key, member in value.items() if isinstance(value, dict) else enumerate(value):
        if key == "text":
            yield member
        elif isinstance(member, dict | list):
            yield from messages(member)


def check(name: str) -> None:
    found = answer(
        name,
        warnings=(finding(f"y{name}", name, message=name, title=name, remedy=name),),
        waived=(finding("z", name, note=name, waiver=dict.fromkeys(WAIVER, name)),),
    )
    found = replace(found, places=Places(Place(name), {name: Place(f"dir/{name}", 3)}))
    run = sarif(found)
    assert len(run["results"]) == 3
    for text in messages(run):
        assert not re.search(r"\]\(|\{\d", text)
    root = junit(found)
    assert (root.get("tests"), root.get("failures")) == ("1", "1")
    assert [case.tag for case in root.iter() if case.tag not in {"testsuites", "testsuite"}] == [
        "testcase", "failure",
    ]  # fmt: skip
    written = commands(found)
    assert [level for level, _, _ in written] == ["notice", "error", "warning", "notice"]
    for level, properties, message in written[1:]:
        assert list(properties) == ["file", "line", "title"]
        assert properties["line"] == "3", level
        # What GitHub reads back is the name itself, percent signs included.
        assert properties["file"] == inert(clean(f"dir/{name}"))
        assert message.startswith(inert(clean(f"{name}: ")))
    for form in FORMS:
        for line in form(found).splitlines():
            ours = form is to_annotations and line.startswith("::")
            assert not is_obeyed(line[2:] if ours else line), (form, line)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_breaks_no_form(name: str) -> None:
    check(name)


# What is no address, and is said in words.
WHOLE = {"plan", "estimate", "rates", "config"}
PIECES = (
    st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=4)
    .map("".join)
    .filter(lambda name: name not in WHOLE)
)


@settings(max_examples=150, deadline=None)
@given(PIECES)
def test_no_text_breaks_any_form(name: str) -> None:
    check(name)


def test_reports_replace_what_was_there_and_leave_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "gate.sarif"
    file.write_text("green")
    write_reports(UNDECIDED, parse_reports([f"sarif={file}"]), to_markdown)
    assert '"executionSuccessful": false' in file.read_text()
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        (["pdf=a"], "FORM: annotations, json, junit, markdown, sarif"),
        (["sarif"], "write FORM=FILE"),
        (["sarif=a", "junit=./a"], "two reports go to"),
        (["sarif=folder"], "no plain file"),
        (["sarif=link"], "no plain file"),
    ],
)
def test_report_that_could_replace_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requests: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    with pytest.raises(ReportError, match=reason):
        parse_reports(requests)
    assert not (tmp_path / "elsewhere").exists()


def test_report_that_cannot_be_written_names_its_file(tmp_path: Path) -> None:
    reports = parse_reports([f"sarif={tmp_path / 'nowhere' / 'a.sarif'}"])
    with pytest.raises(ReportError, match=r"a\.sarif cannot be written"):
        write_reports(UNDECIDED, reports, to_markdown)


def test_where_only_the_first_few_are_shown_no_rule_hides_another() -> None:
    tags = tuple(
        finding(
            "tags", f"r.{n}", severity="medium", amount=f"{n}.00", waivable=True, currency="USD"
        )
        for n in range(9, 70)
    )
    budget = finding("budget", "default", amount="70.00", severity="medium", waivable=True)
    found = answer(denials=(*tags, budget, finding("whole", "r.1", severity="high")))
    shown = [message.partition(":")[0] for _, _, message in commands(found)[1:]]
    assert shown[:4] == ["r.1", "budget default", "r.69", "r.68"]
    for text in (to_markdown(found), terminal(found)):
        assert text.index("whole") < text.index("budget") < text.index("tags")
    # Its waiver is among the entries that are written out.
    assert 'subject: "default"' in terminal(found)
