"""What feedback does: it suppresses the findings that it is about, and measures detectors.

The last word on a finding counts. `false` suppresses that finding; with `until`, and for `planned`
always, also later findings of the same series and kind that are over before that day. Nothing else
is suppressed: another series, another kind, what began before, and what is still there at the end.
"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

Verdict = Literal["true", "false", "planned"]

COLUMNS = [
    "seq", "finding_id", "detector", "series_id", "kind", "first_seen", "verdict", "reason",
    "until", "given_at",
]  # fmt: skip


def suppress(findings: pd.DataFrame, feedback: pd.DataFrame) -> pd.DataFrame:
    """`findings` with `suppressed_by`: the `seq` of the word that silences it, or null.

    `feedback` has seq, finding_id, series_id, kind, first_seen, verdict and until (exclusive).
    """
    out = findings.assign(suppressed_by=pd.Series(None, index=findings.index, dtype=object))
    for word in last_words(feedback).to_dict("records"):
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
