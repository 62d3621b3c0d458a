"""Who a request comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: The kinds of principal, in Backstage's words.
USER = "user"
SERVICE = "service"
NONE = "none"

#: Given a user's ref, returns the refs of the groups the catalog says they are a
#: member of; ``None`` when the catalog has no such user.
FindGroups = Callable[[str], "list[str] | None"]


@dataclass(frozen=True, slots=True)
class Principal:
    """One who asks: a person, another program, or nobody in particular.

    Attributes:
        kind: ``USER``, ``SERVICE`` or ``NONE``.
        subject: The user's entity ref, or what the program is called.
    """

    kind: str
    subject: str = ""


#: Stands for requests without credentials, where these are let in.
NOBODY = Principal(NONE)
#: Whoever shows the portal's service token.
SERVICE_TOKEN_HOLDER = Principal(SERVICE, "external:service-token")


def ownership_of(user_ref: str, find_groups: FindGroups) -> list[str]:
    """Return the refs a user owns things under: their own and their groups'."""
    return [user_ref, *(find_groups(user_ref) or ())]
