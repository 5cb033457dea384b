"""Words that every form shares, and how anybody's text is made harmless in them.

Belongs here: sentences on an answer, cleaning and escaping. Names in a plan are anybody's text:
whatever they hold is shown, never obeyed. Does not belong here: layout.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from operator import itemgetter
from typing import Any

from policies.deployment.gate import Answer
from policies.models import Decision, Finding

# Rows of one list; GitHub refuses comments of more than 65,536 characters.
MAX_ROWS = 60
ZERO_WIDTH = "\u200b"
SEVERITIES = ("critical", "high", "medium", "low")
AMOUNT = re.compile(r"-?\d{1,18}(\.\d{1,12})?")
# What CI systems obey in a log: GitHub a line that begins with `::`, Azure DevOps and GitHub's
# older form `##vso[` and `##[` anywhere in it.
_OBEYED = re.compile(r"^(\s*)(?=::)|(?<=#)(?=#(?:\w*)\[)", re.MULTILINE)


def reason(decision: Decision) -> str:
    """Why there is no decision, and what to do about it."""
    denial = decision.denials[0]
    return clean(f"{denial.message.rstrip('.')}. {denial.remedy}".strip())


def headline(answer: Answer) -> str:
    """What the deployment costs a month."""
    estimate = answer.question["estimate"]
    return (
        f"{signed(estimate['monthly_delta'])} {clean(estimate['currency'])} a month in "
        f"{clean(answer.question['environment'])} ({interval(answer)}{gross(answer)})"
    )


def interval(answer: Answer) -> str:
    """How far the difference can be told."""
    low, high = (answer.question["estimate"][end] for end in ("low", "high"))
    return "exact" if low == high else f"between {signed(low)} and {signed(high)}"


def gross(answer: Answer) -> str:
    """What the difference is made of, where it is of both: added and taken away."""
    estimate = answer.question["estimate"]
    added, removed = (Decimal(estimate.get(name, "0")) for name in ("added", "removed"))
    return f"; added {signed(str(added))}, removed -{removed}" if added and removed else ""


def sentence(found: Finding) -> str:
    """A finding in one line: what is wrong, what to do, and who excuses it."""
    said = f"{clean(found.message)} → {clean(found.remedy)}"
    return " ".join([said, *(clean(extra) for extra in extras(found))])


def parts(decision: Decision) -> Iterator[tuple[str, list[Finding]]]:
    """What the rules found, gravest first, without empty lists."""
    for title, findings in (
        ("Denied", decision.denials),
        ("Warnings", decision.warnings),
        ("Waived", decision.waived),
    ):
        if findings:
            yield title, in_order(findings)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, of these the dearest, and the first of each rule before the second of any.

    Where only the first few are shown, no rule hides another. What is not known counts as dearest.
    """

    def weight(found: Finding) -> tuple[int, Decimal]:
        known = AMOUNT.fullmatch(found.amount or "")
        grave = SEVERITIES.index(found.severity) if found.severity in SEVERITIES else 0
        return grave, -Decimal(known[0] if known else "Infinity")

    turns: Counter[str] = Counter()
    taken = []
    for found in sorted(findings, key=weight):
        taken.append((turns[found.rule_id], found))
        turns[found.rule_id] += 1
    return [found for _, found in sorted(taken, key=itemgetter(0))]


def numbered(findings: Iterable[Finding]) -> Iterator[tuple[Finding, int]]:
    """Each with its number among those of the same rule and subject, from 1."""
    seen: Counter[tuple[str, str]] = Counter()
    for found in findings:
        key = (found.rule_id, found.subject)
        seen[key] += 1
        yield found, seen[key]


def rows(answer: Answer) -> list[dict[str, Any]]:
    """The lines, dearest difference first, what is not priced before all."""

    def weight(line: dict[str, Any]) -> tuple[int, Decimal, str]:
        if line["status"] != "priced":
            return 0, Decimal(0), line["address"]
        return 1, -abs(difference(line)), line["address"]

    return sorted(answer.question["estimate"]["lines"], key=weight)


def cells(line: dict[str, Any]) -> list[str]:
    """Before, after, difference and price of one line."""
    if line["status"] != "priced":
        return ["?", "?", "?", clean(f"{line['status']}: {line['note']}")]
    source = line["price_source"]
    note = f"; {line['note']}" if line["note"] else ""
    return [
        line["monthly_before"],
        line["monthly_after"],
        signed(str(difference(line))),
        clean(f"{source['kind']} {source['date']}{note}"),
    ]


def difference(line: dict[str, Any]) -> Decimal:
    """What one priced line changes a month."""
    return Decimal(line["monthly_after"]) - Decimal(line["monthly_before"])


def extras(found: Finding) -> list[str]:
    """A finding's note and its waiver."""
    said = [found.note] if found.note else []
    if found.waiver:
        said.append(
            f"Waiver {found.waiver.get('waiver_id')} of {found.waiver.get('owner')} until "
            f"{found.waiver.get('expires_at')}: {found.waiver.get('reason')}"
        )
    return said


def coverage(answer: Answer) -> str:
    """How much of the change is priced, and from where."""
    estimate = answer.question["estimate"]
    lines = estimate["lines"]
    open_lines = sum(line["status"] != "priced" for line in lines)
    free = sum(_is_free(line) for line in lines)
    sold = len(lines) - free
    text = (
        f"{estimate['coverage_pct']} % of {sold} changed resources are priced"
        if sold else "Nothing changes that has a price"
    )  # fmt: skip
    text += f"; of types that cost nothing: {free}." if free else "."
    text += _sources(answer)
    return text + (f" Not priced: {open_lines}, not counted as free." if open_lines else "")


def _sources(answer: Answer) -> str:
    """Where the prices are from, and how far the rate card can be trusted."""
    counts = answer.question["estimate"].get("price_sources", {})
    used = [f"{counts[kind]} {kind}" for kind in ("own", "list", "sample") if counts.get(kind)]
    text = f" Prices: {', '.join(used)}." if used else ""
    estimate = answer.question["estimate"]
    calibrated = sum(bool(line.get("calibration")) for line in estimate["lines"])
    text += f" Intervals of {calibrated} calibrated from past bills." if calibrated else ""
    committed = estimate.get("committed_delta", estimate["monthly_delta"])
    if committed != estimate["monthly_delta"]:
        text += f" {signed(committed)} a month if commitments cover it as they do today."
    card = answer.question.get("facts", {}).get("rate_card")
    if card:
        trust = card["signature"].replace("_", " ")
        text += f" Rate card until {card['data_as_of'][:10]}, signature: {trust}."
    return text


def _is_free(line: dict[str, Any]) -> bool:
    return bool(line["status"] == "priced" and line["price_source"]["kind"] == "free")


def budget(answer: Answer) -> str:
    """What the budget has left."""
    facts = answer.question["budget"]
    left = f"{facts['remaining']} of {facts['monthly_limit']} {facts['currency']}"
    known = "; spend not known" if facts["source"] == "not_known" else ""
    return clean(f"Budget {facts['scope']}: {left} left this month{known}.")


def provenance(decision: Decision) -> str:
    """Which policies answered which question, in one line."""
    return (
        f"Decision {decision.decision_id} by policies {clean(decision.revision)} "
        f"({decision.bundle_sha256[:12]}) on question {decision.input_sha256[:12]}"
    )


def more(count: int, shown: int = MAX_ROWS) -> list[str]:
    """That a list was cut, if it was."""
    return [f"… and {count - shown} more"] if count > shown else []


def signed(amount: str) -> str:
    """An amount with its sign."""
    return clean(amount) if amount.startswith("-") else f"+{clean(amount)}"


def clean(text: str) -> str:
    """Without control, format and line-break characters: a name cannot move the cursor."""
    return "".join(
        c for c in str(text) if unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029"
    )


def inert(text: str) -> str:
    """Text of many lines in which nothing is a command to the CI whose log shows it."""
    return _OBEYED.sub(lambda match: f"{match[1] or ''}{ZERO_WIDTH}", text)


def md(text: str) -> str:
    """As plain words in Markdown: every punctuation mark as an entity, mentions broken."""
    encoded = "".join(
        f"&#{ord(c)};" if c in string.punctuation and c not in ".,;?" else c for c in clean(text)
    )
    # GitHub looks for mentions after rendering, so the entity alone would not break one.
    return encoded.replace("&#64;", f"&#64;{ZERO_WIDTH}")


def code(text: str) -> str:
    """As a name in Markdown."""
    return f"<code>{md(text)}</code>"
