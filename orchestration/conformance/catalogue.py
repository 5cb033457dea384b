"""The rules of FOCUS CostAndUsage, read from dbt's seeds: one catalogue for warehouse and files.

Belongs here: what a rule is and its SQL. What the rules say is data, in `focus_rules.csv`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from orchestration.settings import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")
# The version from which other columns name the provider, so that none is older without them.
_RENAMED = "1.3"
# Microsoft's exports of 1.0 had these before FOCUS did, in 1.2.
_EARLY = frozenset({"billing_account_type", "sub_account_type"})

Scope = Literal["type", "present", "surplus", "row", "group", "query", "invoice"]
Type = Literal["text", "decimal", "timestamp", "json"]

_CALL = re.compile(r"\{([a-z_]+):?([a-z_,]*)\}")


@dataclass(frozen=True)
class Rule:
    """One requirement and the SQL that finds what breaks it."""

    rule_id: str
    scope: Scope
    """What `broken` says: a column's type; a condition on a row or a group; a whole query."""
    held_by: str
    since: str
    until: str
    columns: tuple[str, ...]
    """Columns, in snake_case, without which the rule says nothing."""
    requirement: str
    considered: str
    group_by: str
    broken: str

    def holds_in(self, version: str) -> bool:
        """Whether the rule belongs to a version of FOCUS."""
        return self.since <= version <= self.until


@dataclass(frozen=True)
class Column:
    """One column of FOCUS: its names, type, and the versions that have it."""

    name: str
    """As FOCUS writes it: BilledCost."""
    column: str
    """As rules write it: billed_cost."""
    type: Type
    since: str
    until: str


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of every version, expressions written out for DuckDB."""
    expressions = {
        row["expression"]: row["sql"]
        for row in _rows(SEEDS / "focus_rule_expressions.csv")
        if row["engine"] in ("", "duckdb")
    }
    return tuple(
        Rule(
            rule_id=row["rule_id"],
            scope=cast(Scope, row["scope"]),
            held_by=row["held_by"],
            since=row["since"],
            until=row["until"],
            columns=tuple(row["columns"].split()),
            requirement=row["requirement"],
            considered=row["considered"] or "true",
            group_by=row["group_by"],
            broken=_written_out(row["broken"], expressions),
        )
        for row in _rows(SEEDS / "focus_rules.csv")
    )


@cache
def columns() -> tuple[Column, ...]:
    """Every column of every version: each has one rule of its type, `<Name>-type`."""
    return tuple(
        Column(
            rule.rule_id.removesuffix("-type"),
            rule.columns[0],
            cast(Type, rule.broken),
            rule.since,
            rule.until,
        )
        for rule in rules()
        if rule.scope == "type"
    )


def version_of(present: Collection[str]) -> str:
    """The version that has these columns: the oldest with all of them, but 1.4 if it is 1.3 or 1.4.

    1.3 and 1.4 share what both demand; only a column that 1.4 removed tells the older one.
    """
    found = [column for column in columns() if column.column in present]
    last = min((column.until for column in found), default=VERSIONS[-1])
    telling = [column.since for column in found if column.column not in _EARLY]
    first = max(telling, default=VERSIONS[0])
    return min(last, first if first < _RENAMED else VERSIONS[-1])


def _written_out(predicate: str, expressions: Mapping[str, str]) -> str:
    def call(match: re.Match[str]) -> str:
        sql = expressions[match[1]]
        for position, argument in enumerate(match[2].split(","), start=1):
            sql = sql.replace(f"${position}", argument)
        return sql

    return _CALL.sub(call, predicate)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
