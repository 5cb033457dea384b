"""Checks one FOCUS file against the rules of its version."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.conformance.catalogue import Rule, columns, rules, version_of
from orchestration.conformance.charges import (
    Headers,
    attach_table,
    mark,
    open_focus,
    read_charges,
    unreadable_value,
)
from orchestration.conformance.invoices import read_invoice_lines
from orchestration.ingest.engine import connect
from orchestration.ingest.errors import IngestError

# Enough to look at; a file has one defect in a million rows, or the same in each.
EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """One broken rule."""

    rule: Rule
    rows: int
    """Rows that break it; all rows of a broken group; 0 for what is about the file's columns."""
    examples: tuple[int, ...] = ()
    """Their first row numbers, 1 being the first row of data."""
    values: dict[str, Any] = field(default_factory=dict)
    """The rule's columns in the first example."""
    subject: str = ""
    """The header it is about, where it is about no row."""


@dataclass(frozen=True)
class Report:
    """What was found in one file."""

    file: str
    version: str
    rows: int
    findings: tuple[Finding, ...]
    absent: tuple[str, ...]
    """Columns of the version that the file lacks and may lack."""
    custom: tuple[str, ...]
    rules_checked: int
    rules_without_columns: int

    @property
    def conformant(self) -> bool:
        """Whether no rule is broken."""
        return not self.findings


def check_file(
    path: Path,
    version: str | None = None,
    invoice_details: Path | None = None,
    examples: int = EXAMPLES,
) -> Report:
    """Check a file; `version` is told from its columns if not given.

    `examples`: how many row numbers a finding names.

    Raises `IngestError` where the file cannot be read, is no FOCUS file or has no rows.
    """
    with tempfile.TemporaryDirectory(prefix="tollgate-focus-") as folder:
        spill = Path(folder)
        with connect(spill) as connection:
            attach_table(connection, spill)
            source, headers = open_focus(connection, path, spill)
            version = version or version_of(headers.fields)
            count = read_charges(connection, source, headers)
            if count == 0:
                raise IngestError(
                    f"{source.name} has headers but no rows, so nothing was checked."
                    " Export it with its charges."
                )
            mine = [rule for rule in rules() if rule.holds_in(version)]
            findings = _about_headers(mine, version, headers)
            about_rows = [rule for rule in mine if rule.scope in ("type", "row", "group", "query")]
            checked = [rule for rule in about_rows if set(rule.columns) <= set(headers.fields)]
            findings += _about_rows(connection, checked, examples)
            if invoice_details is not None:
                read_invoice_lines(connection, invoice_details, spill)
                tied = [rule for rule in mine if rule.scope == "invoice"]
                findings += _counted(connection, tied, "invoice_lines", examples)
                checked += tied
    # Allowed to be absent: what no rule demands.
    demanded = {rule.columns[0] for rule in mine if rule.scope == "present"}
    return Report(
        file=source.name,
        version=version,
        rows=count,
        findings=tuple(findings),
        absent=tuple(
            column.name
            for column in columns()
            if column.since <= version <= column.until
            and column.column not in headers.fields
            and column.column not in demanded
        ),
        custom=tuple(header for header in headers.other if header.startswith("x_")),
        rules_checked=len(checked),
        rules_without_columns=len(about_rows) - len([r for r in checked if r.scope != "invoice"]),
    )


def _about_headers(mine: Sequence[Rule], version: str, headers: Headers) -> list[Finding]:
    surplus = [header for header in headers.other if not header.startswith("x_")]
    surplus += [
        column.name
        for column in columns()
        if column.column in headers.fields and not column.since <= version <= column.until
    ]
    findings: list[Finding] = []
    for rule in mine:
        if rule.scope == "present" and rule.columns[0] not in headers.fields:
            findings.append(Finding(rule, 0, subject=rule.rule_id.removesuffix("-present")))
        elif rule.scope == "surplus":
            findings += [Finding(rule, 0, subject=header) for header in sorted(surplus)]
    return findings


def _about_rows(
    connection: duckdb.DuckDBPyConnection, checked: Sequence[Rule], examples: int
) -> list[Finding]:
    single = [rule for rule in checked if rule.scope in ("type", "row")]
    found = _counted(connection, single, "charges", examples)
    for rule in checked:
        if rule.scope in ("group", "query"):
            result = connection.execute(
                f"SELECT sum(rows_found), min(example, {examples}) FROM ({_groups(rule)})"
            ).fetchone()
            if result and result[0]:
                found.append(_finding(connection, rule, int(result[0]), result[1]))
    order = {rule.rule_id: position for position, rule in enumerate(checked)}
    return sorted(found, key=lambda finding: order[finding.rule.rule_id])


def _groups(rule: Rule) -> str:
    """SQL of the groups that break a rule."""
    if rule.scope == "query":
        return rule.broken
    return (
        "SELECT count(*) AS rows_found, min(x_row) AS example FROM charges"
        f" WHERE {rule.considered} GROUP BY x_origin, {rule.group_by} HAVING {rule.broken}"
    )


def _counted(
    connection: duckdb.DuckDBPyConnection, checked: Sequence[Rule], table: str, examples: int
) -> list[Finding]:
    """All rules on single rows in one scan, and the examples of what is broken in another."""
    counts = _aggregates(connection, table, [f"count(*) FILTER ({_broken(r)})" for r in checked])
    broken = [(rule, rows) for rule, rows in zip(checked, counts, strict=True) if rows]
    named = _aggregates(
        connection,
        table,
        [f"min(x_row, {examples}) FILTER ({_broken(rule)})" for rule, _ in broken],
    )
    return [
        _finding(connection, rule, rows, list(numbers))
        for (rule, rows), numbers in zip(broken, named, strict=True)
    ]


def _aggregates(
    connection: duckdb.DuckDBPyConnection, table: str, aggregates: Sequence[str]
) -> tuple[Any, ...]:
    if not aggregates:
        return ()
    return connection.execute(f"SELECT {', '.join(aggregates)} FROM {table}").fetchone() or ()


def _broken(rule: Rule) -> str:
    if rule.scope == "type":
        return f"contains(x_unreadable, {mark(rule.columns[0])})"
    return rule.broken


def _finding(
    connection: duckdb.DuckDBPyConnection, rule: Rule, rows: int, examples: list[int]
) -> Finding:
    values: dict[str, Any] = {}
    first = examples[0]
    if rule.columns and rule.scope != "invoice":
        named = {column.column: column.name for column in columns()}
        row = connection.execute(
            # Written out, since DuckDB imports pandas to bind a parameter.
            f"SELECT {', '.join(rule.columns)}, x_unreadable FROM charges WHERE x_row = {first}"
        ).fetchone() or ("",)
        values = dict(zip((named[c] for c in rule.columns), row[:-1], strict=False))
        if rule.scope == "type":
            values = {named[rule.columns[0]]: unreadable_value(row[-1], rule.columns[0])}
    return Finding(rule, rows, tuple(examples), values)
