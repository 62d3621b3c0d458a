"""What may be chosen."""

import pytest

from retail.settings import ROOT, SettingsError, read_settings


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("fiscal_year_start_month = 13", "must be a whole number from 1 to 12, not 13"),
        ("retention_days = true", "feature.retention_days must be a whole number from 14 to 60"),
        ('conversion_days = "7"', "feature.conversion_days must be a whole number from 7 to 30"),
        ("confidence_percent = 0.95", "feature.confidence_percent must be a whole number"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(tmp_path, line, problem):
    key = line.partition(" ")[0]
    lines = (ROOT / "settings.toml").read_text().splitlines()
    changed = [line if each.startswith(key) else each for each in lines]
    (tmp_path / "settings.toml").write_text("\n".join(changed))
    with pytest.raises(SettingsError, match=problem):
        read_settings(tmp_path / "settings.toml")
