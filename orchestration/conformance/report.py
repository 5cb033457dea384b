"""A report for a person to read, and the same as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from orchestration.conformance.check import Finding, Report

# Long enough for an id, short enough for a line.
_VALUE = 60


def to_text(report: Report) -> str:
    """The verdict first, then what breaks rules, then what could not be checked."""
    size = f"{report.rows:,} {'row' if report.rows == 1 else 'rows'}"
    title = f"{report.file}: {size}, checked as FOCUS {report.version}"
    lines = [title, ""]
    columns = [finding for finding in report.findings if not finding.rows]
    rows = [finding for finding in report.findings if finding.rows]
    if columns:
        lines += ["Columns"]
        lines += [f"  {finding.rule.rule_id}  {_subject(finding)}" for finding in columns]
        lines += [""]
    for finding in sorted(rows, key=lambda finding: -finding.rows):
        lines += [f"{finding.rule.rule_id}  {_count(finding)}", f"  {finding.rule.requirement}"]
        if finding.values:
            shown = ", ".join(f"{name} = {_value(value)}" for name, value in finding.values.items())
            lines += [f"  Row {finding.examples[0]:,} has {shown}"]
        lines += [""]
    if report.absent:
        lines += [f"Optional columns that are not there: {', '.join(report.absent)}", ""]
    if report.custom:
        lines += [f"Custom columns, not checked: {', '.join(report.custom)}", ""]
    if report.rules_without_columns:
        lines += [f"{report.rules_without_columns} rules need columns that are not there.", ""]
    if report.conformant:
        return "\n".join([*lines, f"Conformant: {report.rules_checked} rules, nothing found."])
    broken = len({finding.rule.rule_id for finding in report.findings})
    return "\n".join(
        [*lines, f"Not conformant: {broken} of {report.rules_checked} rules are broken."]
    )


def to_json(report: Report) -> str:
    """One JSON object; `conformant` is what the exit code says."""
    document = {
        "file": report.file,
        "version": report.version,
        "rows": report.rows,
        "conformant": report.conformant,
        "findings": [
            {
                "rule": finding.rule.rule_id,
                "requirement": finding.rule.requirement,
                "header": finding.subject or None,
                "rows": finding.rows,
                "examples": list(finding.examples),
                "values": finding.values,
            }
            for finding in report.findings
        ],
        "absent_optional_columns": list(report.absent),
        "custom_columns": list(report.custom),
        "rules_checked": report.rules_checked,
        "rules_without_columns": report.rules_without_columns,
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=_plain)


def _subject(finding: Finding) -> str:
    if finding.rule.scope == "present":
        return f"{finding.subject} is missing, and mandatory"
    return f"{finding.subject}: {finding.rule.requirement}"


def _count(finding: Finding) -> str:
    named = ", ".join(f"{row:,}" for row in finding.examples)
    if finding.rows == len(finding.examples):
        return f"row {named}" if finding.rows == 1 else f"rows {named}"
    return f"{finding.rows:,} rows, first {named}"


def _value(value: Any) -> str:
    if value is None:
        return "null"
    text = _plain(value)
    text = text if len(text) <= _VALUE else text[: _VALUE - 1] + "…"
    return text if isinstance(value, Decimal | datetime) else f"'{text}'"


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)
