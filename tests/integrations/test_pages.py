"""Addresses of a repository's files, as its forge shows them."""

from __future__ import annotations

import pytest

from portal.config.sources import Integration
from portal.integrations.hosts import Integrations
from portal.integrations.pages import address_in
from portal.integrations.pages import browse_address
from portal.integrations.pages import contents_url


@pytest.mark.parametrize(
    ("url", "ref", "address"),
    [
        ("https://github.com/o/r.git", "main", "https://github.com/o/r/blob/main"),
        ("https://github.com/o/r", "", "https://github.com/o/r/blob/HEAD"),
        ("git@github.com:o/r.git", "v1", "https://github.com/o/r/blob/v1"),
        ("ssh://git@gitlab.com:22/g/s/r.git", "main", "https://gitlab.com/g/s/r/-/blob/main"),
        ("https://gitlab.example:8443/g/r", "x", "https://gitlab.example:8443/g/r/-/blob/x"),
        ("https://bitbucket.org/o/r", "main", "https://bitbucket.org/o/r/src/main"),
        ("https://codeberg.org/o/r/", "main", "https://codeberg.org/o/r/src/branch/main"),
    ],
)
def test_a_forge_is_browsed_at_its_own_address(url: str, ref: str, address: str) -> None:
    assert browse_address(url, ref, Integrations()) == address


@pytest.mark.parametrize(
    ("remote", "branch", "address"),
    [
        ("https://github.com/o/r.git", "main", "https://github.com/o/r/blob/main"),
        ("https://gitlab.com/g/s/r.git", "main", "https://gitlab.com/g/s/r/-/blob/main"),
        ("https://bitbucket.org/o/r.git", "x", "https://bitbucket.org/o/r/src/x"),
        ("git@github.com:o/r.git", "a/b", "https://github.com/o/r/blob/a/b"),
        (
            "https://git.example.org/deep/er/r.git",
            "a/b",
            "https://git.example.org/deep/er/r.git//?ref=a%2Fb",
        ),
    ],
)
def test_a_repository_has_an_address_of_its_files(remote: str, branch: str, address: str) -> None:
    assert contents_url(remote, branch, Integrations()) == address


@pytest.mark.parametrize(
    ("contents", "path", "address"),
    [
        (
            "https://github.com/o/r/blob/main",
            "/catalog-info.yaml",
            "https://github.com/o/r/blob/main/catalog-info.yaml",
        ),
        (
            "https://github.com/o/r/blob/main/",
            "a/b.yaml",
            "https://github.com/o/r/blob/main/a/b.yaml",
        ),
        (
            "https://gitlab.com/g/s/r/-/blob/x",
            "c.yaml",
            "https://gitlab.com/g/s/r/-/blob/x/c.yaml",
        ),
        ("https://github.com/o/r", "c.yaml", "https://github.com/o/r/blob/HEAD/c.yaml"),
        (
            "https://dev.azure.com/o/p/_git/r",
            "/c.yaml",
            "https://dev.azure.com/o/p/_git/r?path=/c.yaml",
        ),
        (
            "https://dev.azure.com/o/p/_git/r?path=/&version=GBmain",
            "c.yaml",
            "https://dev.azure.com/o/p/_git/r?path=/c.yaml&version=GBmain",
        ),
        (
            "https://git.example.org/r.git//?ref=main",
            "c.yaml",
            "https://git.example.org/r.git//c.yaml?ref=main",
        ),
    ],
)
def test_a_file_has_an_address_in_its_repository(contents: str, path: str, address: str) -> None:
    assert address_in(contents, path) == address


def test_the_integration_of_a_host_tells_what_its_name_does_not() -> None:
    known = Integrations((Integration("git.example.org", "gitea"),))
    address = contents_url("git@git.example.org:o/r.git", "main", known)
    assert address == "https://git.example.org/o/r/src/branch/main"
