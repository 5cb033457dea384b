"""Points in time as people write them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class MomentError(ValueError):
    """The text is no point in time, or one that has not come yet."""


def read_moment(text: str, now: datetime) -> datetime:
    """An ISO date (its end) or timestamp (UTC unless it says otherwise), not after `now`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MomentError(
            f"--as-of {text}: write a date (2026-09-15) or a time (2026-09-15T08:00:00Z)."
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if "T" not in text and " " not in text:
        moment = min(moment + timedelta(days=1, seconds=-1), max(moment, now))
    if moment > now:
        raise MomentError(f"--as-of {text} has not come yet: it is {now:%Y-%m-%dT%H:%M:%SZ} now.")
    return moment.astimezone(UTC)
