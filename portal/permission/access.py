"""Access: what the present caller may do, for services and routes.

Services that read get it from the composition root, so that every way to what they read is
judged, whoever calls them: routes, pages, exports. Outside of requests, in the worker and on
the command line, the portal itself is at work, and everything is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from portal.auth.identity import Principal
from portal.kernel.errors import NotAllowedError
from portal.permission.permissions import PERMISSIONS
from portal.permission.policy import ALLOW
from portal.permission.policy import AllowAllPermissionPolicy
from portal.permission.policy import Decision
from portal.permission.policy import PermissionPolicy
from portal.permission.policy import Result
from portal.permission.policy import decide

#: In whose name work is done outside of requests, such as that of a task.
_ACTING: ContextVar[Principal | None] = ContextVar("acting", default=None)


@contextmanager
def acting_as(principal: Principal | None) -> Iterator[None]:
    """Do work in the name of a principal: they may do no more than in a request of theirs."""
    token = _ACTING.set(principal)
    try:
        yield
    finally:
        _ACTING.reset(token)


def acting() -> Principal | None:
    """Return in whose name work is done outside of requests; ``None`` for the portal's own."""
    return _ACTING.get()


def no_caller() -> Principal | None:
    """Return that nobody calls: the portal itself is at work."""
    return None


class Access:
    """Asks the policy for whoever calls.

    Args:
        policy: Decides.
        caller: Returns the principal of the current request; ``None`` outside of requests.
    """

    def __init__(
        self, policy: PermissionPolicy, caller: Callable[[], Principal | None] = no_caller
    ) -> None:
        self._policy = policy
        self._caller = caller

    def decision(self, permission: str) -> Decision:
        """Return the decision on a permission, by its name."""
        principal = self._caller()
        if principal is None:
            return ALLOW
        return decide(self._policy, principal, PERMISSIONS[permission])

    def may(self, permission: str) -> bool:
        """Return whether the caller may do it, to some resource at least."""
        return self.decision(permission).result is not Result.DENY

    def require(self, permission: str) -> None:
        """Refuse a caller who may do it to no resource.

        Raises:
            NotAllowedError: When it is denied; without a message, as in Backstage, because a
                reason would tell what is there.
        """
        if not self.may(permission):
            raise NotAllowedError


#: Access to everything: for what the portal does itself.
UNRESTRICTED = Access(AllowAllPermissionPolicy())
