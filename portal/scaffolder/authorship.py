"""Who a published commit is by, and what it says: read from a step's input."""

from __future__ import annotations

from collections.abc import Mapping

from portal.scaffolder.action import ActionContext
from portal.scaffolder.action import ActionError
from portal.scaffolder.action import Json
from portal.scaffolder.action import text
from portal.scm.commit import Author
from portal.scm.commit import check_author

DEFAULT_MESSAGE = "initial commit"
#: Who commits are by when a step does not say.
DEFAULT_AUTHOR = Author("Scaffolder", "scaffolder@localhost")

#: Members of the input of every action that makes a commit.
AUTHOR_INPUTS = {
    "gitAuthorName": text(f"Who the commit is by; {DEFAULT_AUTHOR.name} when not given"),
    "gitAuthorEmail": text(
        f"The author's mail address; {DEFAULT_AUTHOR.email} when not given",
    ),
}
MESSAGE_INPUT = text(f"The commit's message; {DEFAULT_MESSAGE!r} when not given")


def author_of(given: Mapping[str, Json]) -> Author:
    """Return the author an input names."""
    return Author(
        given.get("gitAuthorName") or DEFAULT_AUTHOR.name,
        given.get("gitAuthorEmail") or DEFAULT_AUTHOR.email,
    )


def sign_off(context: ActionContext) -> str:
    """Return the line with which the task's user signs a commit off.

    Raises:
        ActionError: When the catalog has no such user, or no mail address of it.
    """
    ref = context.task.user_ref
    entity = (context.entities.find([ref])[0] if ref else None) or {}
    profile = (entity.get("spec") or {}).get("profile") or {}
    email = profile.get("email")
    if not email:
        raise ActionError(
            f"the commit cannot be signed off: the catalog has no mail address of {ref or 'nobody'}"
        )
    name = profile.get("displayName") or entity["metadata"]["name"]
    author = check_author(Author(str(name), str(email)))
    return f"Signed-off-by: {author.name} <{author.email}>"
