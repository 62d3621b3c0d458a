"""Users and their groups, as far as sources the operator trusts define them.

What a registered location, or any other source, says of users and groups gives nobody any
rights (CVE-2026-106463): neither a user, nor a membership that a group of it declares.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.auth.people.resolvers import Key
from portal.auth.people.resolvers import Lookup
from portal.catalog import tables as t
from portal.catalog.read_model.state import Origin
from portal.catalog.reading.entities_catalog import Generations
from portal.config.settings import Config
from portal.config.sources import Provider
from portal.config.sources import Source
from portal.kernel.errors import ConfigError

_EMAIL = "spec.profile.email"
_ANNOTATION = "metadata.annotations"
#: The relations of users to their groups, and of groups to their parents.
_MEMBER_OF, _CHILD_OF = "memberOf", "childOf"
#: The greatest number of generations of groups that are followed.
_DEEPEST = 32
#: Of so many users the groups are known.
_MOST_KNOWN = 10_000


class UserDirectory:
    """Looks up users and groups.

    Args:
        database: Where the catalog is.
        is_trusted: Whether users and groups of a source, given by its name, count.
        inherits: Whether users are members of the parents of their groups, too.
    """

    def __init__(
        self, database: Database, is_trusted: Callable[[str], bool], inherits: bool
    ) -> None:
        self._database = database
        self._is_trusted = is_trusted
        self._inherits = inherits
        self._generations = Generations(database)
        #: The groups of users, of one generation of the catalog.
        self._known: tuple[Origin, dict[str, list[str] | None]] = ("", 0), {}

    def find(self, lookup: Lookup) -> list[str]:
        """Return the refs of the users of a question, sorted."""
        with self._database.connect() as connection:
            if lookup.key is Key.NAME:
                ref = f"user:default/{lookup.value.lower()}"
                return [ref] if self._is_known(connection, ref) else []
            key = _EMAIL if lookup.key is Key.EMAIL else f"{_ANNOTATION}.{lookup.annotation}"
            rows = connection.execute(
                sa.select(t.entities.c.ref, t.entities.c.source, t.search.c.original)
                .join(t.search, t.search.c.entity_id == t.entities.c.id)
                .where(
                    t.search.c.key == key.lower(),
                    t.search.c.value == lookup.value.lower(),
                    t.entities.c.ref.startswith("user:"),
                )
                .order_by(t.entities.c.ref)
            ).all()
        fold = _folded if lookup.key is Key.EMAIL else str
        return [
            row.ref
            for row in rows
            if self._is_trusted(row.source) and fold(row.original or "") == fold(lookup.value)
        ]

    def groups_of(self, user_ref: str) -> list[str] | None:
        """Return the refs of a user's groups, sorted; ``None`` when there is no such user."""
        origin = self._generations.origin()
        known = self._known[1] if self._known[0] == origin else {}
        if user_ref not in known:
            if len(known) >= _MOST_KNOWN:
                known = {}
            known[user_ref] = self._groups_of(user_ref)  # of this generation, or a later one
            self._known = origin, known
        return known[user_ref]

    def _groups_of(self, user_ref: str) -> list[str] | None:
        with self._database.connect() as connection:
            if not self._is_known(connection, user_ref):
                return None
            found = self._related(connection, [user_ref], _MEMBER_OF)
            newest = found
            for _ in range(_DEEPEST if self._inherits else 0):
                newest = self._related(connection, newest, _CHILD_OF) - found
                if not newest:
                    break
                found = found | newest
        return sorted(found)

    def _is_known(self, connection: Connection, ref: str) -> bool:
        query = sa.select(t.entities.c.source).where(t.entities.c.ref == ref)
        source = connection.scalar(query)
        return source is not None and self._is_trusted(source)

    def _related(self, connection: Connection, refs: Iterable[str], kind: str) -> set[str]:
        """Return the groups that a trusted source relates some entities to."""
        table = t.relations
        query = (
            sa.select(table.c.target_ref, t.entities.c.source)
            .join(t.entities, t.entities.c.ref == table.c.emitter)
            .where(
                table.c.source_ref.in_(list(refs)),
                table.c.type == kind,
                table.c.target_ref.startswith("group:"),
            )
        )
        rows = connection.execute(query).all()
        return {row.target_ref for row in rows if self._is_trusted(row.source)}


def _folded(email: str) -> str:
    """Return an e-mail address as it is compared: letters of ASCII are equal in both cases.

    Others are compared as they are: lower case makes some of them letters of ASCII.
    """
    return email.lower() if email.isascii() else email


def open_directory(database: Database, config: Config, sources: Iterable[Source]) -> UserDirectory:
    """Return the directory of the sources that the settings trust.

    Args:
        database: Where the catalog is.
        config: The settings in force.
        sources: The configured sources, or the one that is bundled.

    Raises:
        ConfigError: When ``identity_sources`` names what is not there.
    """
    is_trusted = trusted_sources(config.identity_sources, sources, config.providers)
    return UserDirectory(database, is_trusted, config.inherited_groups)


def trusted_sources(
    named: Iterable[str], sources: Iterable[Source], providers: Iterable[Provider]
) -> Callable[[str], bool]:
    """Return a function that tells whether users and groups of a source count.

    Args:
        named: The names of sources and providers the operator trusts; empty trusts the
            configured sources.
        sources: The configured sources.
        providers: Those that discover sources.

    Raises:
        ConfigError: When a name is neither a source's nor a provider's.
    """
    known = {source.name for source in sources}
    prefixes = {provider.name: f"{provider.name}-" for provider in providers}
    chosen = set(named) or known
    if strange := chosen - known - prefixes.keys():
        msg = (
            f"identity_sources: there is no source or provider '{min(strange)}'; "
            f"known: {', '.join(sorted(known | prefixes.keys()))}"
        )
        raise ConfigError(msg)
    begins = tuple(prefix for name, prefix in prefixes.items() if name in chosen)
    return lambda source: source in chosen or source.startswith(begins)
