"""Documentation pages of a repository to documents, one for each heading.

An entity says where its pages are (``backstage.io/techdocs-ref: dir:.``): in the folder
that the ``mkdocs.yml`` there names. What is read is handed in, at one commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from portal.kernel import yaml12
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.files import relative_path
from portal.model.entity import TECHDOCS_REF
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import parse_ref
from portal.scm.mirror import FileTree
from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.sections import Section
from portal.search.sections import sections

TECHDOCS = "techdocs"
_CONFIGURATIONS = ("mkdocs.yml", "mkdocs.yaml")
_DEFAULT_FOLDER = "docs"
_DIRECTORY = "dir:"
_PAGE = ".md"
_INDEX_PAGES = frozenset({"index.md", "README.md"})
#: How many pages of one entity are read.
_MOST_PAGES = 5_000
_LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an entity's documentation.

    Attributes:
        entity: Whose it is.
        path: The file in the repository.
        address: Where it is below the entity's pages, as MkDocs has it: ``guides/start/``.
        digest: Differs when the documents made of the page may differ.
    """

    entity: Entity
    path: str
    address: str
    digest: str

    @property
    def key(self) -> str:
        """What tells the page from any other of its source."""
        return f"{ref_of(self.entity)} {self.path}"


def pages(entity: Entity, folder: str, tree: FileTree) -> Iterator[Page]:
    """Yield the pages of an entity.

    Args:
        entity: The final entity.
        folder: Where its descriptor is in the repository; empty for the root.
        tree: The repository at a commit.
    """
    try:
        root = _docs_folder(entity, folder, tree)
    except (InputError, NotFoundError):
        return
    about = json.dumps(_about(entity), sort_keys=True, ensure_ascii=False)
    begin = f"{root}/" if root else ""
    paths = sorted(path for path in tree.entries if path.startswith(begin) and path.endswith(_PAGE))
    for path in paths[:_MOST_PAGES]:
        entry = tree.entries[path]
        if not entry.is_link:
            digest = hashlib.sha256(f"{entry.id} {path} {about}".encode()).hexdigest()[:16]
            yield Page(entity, path, _address(path.removeprefix(begin)), digest)


def documents(page: Page, tree: FileTree) -> Iterator[IndexableDocument]:
    """Yield a document for each section of a page.

    Raises:
        InputError: When the page is larger than a file may be.
        SourceError: When the repository cannot be read.
    """
    text = tree.read(page.path).data.decode("utf-8", "replace")
    for section in sections(text):
        yield _document(page, section)


def _docs_folder(entity: Entity, folder: str, tree: FileTree) -> str:
    """Return the folder the pages are in.

    Raises:
        InputError: When it is outside of the repository.
    """
    place = str(entity["metadata"]["annotations"][TECHDOCS_REF])
    if not place.startswith(_DIRECTORY):
        msg = "only documentation in the entity's own repository is read"
        raise InputError(msg)
    home = relative_path(folder, place.removeprefix(_DIRECTORY) or ".")
    for name in _CONFIGURATIONS:
        path = _below(home, name)
        if path in tree.entries and not tree.entries[path].is_link:
            return relative_path(home, _configured(tree.read(path).data))
    return _below(home, _DEFAULT_FOLDER)


def _configured(data: bytes) -> str:
    """Return the folder a ``mkdocs.yml`` names; the usual one when it cannot be read."""
    for one in yaml12.read(data):
        value = one.value if isinstance(one, yaml12.Document) else None
        named = value.get("docs_dir") if isinstance(value, dict) else None
        if isinstance(named, str) and named:
            return named
    return _DEFAULT_FOLDER


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder not in {"", "."} else name


def _address(path: str) -> str:
    """Return the address of a page: ``guides/start.md`` is at ``guides/start/``."""
    page = PurePosixPath(path)
    place = page.parent if page.name in _INDEX_PAGES else page.with_suffix("")
    return "" if str(place) == "." else f"{place}/"


def _about(entity: Entity) -> dict[str, Any]:
    """Return what every document of an entity's pages says of it."""
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
    """Return the name of the first owner, as Backstage has it here."""
    relations: list[Mapping[str, str]] = entity.get("relations") or []
    owners = (one["targetRef"] for one in relations if one["type"] == "ownedBy")
    return next((parse_ref(ref).name for ref in owners), "")


def _document(page: Page, section: Section) -> IndexableDocument:
    about = _about(page.entity)
    tags = about.pop("tags")
    place = page.address + (f"#{section.anchor}" if section.anchor else "")
    triplet = "/".join(quote(about[key], safe="") for key in ("namespace", "kind", "name"))
    title = section.title or PurePosixPath(page.path).stem
    ref = str(ref_of(page.entity))
    fields = {
        **about,
        "title": title,
        "text": section.text[:_LONGEST_TEXT],
        "path": place,
        "location": f"/docs/{triplet}/{quote(place, safe='/#')}",
        "authorization": {"resourceRef": ref},
    }
    names = (Name(title, "preferred"),)
    return IndexableDocument(TECHDOCS, f"{ref}#{place}", fields, names, (), tuple(tags))
