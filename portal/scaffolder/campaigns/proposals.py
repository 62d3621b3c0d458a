"""The last update that was proposed to each project."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

from portal.integrations.clients.repository import RequestState
from portal.kernel.database import lock_writers
from portal.scaffolder.campaigns.tables import updates
from portal.scaffolder.updating.plan import CONFLICTS
from portal.scaffolder.updating.plan import READY
from portal.scaffolder.updating.plan import UpdatePlan

_OPEN = (READY, CONFLICTS)


@dataclass(frozen=True, slots=True)
class ProposedUpdate:
    """An update that was proposed.

    Attributes:
        project: The ref of the project.
        template: The ref of its template.
        commit: The commit of the template it leads to.
        state: ``ready``, or ``conflicts``: a draft that people have to finish; ``merged`` or
            ``closed`` once its forge says so.
        url: The address of its request; empty where the portal pushed a branch only.
    """

    project: str
    template: str
    commit: str
    state: str
    url: str

    @property
    def is_open(self) -> bool:
        """Whether nobody has merged or closed it, as far as is known."""
        return self.state in _OPEN

    @property
    def is_closed(self) -> bool:
        """Whether it was closed without being merged."""
        return self.state == RequestState.CLOSED


class ProposedUpdates:
    """Remembers what was proposed.

    Args:
        database: Where.
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def note(self, plan: UpdatePlan) -> None:
        """Store that an update was proposed, in place of an earlier one of the project."""
        row = {
            "template_ref": plan.template,
            "commit_id": plan.after.commit,
            "state": plan.state,
            "url": plan.proposed.url if plan.proposed else "",
            "updated_at": int(self._clock()),
        }
        with self._database.begin() as connection:
            lock_writers(connection)
            key = updates.c.project_ref == plan.project
            if not connection.execute(sa.update(updates).where(key).values(row)).rowcount:
                connection.execute(sa.insert(updates).values(project_ref=plan.project, **row))

    def of(self, template: str) -> Mapping[str, ProposedUpdate]:
        """Return the last update of each project of a template, by the project's ref."""
        query = sa.select(updates).where(updates.c.template_ref == template)
        with self._database.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return {row["project_ref"]: _update(row) for row in rows}

    def last(self, project: str) -> ProposedUpdate | None:
        """Return the last update of a project; ``None`` without one."""
        query = sa.select(updates).where(updates.c.project_ref == project)
        with self._database.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _update(row)

    def take_due(self, now: int, before: int, most: int) -> list[ProposedUpdate]:
        """Return open updates that nobody took since a time, as taken now.

        Args:
            now: The time in seconds since the epoch.
            before: The time, as ``now``.
            most: How many at most, the longest ago first.
        """
        is_due = updates.c.state.in_(_OPEN) & (updates.c.updated_at <= before)
        query = sa.select(updates).where(is_due).order_by(updates.c.updated_at).limit(most)
        with self._database.begin() as connection:
            lock_writers(connection)
            due = [_update(row) for row in connection.execute(query).mappings()]
            taken = updates.c.project_ref.in_([one.project for one in due])
            connection.execute(sa.update(updates).where(taken).values(updated_at=now))
        return due

    def settle(self, update: ProposedUpdate, state: RequestState) -> None:
        """Store what became of an update, unless the project has another one by now."""
        is_it = (
            updates.c.project_ref == update.project,
            updates.c.commit_id == update.commit,
            updates.c.url == update.url,
        )
        with self._database.begin() as connection:
            lock_writers(connection)
            connection.execute(sa.update(updates).where(*is_it).values(state=state.value))


def _update(row: sa.RowMapping) -> ProposedUpdate:
    names = ("project_ref", "template_ref", "commit_id", "state", "url")
    return ProposedUpdate(*(row[name] for name in names))
