"""The grammar of remotes and refs: SECURITY B1 to B8."""

from __future__ import annotations

import pytest

from portal.kernel.errors import InputError
from portal.scm.urls import Remote
from portal.scm.urls import check_ref
from portal.scm.urls import host_of
from portal.scm.urls import is_commit
from portal.scm.urls import local_remote
from portal.scm.urls import parse_remote


@pytest.mark.parametrize(
    ("url", "protocol", "origin"),
    [
        ("https://github.com/org/repo", "https", "https://github.com/"),
        ("https://github.com/org/repo.git", "https", "https://github.com/"),
        ("https://git.example:8443/a/b/c.git/", "https", "https://git.example:8443/"),
        ("https://git.example/~user/re_po%20x", "https", "https://git.example/"),
        ("http://127.0.0.1:8080/x.git", "http", "http://127.0.0.1:8080/"),
        ("http://localhost/x.git", "http", "http://localhost/"),
        ("ssh://git@github.com/org/repo.git", "ssh", ""),
        ("ssh://git.example:2222/org/repo.git", "ssh", ""),
        ("git@github.com:org/repo.git", "ssh", ""),
    ],
)
def test_a_remote_is_read(url: str, protocol: str, origin: str) -> None:
    assert parse_remote(url) == Remote(url, protocol, origin)


@pytest.mark.parametrize(
    "url",
    [
        # B1: protocols that run something
        "ext::sh -c 'touch /tmp/p'",
        "EXT::sh -c x",
        " ext::sh",
        "ext::https://github.com/a/b",
        "fd::0",
        "transport::address",
        "git://github.com/a/b",
        "ftp://github.com/a/b",
        "HTTPS://github.com/a/b",
        # B2: this machine
        "file:///etc",
        "file://localhost/etc",
        "/srv/repo",
        "../x",
        "./x",
        ".",
        "~x",
        "C:\\x",
        # B3, B6: options
        "-oProxyCommand=x",
        "--upload-pack=touch /tmp/p",
        "https://-host/a",
        "https://github.com/-a b",
        "ssh://-oProxyCommand=x/a",
        "ssh://git@-oProxyCommand=x/a",
        "ssh://-x@host/a",
        "git@-oProxyCommand=x:a",
        "-x@host:a",
        "git@host:-a",
        # B5: our environment
        "https://evil.example/$GITHUB_TOKEN",
        "https://evil.example/${HOME}",
        "https://evil.example/a?t=%TOKEN%",
        "https://evil.example/`id`",
        # B7, lookalikes
        "https://github.com@evil.example/a",
        "https://user:secret@github.com/a",
        "https://github.com\\@evil.example/a",
        "https://github.com%2f@evil.example/a",
        "https://github.com%00.evil.example/a",
        "https:///evil.example/x",
        "https://gıthub.com/a",
        "https://github。com/a",
        "https://[::1]/a",
        "https://github.com#@evil.example/a",
        "https://github.com",
        "https://github.com/",
        "https://github.com:port/a",
        # B8: walking out
        "https://git.example/trusted/../attacker/x.git",
        "https://git.example/..",
        "https://git.example/a//b",
        # odds and ends
        "",
        " https://github.com/a/b",
        "https://github.com/a/b\n",
        "https://github.com/a\nb",
        "https://github.com/a\0b",
        "http://evil.example/a",
        "http://127.0.0.1.evil.example/a",
        "http://10.0.0.1/a",
    ],
)
def test_every_other_form_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        parse_remote(url)


def test_encoded_dots_do_not_walk_out_either() -> None:
    with pytest.raises(InputError, match="must not hold"):
        parse_remote("https://git.example/trusted/%2e%2E/attacker/x.git")


@pytest.mark.parametrize("user", ["user:s3cr3t", "s3cr3t", "s3cr3t:x-oauth-basic"])
def test_credentials_are_named_as_the_reason_and_not_repeated(user: str) -> None:
    with pytest.raises(InputError, match="must not hold credentials") as caught:
        parse_remote(f"https://{user}@github.com/a")
    assert "s3cr3t" not in caught.value.message


def test_a_local_path_is_no_remote_unless_the_operator_says_so() -> None:
    assert local_remote("/srv/x") == Remote("/srv/x", "file", "")


@pytest.mark.parametrize(
    "ref", ["main", "v1.2.3", "feature/a-b", "release/2024.1", "용어집", "a+b"]
)
def test_a_ref_is_accepted(ref: str) -> None:
    assert check_ref(ref) == ref


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "-h",
        "--output=/tmp/x",
        "--upload-pack=x",
        "a b",
        "a..b",
        "a/../b",
        "../x",
        "/abs",
        "a/",
        "a//b",
        ".hidden",
        "a/.b",
        "a/-b",
        "x.lock",
        "x.lock/y",
        "x.",
        "x./y",
        "a:b",
        "+a:b",
        "a~1",
        "a^",
        "a^{}",
        "a@{1}",
        "@",
        "a*",
        "a?",
        "a[b]",
        "a\\b",
        "a\n",
        "a\0",
        "$(id)",
        "refs/heads/main:refs/heads/x",
    ],
)
def test_a_ref_that_git_could_misread_is_refused(ref: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a branch or tag"):
        check_ref(ref)


def test_a_refused_ref_is_not_repeated_at_length() -> None:
    with pytest.raises(InputError) as caught:
        check_ref("-" * 10_000)
    assert len(caught.value.message) < 300


def test_a_commit_is_forty_hex_digits() -> None:
    assert is_commit("0123456789" * 4)
    assert not any(map(is_commit, ["", "a" * 39, "a" * 41, "g" * 40, "A" * 40, "a" * 40 + "\n"]))


@pytest.mark.parametrize(
    ("remote", "host"),
    [
        ("https://GitHub.com/a/b.git", "github.com"),
        ("https://user:secret@git.test:8443/a", "git.test:8443"),
        ("git@git.test:a/b.git", "git.test"),
        ("ssh://git@git.test:22/a", "git.test"),
        ("https://git.test:443/a", "git.test"),
        ("http://git.test:443/a", "git.test:443"),
        ("https://[::1", ""),
    ],
)
def test_the_host_of_an_address(remote: str, host: str) -> None:
    assert host_of(remote) == host
