"""The files of a published site: those of TechDocs' storage, made when they are asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from portal.kernel.errors import NotFoundError
from portal.scm.snapshot import FileTree
from portal.search.indexing.sections import sections
from portal.techdocs.content_types import TEXT
from portal.techdocs.content_types import ContentType
from portal.techdocs.content_types import backstage_type_of
from portal.techdocs.material import STYLES
from portal.techdocs.material import STYLESHEET
from portal.techdocs.material import material_page
from portal.techdocs.rendering.page import VERSION
from portal.techdocs.service import Documentation
from portal.techdocs.service import TechDocs
from portal.techdocs.sites.site import PAGE
from portal.techdocs.sites.site import Site
from portal.techdocs.sites.site import address_of

METADATA = "techdocs_metadata.json"
SEARCH_INDEX = "search/search_index.json"
_INDEX = "index.html"
#: Of how many pages the search index is made; the portal's own search has all of them.
_MOST_INDEXED = 200


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file to send.

    Attributes:
        data: Its content.
        type: Its content type.
        etag: Changes with the content.
        moved_to: Where the file is instead, relative to the site; empty when it is here.
    """

    data: bytes
    type: ContentType
    etag: str
    moved_to: str = ""


def published_file(techdocs: TechDocs, docs: Documentation, path: str) -> PublishedFile:
    """Return a file of the site of an entity.

    Raises:
        NotFoundError: When there is none.
        InputError: When it is too large.
        SourceError: When the repository cannot be read.
    """
    etag = f"{docs.site.commit[:16]}-{VERSION}"
    if path == METADATA:
        return PublishedFile(_dump(metadata(docs)), backstage_type_of(path), etag)
    if path == STYLESHEET:
        return PublishedFile(STYLES, backstage_type_of(path), path)
    if path == SEARCH_INDEX:
        with techdocs.tree(docs) as tree:
            data = _dump(_search_index(docs.site, tree))
        return PublishedFile(data, backstage_type_of(path), etag)
    if path in docs.site.files and not path.endswith(PAGE):
        file = techdocs.file(docs, path)
        return PublishedFile(file.data, backstage_type_of(path), file.id)
    page = docs.site.page_at(path)
    if not page or path.endswith(PAGE):
        raise NotFoundError(f"Content not found for {path}")
    if not (path == "" or path.endswith(("/", _INDEX))):
        return PublishedFile(b"", ContentType(TEXT), etag, moved_to=f"{path}/")
    html = material_page(docs.site, techdocs.page(docs, page))
    # As in Backstage: a browser that opens the address itself must not run it.
    return PublishedFile(html.encode(), ContentType(TEXT), etag)


def metadata(docs: Documentation) -> dict[str, Any]:
    """Return ``techdocs_metadata.json`` of a site."""
    pages = [f"{address_of(path)}{_INDEX}" for path in docs.site.pages()]
    others = [path for path in docs.site.files if not path.endswith(PAGE)]
    return {
        "site_name": docs.site.title,
        "site_description": docs.site.description,
        "build_timestamp": docs.built_at,
        "etag": docs.site.commit,
        "files": sorted({*pages, *others, METADATA, SEARCH_INDEX, STYLESHEET}),
    }


def _search_index(site: Site, tree: FileTree) -> dict[str, Any]:
    found = []
    for path in site.pages()[:_MOST_INDEXED]:
        text = tree.read(site.files[path].path).data.decode("utf-8-sig", "replace")
        for section in sections(text):
            location = address_of(path) + (f"#{section.anchor}" if section.anchor else "")
            found.append({"location": location, "title": section.title, "text": section.text})
    return {"config": {"lang": ["en"], "separator": "[\\s\\-]+"}, "docs": found}


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
