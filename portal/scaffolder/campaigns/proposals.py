"""The last update that was proposed to each project."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

from portal.kernel.database import lock_writers
from portal.scaffolder.campaigns.tables import updates
from portal.scaffolder.updating.plan import UpdatePlan


@dataclass(frozen=True, slots=True)
class ProposedUpdate:
    """An update that was proposed.

    Attributes:
        commit: The commit of the template it leads to.
        state: ``ready``, or ``conflicts``: a draft that people have to finish.
        url: The address of its request; empty where the portal pushed a branch only.
    """

    commit: str
    state: str
    url: str


class ProposedUpdates:
    """Remembers what was proposed.

    Args:
        database: Where.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, plan: UpdatePlan) -> None:
        """Store that an update was proposed, in place of an earlier one of the project."""
        row = {
            "template_ref": plan.template,
            "commit_id": plan.after.commit,
            "state": plan.state,
            "url": plan.proposed.url if plan.proposed else "",
            "updated_at": int(time.time()),
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
        return {
            row["project_ref"]: ProposedUpdate(row["commit_id"], row["state"], row["url"])
            for row in rows
        }
