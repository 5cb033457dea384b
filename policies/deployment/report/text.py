"""One answer, written for a terminal.

Belongs here: layout and colours.
"""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from policies.deployment.gate import Answer
from policies.deployment.report.words import (
    MAX_ROWS,
    budget,
    cells,
    clean,
    coverage,
    extras,
    headline,
    inert,
    more,
    parts,
    provenance,
    rows,
)
from policies.models import Decision, Finding

STYLES = {"Denied": "bold red", "Warnings": "bold yellow", "Waived": "bold cyan"}


def to_text(answer: Answer) -> RenderableType:
    """For a terminal."""
    shown: list[RenderableType] = [
        verdict_text(answer.decision, headline(answer)),
        _estimate_table(answer),
        Text(coverage(answer)),
        Text(budget(answer)),
        *findings_text(answer.decision),
        Text(f"\n{provenance(answer.decision)}", style="dim"),
    ]
    return Group(*shown)


def rendered(shown: RenderableType, console: Console | None = None) -> str:
    """As this terminal shows it; in a CI's log, nothing of it is a command.

    That comes last: a long name may be broken anywhere.
    """
    console = console or Console(highlight=False)
    with console.capture() as captured:
        console.print(shown)
    return inert(captured.get())


def verdict_text(decision: Decision, rest: str) -> Text:
    """The first line: the verdict, and in plain type what it is about."""
    allowed = decision.allow
    text = Text("ALLOWED" if allowed else "DENIED", style="bold green" if allowed else "bold red")
    text.append(f"  {rest}", style="default")
    return text


def findings_text(decision: Decision) -> list[RenderableType]:
    """What a decision's rules found, for a terminal."""
    shown: list[RenderableType] = []
    for title, findings in parts(decision):
        shown.append(Text(f"\n{title}", style=STYLES[title]))
        shown.extend(_finding_text(found) for found in findings)
    return shown


def _estimate_table(answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("resource", overflow="fold")
    for name in ("before", "after", "difference"):
        table.add_column(name, justify="right")
    table.add_column("price", overflow="fold", max_width=26)
    found = rows(answer)
    for row in found[:MAX_ROWS]:
        table.add_row(Text(clean(row["address"])), *(Text(cell) for cell in cells(row)))
    for line in more(len(found)):
        table.add_row(Text(line))
    return table


def _finding_text(found: Finding) -> Text:
    text = Text(f"  {clean(found.subject)}: {clean(found.message)} ")
    text.append(f"[{clean(found.rule_id)}]", style="dim")
    text.append(f"\n    → {clean(found.remedy)}")
    for extra in extras(found):
        text.append(f"\n    {clean(extra)}", style="dim")
    return text
