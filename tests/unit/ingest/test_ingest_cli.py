"""`tollgate ingest` as a person meets it: a table, or one sentence on stderr and exit code 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from rich.status import Status
from typer.testing import CliRunner

from orchestration.cli.ingest import ingest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.command()(ingest)

    def invoke(*arguments: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        return result.exit_code, result.stdout, result.stderr

    return invoke


def test_ingest_recognises_and_shows_what_was_landed(run: Run, billing: Path) -> None:
    code, out, _ = run(billing / "aws/cur_legacy_focus_converters_anonymous.csv")
    assert code == 0
    for shown in (
        "aws_cur_legacy",
        "2023-11",
        "landed",
        "1,281",
        "unblended_cost USD 1.6823086974",
    ):
        assert shown in out
    assert "unchanged" in run(billing / "aws/cur_legacy_focus_converters_anonymous.csv")[1]


def test_restatement_shows_old_and_new(run: Run, cur: Callable[..., Path]) -> None:
    run(cur("v1.csv", ("2025-09", "1.5"), ("2025-09", "1")))
    code, out, _ = run(cur("v2.csv", ("2025-09", "2")))
    assert code == 0
    assert "restated" in out
    assert "2 → 1" in out
    assert "unblended_cost USD 2.50 → 2.00 (-0.50)" in out


def test_changed_columns_are_named_beside_the_table(
    run: Run, write_csv: Callable[..., Path]
) -> None:
    header = ("bill_payer_account_id", "bill_billing_period_start_date",
              "line_item_usage_start_date", "line_item_currency_code")  # fmt: skip
    row = ("1", "2025-09-01", "2025-09-03", "USD")
    cost, dialect = "line_item_unblended_cost", "lineItem_UnblendedCost"
    run(write_csv("v1.csv", (*header, cost), [(*row, "1")]))
    code, out, _ = run(write_csv("v2.csv", (*header, dialect, "surprise"), [(*row, "2", "x")]))
    assert code == 0
    assert "aws_cur2/default 2025-09: columns differ" in out
    assert "new 1: surprise (x_extras)" in out
    assert f"renamed 1: {cost} → {dialect}" in out


def test_names_in_bills_cannot_steer_the_terminal(
    run: Run, write_csv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys and headers are written by whoever fills the bucket."""
    said: list[str] = []
    monkeypatch.setattr(Status, "update", lambda _, status: said.append(str(status)))
    header = ("bill_payer_account_id", "bill_billing_period_start_date",
              "line_item_usage_start_date", "line_item_currency_code",
              "line_item_unblended_cost")  # fmt: skip
    row = ("1", "2025-09-01", "2025-09-03", "USD", "1")
    run(write_csv("v1.csv", header, [row]))
    _, out, _ = run(write_csv("\x1b[2J.csv", (*header, "\x1b]0;title\x07"), [(*row, "x")]))
    assert "new 1: \\x1b]0;title" in out
    assert "\\x1b[2J.csv: reading" in said
    assert "\x1b" not in out + "".join(said)


def test_deliveries_are_received_when_declared_and_in_order(
    run: Run, cur: Callable[..., Path]
) -> None:
    first, second = cur("v1.csv", ("2025-09", "1")), cur("v2.csv", ("2025-09", "2"))
    assert run(first, "--as-of", "2025-10-03")[0] == 0
    code, _, error = run(second, "--as-of", "2025-10-02T12:00:00Z")
    assert (code, "in the order in which they came" in error) == (2, True)
    assert run(second, "--as-of", "2025-10-04")[0] == 0
    code, _, error = run(second, "--as-of", "soon")
    assert (code, "write a date" in error) == (2, True)


def test_actual_and_amortised_files_of_one_folder_go_to_their_feeds(
    run: Run, billing: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "azure"
    folder.mkdir()
    for path in billing.glob("azure/finops_toolkit_*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    code, out, _ = run(folder)
    assert code == 0
    assert "azure_actual" in out
    assert "azure_amortized" in out


def test_declared_value(run: Run, billing: Path) -> None:
    bill = billing / "kubernetes/opencost_csv_export_sample.csv"
    code, _, error = run(bill)
    assert code == 2
    assert "--set currency=" in error
    assert run(bill, "--set", "currency=USD", "--export", "cluster-1")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--billing-period", "2025-13"), "'2025-13' is not a month"),
        (("--feed", "nope"), "There is no feed 'nope'"),
        (("--set", "oops"), "write it as --set column=value"),
        (("--export", "a/b"), "cannot name an export"),
    ],
)
def test_errors_are_one_sentence_and_exit_code_two(
    run: Run, cur: Callable[..., Path], arguments: tuple[str, ...], problem: str
) -> None:
    code, out, error = run(cur("bill.csv", ("2025-09", "1")), *arguments)
    assert code == 2
    assert problem in error
    assert "Traceback" not in error + out
    assert error.count("\n") == 1


def test_missing_path(run: Run, tmp_path: Path) -> None:
    code, _, error = run(tmp_path / "nowhere.csv")
    assert code == 2
    assert "no such file" in error


@pytest.mark.parametrize(
    ("name", "content"),
    [("bad.csv", b"nothing,useful\n"), ("bad.csv", b""), ("bad.csv.gz", b"\x1f\x8bgarbage")],
)
def test_bad_file_of_a_folder_is_named_with_its_folders(
    run: Run, billing: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    folder = tmp_path / "bills"
    bad = folder / "of" / "october" / name
    bad.parent.mkdir(parents=True)
    bad.write_bytes(content)
    good = (billing / "aws/cur_legacy_focus_converters_anonymous.csv").read_bytes()
    (folder / "good.csv").write_bytes(good)
    code, _, error = run(folder)
    assert code == 2
    assert error.startswith((f"error: {bad} ", f"error: {bad}: "))


def test_file_that_breaks_while_landing_is_named_with_its_folders(
    run: Run, cur: Callable[..., Path], tmp_path: Path
) -> None:
    good = cur("good.csv", ("2025-09", "1"))
    bad = good.parent / "deeper" / "bad.csv"
    bad.parent.mkdir()
    bad.write_bytes(good.read_bytes() + b"cut")
    code, _, error = run(good.parent)
    assert code == 2
    assert str(bad) in error
    assert error.count("bad.csv") == 1


@pytest.mark.parametrize("month", ["2025-09", "september"])
def test_columns_of_a_manifest_are_held_against_its_files(
    month: str, run: Run, cur: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tmp_path / "report" / month
    folder.mkdir(parents=True)
    cur("cur-1.csv", ("2025-09", "1.5")).rename(folder / "cur-1.csv")
    columns = [{"category": "bill", "name": "payer_account_id"}]
    manifest = {"reportKeys": ["cur-1.csv"], "columns": columns}
    (folder / "cur-Manifest.json").write_text(json.dumps(manifest))
    code, _, err = run(folder)
    assert code == 2
    assert f"{folder}/cur-1.csv has besides bill_billing_period_start_date," in err.replace(
        "\n", ""
    )
