"""A configured source becomes a mirror to read and roots to begin at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.catalog.sources.opening import Location
from portal.catalog.sources.opening import open_location
from portal.config.settings import Config
from portal.config.sources import Integration
from portal.config.sources import Source
from portal.kernel.errors import ConfigError
from portal.roles.access import remote_access
from portal.scm.mirror import Mirror


def opened(tmp_path: Path, url: str = "https://git.test/o/r", **options: Any) -> Location:
    return open_location(
        Source("s", url, **options), remote_access(Config(data_dir=tmp_path), {"TOKEN": "t0p"})
    )


@pytest.mark.parametrize(
    ("url", "options", "address"),
    [
        ("https://github.com/o/r.git", {"ref": "main"}, "url:https://github.com/o/r/blob/main/x"),
        ("git@gitlab.com:o/r.git", {}, "url:https://gitlab.com/o/r/-/blob/HEAD/x"),
        ("/srv/r", {}, "file:s/x"),
        ("/srv/r", {"location": "file:/srv/r/"}, "file:/srv/r/x"),
        ("https://h.test/r", {"location": "url:https://web.test/r/"}, "url:https://web.test/r/x"),
    ],
)
def test_entities_are_managed_by_where_people_see_them(
    tmp_path: Path, url: str, options: dict[str, str], address: str
) -> None:
    assert str(opened(tmp_path, url, **options).roots.location("x")) == address


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("https://u:s3cr3t@h.test/r", {}, "source s: a git url must not hold credentials"),
        ("ext::sh -c x://y", {}, "source s: this git url is not accepted"),
        ("http://h.test/r", {}, "source s: plain http is accepted for this machine only"),
        ("https://h.test/r", {"ref": "--output=x"}, "source s: '--output=x' cannot be the name"),
        ("https://h.test/r", {"token_env": "MISSING"}, "the environment variable MISSING"),
        ("https://h.test/r", {"location": "url:javascript:x"}, "target is a javascript: URL"),
    ],
)
def test_a_refusal_names_the_source_and_no_secret(
    tmp_path: Path, url: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(tmp_path, url, **options)
    assert message in caught.value.message
    assert "s3cr3t" not in caught.value.message


def test_a_forge_the_operator_named_is_addressed_as_its_kind(tmp_path: Path) -> None:
    source, known = Source("s", "ssh://git@git.test/o/r.git"), Integration("git.test", "gitea")
    config = Config(data_dir=tmp_path, integrations=(known,))
    address = open_location(source, remote_access(config)).roots.location("x")
    assert str(address) == "url:https://git.test/o/r/src/branch/HEAD/x"


def test_a_token_comes_from_the_environment_and_is_in_no_repr(tmp_path: Path) -> None:
    location = opened(tmp_path, token_env="TOKEN")
    assert isinstance(location.mirror, Mirror)
    assert location.mirror._git.token == "t0p"
    assert "t0p" not in repr(location.mirror._git)
    assert "t0p" not in repr(location)


@pytest.mark.parametrize(
    ("url", "options", "user"),
    [
        ("https://git.test/o/r", {}, "oauth2"),
        ("https://bitbucket.org/o/r", {}, "x-token-auth"),
        ("https://other.test/o/r", {}, "x-access-token"),
        ("https://git.test/o/r", {"token_user": "robot"}, "robot"),
    ],
)
def test_a_token_goes_with_the_user_its_forge_wants(
    tmp_path: Path, url: str, options: dict[str, Any], user: str
) -> None:
    source = Source("s", url, token_env="TOKEN", **options)
    config = Config(data_dir=tmp_path, integrations=(Integration("git.test", "gitlab"),))
    mirror = open_location(source, remote_access(config, {"TOKEN": "t0p\n"})).mirror
    assert isinstance(mirror, Mirror)
    assert (mirror._git.token_user, mirror._git.token) == (user, "t0p")


def test_what_is_read_is_in_the_fingerprint_and_the_token_is_not(tmp_path: Path) -> None:
    base = opened(tmp_path).fingerprint
    assert opened(tmp_path, token_env="TOKEN").fingerprint == base
    for options in (
        {"targets": ("a.yaml",)},
        {"allow": ("API",)},
        {"location": "url:https://x.test"},
        {"ref": "other"},
    ):
        assert opened(tmp_path, **options).fingerprint != base


def test_two_repositories_have_two_mirrors(tmp_path: Path) -> None:
    urls = ("https://git.test/o/r", "https://git.test/p/r", "https://git.test/o/r.git", "/srv/r")
    assert len({opened(tmp_path, url).mirror._path for url in urls}) == 4


def test_kinds_are_allowed_in_any_letter_case(tmp_path: Path) -> None:
    assert opened(tmp_path, allow=("API", "Component")).roots.allow == {"api", "component"}


def test_the_folder_of_git_is_closed_to_others(tmp_path: Path) -> None:
    opened(tmp_path / "data")
    assert (tmp_path / "data/git").stat().st_mode & 0o777 == 0o700
