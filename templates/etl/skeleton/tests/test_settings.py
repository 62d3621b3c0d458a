"""What may be chosen."""

import pytest

from shopdata.settings import ROOT, SettingsError, read_settings


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("run_hour = 24", "sales.run_hour must be a whole number from 0 to 6, not 24"),
        ("lookback_days = true", "sales.lookback_days must be a whole number from 1 to 7"),
        ("max_rejected_percent = 2.5", "sales.max_rejected_percent must be a whole number"),
        ('timezone = "Asia/Busan"', "sales.timezone must be a name like Asia/Seoul"),
        ("timezone = 9", "sales.timezone must be a name like Asia/Seoul"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(tmp_path, line, problem):
    key = line.partition(" ")[0]
    lines = (ROOT / "settings.toml").read_text().splitlines()
    changed = [line if each.startswith(key) else each for each in lines]
    (tmp_path / "settings.toml").write_text("\n".join(changed))
    with pytest.raises(SettingsError, match=problem):
        read_settings(tmp_path / "settings.toml")
