"""Author and sign-off of a published commit, from a step's input."""

from __future__ import annotations

from collections.abc import Mapping

from portal.kernel.json_text import Json
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import text
from portal.scm.commit import Author
from portal.scm.commit import check_author

DEFAULT_MESSAGE = "initial commit"
#: The author of commits if a step names none.
DEFAULT_AUTHOR = Author("Scaffolder", "scaffolder@localhost")

#: Input properties of every action that makes a commit.
AUTHOR_INPUTS = {
    "gitAuthorName": text(f"Who the commit is by; {DEFAULT_AUTHOR.name} when not given"),
    "gitAuthorEmail": text(
        f"The author's mail address; {DEFAULT_AUTHOR.email} when not given",
    ),
}
MESSAGE_INPUT = text(f"The commit's message; {DEFAULT_MESSAGE!r} when not given")


def author_of(given: Mapping[str, Json]) -> Author:
    """Return the author of an input; the default one if it names none."""
    return Author(
        given.get("gitAuthorName") or DEFAULT_AUTHOR.name,
        given.get("gitAuthorEmail") or DEFAULT_AUTHOR.email,
    )


def sign_off(context: ActionContext) -> str:
    """Return the ``Signed-off-by`` line of the task's user.

    Raises:
        ActionError: When the catalog has no such user, or the user no mail address.
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
