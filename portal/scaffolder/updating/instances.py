"""Which projects of the catalog a template made, and whether they are at its newest commit.

The notes are read from the mirrors that the catalog has anyway, at the commits it read.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from portal.catalog.reading.source_status import SourceStatus
from portal.catalog.sources.registry import OpenLocation
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.json_text import Json
from portal.model.refs import EntityRef
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.service import FindAt
from portal.scaffolder.updating.note import Note
from portal.scaffolder.updating.note import read_note
from portal.scm.mirror import Mirror

#: More notes than this are not remembered between requests.
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Instance:
    """A project that a template made.

    Attributes:
        project: The ref of its entity: of the component, if the repository has one.
        note: What its note says.
        is_current: Whether it is at the newest commit of the template.
    """

    project: str
    note: Note
    is_current: bool

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "project": self.project,
            "commit": self.note.commit,
            "version": self.note.version,
            "isCurrent": self.is_current,
        }


class Instances:
    """Finds the projects of a template.

    Args:
        status: The sources of the catalog, as far as the caller may see them.
        openers: Returns how each source is opened, by its name.
        find_at: Finds a template and the commit that the catalog has it at.
        see: Returns an entity as text; raises ``NotFoundError`` if the caller sees none.
    """

    def __init__(
        self,
        status: SourceStatus,
        openers: Callable[[], Mapping[str, OpenLocation]],
        find_at: FindAt,
        see: Callable[[EntityRef], bytes | str],
    ) -> None:
        self._status = status
        self._openers = openers
        self._find_at = find_at
        self._see = see
        #: The note of a source at a commit; ``None`` where there is none.
        self._notes: dict[tuple[str, str], Note | None] = {}

    def of(self, template: EntityRef) -> tuple[str, list[Instance]]:
        """Return the newest commit of a template, and the projects it made.

        Raises:
            NotFoundError: When there is no such template.
        """
        found = self._find_at(str(template))
        if found is None:
            raise NotFoundError(f"Template {template} not found")
        return found[1], sorted(self._instances(template, found[1]), key=lambda one: one.project)

    def _instances(self, template: EntityRef, newest: str) -> Iterator[Instance]:
        openers = self._openers()
        for state in self._status.sources():
            note = self._note(openers.get(state.name), state.name, state.commit_id)
            if note is not None and str(note.template) == str(template):
                project = self._project(self._status.refs_of(state.name))
                if project:
                    yield Instance(project, note, note.commit == newest)

    def _note(self, open_source: OpenLocation | None, name: str, commit: str) -> Note | None:
        key = (name, commit)
        if key not in self._notes:
            if len(self._notes) >= _MOST_REMEMBERED:
                self._notes.clear()
            self._notes[key] = _read(open_source, commit)
        return self._notes[key]

    def _project(self, refs: Iterable[str]) -> str:
        """Return the ref of the project among those of its repository, components first."""
        for ref in sorted(refs, key=lambda ref: not ref.startswith("component:")):
            if ref.startswith("location:"):  # where the project is, not what it is
                continue
            kind, _, rest = ref.partition(":")
            namespace, _, name = rest.partition("/")
            try:
                self._see(EntityRef(kind, namespace, name))
            except NotFoundError:
                continue
            return ref
        return ""


def _read(open_source: OpenLocation | None, commit: str) -> Note | None:
    """Return the note of a repository at a commit; ``None`` where there is none, or no mirror."""
    if open_source is None or not commit:
        return None
    try:
        mirror = open_source().mirror
    except PortalError:
        return None
    if not isinstance(mirror, Mirror):
        return None
    try:
        snapshot = mirror.snapshot(commit)
        return read_note(snapshot.read(PATH).data) if PATH in snapshot.entries else None
    except PortalError:
        return None
    finally:
        mirror.close()
