"""One answer, written for one comment on a pull request that updates itself.

Belongs here: layout. What is not ours is escaped by `words.md` and `words.code`.
"""

from __future__ import annotations

from policies.deployment.gate import Answer
from policies.deployment.report.findings import HOW, SHOWN, Group, groups, waiver_entries
from policies.deployment.report.words import (
    MAX_ROWS,
    budget,
    cells,
    code,
    coverage,
    gross,
    interval,
    md,
    more,
    parts,
    provenance,
    reason,
    rows,
    signed,
)
from policies.models import Decision

# Finds our own comment again, so that a new answer replaces the old one.
MARKER = "<!-- tollgate:deployment -->"


def to_markdown(answer: Answer) -> str:
    """For one comment on a pull request, found again by its hidden marker."""
    if not answer.decision.decided:
        return undecided_markdown(MARKER, answer.decision)
    estimate = answer.question["estimate"]
    lines = [
        *head_markdown(MARKER, answer.decision),
        f"**{signed(estimate['monthly_delta'])} {md(estimate['currency'])} a month** "
        f"({md(estimate['monthly_before'])} → {md(estimate['monthly_after'])}; "
        f"{md(interval(answer))}{md(gross(answer))}) "
        f"in {code(answer.question['environment'])}.",
        f"{md(coverage(answer))}",
        f"{md(budget(answer))}",
        *findings_markdown(answer),
        *_waivers_markdown(answer),
        *_estimate_markdown(answer),
        *foot_markdown(answer.decision),
    ]
    return "\n".join(lines)


def undecided_markdown(marker: str, decision: Decision) -> str:
    """That there is no decision: it replaces the comment that had one."""
    lines = [marker, "### Tollgate: ⚠️ No decision", "", md(reason(decision)), ""]
    return "\n".join(lines)


def head_markdown(marker: str, decision: Decision) -> list[str]:
    """The hidden marker and the verdict, as lines of Markdown."""
    verdict = "✅ Allowed" if decision.allow else "❌ Denied"
    return [marker, f"### Tollgate: {verdict}", ""]


def findings_markdown(answer: Answer) -> list[str]:
    """What a decision's rules found, as lines of Markdown."""
    lines: list[str] = []
    for title, findings in parts(answer.decision):
        lines += ["", f"#### {title}", ""]
        # Cut before they are put together, so that a comment stays as short as it must be.
        lines += [_group_markdown(group) for group in groups(answer, findings[:MAX_ROWS])]
        lines += more(len(findings))
    return lines


def _waivers_markdown(answer: Answer) -> list[str]:
    entries = waiver_entries(answer)
    if not entries:
        return []
    # In HTML, where names are text whatever they hold: a fence could be closed from inside.
    lines = [md(line) for entry in entries[:SHOWN] for line in entry]
    return [
        *("", "<details><summary>Ask for a waiver</summary>", "", md(HOW), "", "<pre>"),
        *(*lines, "</pre>", "", *more(len(entries), SHOWN), "</details>"),
    ]


def foot_markdown(decision: Decision) -> list[str]:
    """Which policies answered which question, as lines of Markdown."""
    return ["", f"<sub>{md(provenance(decision))}</sub>", ""]


def _estimate_markdown(answer: Answer) -> list[str]:
    found = rows(answer)
    if not found:
        return []
    return [
        *("", "<details><summary>Estimate by resource</summary>", ""),
        *("| Resource | Before | After | Difference | Price |", "|---|--:|--:|--:|---|"),
        *(
            f"| {code(row['address'])} | {' | '.join(md(cell) for cell in cells(row))} |"
            for row in found[:MAX_ROWS]
        ),
        *("", *more(len(found)), "</details>"),
    ]


def _group_markdown(group: Group) -> str:
    said = []
    for saying in group.sayings:
        names = ", ".join(code(name) for name in saying.subjects)
        text = f"{names} {md(saying.message)} {code(saying.rule_id)}"
        said.append(text + "".join(f"<br>{md(extra)}" for extra in saying.extras))
    return f"- {'<br>'.join(said)}<br>→ {md(group.remedy)}"
