"""What a person may mean by the name of a branch, a tag or a pull request."""

from __future__ import annotations

import pytest

from portal.integrations.ref_names import possible_names
from portal.kernel.errors import InputError


def test_a_name_is_a_branch_before_a_tag() -> None:
    assert possible_names("feature/login") == [
        "refs/heads/feature/login",
        "refs/tags/feature/login",
    ]


def test_a_number_is_a_pull_request_of_any_forge_unless_it_is_a_branch() -> None:
    assert possible_names("12")[0] == "refs/heads/12"
    for asked in ("12", "#12", "!12"):
        assert "refs/pull/12/head" in possible_names(asked)
        assert "refs/merge-requests/12/head" in possible_names(asked)
    assert not any(name.startswith("refs/heads/") for name in possible_names("#12"))


@pytest.mark.parametrize("asked", ["refs/heads/a", "refs/tags/v1", "refs/pull/3/head"])
def test_a_full_name_is_that_ref_alone(asked: str) -> None:
    assert possible_names(asked) == [asked]


@pytest.mark.parametrize(
    "asked",
    [
        "--upload-pack=x",
        "a..b",
        "a:b",
        "+a",
        "refs/portal/0123",
        "refs/keep-around/0123",
        "refs/pull/3/head/x",
        "refs/pull/0/head",
        "refs/*",
        "HEAD^{}",
        "a b",
        "#0",
        "",
    ],
)
def test_what_is_no_branch_tag_or_pull_request_is_refused(asked: str) -> None:
    with pytest.raises(InputError):
        possible_names(asked)
