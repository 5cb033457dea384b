"""Raw assets land what the declared exports hold."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.defs.ingest.assets import raw_assets
from orchestration.ingest.manifest import landed
from orchestration.resources import Tollgate

CUR = (
    "bill_payer_account_id,bill_billing_period_start_date,line_item_usage_start_date,"
    "line_item_currency_code,line_item_line_item_type,line_item_unblended_cost\n"
    "111111111111,2026-09-01,2026-09-03,USD,Usage,1.5\n"
)


def test_an_export_that_cannot_be_read_does_not_keep_the_others_from_landing(
    tmp_path: Path,
) -> None:
    """A payer's expired credentials stopped all payers that were declared after it."""
    (tmp_path / "bill.csv").write_text(CUR)
    (tmp_path / "exports.toml").write_text(
        "".join(
            f'[[export]]\nfeed = "aws_cur2"\nname = "{name}"\npath = "{path}"\n'
            for name, path in (("gone", "gone"), ("acme", "bill.csv"), ("lost", "lost"))
        )
    )
    (asset,) = (one for one in raw_assets() if dg.AssetKey(["raw", "aws_cur2"]) in one.keys)
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [asset],
            instance=instance,
            partition_key="2026-09",
            resources={"tollgate": Tollgate(home=str(tmp_path))},
            raise_on_error=False,
        )
    assert [one.export for one in landed(tmp_path / "lake") if one.rows] == ["acme"]
    (failure,) = (event for event in done.all_events if event.is_step_failure)
    error = failure.step_failure_data.error
    assert error is not None
    assert error.cause is not None
    assert "gone: no such file or folder" in error.cause.message
    assert "lost: no such file or folder" in error.cause.message
