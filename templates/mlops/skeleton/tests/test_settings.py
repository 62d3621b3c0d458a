from datetime import UTC, datetime, timedelta

import pytest

from modelops.schedule import next_start
from modelops.settings import NUMBERS, SETTINGS_FILE, SettingsError, load_settings


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", ["-1", "100000", '"two"'])
def test_a_number_out_of_its_range_is_refused_by_name(tmp_path, field, value):
    key = NUMBERS[field][1]
    lines = SETTINGS_FILE.read_text(encoding="utf-8").splitlines()
    changed = [f"{key} = {value}" if line.startswith(f"{key} =") else line for line in lines]
    path = tmp_path / "settings.toml"
    path.write_text("\n".join(changed), encoding="utf-8")
    with pytest.raises(SettingsError, match=f"{key} = "):
        load_settings(path)


def test_retraining_starts_at_the_chosen_hour_and_only_once_a_day(settings):
    hour = settings.retrain_hour
    today, tomorrow = (datetime(2026, 8, day, hour, tzinfo=UTC) for day in (30, 31))
    assert next_start(today, hour) == tomorrow
    assert next_start(tomorrow.replace(minute=59), hour) > tomorrow
    assert next_start(tomorrow - timedelta(seconds=1), hour) == tomorrow
