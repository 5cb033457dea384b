"""One decision, written for a terminal, for a pull request and for a program.

Belongs here: words and layout. Names in a plan are anybody's text: whatever they hold is shown,
never obeyed (no control characters, no markup). Does not belong here: any judgement.
"""

from __future__ import annotations

import json
import string
import unicodedata
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from policies.deployment.gate import Answer
from policies.models import Decision, Finding

# Finds our own comment again, so that a new answer replaces the old one.
MARKER = "<!-- tollgate:deployment -->"
# GitHub refuses comments of more than 65,536 characters.
MAX_ROWS = 60


def to_json(answer: Answer) -> str:
    """Decision and question, for programs."""
    return json.dumps(
        {"decision": answer.decision.to_dict(), "question": answer.question}, indent=2
    )


def to_text(answer: Answer) -> RenderableType:
    """For a terminal."""
    parts: list[RenderableType] = [_headline(answer), _estimate_table(answer)]
    parts.append(Text(_coverage(answer)))
    parts.append(Text(_budget(answer)))
    parts.extend(findings_text(answer.decision))
    parts.append(Text(f"\n{provenance(answer.decision)}", style="dim"))
    return Group(*parts)


def to_markdown(answer: Answer) -> str:
    """For one comment on a pull request, found again by its hidden marker."""
    verdict = "✅ Allowed" if answer.decision.allow else "❌ Denied"
    estimate = answer.question["estimate"]
    lines = [
        MARKER,
        f"### Tollgate: {verdict}",
        "",
        f"**{_signed(estimate['monthly_delta'])} {md(estimate['currency'])} a month** "
        f"({md(estimate['monthly_before'])} → {md(estimate['monthly_after'])}; "
        f"between {_signed(estimate['low'])} and {_signed(estimate['high'])}) "
        f"in {code(answer.question['environment'])}.",
        f"{md(_coverage(answer))}",
        f"{md(_budget(answer))}",
    ]
    lines += findings_markdown(answer.decision)
    rows = _rows(answer)
    if rows:
        lines += ["", "<details><summary>Estimate by resource</summary>", ""]
        lines += ["| Resource | Before | After | Difference | Price |", "|---|--:|--:|--:|---|"]
        lines += [
            f"| {code(row['address'])} | {' | '.join(md(cell) for cell in _cells(row))} |"
            for row in rows[:MAX_ROWS]
        ]
        lines += ["", *_more(len(rows)), "</details>"]
    lines += ["", f"<sub>{md(provenance(answer.decision))}</sub>", ""]
    return "\n".join(lines)


def findings_text(decision: Decision) -> list[RenderableType]:
    """What a decision's rules found, for a terminal."""
    parts: list[RenderableType] = []
    for title, style, findings in (
        ("Denied", "bold red", decision.denials),
        ("Warnings", "bold yellow", decision.warnings),
        ("Waived", "bold cyan", decision.waived),
    ):
        if findings:
            parts.append(Text(f"\n{title}", style=style))
            parts.extend(_finding_text(found) for found in findings)
    return parts


def findings_markdown(decision: Decision) -> list[str]:
    """What a decision's rules found, as lines of Markdown."""
    lines: list[str] = []
    for title, findings in (
        ("Denied", decision.denials),
        ("Warnings", decision.warnings),
        ("Waived", decision.waived),
    ):
        if findings:
            lines += ["", f"#### {title}", ""]
            lines += [_finding_markdown(found) for found in findings[:MAX_ROWS]]
            lines += _more(len(findings))
    return lines


def _headline(answer: Answer) -> Text:
    estimate = answer.question["estimate"]
    allowed = answer.decision.allow
    text = Text("ALLOWED" if allowed else "DENIED", style="bold green" if allowed else "bold red")
    text.append(
        f"  {_signed(estimate['monthly_delta'])} {clean(estimate['currency'])} a month in "
        f"{clean(answer.question['environment'])} "
        f"(between {_signed(estimate['low'])} and {_signed(estimate['high'])})",
        style="default",
    )
    return text


def _estimate_table(answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("resource", overflow="fold")
    for name in ("before", "after", "difference"):
        table.add_column(name, justify="right")
    table.add_column("price", overflow="fold", max_width=26)
    rows = _rows(answer)
    for row in rows[:MAX_ROWS]:
        table.add_row(Text(clean(row["address"])), *(Text(cell) for cell in _cells(row)))
    for line in _more(len(rows)):
        table.add_row(Text(line))
    return table


def _rows(answer: Answer) -> list[dict[str, Any]]:
    """The lines, dearest difference first, what is not priced before all."""

    def weight(line: dict[str, Any]) -> tuple[int, Decimal, str]:
        if line["status"] != "priced":
            return 0, Decimal(0), line["address"]
        return 1, -abs(_difference(line)), line["address"]

    return sorted(answer.question["estimate"]["lines"], key=weight)


def _cells(line: dict[str, Any]) -> list[str]:
    if line["status"] != "priced":
        return ["?", "?", "?", clean(f"{line['status']}: {line['note']}")]
    source = line["price_source"]
    note = f"; {line['note']}" if line["note"] else ""
    return [
        line["monthly_before"],
        line["monthly_after"],
        _signed(str(_difference(line))),
        clean(f"{source['kind']} {source['date']}{note}"),
    ]


def _difference(line: dict[str, Any]) -> Decimal:
    return Decimal(line["monthly_after"]) - Decimal(line["monthly_before"])


def _finding_text(found: Finding) -> Text:
    text = Text(f"  {clean(found.subject)}: {clean(found.message)} ")
    text.append(f"[{clean(found.rule_id)}]", style="dim")
    text.append(f"\n    → {clean(found.remedy)}")
    for extra in _extras(found):
        text.append(f"\n    {clean(extra)}", style="dim")
    return text


def _finding_markdown(found: Finding) -> str:
    text = f"- {code(found.subject)} {md(found.message)} {code(found.rule_id)}"
    text += f"<br>→ {md(found.remedy)}"
    return text + "".join(f"<br>{md(extra)}" for extra in _extras(found))


def _extras(found: Finding) -> list[str]:
    extras = [found.note] if found.note else []
    if found.waiver:
        extras.append(
            f"Waiver {found.waiver.get('waiver_id')} of {found.waiver.get('owner')} until "
            f"{found.waiver.get('expires_at')}: {found.waiver.get('reason')}"
        )
    return extras


def _coverage(answer: Answer) -> str:
    estimate = answer.question["estimate"]
    lines = estimate["lines"]
    open_lines = sum(line["status"] != "priced" for line in lines)
    free = sum(_is_free(line) for line in lines)
    text = f"{estimate['coverage_pct']} % of {len(lines) - free} changed resources are priced"
    text += f"; {free} more are of types that cost nothing." if free else "."
    text += _sources(answer)
    return text + (f" Not priced: {open_lines}, not counted as free." if open_lines else "")


def _sources(answer: Answer) -> str:
    """Where the prices are from, and how far the rate card can be trusted."""
    counts = answer.question["estimate"].get("price_sources", {})
    used = [f"{counts[kind]} {kind}" for kind in ("own", "list", "sample") if counts.get(kind)]
    text = f" Prices: {', '.join(used)}." if used else ""
    estimate = answer.question["estimate"]
    committed = estimate.get("committed_delta", estimate["monthly_delta"])
    if committed != estimate["monthly_delta"]:
        text += f" {_signed(committed)} a month if commitments cover it as they do today."
    card = answer.question.get("facts", {}).get("rate_card")
    if card:
        trust = card["signature"].replace("_", " ")
        text += f" Rate card until {card['data_as_of'][:10]}, signature: {trust}."
    return text


def _is_free(line: dict[str, Any]) -> bool:
    return bool(line["status"] == "priced" and line["price_source"]["kind"] == "free")


def _budget(answer: Answer) -> str:
    budget = answer.question["budget"]
    left = f"{budget['remaining']} of {budget['monthly_limit']} {budget['currency']}"
    known = "; spend not known" if budget["source"] == "not_known" else ""
    return clean(f"Budget {budget['scope']}: {left} left this month{known}.")


def provenance(decision: Decision) -> str:
    """Which policies answered which question, in one line."""
    return (
        f"Decision {decision.decision_id} by policies {clean(decision.revision)} "
        f"({decision.bundle_sha256[:12]}) on question {decision.input_sha256[:12]}"
    )


def _more(count: int) -> list[str]:
    return [f"… and {count - MAX_ROWS} more"] if count > MAX_ROWS else []


def _signed(amount: str) -> str:
    return clean(amount) if amount.startswith("-") else f"+{clean(amount)}"


def clean(text: str) -> str:
    """Without control, format and line-break characters: a name cannot move the cursor."""
    return "".join(
        c for c in str(text) if unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029"
    )


def md(text: str) -> str:
    """As plain words in Markdown: every punctuation mark as an entity, mentions broken."""
    encoded = "".join(
        f"&#{ord(c)};" if c in string.punctuation and c not in ".,;?" else c for c in clean(text)
    )
    # GitHub looks for mentions after rendering, so the entity alone would not break one.
    return encoded.replace("&#64;", "&#64;\u200b")


def code(text: str) -> str:
    """As a name in Markdown."""
    return f"<code>{md(text)}</code>"
