"""What follows from which project a template made: relations, and news of a new version."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from itertools import chain

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import tables as t
from portal.catalog.failures import Stage
from portal.catalog.processing import store as catalog
from portal.catalog.reading.failure_log import FailureLog
from portal.kernel.database import lock_writers
from portal.kernel.json_text import Json
from portal.model.entity import Relation
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.scaffolder.campaigns.instances import Instances
from portal.scaffolder.campaigns.tables import notices
from portal.scaffolder.updating.note import Note

#: Seconds between two looks whether the catalog has changed.
_LOOK = 1.0
#: Under what the relations are stored.
_EMITTER = "projects of templates"
#: The relations, as in Backstage's community: from the project, and back.
FROM, TO = "scaffoldedFrom", "scaffolderOf"
#: The topic of the notifications.
TOPIC = "template-update"

#: Stores relations in place of those of the same emitter.
ReplaceRelations = Callable[[str, Iterable[Relation]], bool]
#: Tells the owners of an entity something, given its ref.
Send = Callable[[str, Mapping[str, Json]], object]


class ProjectFollower:
    """Follows the catalog: relates projects to templates, and tells owners of new versions.

    A version is told once. A template whose annotation names no version has none to tell.

    Args:
        database: The database of the catalog.
        instances: All projects of templates.
        version_of: Returns the version of a template, by its ref; empty for none.
        replace_relations: Stores relations.
        send: Tells the owners of an entity something.
        failure_log: Stores failures; they are tried again when the catalog changes.
    """

    def __init__(
        self,
        database: Database,
        instances: Instances,
        version_of: Callable[[EntityRef], str],
        replace_relations: ReplaceRelations,
        send: Send,
        failure_log: FailureLog,
    ) -> None:
        self._database = database
        self._instances = instances
        self._version_of = version_of
        self._replace_relations = replace_relations
        self._send = send
        self._failure_log = failure_log
        self._state: tuple[object, ...] = ()

    def run(self, is_over: threading.Event) -> None:
        """Follow until the event is set."""
        while not is_over.wait(_LOOK):
            noting = self._failure_log.noting(Stage.TASKS, "projects of templates")
            with contextlib.suppress(Exception), noting:
                self.follow()

    def follow(self) -> bool:
        """Do what follows from the catalog as it is; return whether it had changed."""
        with self._database.connect() as connection:
            state = _state(connection)
        if state == self._state:
            return False
        self._state = state
        made = [(ref, note) for ref, note in self._instances.made() if self._is_known(note)]
        relations = (_both(ref, str(note.template)) for ref, note in made)
        self._replace_relations(_EMITTER, chain.from_iterable(relations))
        self._tell(made)
        return True

    def _is_known(self, note: Note) -> bool:
        return self._instances.sees(note.template)

    def _tell(self, made: list[tuple[str, Note]]) -> None:
        versions = {ref: self._version_of(ref) for ref in {note.template for _, note in made}}
        with self._database.connect() as connection:
            query = sa.select(notices.c.project_ref, notices.c.version)
            told = {row[0]: row[1] for row in connection.execute(query)}
        for ref, note in made:
            version = versions[note.template]
            if version and version not in {note.version, told.get(ref)}:
                # Should the process die in between, the same scope makes them one notification.
                self._send(ref, _payload(ref, note, version))
                self._note(ref, version)

    def _note(self, project: str, version: str) -> None:
        with self._database.begin() as connection:
            lock_writers(connection)
            key = notices.c.project_ref == project
            row = {"version": version}
            if not connection.execute(sa.update(notices).where(key).values(row)).rowcount:
                connection.execute(sa.insert(notices).values(project_ref=project, **row))


def _both(project: str, template: str) -> tuple[Relation, Relation]:
    return Relation(project, FROM, template), Relation(template, TO, project)


def _payload(ref: str, note: Note, version: str) -> dict[str, Json]:
    project, template = parse_ref(ref), note.template.name
    before = note.version or note.commit[:12]
    return {
        "title": f"Update available for {project.name}: {template} {version}",
        "description": f"{ref} was made from {template} {before}; nothing has been changed.",
        "link": f"/catalog/{project.namespace}/{project.kind}/{project.name}/update",
        "topic": TOPIC,
        "scope": f"{TOPIC}:{ref}",
        "severity": "low",
    }


def _state(connection: Connection) -> tuple[object, ...]:
    """Return what changes with everything that is read of the catalog."""
    newest = sa.select(sa.func.count(), sa.func.max(t.sources.c.read_at))
    return catalog.generation(connection), *connection.execute(newest).one()
