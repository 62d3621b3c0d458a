"""Documentation of entities: found, rendered, kept; within what a caller may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape

from portal.auth.identity import Principal
from portal.catalog.entity_conditions import is_seen
from portal.catalog.reading.entity_reader import EntityReader
from portal.catalog.reading.entity_reader import PlacedEntity
from portal.catalog.sources.registry import OpenLocation
from portal.catalog.sources.remote_access import RemoteAccess
from portal.config.settings import Config
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import EntityRef
from portal.permission.permissions import PERMISSIONS
from portal.permission.policy import Decision
from portal.permission.policy import PermissionPolicy
from portal.permission.policy import decide
from portal.scm.snapshot import FileTree
from portal.scm.snapshot import is_pointer
from portal.techdocs.annotations import first_page
from portal.techdocs.annotations import other_entity
from portal.techdocs.origins import Origin
from portal.techdocs.origins import Origins
from portal.techdocs.origins import is_preview
from portal.techdocs.page_store import DocsPage
from portal.techdocs.page_store import LastChange
from portal.techdocs.page_store import PageStore
from portal.techdocs.rendering.page import RenderedPage
from portal.techdocs.rendering.page import render_page
from portal.techdocs.sites.building import build_site
from portal.techdocs.sites.linking import resolve_link
from portal.techdocs.sites.site import Site
from portal.techdocs.sites.titles import name_title

READ = "catalog.entity.read"
PREVIEW = "portal.docs.preview"
#: The kind whose documentation is a page of the portal anyway.
_HAS_OWN_PAGES = "Concept"
#: Larger pages, in bytes, are not rendered: it takes as long as a request may.
LARGEST_PAGE = 512 * 1024
#: The longest name of a branch, tag or pull request.
_LONGEST_VERSION = 200
#: How many entities may point to each other's documentation in a row.
_MOST_HOPS = 3


@dataclass(frozen=True, slots=True)
class Documentation:
    """The documentation of an entity.

    Attributes:
        ref: The entity that has it: another than the one asked for, if that points there.
        entity: The final entity.
        origin: Where it is read.
        site: Its files and navigation.
        start: The address of the page to begin with; empty for the first one.
        is_old: Whether it is that of an older commit.
    """

    ref: EntityRef
    entity: Entity
    origin: Origin
    site: Site
    start: str = ""
    is_old: bool = False

    @property
    def built_at(self) -> int:
        """When the commit was made, in milliseconds since the epoch; 0 when unknown."""
        try:
            return int(dt.datetime.fromisoformat(self.site.time).timestamp() * 1000)
        except ValueError:
            return 0


@dataclass(frozen=True, slots=True)
class DocsFile:
    """A file of a documentation: path, content, and the id of that content."""

    path: str
    data: bytes
    id: str


class TechDocs:
    """Finds and renders documentation.

    Args:
        reader: Reads entities.
        origins: Opens repositories.
        store: Keeps what was made.
        policy: Decides who may see what.
    """

    def __init__(
        self,
        reader: EntityReader,
        origins: Origins,
        store: PageStore,
        policy: PermissionPolicy,
    ) -> None:
        self._reader = reader
        self._origins = origins
        self._store = store
        self._policy = policy

    def entity(self, principal: Principal, ref: EntityRef) -> PlacedEntity:
        """Return an entity that the caller may see.

        Raises:
            NotFoundError: When there is none.
        """
        found = self._reader.placed(str(ref))
        if found is None or not is_seen(found.document, self._decision(principal)):
            raise NotFoundError(f"Entity not found for {ref}")
        return found

    def _decision(self, principal: Principal) -> Decision:
        return decide(self._policy, principal, PERMISSIONS[READ])

    def find(self, principal: Principal, ref: EntityRef, at: str = "") -> Documentation:
        """Return the documentation of an entity.

        Args:
            principal: The caller.
            ref: The entity.
            at: The beginning of the id of an older commit, or the name of a branch, tag or
                pull request to preview; empty for the current commit.

        Raises:
            NotFoundError: When there is none that the caller may see.
            InputError: When its annotation cannot be followed, or ``at`` is no name.
            NotAllowedError: When the caller may not preview it.
            TooManyRequestsError: When the caller previews too much.
            SourceError: When its repository cannot be read.
        """
        start = ""
        for _ in range(_MOST_HOPS):
            entity = self.entity(principal, ref)
            other = other_entity(entity.document)
            start = start or first_page(entity.document)
            if other is None:
                if is_preview(at) and not self.may_preview(principal, entity.document):
                    raise NotAllowedError(f"You may not preview this documentation: {PREVIEW}")
                return self._documentation(entity, start, at)
            ref = other
        raise NotFoundError(f"The documentation of {ref} leads from entity to entity")

    def may_preview(self, principal: Principal, entity: Entity) -> bool:
        """Return whether the caller may see branches and pull requests of a documentation."""
        return is_seen(entity, decide(self._policy, principal, PERMISSIONS[PREVIEW]))

    def _documentation(self, entity: PlacedEntity, start: str, at: str) -> Documentation:
        document = entity.document
        origin = self._origins.of(entity, at)
        metadata = document["metadata"]
        title = str(metadata.get("title") or metadata["name"])
        key = (origin.key, origin.commit, origin.home, title)

        def make() -> Site:
            with self._origins.tree(origin) as tree:
                time = self._origins.time_of(origin)
                return build_site(origin.home, tree, title, origin.view_root, time)

        site = self._store.site(key, make)
        is_old = bool(at) and origin.commit != entity.commit and not origin.preview
        return Documentation(ref_of(document), document, origin, site, start, is_old)

    def tree(self, docs: Documentation) -> AbstractContextManager[FileTree]:
        """Open the repository of a documentation, to be read inside of a block."""
        return self._origins.tree(docs.origin)

    def page(self, docs: Documentation, path: str) -> DocsPage:
        """Return a page.

        Args:
            docs: The documentation.
            path: The file, below its folder, as ``Site.page_at`` returns it.

        Raises:
            SourceError: When the repository cannot be read.
        """
        origin, site = docs.origin, docs.site
        key = (origin.key, origin.commit, site.home, path)
        return self._store.page(key, lambda: self._made(docs, path))

    def _made(self, docs: Documentation, path: str) -> DocsPage:
        with self._origins.tree(docs.origin) as tree:
            change = self._origins.last_change(docs.origin, docs.site.files[path].path)
            try:
                page = rendered(path, docs.site, tree)
            except InputError as error:
                page = _refusal(error.message)
        last = change and LastChange(change.id, change.author, change.time, change.subject)
        return DocsPage(
            path,
            page.title or name_title(path),
            page.html,
            page.headings,
            page.has_title,
            page.has_diagrams,
            page.has_formulas,
            tuple(sorted(page.hidden)),
            page.description,
            last or None,
        )

    def file(self, docs: Documentation, path: str) -> DocsFile:
        """Return a file of a documentation.

        Raises:
            NotFoundError: When there is none, or its content is not in the repository.
            InputError: When it is too large.
            SourceError: When the repository cannot be read.
        """
        found = docs.site.files.get(path)
        if found is None:
            raise NotFoundError(f"Content not found for {path}")
        with self._origins.tree(docs.origin) as tree:
            blob = tree.read(found.path)
        if is_pointer(blob.data):
            raise NotFoundError(f"{path} is kept in Git LFS, which is not read")
        return DocsFile(path, blob.data, blob.id)

    def listed(self, key: str, offset: int, limit: int) -> tuple[list[Entity], int]:
        """Return a page of the entities with an annotation that the caller may see.

        Concepts are left out: they have pages of their own.
        """
        return self._reader.with_annotation(key, _HAS_OWN_PAGES, offset, limit)


def asked_version(text: str) -> str:
    """Return what a request asks for with ``at``, cut where no ref is as long."""
    return text.strip()[:_LONGEST_VERSION]


def rendered(path: str, site: Site, tree: FileTree) -> RenderedPage:
    """Return a page of a site as HTML.

    Raises:
        InputError: When it cannot be rendered: it is too large, or kept in Git LFS.
        SourceError: When the repository cannot be read.
    """
    text = _text(site.files[path].path, tree)
    folder = path.rpartition("/")[0]

    def read(name: str) -> list[str] | None:
        return _snippet(name, folder, site, tree)

    return render_page(text, read, lambda target: resolve_link(target, path, site).written)


def _text(path: str, tree: FileTree) -> str:
    size = tree.entries[path].size
    if size > LARGEST_PAGE:
        raise InputError(f"the page has {size:,} bytes, more than the {LARGEST_PAGE:,} shown")
    data = tree.read(path).data
    if is_pointer(data):
        raise InputError("the page is kept in Git LFS, which is not read")
    return data.decode("utf-8-sig", "replace")


def _snippet(name: str, folder: str, site: Site, tree: FileTree) -> list[str] | None:
    """Return the lines of a file of the documentation, looked for from its folder first."""
    for path in (name.removeprefix("./"), f"{folder}/{name}" if folder else name):
        found = site.files.get(path)
        if found and found.entry.size <= LARGEST_PAGE:
            return tree.read(found.path).data.decode("utf-8-sig", "replace").splitlines()
    return None


def _refusal(reason: str) -> RenderedPage:
    html = (
        f'<div class="admonition warning"><p>{escape(reason[:1].upper() + reason[1:])}.</p></div>'
    )
    return RenderedPage(html, "", "", (), False, False, False, frozenset(), (), ())


def open_techdocs(
    reader: EntityReader,
    openers: Callable[[], Mapping[str, OpenLocation]],
    access: RemoteAccess,
    policy: PermissionPolicy,
    config: Config,
    count: Callable[[], None] = lambda: None,
) -> TechDocs:
    """Return the documentation of a portal.

    Args:
        reader: Reads entities.
        openers: Returns how every source is opened, by name.
        access: What reading other repositories needs.
        policy: Decides who may see what.
        config: The settings in force.
        count: Called before a remote is asked for a branch; raises when that is too much.
    """
    origins = Origins(reader, openers, access, config.sync_interval, count)
    return TechDocs(reader, origins, PageStore(config.cache_bytes // 2), policy)
