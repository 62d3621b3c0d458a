"""What a person may mean by the name of a branch, a tag or a pull request."""

from __future__ import annotations

import re

from portal.forges import CHANGE_REFS
from portal.kernel.errors import InputError
from portal.scm.urls import check_ref

_HEADS, _TAGS = "refs/heads/", "refs/tags/"
#: The number of a pull request: ``12``, ``#12``, ``!12``.
_NUMBER = re.compile(r"[#!]?([1-9][0-9]{0,5})")
#: The refs of pull requests in full.
_CHANGES = re.compile(
    "|".join(re.escape(ref).replace(r"\{number\}", "[1-9][0-9]*") for ref in CHANGE_REFS)
)


def possible_names(asked: str) -> list[str]:
    """Return the full names of the refs that may be meant, the likeliest first.

    ``refs/…`` is a branch, a tag or a pull request in full, and nothing else: forges keep
    other things below it. A number is a branch of that name, or a pull request.

    Raises:
        InputError: When it cannot be the name of any of them.
    """
    number = _NUMBER.fullmatch(asked)
    changes = [ref.format(number=number[1]) for ref in CHANGE_REFS] if number else []
    if number and not asked.isdecimal():
        return changes
    check_ref(asked)
    if not asked.startswith("refs/"):
        return [f"{_HEADS}{asked}", f"{_TAGS}{asked}", *changes]
    if not _CHANGES.fullmatch(asked) and not asked.startswith((_HEADS, _TAGS)):
        raise InputError(f"'{asked[:80]}' is no branch, no tag and no pull request")
    return [asked]
