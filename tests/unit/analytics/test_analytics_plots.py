"""Pictures are small PNGs, the same for the same data."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from orchestration.analytics.detectors import detect
from orchestration.analytics.findings import to_findings
from orchestration.analytics.forecasting import forecast
from orchestration.analytics.money import to_money
from orchestration.analytics.plots import finding_picture, forecast_picture

# pandas-stubs reject arithmetic on a .loc selection, so frames are Any in these tests.
Frame = Any
Make = Callable[..., Frame]
PNG = b"\x89PNG\r\n\x1a\n"


def series_with_spike(make: Make) -> Frame:
    frame = make()
    frame.loc[200, "y"] += 150
    return frame.assign(
        service_provider_name="AWS",
        sub_account_id="1",
        service_name="AmazonEC2",
        billing_currency="USD",
        cost=[to_money(v) for v in frame["y"].tolist()],
    )


def test_finding_is_drawn_with_and_without_drivers(make: Make) -> None:
    series = series_with_spike(make)
    judged = detect(series[["series_id", "ds", "y"]])
    finding = to_findings(judged, series, date(2025, 12, 1)).iloc[0].to_dict()
    plain = finding_picture(finding, series, judged)
    top = [{"resource_id": "i-0123456789abcdef01234", "cause": "new", "change": "150.00"}]
    explained = finding_picture(finding | {"drivers": json.dumps({"top": top})}, series, judged)
    for picture in (plain, explained):
        assert picture.startswith(PNG)
        assert len(picture) < 60_000
    assert plain != explained
    assert plain == finding_picture(finding, series, judged)


def test_forecast_is_drawn(make: Make) -> None:
    series = series_with_spike(make)
    picture = forecast_picture("s", series, forecast(series, 90))
    assert picture.startswith(PNG)
    assert len(picture) < 60_000
