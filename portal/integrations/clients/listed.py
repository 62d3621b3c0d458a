"""An entry of a forge's list of repositories, and its validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.kernel.errors import SourceError


@dataclass(frozen=True, slots=True)
class ListedRepository:
    """A repository in a forge's list.

    Attributes:
        path: The name below the owner; with slashes if there are subgroups.
        url: The address to clone it from.
        is_archived: Whether it is read-only.
        is_fork: Whether it is a fork.
    """

    path: str
    url: str
    is_archived: bool
    is_fork: bool


def read_entry(entry: Mapping[str, Any], _owner: str) -> ListedRepository:
    """Parse an entry of GitHub, or of a forge with the same members, such as Gitea.

    Raises:
        SourceError: When a member is missing or of another type.
    """
    return ListedRepository(
        text_in(entry, "name"),
        text_in(entry, "clone_url"),
        flag_in(entry, "archived"),
        flag_in(entry, "fork"),
    )


def no_list(detail: str) -> SourceError:
    """Return the error for a response that is no list of repositories."""
    return SourceError(f"its answer is no list of repositories: {detail}")


def text_in(entry: Mapping[str, Any], key: str) -> str:
    """Return a member that must be a text with at least one character.

    Raises:
        SourceError: When it is not.
    """  # noqa: DOC501 - no_list makes that error
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise no_list(f"an entry has no text in '{key}'")
    return value


def flag_in(entry: Mapping[str, Any], key: str) -> bool:
    """Return a member that must be true or false.

    Raises:
        SourceError: When it is neither.
    """  # noqa: DOC501 - no_list makes that error
    value = entry.get(key)
    if not isinstance(value, bool):
        raise no_list(f"an entry has neither true nor false in '{key}'")
    return value
