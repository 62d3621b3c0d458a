"""Addresses of a repository's files, as its forge shows them."""

from __future__ import annotations

import pytest

from portal.config.sources import Integration
from portal.forges import FORGES
from portal.integrations.addresses import parse_file_url
from portal.integrations.hosts import Integrations
from portal.integrations.pages import address_in
from portal.integrations.pages import browse_address
from portal.integrations.pages import contents_url
from portal.integrations.pages import line_page
from portal.scm.urls import repository_key


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


AZURE = "&line=7&lineEnd=7&lineStartColumn=1&lineEndColumn=1"
#: The address of the files of a repository, and that of line 7 of ``a/b c.py``, by forge.
LINES = {
    "github": [
        ("https://github.com/o/r/blob/main", "https://github.com/o/r/blob/{commit}/a/b%20c.py#L7"),
        (
            "https://ghe.example.org:8443/o/r/tree/feature/x",
            "https://ghe.example.org:8443/o/r/blob/{commit}/a/b%20c.py#L7",
        ),
    ],
    "gitlab": [
        (
            "https://gitlab.com/g/s/r/-/blob/main",
            "https://gitlab.com/g/s/r/-/blob/{commit}/a/b%20c.py#L7",
        ),
        (
            "https://gitlab.example.org/g/r/-/tree/main/",
            "https://gitlab.example.org/g/r/-/blob/{commit}/a/b%20c.py#L7",
        ),
        (
            "https://gitlab.com/g/scm/r/-/blob/main",
            "https://gitlab.com/g/scm/r/-/blob/{commit}/a/b%20c.py#L7",
        ),
    ],
    "gitea": [
        (
            "https://codeberg.org/o/r/src/branch/main",
            "https://codeberg.org/o/r/src/commit/{commit}/a/b%20c.py#L7",
        ),
        (
            "https://git.example.org/o/r/src/tag/v1",
            "https://git.example.org/o/r/src/commit/{commit}/a/b%20c.py#L7",
        ),
    ],
    "bitbucket": [
        (
            "https://bitbucket.org/o/r/src/main",
            "https://bitbucket.org/o/r/src/{commit}/a/b%20c.py#lines-7",
        ),
    ],
    "bitbucket-server": [
        (
            "https://bb.example.org/projects/P/repos/r/browse",
            "https://bb.example.org/projects/P/repos/r/browse/a/b%20c.py?at={commit}#7",
        ),
    ],
    "azure": [
        (
            "https://dev.azure.com/o/p/_git/r?path=/&version=GBmain",
            f"https://dev.azure.com/o/p/_git/r?path=/a/b%20c.py&version=GC{{commit}}{AZURE}",
        ),
        (
            "https://o.visualstudio.com/p/_git/r",
            f"https://o.visualstudio.com/p/_git/r?path=/a/b%20c.py&version=GC{{commit}}{AZURE}",
        ),
    ],
    "gerrit": [
        (
            "https://gerrit.example.org/plugins/gitiles/deep/r/+/refs/heads/main",
            "https://gerrit.example.org/plugins/gitiles/deep/r/+/{commit}/a/b%20c.py#7",
        ),
    ],
}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_every_forge_has_addresses_of_lines() -> None:
    assert LINES.keys() == FORGES.keys()


@pytest.mark.parametrize(("contents", "page"), [case for cases in LINES.values() for case in cases])
def test_a_line_has_an_address_at_its_commit(contents: str, page: str) -> None:
    found = line_page(contents, COMMIT, "a/b c.py", 7)
    assert found == page.format(commit=COMMIT)

    # The address names the same repository, commit and path as the forge's own form does.
    here = parse_file_url(found.partition("#")[0])
    there = parse_file_url(address_in(contents.rstrip("/"), "a/b c.py"))
    known = {(repository_key(one.remote), one.path) for one in there}
    assert any(
        one.ref == COMMIT and (repository_key(one.remote), one.path) in known for one in here
    )


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r/blob/{commit}/a.py#L7"),
        ("git@gitlab.com:g/s/r.git", "https://gitlab.com/g/s/r/-/blob/{commit}/a.py#L7"),
        ("https://codeberg.org/o/r", "https://codeberg.org/o/r/src/commit/{commit}/a.py#L7"),
        ("https://bitbucket.org/o/r.git", "https://bitbucket.org/o/r/src/{commit}/a.py#lines-7"),
        (
            "https://bb.example.org/scm/P/r.git",
            "https://bb.example.org/projects/P/repos/r/browse/a.py?at={commit}#7",
        ),
        (
            "https://dev.azure.com/o/p/_git/r",
            f"https://dev.azure.com/o/p/_git/r?path=/a.py&version=GC{{commit}}{AZURE}",
        ),
    ],
)
@pytest.mark.parametrize("ref", ["", "main", "feature/x"])
def test_a_line_of_a_source_has_an_address(remote: str, page: str, ref: str) -> None:
    known = Integrations((Integration("bb.example.org", "bitbucket-server"),))
    found = line_page(browse_address(remote, ref, known), COMMIT, "a.py", 7)
    assert found == page.format(commit=COMMIT)
    readings = parse_file_url(found.partition("#")[0])
    assert (repository_key(remote), COMMIT, "a.py") in {
        (repository_key(one.remote), one.ref, one.path) for one in readings
    }


@pytest.mark.parametrize(
    "contents",
    ["", "/srv/r", "https://git.example.org/deep/er/r.git//?ref=main", "https://files.example.org"],
)
def test_what_is_at_no_known_forge_has_no_addresses_of_lines(contents: str) -> None:
    assert line_page(contents, COMMIT, "a.py", 7) == ""
