"""Principals: the callers of requests.

``gate.principal()`` returns that of the current request.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

#: The kinds of principal, in Backstage's words.
USER = "user"
SERVICE = "service"
NONE = "none"

#: Given a user's ref, returns the refs of the groups the catalog says they are a
#: member of; ``None`` when the catalog has no such user.
FindGroups = Callable[[str], "list[str] | None"]


class Method(Enum):
    """How a principal was authenticated.

    ``USER_TOKEN`` is a token this portal signed when somebody signed in, by whatever
    means; ``BACKSTAGE_TOKEN`` one that another Backstage signed. ``SERVICE_TOKEN`` is that
    of the settings, ``NAMED_TOKEN`` one of ``portal token create``.
    """

    ANONYMOUS = "anonymous"
    USER_TOKEN = "user-token"
    SESSION = "session"
    PROXY = "proxy"
    BACKSTAGE_TOKEN = "backstage-token"
    SERVICE_TOKEN = "service-token"
    NAMED_TOKEN = "named-token"


class Scope(Enum):
    """What a program's token is good for; ``ADMIN`` includes all the others."""

    READ = "read"
    REGISTER = "register"
    SCAFFOLD = "scaffold"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class AccessRestriction:
    """One entry of Backstage's ``accessRestrictions`` of a program.

    Attributes:
        plugin: The only plugin it opens, such as ``catalog``.
        permissions: The names of the permissions it opens there; empty opens all.
        actions: The actions of permissions (``create``, ``read``, ``update``, ``delete``)
            it opens; empty opens all.
    """

    plugin: str
    permissions: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    def allows(self, permission: str, action: str) -> bool:
        """Return whether it opens a permission of its plugin."""
        is_named = not self.permissions or permission in self.permissions
        return is_named and (not self.actions or action in self.actions)


@dataclass(frozen=True, slots=True)
class ProgramAccess:
    """The limits of a program's token, which no policy widens.

    Attributes:
        scopes: What it is good for.
        restrictions: The plugins it opens; empty opens all.
    """

    scopes: frozenset[Scope]
    restrictions: tuple[AccessRestriction, ...] = ()

    def has(self, scope: Scope) -> bool:
        """Return whether a scope is included."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def opens(self, plugin: str) -> bool:
        """Return whether any route of a plugin is open."""
        return not self.restrictions or any(each.plugin == plugin for each in self.restrictions)

    def allows(self, permission: str, action: str) -> bool:
        """Return whether a permission is within the limits.

        Args:
            permission: Its name, such as ``catalog.entity.delete``; the plugin is its
                beginning.
            action: Its attribute ``action``: ``create``, ``read``, ``update`` or
                ``delete``; empty for permissions without one, such as ``…use``.
        """
        plugin = permission.partition(".")[0]
        if self.restrictions and not any(
            each.plugin == plugin and each.allows(permission, action) for each in self.restrictions
        ):
            return False
        return self.has(scope_of(permission, action))


#: The scope by the plugin of a permission that changes something; for others ``ADMIN``.
_SCOPES = {
    "catalog.location.create": Scope.REGISTER,
    "catalog.location.delete": Scope.REGISTER,
    "catalog.entity.create": Scope.REGISTER,
    "catalog.entity.refresh": Scope.REGISTER,
    "scaffolder.task.create": Scope.SCAFFOLD,
    "scaffolder.task.cancel": Scope.SCAFFOLD,
    "scaffolder.action.execute": Scope.SCAFFOLD,
    "scaffolder.template.use": Scope.SCAFFOLD,
    "scaffolder.template.dry-run": Scope.SCAFFOLD,
    "catalog.entity.validate": Scope.REGISTER,
    "catalog.location.analyze": Scope.REGISTER,
    "portal.docs.preview": Scope.REGISTER,
}


def scope_of(permission: str, action: str) -> Scope:
    """Return the scope that a permission needs."""
    if permission in _SCOPES:
        return _SCOPES[permission]
    return Scope.READ if action == "read" or permission.endswith(".read") else Scope.ADMIN


#: The access of the service token of the settings: everything.
FULL_ACCESS = ProgramAccess(frozenset({Scope.ADMIN}))


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a request: a user, a program, or nobody.

    Attributes:
        kind: ``USER``, ``SERVICE`` or ``NONE``.
        subject: The user's entity ref, or the program's name; empty for nobody.
        ownership: For a user, the entity refs through which they own others: their own
            and those of their groups (Backstage's ``ownershipEntityRefs``).
        method: How they were authenticated.
        is_guest: Whether it is the guest user of the settings.
        access: For a program, what its token is limited to; ``None`` for others.
    """

    kind: str
    subject: str = ""
    ownership: tuple[str, ...] = ()
    method: Method = Method.ANONYMOUS
    is_guest: bool = False
    access: ProgramAccess | None = None

    def owns(self, owners: Iterable[str]) -> bool:
        """Return whether one of some refs of owners is in the user's ownership."""
        return not set(self.ownership).isdisjoint(owners)


#: The principal of requests without credentials, where none are required.
NOBODY = Principal(NONE)
#: The principal of requests with the portal's service token.
SERVICE_TOKEN_HOLDER = Principal(
    SERVICE, "external:service-token", method=Method.SERVICE_TOKEN, access=FULL_ACCESS
)
