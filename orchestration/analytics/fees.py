"""Fees that come every quarter, half-year or year: told once, and known from then on.

Detectors remember the day of the month for two months. What is seldomer is recognised afterwards:
an alarm of a day is set aside if about as much came on top a quarter, half a year or a year before.
A day that stays dear on the next is no fee: then the alarm stands, a day late.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

MONTHS_BEFORE = (3, 6, 12)
#: A billing day moves with week-ends and the length of months.
MOVES = range(-3, 4)
#: A fee as large as before, or nearly; a new price is news.
ALIKE = 0.15
#: What is gone of it on the day after.
GONE = 0.5
#: What a day alone can raise.
KINDS = ("spike", "new_spend")


def set_aside_fees(flags: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """`flags` (from `detect` over `series`) without the alarms of fees that came before.

    An alarm is a fee's if what its day cost more than expected is what a day `MONTHS_BEFORE`, give
    or take `MOVES` days, did, and is gone on the next, where that is known.
    """
    y = series.set_index(["series_id", "ds"])["y"]
    extra = y - flags.set_index(["series_id", "ds"])["expected"]
    alarms = flags[flags["flag"] & flags["kind"].isin(KINDS)]

    def on(days: pd.Series[pd.Timestamp]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        index = pd.MultiIndex.from_arrays([alarms["series_id"], days])
        return extra.reindex(index).to_numpy(dtype=np.float64)

    now = on(alarms["ds"])
    known = np.zeros(len(alarms), dtype=bool)
    for months in MONTHS_BEFORE:
        then = alarms["ds"] - pd.DateOffset(months=months)
        for days in MOVES:
            before = on(then + pd.Timedelta(days=days))
            known |= np.abs(before - now) <= ALIKE * np.abs(now)
    stays = np.abs(on(alarms["ds"] + pd.Timedelta(days=1))) > (1 - GONE) * np.abs(now)
    fees = alarms.index[known & ~stays]
    return flags.assign(flag=flags["flag"] & ~flags.index.isin(fees))
