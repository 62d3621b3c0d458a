import pytest

from softwarecatalog.settings import load

GOOD = 'organization = "acme"\nsystem = "shop"\nbrand_color = "#0b57d0"\ncoverage = 80\n'


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("#0b57d0", "blue", "brand_color"),
        ("= 80", "= 101", "coverage"),
        ("= 80", '= "80"', "coverage"),
        ('system = "shop"\n', "", "system"),
    ],
)
def test_a_bad_setting_is_named(tmp_path, old, new, complaint):
    path = tmp_path / "settings.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises((TypeError, ValueError), match=complaint):
        load(path)


def test_the_projects_own_settings_are_good(company):
    assert company.organization
