"""One answer, written as JUnit XML, which every CI shows as tests.

Belongs here: its form. Each rule that was evaluated is a test; one that denies is a test for each
denial, since readers show one failure of a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from policies.deployment.gate import Answer
from policies.deployment.report.words import clean, in_order, inert, numbered, reason, sentence
from policies.models import Decision, Finding


def to_junit(answer: Answer) -> str:
    """A document that fails a CI unless the gate allows."""
    decision = answer.decision
    cases = list(_cases(answer)) if decision.decided else [_undecided(decision)]
    counts = {"tests": str(len(cases))}
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[name] = str(sum(case.find(tag) is not None for case in cases))
    name = clean(f"tollgate {decision.gate}")
    root = ET.Element("testsuites", counts | {"name": name})
    suite = ET.SubElement(root, "testsuite", counts | {"name": name})
    suite.extend(cases)
    ET.indent(root)
    text = inert(ET.tostring(root, encoding="unicode"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _cases(answer: Answer) -> Iterator[ET.Element]:
    decision = answer.decision
    denied = {found.rule_id for found in decision.denials}
    for name in sorted(decision.evaluated):
        rule_id = f"{decision.gate}.{name}"
        if rule_id not in denied:
            yield _quiet(answer, rule_id)
    for found, number in numbered(in_order(decision.denials)):
        yield _denied(answer, found, number)


def _quiet(answer: Answer, rule_id: str) -> ET.Element:
    """A rule without a denial: passed, or skipped if that is by a waiver."""
    decision = answer.decision
    case = _case(rule_id, "passes")
    waived = [found for found in decision.waived if found.rule_id == rule_id]
    if waived:
        ET.SubElement(case, "skipped", message=_all(waived))
    warned = [found for found in decision.warnings if found.rule_id == rule_id]
    if warned:
        ET.SubElement(case, "system-out").text = _all(warned)
    return case


def _denied(answer: Answer, found: Finding, number: int) -> ET.Element:
    place = answer.places.of(found.subject)
    # Readers take tests of one name for one test.
    again = f" ({number})" if number > 1 else ""
    case = _case(found.rule_id, f"{clean(found.subject)}{again}")
    failure = ET.SubElement(
        case, "failure", message=clean(found.message), type=clean(found.severity)
    )
    failure.text = f"{clean(found.subject)} ({clean(place.file)}:{place.line}): {sentence(found)}"
    return case


def _undecided(decision: Decision) -> ET.Element:
    case = _case(decision.gate, "a decision is reached")
    kind = clean(decision.denials[0].rule_id)
    ET.SubElement(case, "error", message=reason(decision), type=kind).text = reason(decision)
    return case


def _case(class_name: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=clean(class_name), name=name)


def _all(findings: list[Finding]) -> str:
    return "; ".join(f"{clean(found.subject)}: {sentence(found)}" for found in findings)
