"""Findings that a closed month's restatement makes: told by it, not a second time.

A provider that changes a closed month changes the days of the series too: these rise where it
begins, and fall back where it ends. What such a finding moved is then what the restatement did to
its days, beside what it did to the days that they are compared with.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd

from orchestration.analytics.findings import REFERENCE_WEEKS
from orchestration.analytics.series import ALL

#: From this share of it on, the restatement is what moved it; beyond its inverse it is another's.
MOST = 0.5
REFERENCE = timedelta(weeks=REFERENCE_WEEKS)


def fold_restated(
    findings: pd.DataFrame, days: pd.DataFrame, accounts: pd.DataFrame
) -> pd.DataFrame:
    """The folded findings with `parent_finding_id` of those that a restatement explains: its own.

    `days` has finding_id (of the restatement), service_provider_name, billing_currency,
    service_name, charge_date and change (of usage, at effective cost); `accounts` has finding_id,
    sub_account_id and difference, the month's. What the folded tell, the restatement tells too.
    """
    if days.empty:
        return findings
    dated = days.assign(charge_date=pd.to_datetime(days["charge_date"]).dt.date)
    dated["change"] = dated["change"].astype(float)
    moved = accounts.groupby(["finding_id", "sub_account_id"])["difference"].max().to_dict()
    apart = findings[findings["parent_finding_id"].isna()].to_dict("records")
    told = {one["finding_id"]: _told_by(one, dated, moved) for one in apart}
    teller = findings["parent_finding_id"].fillna(findings["finding_id"]).map(told)
    parents = teller.where(teller.notna(), findings["parent_finding_id"])
    return findings.assign(parent_finding_id=parents.astype(object).where(parents.notna(), None))


def _told_by(finding: dict[Any, Any], days: pd.DataFrame, moved: dict[Any, Any]) -> str | None:
    of = days[
        (days["service_provider_name"] == finding["service_provider_name"])
        & (days["billing_currency"] == finding["billing_currency"])
        & (days["service_name"].eq(finding["service_name"]) | (finding["service_name"] == ALL))
    ]
    first, last = finding["first_seen"], finding["last_seen"]
    length = (last - first).days + 1
    for name, rows in of.groupby("finding_id"):
        within = rows["charge_date"].between(first, last)
        before = rows["charge_date"].between(first - REFERENCE, first - timedelta(days=1))
        usual = rows.loc[before, "change"].sum() * length / REFERENCE.days
        share = (rows.loc[within, "change"].sum() - usual) / float(finding["impact_cost"])
        whole = abs(rows["change"].sum())
        account = finding["sub_account_id"]
        if MOST <= share <= 1 / MOST and (
            account == ALL or abs(float(moved.get((name, account), 0))) >= MOST * whole
        ):
            return str(name)
    return None
