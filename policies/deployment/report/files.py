"""Reports as files: each whole, and never one of an earlier run.

Belongs here: which forms a file can have, and writing it. Does not belong here: the forms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from policies.deployment.gate import Answer
from policies.deployment.report.annotations import to_annotations
from policies.deployment.report.json import to_json
from policies.deployment.report.junit import to_junit
from policies.deployment.report.sarif import to_sarif
from policies.whole_file import write_whole

Writer = Callable[[Answer], str]

# Markdown is each gate's own.
WRITERS: Mapping[str, Writer] = {
    "annotations": to_annotations,
    "json": to_json,
    "junit": to_junit,
    "sarif": to_sarif,
}
MARKDOWN = "markdown"
FORMS = (*sorted([*WRITERS, MARKDOWN]),)


class ReportError(ValueError):
    """A report cannot be written; the message names the file and the remedy."""


@dataclass(frozen=True)
class Report:
    """One file that is asked for."""

    form: str
    path: Path


def parse_reports(requests: Sequence[str]) -> list[Report]:
    """Read FORM=FILE requests; each file is given once and is no link, device or folder."""
    reports = [_parse(request) for request in requests]
    paths = [report.path.absolute() for report in reports]
    for path in paths:
        if paths.count(path) > 1:
            raise ReportError(f"two reports go to {path}; give each its own file")
    return reports


def _parse(request: str) -> Report:
    form, _, name = request.partition("=")
    if form not in FORMS or not name:
        raise ReportError(f"{request!r} is no report; write FORM=FILE, FORM: {', '.join(FORMS)}")
    path = Path(name)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ReportError(f"{path} is no plain file, so a report cannot replace it; name another")
    return Report(form, path)


def write_reports(answer: Answer, reports: Sequence[Report], to_markdown: Writer) -> None:
    """Write every file whole: a reader finds the old one or the new one."""
    for report in reports:
        writer = to_markdown if report.form == MARKDOWN else WRITERS[report.form]
        try:
            write_whole(report.path, writer(answer))
        except OSError as error:
            raise ReportError(
                f"{report.path} cannot be written ({error.strerror}); name another file"
            ) from error
