"""One answer, written for a terminal.

Belongs here: layout and colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.console import Group as Together
from rich.table import Table
from rich.text import Text

from policies.deployment.gate import Answer
from policies.deployment.report.findings import HOW, SHOWN, Group, groups, waiver_entries
from policies.deployment.report.words import (
    MAX_ROWS,
    budget,
    cells,
    clean,
    coverage,
    headline,
    inert,
    more,
    parts,
    provenance,
    rows,
)
from policies.models import Decision

FIGURES = ("before", "after", "difference")
# What 80 columns leave for an address beside its figures.
ADDRESS_WIDTH = 36
STYLES = {"Denied": "bold red", "Warnings": "bold yellow", "Waived": "bold cyan"}


def to_text(answer: Answer) -> RenderableType:
    """For a terminal."""
    shown: list[RenderableType] = [
        verdict_text(answer.decision, headline(answer)),
        *_estimate(answer),
        Text(coverage(answer)),
        Text(budget(answer)),
        *findings_text(answer),
        *_waivers_text(answer),
        Text(f"\n{provenance(answer.decision)}", style="dim"),
    ]
    return Together(*shown)


def rendered(shown: RenderableType, console: Console | None = None) -> str:
    """As this terminal shows it; in a CI's log, nothing of it is a command.

    That comes last: a line may be broken at any space.
    """
    console = console or Console(highlight=False)
    with console.capture() as captured:
        # What cannot be broken at a space goes on to the right: a broken address is of no use.
        console.print(shown, crop=False)
    return inert(captured.get())


def verdict_text(decision: Decision, rest: str) -> Text:
    """The first line: the verdict, and in plain type what it is about."""
    allowed = decision.allow
    text = Text("ALLOWED" if allowed else "DENIED", style="bold green" if allowed else "bold red")
    text.append(f"  {rest}", style="default")
    return text


def findings_text(answer: Answer) -> list[RenderableType]:
    """What a decision's rules found, for a terminal."""
    shown: list[RenderableType] = []
    for title, findings in parts(answer.decision):
        shown.append(Text(f"\n{title}", style=STYLES[title]))
        shown.extend(_group_text(group) for group in groups(answer, findings))
    return shown


def _waivers_text(answer: Answer) -> list[RenderableType]:
    entries = waiver_entries(answer)
    if not entries:
        return []
    lines = [line for entry in entries[:SHOWN] for line in entry]
    text = "\n".join([*(f"  {line}" for line in lines), *more(len(entries), SHOWN)])
    return [Text(""), Wrapped(HOW), Text(text, style="dim", overflow="ignore")]


def _estimate(answer: Answer) -> list[RenderableType]:
    found = rows(answer)
    if not found:
        return []
    shown = found[:MAX_ROWS]
    rest = [Text(line) for line in more(len(found))]
    # A column as wide as a long address leaves the others no room: each has a line of its own then.
    if any(len(clean(row["address"])) > ADDRESS_WIDTH for row in shown):
        return [*(part for row in shown for part in _apart(row)), *rest]
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("resource", no_wrap=True, overflow="ignore")
    for name in FIGURES:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("price", overflow="fold", max_width=26)
    for row in shown:
        table.add_row(Text(clean(row["address"])), *(Text(cell) for cell in cells(row)))
    return [table, *rest]


def _apart(row: dict[str, Any]) -> list[RenderableType]:
    """One line with the address, one with its figures."""
    *figures, price = cells(row)
    told = ", ".join(f"{name} {figure}" for name, figure in zip(FIGURES, figures, strict=True))
    return [Text(clean(row["address"]), overflow="ignore"), Wrapped(f"    {told}; {price}")]


def _group_text(group: Group) -> RenderableType:
    lines = []
    for saying in group.sayings:
        names = ", ".join([*saying.subjects[:MAX_ROWS], *more(len(saying.subjects))])
        lines.append(f"  {names}: {clean(saying.message)} [{clean(saying.rule_id)}]")
        lines += [f"    {clean(extra)}" for extra in saying.extras]
    return Wrapped("\n".join([*lines, f"    → {clean(group.remedy)}"]))


@dataclass(frozen=True)
class Wrapped:
    """Lines, broken at spaces alone and as far in as they begin: a broken address is of no use."""

    text: str

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        """As many lines as the width asks for; a longer word goes on to the right."""
        for line in self.text.split("\n"):
            words = line.lstrip()
            indent = line[: len(line) - len(words)]
            width = max(options.max_width - len(indent), 1)
            for part in wrap(words, width, break_long_words=False, break_on_hyphens=False):
                yield Text(f"{indent}{part}", overflow="ignore")
