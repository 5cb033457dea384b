"""Many series aligned at their last day, so that one model call serves all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    #: The last time of each series.
    end: npt.NDArray[np.datetime64]
    #: The time from one column to the next.
    step: np.timedelta64

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    def dates(self) -> npt.NDArray[np.datetime64]:
        """The time of every cell."""
        back = np.arange(self.days - 1, -1, -1) * self.step
        return np.asarray(self.end[:, None] - back[None, :])

    def future(self, horizon: int) -> npt.NDArray[np.datetime64]:
        """The times of the next `horizon` columns."""
        ahead = np.arange(1, horizon + 1) * self.step
        return np.asarray(self.end[:, None] + ahead[None, :])

    def cut(self, days: int) -> Panel:
        """The panel as it was `days` columns earlier."""
        keep = self.days - days
        return replace(
            self,
            values=self.values[:, :keep],
            length=self.length - days,
            end=self.end - days * self.step,
        )

    def rows(self, places: Ints) -> Panel:
        """The series at these places."""
        return replace(
            self,
            series_ids=[self.series_ids[place] for place in places],
            values=self.values[places],
            length=self.length[places],
            end=self.end[places],
        )


def to_panel(frame: pd.DataFrame) -> Panel:
    """Arrange frame[series_id, ds, y] as a panel; every series must be daily without gaps."""
    grid = to_grid(frame)
    column = np.arange(grid.days)[None, :] - (grid.days - grid.length)[:, None]
    shifted = np.take_along_axis(grid.values, np.maximum(column, 0), axis=1)
    values = np.where(column >= 0, shifted, np.nan)
    end = grid.start + (grid.length - 1).astype("timedelta64[D]")
    return Panel(grid.series_ids, values, grid.length, end, np.timedelta64(1, "D"))
