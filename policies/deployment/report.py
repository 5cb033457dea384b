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
from policies.models import Finding

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
    groups = (
        ("Denied", "bold red", answer.decision.denials),
        ("Warnings", "bold yellow", answer.decision.warnings),
        ("Waived", "bold cyan", answer.decision.waived),
    )
    for title, style, findings in groups:
        if findings:
            parts.append(Text(f"\n{title}", style=style))
            parts.extend(_finding_text(found) for found in findings)
    parts.append(Text(f"\n{_provenance(answer)}", style="dim"))
    return Group(*parts)


def to_markdown(answer: Answer) -> str:
    """For one comment on a pull request, found again by its hidden marker."""
    verdict = "✅ Allowed" if answer.decision.allow else "❌ Denied"
    estimate = answer.question["estimate"]
    lines = [
        MARKER,
        f"### Tollgate: {verdict}",
        "",
        f"**{_signed(estimate['monthly_delta'])} {_md(estimate['currency'])} a month** "
        f"({_md(estimate['monthly_before'])} → {_md(estimate['monthly_after'])}; "
        f"between {_signed(estimate['low'])} and {_signed(estimate['high'])}) "
        f"in {_code(answer.question['environment'])}.",
        f"{_md(_coverage(answer))}",
        f"{_md(_budget(answer))}",
    ]
    for title, findings in (
        ("Denied", answer.decision.denials),
        ("Warnings", answer.decision.warnings),
        ("Waived", answer.decision.waived),
    ):
        if findings:
            lines += ["", f"#### {title}", ""]
            lines += [_finding_markdown(found) for found in findings[:MAX_ROWS]]
            lines += _more(len(findings))
    rows = _rows(answer)
    if rows:
        lines += ["", "<details><summary>Estimate by resource</summary>", ""]
        lines += ["| Resource | Before | After | Difference | Price |", "|---|--:|--:|--:|---|"]
        lines += [
            f"| {_code(row['address'])} | {' | '.join(_md(cell) for cell in _cells(row))} |"
            for row in rows[:MAX_ROWS]
        ]
        lines += ["", *_more(len(rows)), "</details>"]
    lines += ["", f"<sub>{_md(_provenance(answer))}</sub>", ""]
    return "\n".join(lines)


def _headline(answer: Answer) -> Text:
    estimate = answer.question["estimate"]
    allowed = answer.decision.allow
    text = Text("ALLOWED" if allowed else "DENIED", style="bold green" if allowed else "bold red")
    text.append(
        f"  {_signed(estimate['monthly_delta'])} {_clean(estimate['currency'])} a month in "
        f"{_clean(answer.question['environment'])} "
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
        table.add_row(Text(_clean(row["address"])), *(Text(cell) for cell in _cells(row)))
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
        return ["?", "?", "?", _clean(f"{line['status']}: {line['note']}")]
    source = line["price_source"]
    note = f"; {line['note']}" if line["note"] else ""
    return [
        line["monthly_before"],
        line["monthly_after"],
        _signed(str(_difference(line))),
        _clean(f"{source['kind']} {source['date']}{note}"),
    ]


def _difference(line: dict[str, Any]) -> Decimal:
    return Decimal(line["monthly_after"]) - Decimal(line["monthly_before"])


def _finding_text(found: Finding) -> Text:
    text = Text(f"  {_clean(found.subject)}: {_clean(found.message)} ")
    text.append(f"[{_clean(found.rule_id)}]", style="dim")
    text.append(f"\n    → {_clean(found.remedy)}")
    for extra in _extras(found):
        text.append(f"\n    {_clean(extra)}", style="dim")
    return text


def _finding_markdown(found: Finding) -> str:
    text = f"- {_code(found.subject)} {_md(found.message)} {_code(found.rule_id)}"
    text += f"<br>→ {_md(found.remedy)}"
    return text + "".join(f"<br>{_md(extra)}" for extra in _extras(found))


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
    return _clean(f"Budget {budget['scope']}: {left} left this month{known}.")


def _provenance(answer: Answer) -> str:
    decision = answer.decision
    return (
        f"Decision {decision.decision_id} by policies {_clean(decision.revision)} "
        f"({decision.bundle_sha256[:12]}) on question {decision.input_sha256[:12]}"
    )


def _more(count: int) -> list[str]:
    return [f"… and {count - MAX_ROWS} more"] if count > MAX_ROWS else []


def _signed(amount: str) -> str:
    return _clean(amount) if amount.startswith("-") else f"+{_clean(amount)}"


def _clean(text: str) -> str:
    """Without control, format and line-break characters: a name cannot move the cursor."""
    return "".join(
        c for c in str(text) if unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029"
    )


def _md(text: str) -> str:
    """As plain words in Markdown: every punctuation mark as an entity, mentions broken."""
    encoded = "".join(
        f"&#{ord(c)};" if c in string.punctuation and c not in ".,;?" else c for c in _clean(text)
    )
    # GitHub looks for mentions after rendering, so the entity alone would not break one.
    return encoded.replace("&#64;", "&#64;\u200b")


def _code(text: str) -> str:
    return f"<code>{_md(text)}</code>"
