"""Promises of recalibration: many false words make a provider's alarms rarer, nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.analytics.detectors import DEFAULT, detect
from orchestration.analytics.recalibration import (
    LEAST_JUDGED,
    STRICTEST,
    budgets,
    detect_within,
)

Frame = Any
Make = Callable[..., Frame]
TODAY = date(2026, 8, 1)
SERIES = pd.DataFrame(
    {"series_id": ["a", "b"], "service_provider_name": ["AWS", "Microsoft"], "y": 1.0}
)
WORDS = ["seq", "finding_id", "series_id", "kind", "first_seen", "verdict", "until"]


def words(*verdicts: str, series: str = "a", seen: date = TODAY, kind: str = "spike") -> Frame:
    rows = [
        (n, f"{series}{n}", series, kind, seen, verdict, None) for n, verdict in enumerate(verdicts)
    ]
    return pd.DataFrame(rows, columns=WORDS)


def budget(feedback: Frame, provider: str = "AWS") -> float:
    found = budgets(feedback, SERIES, TODAY).set_index("service_provider_name")["false_alarms"]
    return float(found.to_dict()[provider])


def test_without_feedback_every_provider_is_judged_as_tuned() -> None:
    found = budgets(words(), SERIES, TODAY)
    assert found["service_provider_name"].tolist() == ["AWS", "Microsoft"]
    assert (found["false_alarms"] == DEFAULT.false_alarms).all()
    assert found["false_share"].isna().all()


def test_half_false_makes_that_provider_stricter_and_no_other() -> None:
    feedback = words(*["false", "true"] * 5)
    assert budget(feedback) == pytest.approx(DEFAULT.false_alarms * 0.5 / 0.8)
    assert budget(feedback, "Microsoft") == DEFAULT.false_alarms


@pytest.mark.parametrize(
    "feedback",
    [
        words(*["false"] * (LEAST_JUDGED - 1)),
        words(*["true"] * 8, "false", "false"),
        words(*["planned"] * 20),
        words(*["false"] * 20, seen=date(2025, 7, 1)),
        words(*["false"] * 20, kind="new_spend"),
        words(*["false"] * 20, series="gone"),
    ],
    ids=["little evidence", "one in five", "planned", "long ago", "told by rule", "unknown"],
)
def test_what_says_nothing_about_the_budget_leaves_it(feedback: Frame) -> None:
    assert budget(feedback) == DEFAULT.false_alarms


def test_only_the_last_word_on_a_finding_counts() -> None:
    first, then = words(*["false"] * 10), words(*["true"] * 10)
    assert budget(pd.concat([first, then.assign(seq=then["seq"] + 100)])) == DEFAULT.false_alarms


@given(st.integers(0, 60), st.integers(0, 60))
def test_one_more_false_never_makes_alarms_easier(false: int, true: int) -> None:
    now = budget(words(*["false"] * false, *["true"] * true))
    more = budget(words(*["false"] * (false + 1), *["true"] * true))
    better = budget(words(*["false"] * false, *["true"] * (true + 1)))
    assert STRICTEST * DEFAULT.false_alarms <= more <= now <= DEFAULT.false_alarms
    if false + true >= LEAST_JUDGED:
        assert better >= now


def test_the_stricter_provider_loses_its_weakest_alarms_and_the_other_keeps_all(
    make: Make,
) -> None:
    rng = np.random.default_rng(7)
    parts = []
    for provider in ("AWS", "Microsoft"):
        for n in range(12):
            part = make(f"{provider}{n}", seed=n, noise=0.1).assign(
                service_provider_name=provider, billing_currency="USD"
            )
            part.loc[rng.integers(100, 290, 3), "y"] *= rng.uniform(1.3, 6)
            parts.append(part)
    series = pd.concat(parts, ignore_index=True)
    plain = detect(series)
    allowed = budgets(words(), series, TODAY)
    pd.testing.assert_frame_equal(detect_within(series, allowed), plain)
    aws = allowed["service_provider_name"] == "AWS"
    allowed.loc[aws, "false_alarms"] *= STRICTEST
    strict = detect_within(series, allowed)
    assert strict[["series_id", "ds"]].equals(plain[["series_id", "ds"]])
    of_aws = series["service_provider_name"] == "AWS"
    assert 0 < strict["flag"][of_aws].sum() < plain["flag"][of_aws].sum()
    assert strict[~of_aws].equals(plain[~of_aws])


@pytest.mark.parametrize("level", [1.0, 100.0])
def test_a_bill_in_yen_alarms_where_it_would_in_dollars(make: Make, level: float) -> None:
    dollars = make(level=level).assign(service_provider_name="AWS", billing_currency="USD")
    dollars.loc[[200, 250], "y"] += [0.4, 30 * level]
    yen = dollars.assign(y=dollars["y"] * 100, billing_currency="JPY")
    allowed = budgets(words(), dollars, TODAY)
    told, same = detect_within(dollars, allowed), detect_within(yen, allowed)
    assert told["flag"].any()
    assert same["flag"].tolist() == told["flag"].tolist()
