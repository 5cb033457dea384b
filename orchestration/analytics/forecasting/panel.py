"""Many series aligned at their last day, so that one model call serves all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from orchestration.analytics.detectors.grid import Floats, Ints, to_grid


@dataclass(frozen=True)
class Panel:
    """Values end in the last column; earlier columns are NaN where a series is younger."""

    series_ids: list[str]
    values: Floats
    length: Ints
    #: The last day of each series.
    end: npt.NDArray[np.datetime64]

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    def dates(self) -> npt.NDArray[np.datetime64]:
        """The calendar day of every cell."""
        back = np.arange(self.days - 1, -1, -1).astype("timedelta64[D]")
        return np.asarray(self.end[:, None] - back[None, :])

    def future(self, horizon: int) -> npt.NDArray[np.datetime64]:
        """The calendar days of the next `horizon` steps."""
        ahead = np.arange(1, horizon + 1).astype("timedelta64[D]")
        return np.asarray(self.end[:, None] + ahead[None, :])

    def cut(self, days: int) -> Panel:
        """The panel as it was `days` days earlier."""
        keep = self.days - days
        end = self.end - np.timedelta64(days, "D")
        return Panel(self.series_ids, self.values[:, :keep], self.length - days, end)


def to_panel(frame: pd.DataFrame) -> Panel:
    """Arrange frame[series_id, ds, y] as a panel; every series must be daily without gaps."""
    grid = to_grid(frame)
    column = np.arange(grid.days)[None, :] - (grid.days - grid.length)[:, None]
    shifted = np.take_along_axis(grid.values, np.maximum(column, 0), axis=1)
    values = np.where(column >= 0, shifted, np.nan)
    end = grid.start + (grid.length - 1).astype("timedelta64[D]")
    return Panel(grid.series_ids, values, grid.length, end)
