import pytest

from selfservice.settings import load

GOOD = 'organization = "acme"\nreplicas = 2\nconnections = 5\nlink_minutes = 15\nextensions = []\n'


def test_the_projects_own_settings_are_good(standard):
    assert standard.replicas >= 2


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("replicas = 2", "replicas = 0", "replicas"),
        ("connections = 5", 'connections = "5"', "connections"),
        ("replicas = 2\n", "", "replicas"),
        ("replicas", "replica", "replica"),
    ],
)
def test_a_bad_setting_is_named(tmp_path, old, new, complaint):
    path = tmp_path / "settings.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises((TypeError, ValueError), match=complaint):
        load(path)
