"""A configured source becomes a mirror to read and roots to begin at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.catalog.locations import Location
from portal.catalog.locations import open_location
from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.errors import ConfigError


def opened(tmp_path: Path, url: str = "https://git.test/o/r", **options: Any) -> Location:
    return open_location(Source("s", url, **options), Config(data_dir=tmp_path), {"TOKEN": "t0p"})


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


def test_a_token_comes_from_the_environment_and_is_in_no_repr(tmp_path: Path) -> None:
    location = opened(tmp_path, token_env="TOKEN")
    assert location.mirror._git.token == "t0p"
    assert "t0p" not in repr(location.mirror._git)
    assert "t0p" not in repr(location)


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
