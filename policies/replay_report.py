"""A replay, written for a terminal, for a pull request and for a program.

Belongs here: words and layout. Subjects and messages are anybody's text: shown, never obeyed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from policies.deployment.report.json import dump
from policies.deployment.report.words import clean, code, md, more
from policies.replay import Change, Kind, Moved, Replay

# Finds our own comment again, where the replay has one of its own.
MARKER = "<!-- tollgate:replay -->"
# A comment may have 65,536 characters, and may hold the gate's own answer too.
MAX_ROWS = 25

WHY_NOT: dict[Kind, str] = {
    "other_schema": "asked in another version's form",
    "not_decided_then": "no decision was made then",
    "not_decidable": "the bundle fails on the question",
}


def to_json(found: Replay) -> str:
    """Counts and the whole list, for programs."""
    return dump(found.to_dict())


def to_text(found: Replay) -> RenderableType:
    """For a terminal: every change."""
    parts: list[RenderableType] = [Text(_headline(found), style="bold")]
    parts += [Text(clean(line)) for line in _remarks(found)]
    for title, changes in _lists(found):
        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in ("decision", "time", "subject", "was → would be", "rules"):
            table.add_column(name, overflow="fold")
        table.add_column("at stake", justify="right")
        for change in changes:
            table.add_row(
                change.decision_id, f"{change.decided_at:%Y-%m-%d %H:%M}",
                Text(clean(change.subject)), _turn(change), Text(clean(_rules(change))),
                Text(clean(_stake(change))),
            )  # fmt: skip
        parts += [Text(f"\n{title}: {len(changes)}", style="bold"), table]
    if found.undecided:
        parts.append(Text(f"\nNot compared: {len(found.undecided)}", style="bold"))
        parts += [
            Text(clean(f"{u.decision_id} {u.subject}: {WHY_NOT[u.kind]} ({u.reason})"))
            for u in found.undecided
        ]
    parts.append(Text(f"\n{clean(_provenance(found))}", style="dim"))
    return Group(*parts)


def to_markdown(found: Replay) -> str:
    """For a pull request: a comment of its own, or the end of the gate's."""
    lines = [MARKER, f"### Tollgate: {md(_headline(found))}", ""]
    lines += [f"{md(line)}<br>" for line in _remarks(found)]
    for title, changes in _lists(found):
        lines += ["", f"#### {title}: {len(changes)}", ""]
        lines += ["| Decision | Time | Subject | Rules | At stake |", "|---|---|---|---|--:|"]
        lines += [
            f"| {code(change.decision_id[:8])} | {change.decided_at:%Y-%m-%d %H:%M} "
            f"| {code(change.subject)} | {md(_rules(change))} | {md(_stake(change))} |"
            for change in changes[:MAX_ROWS]
        ]
        lines += ["", *more(len(changes), MAX_ROWS)]
    if found.undecided:
        lines += ["", f"#### Not compared: {len(found.undecided)}", ""]
        lines += [
            f"- {code(one.decision_id[:8])} {code(one.subject)}: {WHY_NOT[one.kind]}"
            for one in found.undecided[:MAX_ROWS]
        ]
        lines += more(len(found.undecided), MAX_ROWS)
    lines += ["", f"<sub>{md(_provenance(found))}</sub>", ""]
    return "\n".join(lines)


def _headline(found: Replay) -> str:
    return (
        f"the policies of {clean(found.bundle)} would have denied {found.would_deny} of "
        f"{found.compared}, {found.were_waived} of which were waived"
    )


def _remarks(found: Replay) -> list[str]:
    lines = [
        f"{len(found.new_denials)} that were allowed would be denied; "
        f"{len(found.new_allows)} that were denied would be allowed; "
        f"{found.would_be_waived} would rest on a waiver."
    ]
    if found.rules():
        by_rule = [f"{rule} (+{more} -{less})" for rule, more, less in found.rules()]
        lines.append(f"Denials by rule: {', '.join(by_rule)}.")
    if found.new_warnings:
        warned = [f"{rule} ({count})" for rule, count in sorted(found.new_warnings.items())]
        lines.append(f"New warnings, in so many decisions: {', '.join(warned)}.")
    if found.undecided:
        kinds = Counter(one.kind for one in found.undecided)
        why = "; ".join(f"{WHY_NOT[kind]}: {count}" for kind, count in sorted(kinds.items()))
        lines.append(f"Not compared, and not counted as allowed: {why}.")
    return lines


def _lists(found: Replay) -> list[tuple[str, list[Change]]]:
    lists = [
        ("Newly denied", found.new_denials),
        ("Newly allowed", found.new_allows),
        ("Denied for other reasons", found.other_denials),
    ]
    return [(title, changes) for title, changes in lists if changes]


def _turn(change: Change) -> str:
    return f"{change.was} → {change.would_be}"


def _rules(change: Change) -> str:
    """`+` what appears and was waived or a warning before, `-` what disappears and is now."""
    texts = [
        *_signs("+", change.appears, {"waived": "waived before", "warned": "a warning before"}),
        *_signs("-", change.disappears, {"waived": "waived now", "warned": "a warning now"}),
    ]
    return ", ".join(texts)


def _signs(sign: str, moved: Iterable[Moved], words: dict[str, str]) -> list[str]:
    counts = Counter((one.finding.rule_id, one.elsewhere) for one in moved)
    return [
        f"{sign}{rule}"
        + (f" ({count} times)" if count > 1 else "")
        + (f" ({words[status]})" if status in words else "")
        for (rule, status), count in counts.items()
    ]


def _stake(change: Change) -> str:
    if change.stake is None:
        return "not known"
    amount, currency = change.stake
    return f"{amount} {currency}"


def _provenance(found: Replay) -> str:
    against = "what was decided then" if found.against is None else f"policies of {found.against}"
    return (
        f"Gate {found.gate}, {found.decisions} decisions since {found.since:%Y-%m-%d %H:%M} UTC, "
        f"asked again of policies {found.revision} ({found.bundle_sha256[:12]}), "
        f"compared with {against}; each judged by the time at which it was asked"
    )
