"""Settings come from the environment, and a shifted clock is never taken for the real one."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.remediation import ShiftedClockError, require_safe_clock
from orchestration.settings import Settings, SettingsError, load_settings


def test_home_defaults_to_the_working_folder_and_can_be_named(tmp_path: Path) -> None:
    assert load_settings({}).home == Path(".tollgate").resolve()
    assert load_settings({"TOLLGATE_HOME": str(tmp_path)}).home == tmp_path


def test_unknown_engine_is_refused_with_the_choices() -> None:
    with pytest.raises(SettingsError, match=r"TOLLGATE_ENGINE is 'oracle'.*duckdb, postgres"):
        load_settings({"TOLLGATE_ENGINE": "oracle"})


def test_time_passes_on_a_shifted_clock(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings.clock_file.write_text("2026-10-29T00:00:00+00:00")
    hour_ago = datetime.now(UTC).timestamp() - 3600
    os.utime(settings.clock_file, (hour_ago, hour_ago))
    passed = settings.now() - datetime(2026, 10, 29, tzinfo=UTC)
    assert timedelta(minutes=59) < passed < timedelta(minutes=61)


def test_unreadable_clock_is_an_error_and_not_today(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings.clock_file.write_text("yesterday")
    with pytest.raises(SettingsError, match="no ISO time"):
        settings.now()


LOOPBACK = {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"AWS_ENDPOINT_URL": "https://ec2.eu-west-1.amazonaws.com"},
        LOOPBACK | {"AWS_ENDPOINT_URL_EC2": "https://ec2.eu-west-1.amazonaws.com"},
        LOOPBACK | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:5000"},
    ],
)
def test_installation_in_the_past_never_acts_on_a_real_cloud(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    settings = Settings(tmp_path)
    settings.clock_file.write_text("2026-10-29T00:00:00+00:00")
    with pytest.raises(ShiftedClockError, match="Remove it, or point AWS_ENDPOINT_URL"):
        require_safe_clock(settings, environment)


def test_emulator_on_loopback_may_be_acted_on_in_the_past(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings.clock_file.write_text("2026-10-29T00:00:00+00:00")
    require_safe_clock(settings, LOOPBACK)


def test_real_time_may_act_on_the_real_cloud(tmp_path: Path) -> None:
    require_safe_clock(Settings(tmp_path), {})
