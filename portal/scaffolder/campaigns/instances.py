"""Which projects of the catalog a template made, and whether they are at its newest commit.

The notes are read from the mirrors that the catalog has anyway, at the commits it read.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from portal.catalog.reading.entity_reader import PlacedEntity
from portal.catalog.reading.source_status import SourceStatus
from portal.catalog.sources.registry import OpenLocation
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.json_text import Json
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.scaffolder.campaigns.proposals import ProposedUpdate
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
        behind_by: How many commits since have touched the template's folder; ``None`` where
            that is not known, as after a rewritten history.
        is_current: Whether the template has not changed since.
        proposed: The last update proposed to it, if the project does not have it yet.
    """

    project: str
    note: Note
    behind_by: int | None
    is_current: bool
    proposed: ProposedUpdate | None = None

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        proposed = self.proposed
        request = proposed and {
            "state": proposed.state,
            "commit": proposed.commit,
            "url": proposed.url,
        }
        return {
            "project": self.project,
            "commit": self.note.commit,
            "version": self.note.version,
            "isCurrent": self.is_current,
            "behindBy": self.behind_by,
            "request": request,
        }


class Instances:
    """Finds the projects of a template.

    Args:
        status: The sources of the catalog, as far as the caller may see them.
        openers: Returns how each source is opened, by its name.
        find_at: Finds a template and the commit that the catalog has it at.
        see: Returns an entity as text; raises ``NotFoundError`` if the caller sees none.
        place: Finds where an entity is read.
        proposed: Returns the last updates of a template's projects.
    """

    def __init__(
        self,
        status: SourceStatus,
        openers: Callable[[], Mapping[str, OpenLocation]],
        find_at: FindAt,
        see: Callable[[EntityRef], bytes | str],
        place: Callable[[str], PlacedEntity | None],
        proposed: Callable[[str], Mapping[str, ProposedUpdate]],
    ) -> None:
        self._place = place
        self._proposed = proposed
        #: By source, two commits and a folder: how many commits between them touched it.
        self._distances: dict[tuple[str, str, str, str], int | None] = {}
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

    def made(self) -> Iterator[tuple[str, Note]]:
        """Yield every project that the caller sees, with what its note says."""
        openers = self._openers()
        for state in self._status.sources():
            note = self._note(openers.get(state.name), state.name, state.commit_id)
            if note is not None:
                project = self._project(self._status.refs_of(state.name))
                if project:
                    yield project, note

    def _instances(self, template: EntityRef, newest: str) -> Iterator[Instance]:
        openers, proposed = self._openers(), self._proposed(str(template))
        for state in self._status.sources():
            note = self._note(openers.get(state.name), state.name, state.commit_id)
            if note is None or str(note.template) != str(template):
                continue
            project = self._project(self._status.refs_of(state.name))
            if project:
                behind_by = self._behind_by(template, note.commit, newest)
                is_current = note.commit == newest or behind_by == 0
                known = proposed.get(project)
                is_open = known is not None and known.commit != note.commit and not is_current
                yield Instance(project, note, behind_by, is_current, known if is_open else None)

    def note_of(self, ref: str) -> Note | None:
        """Return the note of a project; ``None`` for what no template is known to have made."""
        placed = self._place(ref)
        if placed is None:
            return None
        note = self._note(self._openers().get(placed.source), placed.source, placed.commit)
        is_it = note is not None and self._project(self._status.refs_of(placed.source)) == ref
        return note if is_it else None

    def behind_by(self, note: Note) -> int | None:
        """Return how many commits a project is behind its template, as ``Instance`` has it."""
        found = self._find_at(str(note.template))
        return self._behind_by(note.template, note.commit, found[1]) if found else None

    def proposed_to(self, template: str, project: str) -> ProposedUpdate | None:
        """Return the last update that was proposed to a project of a template, by their refs."""
        return self._proposed(template).get(project)

    def is_newest(self, template: EntityRef, commit: str) -> bool:
        """Return whether a template has not changed since a commit."""
        found = self._find_at(str(template))
        return found is not None and self._behind_by(template, commit, found[1]) == 0

    def sees(self, ref: EntityRef) -> bool:
        """Return whether the caller sees an entity."""
        try:
            self._see(ref)
        except NotFoundError:
            return False
        return True

    def _behind_by(self, template: EntityRef, old: str, newest: str) -> int | None:
        if old == newest:
            return 0
        placed = self._place(str(template))
        if placed is None or not old or not newest:
            return None
        key = (placed.source, old, newest, placed.path.rpartition("/")[0])
        if key not in self._distances:
            if len(self._distances) >= _MOST_REMEMBERED:
                self._distances.clear()
            self._distances[key] = _distance(self._openers().get(placed.source), *key[1:])
        return self._distances[key]

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
            if self.sees(parse_ref(ref)):
                return ref
        return ""


@contextmanager
def _mirror(open_source: OpenLocation | None) -> Iterator[Mirror | None]:
    """Yield the mirror of a source; ``None`` where it has none that can be read."""
    try:
        mirror = open_source().mirror if open_source else None
    except PortalError:
        mirror = None
    try:
        yield mirror if isinstance(mirror, Mirror) else None
    finally:
        if mirror is not None:
            mirror.close()


def _read(open_source: OpenLocation | None, commit: str) -> Note | None:
    """Return the note of a repository at a commit; ``None`` where there is none, or no mirror."""
    with _mirror(open_source if commit else None) as mirror:
        if mirror is None:
            return None
        try:
            snapshot = mirror.snapshot(commit)
            return read_note(snapshot.read(PATH).data) if PATH in snapshot.entries else None
        except PortalError:
            return None


def _distance(open_source: OpenLocation | None, old: str, new: str, folder: str) -> int | None:
    """Return how many commits between two touched a folder; ``None`` where that is not known."""
    with _mirror(open_source) as mirror:
        try:
            return None if mirror is None else mirror.count_changes(old, new, folder)
        except PortalError:
            return None
