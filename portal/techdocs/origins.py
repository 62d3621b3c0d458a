"""Where documentation is read: the mirror of a source, at the commit the catalog is at."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from portal.catalog.reading.entity_reader import EntityReader
from portal.catalog.reading.entity_reader import PlacedEntity
from portal.catalog.sources.location_store import check_location
from portal.catalog.sources.opening import Location
from portal.catalog.sources.opening import open_readable
from portal.catalog.sources.registry import OpenLocation
from portal.catalog.sources.remote_access import RemoteAccess
from portal.glossary.concepts import titles_of
from portal.integrations.ref_names import possible_names
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.kernel.files import relative_path
from portal.model.entity import MANAGED_BY
from portal.model.entity import Entity
from portal.model.entity import canonical_json
from portal.model.entity import content_hash
from portal.model.refs import path_of_address
from portal.scm.commit import Commit
from portal.scm.mirror import Mirror
from portal.scm.snapshot import FileTree
from portal.scm.snapshot import Snapshot
from portal.techdocs.annotations import ADDRESS
from portal.techdocs.annotations import CONCEPT
from portal.techdocs.annotations import FOLDER
from portal.techdocs.annotations import docs_ref
from portal.techdocs.sites.generated import concept_tree

#: How many lists of files are kept, and how long a kept one may be.
_MOST_LISTS, _LONGEST_LIST = 16, 50_000
#: Appended to the address of a folder, so that it parses as that of a file in it.
_INSIDE = "-"
_NAME = "techdocs"
#: The beginning of a commit's id; everything else that is asked for is a name.
_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
#: Seconds for which a previewed branch is not asked for again, and how many are remembered.
_PREVIEW_SECONDS = 15.0
_MOST_PREVIEWS = 256


@dataclass(frozen=True, slots=True)
class Origin:
    """A place that documentation is read from.

    Attributes:
        key: What tells it from other places; a part of the keys of caches.
        commit: The commit to read.
        home: The folder of ``mkdocs.yml``.
        view_root: The address of the repository's files at a forge; may be empty.
        location: The opened repository; ``None`` for what is made from the catalog.
        made: The files that are made from the catalog; ``None`` for a repository.
        preview: The full name of the branch, tag or pull request that is previewed; empty
            for commits of the history that the catalog follows.
    """

    key: str
    commit: str
    home: str
    view_root: str = ""
    location: Location | None = None
    made: FileTree | None = None
    preview: str = ""


class Origins:
    """Finds and opens the places of documentation.

    Args:
        reader: Reads the entities that a concept is related to.
        openers: Returns how every source is opened, by name.
        access: What reading other repositories needs.
        interval: Seconds for which a repository that is no source is not asked again.
        count: Called before a remote is asked for a branch; raises when that is too much.
    """

    def __init__(
        self,
        reader: EntityReader,
        openers: Callable[[], Mapping[str, OpenLocation]],
        access: RemoteAccess,
        interval: float,
        count: Callable[[], None] = lambda: None,
    ) -> None:
        self._reader = reader
        self._openers = openers
        self._access = access
        self._interval = interval
        self._lists: OrderedDict[tuple[str, str], Snapshot] = OrderedDict()
        self._fetched: dict[str, tuple[float, str]] = {}
        self._lock = Lock()
        self._count = count
        self._previews: OrderedDict[tuple[str, str], tuple[float, str, str]] = OrderedDict()

    def of(self, entity: PlacedEntity, at: str = "") -> Origin:
        """Return where the documentation of an entity is read.

        Args:
            entity: The entity.
            at: The beginning of the id of an older commit, or the name of a branch, tag or
                pull request; empty for the current commit.

        Raises:
            InputError: When its annotation cannot be followed, or ``at`` is none of these.
            NotFoundError: When its place, or that commit or name, does not exist.
            SourceError: When its repository cannot be read.
        """
        ref = docs_ref(entity.document)
        if ref.type == CONCEPT and entity.document["kind"] == "Concept":
            return self._made(entity)
        folder = entity.path.rpartition("/")[0]
        if ref.type == FOLDER:
            return self._of_source(entity, relative_path(folder, ref.target), at)
        if ref.type == ADDRESS:
            return self._of_address(entity, ref.target, at)
        raise InputError(f"documentation of the type '{ref.type}' is not supported: use dir or url")

    def _made(self, entity: PlacedEntity) -> Origin:
        document = entity.document
        refs = {relation["targetRef"] for relation in document.get("relations", ())}
        titles = titles_of(self._reader.documents(sorted(refs)))
        tree = concept_tree(document, titles, entity.commit)
        # Both are as far as the caller sees them, and so is what is kept under the key.
        key = f"concept {content_hash(canonical_json([document, titles]))}"
        return Origin(key, entity.commit, "", made=tree)

    def _of_source(self, entity: PlacedEntity, home: str, at: str) -> Origin:
        location = self._opened(entity.source)
        return self._origin(entity.source, location, entity.commit, home, at)

    def _opened(self, source: str) -> Location:
        openers = self._openers()
        if source not in openers:
            raise NotFoundError(f"there is no source '{source}' any more")
        return openers[source]()

    def _of_address(self, entity: PlacedEntity, target: str, at: str) -> Origin:
        """Return the origin of an address: in the entity's own repository, or another one."""
        location = self._opened(entity.source)
        home = _path_in(location, entity.document, target)
        if home is not None:
            return self._origin(entity.source, location, entity.commit, home, at)
        inside = f"{target.rstrip('/')}/{_INSIDE}"
        readings = check_location("url", inside, self._access)
        other = open_readable(inside, readings, _NAME, self._access)
        home = other.roots.targets[0].removesuffix(_INSIDE).rstrip("/")
        return self._origin(f"url {target}", other, self._newest(target, other), home, at)

    def _newest(self, target: str, location: Location) -> str:
        """Return the newest commit of a repository that is no source.

        Raises:
            SourceError: When it cannot be read, and was not before.
        """
        asked, commit = self._fetched.get(target, (0.0, ""))
        if not commit or time.monotonic() - asked > self._interval:
            try:
                commit = location.mirror.fetch()
            except SourceError:
                if not commit:
                    raise
            self._fetched[target] = (time.monotonic(), commit)
        return commit

    def _origin(self, key: str, location: Location, commit: str, home: str, at: str) -> Origin:
        mirror = location.mirror
        if not isinstance(mirror, Mirror):
            raise NotFoundError("files of a plain web server have no documentation")
        try:
            if not mirror.has(commit):
                mirror.fetch()
            wanted, preview = self._wanted(mirror, key, commit, at)
        finally:
            mirror.close()
        address = location.roots.address
        root = address.target if address.type == "url" else ""
        return Origin(key, wanted, home, root, location, preview=preview)

    def _wanted(self, mirror: Mirror, key: str, commit: str, at: str) -> tuple[str, str]:
        """Return the commit to read, and the full name of what is previewed, if it is.

        Raises:
            InputError: When ``at`` cannot be a name.
            NotFoundError: When the repository has no such commit or name.
        """
        if not at:
            return commit, ""
        if not is_preview(at):
            return mirror.ancestor(at.lower(), commit), ""
        with self._lock:
            asked, name, found = self._previews.get((key, at), (0.0, "", ""))
        # The pictures of a page ask again, and need not wait for the remote.
        if not found or time.monotonic() - asked > _PREVIEW_SECONDS or not mirror.has(found):
            names = possible_names(at)
            self._count()
            try:
                name, found = mirror.fetch_ref(names)
            except NotFoundError:
                msg = f"its repository has no branch, tag or pull request '{at}'"
                raise NotFoundError(msg) from None
            with self._lock:
                self._previews[key, at] = time.monotonic(), name, found
                self._previews.move_to_end((key, at))
                while len(self._previews) > _MOST_PREVIEWS:
                    self._previews.popitem(last=False)
        return found, name

    @contextmanager
    def tree(self, origin: Origin) -> Iterator[FileTree]:
        """Open the files of an origin; they can be read until the end of the block.

        Raises:
            SourceError: When the repository cannot be read.
        """
        if origin.made is not None:
            yield origin.made
            return
        assert origin.location is not None
        mirror = origin.location.mirror
        assert isinstance(mirror, Mirror)
        try:
            yield self._snapshot(origin, mirror)
        finally:
            mirror.close()

    def _snapshot(self, origin: Origin, mirror: Mirror) -> Snapshot:
        key = (origin.key, origin.commit)
        with self._lock:
            listed = self._lists.get(key)
            if listed is not None:
                self._lists.move_to_end(key)
        snapshot = mirror.snapshot(origin.commit, listed)
        if listed is None and len(snapshot.entries) <= _LONGEST_LIST:
            with self._lock:
                self._lists[key] = snapshot
                while len(self._lists) > _MOST_LISTS:
                    self._lists.popitem(last=False)
        return snapshot

    def time_of(self, origin: Origin) -> str:
        """Return when the commit of an origin was made, ISO 8601; empty when unknown."""
        mirror = origin.location.mirror if origin.location else None
        try:
            return mirror.commit(origin.commit).time if isinstance(mirror, Mirror) else ""
        except PortalError:
            return ""

    def last_change(self, origin: Origin, path: str) -> Commit | None:
        """Return the last commit of a file; ``None`` when it is not known."""
        mirror = origin.location.mirror if origin.location else None
        if not isinstance(mirror, Mirror):
            return None
        try:
            return mirror.last_change(path, origin.commit)
        except PortalError:
            return None


def is_preview(at: str) -> bool:
    """Return whether ``at`` names a branch, tag or pull request instead of a commit."""
    return bool(at) and not _COMMIT.fullmatch(at)


def _path_in(location: Location, entity: Entity, target: str) -> str | None:
    """Return the folder that an address names in the repository of an entity.

    The address of a folder has ``tree`` where that of a file has ``blob``.
    """
    annotations = entity["metadata"].get("annotations") or {}
    address = location.roots.address
    if address.type != "url" or not str(annotations.get(MANAGED_BY, "")).startswith("url:"):
        return None
    written = target.rstrip("/")
    for given in (written, written.replace("/tree/", "/blob/", 1)):
        if given == address.target.rstrip("/"):
            return ""
        found = path_of_address(address.target, given)
        if found is not None:
            return found.strip("/")
    return None
