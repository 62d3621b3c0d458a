"""Addresses of files: which repository, ref and path each forge's form stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.integrations.addresses import is_same_file
from portal.integrations.addresses import parse_file_url
from portal.integrations.addresses import repository_of
from portal.kernel.errors import InputError
from portal.model.refs import file_address
from portal.model.refs import path_of_address

#: Address, remote, ref, path: of the likeliest reading.
ADDRESSES = {
    "github": (
        "https://github.com/acme/shop/blob/main/catalog-info.yaml",
        "https://github.com/acme/shop.git",
        "main",
        "catalog-info.yaml",
    ),
    "github, a folder's page": (
        "https://github.com/acme/shop/tree/main/services/*/catalog-info.yaml",
        "https://github.com/acme/shop.git",
        "main",
        "services/*/catalog-info.yaml",
    ),
    "github, the edit page": (
        "https://github.com/acme/shop/edit/main/a.yaml",
        "https://github.com/acme/shop.git",
        "main",
        "a.yaml",
    ),
    "github, the default branch": (
        "https://github.com/acme/shop/blob/HEAD/a/b.yaml",
        "https://github.com/acme/shop.git",
        "HEAD",
        "a/b.yaml",
    ),
    "github enterprise with a port": (
        "https://git.acme.test:8443/acme/shop/blob/v1.0/a.yaml",
        "https://git.acme.test:8443/acme/shop.git",
        "v1.0",
        "a.yaml",
    ),
    "gitlab": (
        "https://gitlab.com/acme/shop/-/blob/main/catalog-info.yaml",
        "https://gitlab.com/acme/shop.git",
        "main",
        "catalog-info.yaml",
    ),
    "gitlab, a subgroup": (
        "https://gitlab.com/acme/team/web/shop/-/blob/main/a/b.yaml",
        "https://gitlab.com/acme/team/web/shop.git",
        "main",
        "a/b.yaml",
    ),
    "gitlab, the old form": (
        "https://gitlab.com/acme/shop/blob/main/a.yaml",
        "https://gitlab.com/acme/shop.git",
        "main",
        "a.yaml",
    ),
    "bitbucket cloud": (
        "https://bitbucket.org/acme/shop/src/main/catalog-info.yaml",
        "https://bitbucket.org/acme/shop.git",
        "main",
        "catalog-info.yaml",
    ),
    "bitbucket server": (
        "https://bb.acme.test/projects/SHOP/repos/web/browse/a/b.yaml?at=refs/heads/feature/x",
        "https://bb.acme.test/scm/shop/web.git",
        "feature/x",
        "a/b.yaml",
    ),
    "bitbucket server, the default branch": (
        "https://bb.acme.test/projects/SHOP/repos/web/browse/a.yaml",
        "https://bb.acme.test/scm/shop/web.git",
        "",
        "a.yaml",
    ),
    "gitea and forgejo": (
        "https://codeberg.org/acme/shop/src/branch/main/catalog-info.yaml",
        "https://codeberg.org/acme/shop.git",
        "main",
        "catalog-info.yaml",
    ),
    "gitea, a tag": (
        "https://gitea.acme.test/acme/shop/src/tag/v2/a.yaml",
        "https://gitea.acme.test/acme/shop.git",
        "v2",
        "a.yaml",
    ),
    "azure devops": (
        "https://dev.azure.com/acme/web/_git/shop?path=/a/b.yaml&version=GBmain",
        "https://dev.azure.com/acme/web/_git/shop",
        "main",
        "a/b.yaml",
    ),
    "azure devops, the default branch": (
        "https://dev.azure.com/acme/web/_git/shop?path=/catalog-info.yaml",
        "https://dev.azure.com/acme/web/_git/shop",
        "",
        "catalog-info.yaml",
    ),
    "gerrit": (
        "https://gerrit.acme.test/plugins/gitiles/acme/shop/+/refs/heads/main/a.yaml",
        "https://gerrit.acme.test/acme/shop",
        "main",
        "a.yaml",
    ),
    "plain git": (
        "https://git.acme.test/shop.git//a/b.yaml?ref=feature/x",
        "https://git.acme.test/shop.git",
        "feature/x",
        "a/b.yaml",
    ),
    "plain git, the default branch": (
        "https://git.acme.test/shop.git//a.yaml",
        "https://git.acme.test/shop.git",
        "",
        "a.yaml",
    ),
    "ssh": (
        "ssh://git@git.acme.test:2222/acme/shop.git//a.yaml?ref=main",
        "ssh://git@git.acme.test:2222/acme/shop.git",
        "main",
        "a.yaml",
    ),
    "ssh, the short form": (
        "git@github.com:acme/shop.git//a.yaml",
        "git@github.com:acme/shop.git",
        "",
        "a.yaml",
    ),
}


@pytest.mark.parametrize(("url", "remote", "ref", "path"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_stands_for_repository_ref_and_path(
    url: str, remote: str, ref: str, path: str
) -> None:
    found = parse_file_url(url)[0]
    assert (found.remote, found.ref, found.path) == (remote, ref, path)


@pytest.mark.parametrize(("url", "_remote", "_ref", "path"), ADDRESSES.values(), ids=ADDRESSES)
def test_the_template_of_an_address_gives_it_back_and_leads_to_its_neighbours(
    url: str, _remote: str, _ref: str, path: str
) -> None:
    template = parse_file_url(url)[0].template
    assert file_address(template, path) == url
    neighbour = file_address(template, "other/one.yaml")
    assert path_of_address(template, neighbour) == "other/one.yaml"
    assert parse_file_url(neighbour)[0].path == "other/one.yaml"


def test_where_the_branch_may_hold_slashes_every_reading_is_given() -> None:
    found = parse_file_url("https://github.com/acme/shop/blob/feature/login/app/a.yaml")
    assert [(r.ref, r.path) for r in found] == [
        ("feature", "login/app/a.yaml"),
        ("feature/login", "app/a.yaml"),
        ("feature/login/app", "a.yaml"),
    ]


def test_what_is_written_in_percent_is_read() -> None:
    found = parse_file_url("https://github.com/acme/shop/blob/main/%EC%9A%A9%EC%96%B4/a%20b.yaml")
    assert found[0].path == "용어/a b.yaml"


NO_FILES = (
    "https://github.com/acme/shop",
    "https://github.com/acme/shop/blob/main",
    "https://github.com/acme/shop/blob/main/",
    "https://example.com/catalog-info.yaml",
    "https://dev.azure.com/acme/web/_git/shop?version=GBmain",
    "https://dev.azure.com/acme/web/_git/shop?path=/",
    "file:///etc/passwd",
    "/etc/passwd",
    "ftp://git.acme.test/shop.git//a.yaml",
    "catalog-info.yaml",
    "",
)


@pytest.mark.parametrize("url", NO_FILES)
def test_what_is_no_address_of_a_file_is_refused_with_what_to_write_instead(url: str) -> None:
    with pytest.raises(InputError, match=r"https://host/repository\.git//path\?ref=branch"):
        parse_file_url(url)


@given(st.text(max_size=60).map(lambda text: f"https://github.com/a/b/blob/{text}"))
def test_no_address_makes_it_fail_otherwise(url: str) -> None:
    try:
        for reading in parse_file_url(url):
            assert reading.path
            assert reading.remote.startswith("https://github.com/a/b")
    except InputError:
        return


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        ("https://github.com/acme/shop", "https://github.com/acme/shop.git"),
        ("https://github.com/acme/shop/", "https://github.com/acme/shop.git"),
        ("https://github.com/acme/shop.git", "https://github.com/acme/shop.git"),
        ("https://dev.azure.com/a/b/_git/c", "https://dev.azure.com/a/b/_git/c"),
    ],
)
def test_the_page_of_a_repository_gives_its_remote(url: str, remote: str) -> None:
    assert repository_of(url) == remote


@pytest.mark.parametrize(
    "url", ["nope", "ftp://host/x", "https://github.com", "https:///x", "https://[::1", ""]
)
def test_what_is_no_page_of_a_repository_is_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"The given location\.target is not a URL"):
        repository_of(url)


_SHOP = "url:https://github.com/acme/shop/blob/main/a.yaml"


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (_SHOP, True),
        ("url:https://GitHub.com:443/acme/shop/tree/main/a.yaml", True),
        ("url:https://github.com/acme/shop/blob/HEAD/a.yaml", True),
        ("url:https://github.com/acme/shop/blob/next/a.yaml", False),
        ("url:https://github.com/acme/shop/blob/main/b.yaml", False),
        ("url:https://github.com/acme/other/blob/main/a.yaml", False),
        ("url:http://127.0.0.1:1/a.yaml", False),
        ("file:a.yaml", False),
        ("", False),
    ],
)
def test_two_addresses_of_one_file(other: str, is_same: bool) -> None:
    assert is_same_file(_SHOP, other) is is_same
    assert is_same_file(other, _SHOP) is is_same
