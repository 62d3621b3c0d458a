"""Documentation pages of a repository to documents, one per heading.

The annotation ``backstage.io/techdocs-ref: dir:.`` of an entity names the folder of a
``mkdocs.yml``, whose ``docs_dir`` has the pages. All is read from a given file tree.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from portal.catalog.ingestion.documentation import PAGE
from portal.catalog.ingestion.documentation import docs_folder
from portal.kernel.errors import InputError
from portal.kernel.errors import PortalError
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.scm.snapshot import FileTree
from portal.scm.snapshot import is_pointer
from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.indexing.owners import owner_name
from portal.search.indexing.owners import owner_ref
from portal.search.indexing.sections import Section
from portal.search.indexing.sections import sections

_LOG = logging.getLogger(__name__)
TECHDOCS = "techdocs"
_INDEX_PAGES = frozenset({"index.md", "README.md"})
#: The greatest number of pages of one entity.
_MOST_PAGES = 5_000
_LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class DocumentationPage:
    """One page of an entity's documentation.

    Attributes:
        entity: The final entity.
        path: The path of the file in the repository.
        address: The page's path below the entity's documentation, as MkDocs makes it:
            ``guides/start/``.
        digest: Changes whenever the documents of the page may change.
    """

    entity: Entity
    path: str
    address: str
    digest: str

    @property
    def key(self) -> str:
        """The identity of the page within its source."""
        return f"{ref_of(self.entity)} {self.path}"


def pages(entity: Entity, folder: str, tree: FileTree) -> Iterator[DocumentationPage]:
    """Yield the pages of an entity.

    Args:
        entity: The final entity.
        folder: The folder of its descriptor; empty for the repository's root.
        tree: The repository at a commit.
    """
    try:
        root = docs_folder(entity, folder, tree)
    except PortalError:
        return
    if root is None:
        return
    about = json.dumps(_about(entity), sort_keys=True, ensure_ascii=False)
    # The folder may be written in another Unicode form than its name in mkdocs.yml.
    depth = root.count("/") + 1 if root else 0
    paths = [path for path in tree.names.below(root) if path.endswith(PAGE)]
    for path in paths[:_MOST_PAGES]:
        entry = tree.entries[path]
        if not entry.why_left_out:
            digest = hashlib.sha256(f"{entry.id} {path} {about}".encode()).hexdigest()[:16]
            inner = "/".join(path.split("/")[depth:])
            yield DocumentationPage(entity, path, _address(inner), digest)


def documents(page: DocumentationPage, tree: FileTree) -> Iterator[IndexableDocument]:
    """Yield a document for each section of a page.

    Raises:
        InputError: When the page is larger than a file may be, or kept in Git LFS.
        SourceError: When the repository cannot be read.
    """
    data = tree.read(page.path).data
    if is_pointer(data):
        raise InputError("it is kept in Git LFS, which is not read")
    for section in sections(_text(page.path, data)):
        yield _document(page, section)


def _text(path: str, data: bytes) -> str:
    """Return the text of a page; what of it is not UTF-8 cannot be searched for."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _LOG.warning("the page %s is not UTF-8 (byte %d): save it as UTF-8", path, error.start + 1)
        return data.decode("utf-8-sig", "ignore")


def _address(path: str) -> str:
    """Return the address of a page: of ``guides/start.md`` it is ``guides/start/``."""
    page = PurePosixPath(path)
    place = page.parent if page.name in _INDEX_PAGES else page.with_suffix("")
    return "" if str(place) == "." else f"{place}/"


def _about(entity: Entity) -> dict[str, Any]:
    """Return the fields that all documents of an entity's pages share."""
    metadata, spec, ref = entity["metadata"], entity.get("spec") or {}, ref_of(entity)
    kind_of_it = str(spec.get("type") or "other")
    return {
        "kind": ref.kind.lower(),
        "namespace": ref.namespace.lower(),
        "name": ref.name.lower(),
        "entityTitle": str(metadata.get("title") or ""),
        "componentType": kind_of_it,
        "type": kind_of_it,
        "lifecycle": str(spec.get("lifecycle") or ""),
        "owner": _owner(entity),
        "tags": [tag for tag in metadata.get("tags") or () if isinstance(tag, str)],
    }


def _owner(entity: Entity) -> str:
    """Return the name part of the owner, as Backstage's collator does."""
    ref = owner_ref(entity)
    return ref.name if ref else ""


def _document(page: DocumentationPage, section: Section) -> IndexableDocument:
    about = _about(page.entity)
    tags = about.pop("tags")
    place = page.address + (f"#{section.anchor}" if section.anchor else "")
    triplet = "/".join(quote(about[key], safe="") for key in ("namespace", "kind", "name"))
    title = section.title or PurePosixPath(page.path).stem
    ref, owner = str(ref_of(page.entity)), owner_name(page.entity)
    fields = {
        **about,
        "title": title,
        "text": section.text[:_LONGEST_TEXT],
        "path": place,
        "location": f"/docs/{triplet}/{quote(place, safe='/#')}",
        "authorization": {"resourceRef": ref},
    }
    names = (Name(title, "preferred"),)
    return IndexableDocument(
        TECHDOCS, f"{ref}#{place}", fields, names, (), tuple(tags), owner=owner
    )
