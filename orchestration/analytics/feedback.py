"""What feedback does: it suppresses the findings that it is about, and measures detectors.

The last word on a finding counts. `false` suppresses that finding; with `until`, and for `planned`
always, also later findings of the same series and kind that are over before that day. Nothing else
is suppressed: another series, another kind, what began before, and what is still there at the end.

Of findings that are one thing the largest tells the others, and which is the largest may change
overnight. A word on one that is about as large as its teller covers the teller too.
"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from orchestration.analytics.folding import ALIKE

Verdict = Literal["true", "false", "planned"]

COLUMNS = [
    "seq", "finding_id", "detector", "series_id", "kind", "first_seen", "verdict", "reason",
    "until", "given_at",
]  # fmt: skip


def suppress(findings: pd.DataFrame, feedback: pd.DataFrame) -> pd.DataFrame:
    """`findings` with `suppressed_by`: the `seq` of the word that silences it, or null.

    `feedback` has seq, finding_id, series_id, kind, first_seen, verdict and until (exclusive).
    """
    words = last_words(feedback)
    out = findings.assign(suppressed_by=pd.Series(None, index=findings.index, dtype=object))
    for word in words.to_dict("records"):
        same = out["finding_id"] == word["finding_id"]
        if word["verdict"] == "true":
            out.loc[same, "suppressed_by"] = None
            continue
        if pd.isna(word["until"]):
            covered = same
        else:
            like = (out["series_id"] == word["series_id"]) & (out["kind"] == word["kind"])
            later = out["first_seen"] >= word["first_seen"]
            covered = (same | (like & later)) & (out["last_seen"] < word["until"])
        out.loc[covered, "suppressed_by"] = word["seq"]
    return _with_tellers(out, set(words["finding_id"]))


def _with_tellers(out: pd.DataFrame, judged: set[Any]) -> pd.DataFrame:
    """Silence what tells a silenced finding that is about as large, unless it was judged itself."""
    size = out["impact_cost"].astype(float).abs()
    told = out["suppressed_by"].notna() & out["parent_finding_id"].notna()
    for child, of in zip(out[told].to_dict("records"), size[told], strict=True):
        teller = (out["finding_id"] == child["parent_finding_id"]) & ~out["finding_id"].isin(judged)
        out.loc[teller & (size * (1 - ALIKE) <= of), "suppressed_by"] = child["suppressed_by"]
    return out


def by_detector(feedback: pd.DataFrame) -> pd.DataFrame:
    """COLUMNS: the last word on each finding, once for each detector that had flagged it."""
    if feedback.empty:
        return pd.DataFrame(columns=COLUMNS)
    said: Any = last_words(feedback)
    split: pd.DataFrame = said.assign(detector=said["detectors"].str.split(","))
    return split.explode("detector", ignore_index=True)[COLUMNS]


def last_words(feedback: pd.DataFrame) -> pd.DataFrame:
    """The last word on each finding, in the order they were given."""
    return feedback.sort_values("seq").drop_duplicates("finding_id", keep="last")
