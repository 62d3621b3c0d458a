"""The routes of documentation: the list of it, and its reader."""

from __future__ import annotations

from flask import Blueprint
from flask import Response
from flask import request

from portal.auth.gate import principal
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.model.entity import TECHDOCS_REF
from portal.model.entity import ref_of
from portal.model.refs import EntityRef
from portal.search.api import MAX_TERM
from portal.search.service import Search
from portal.techdocs.content_types import FILE_POLICY
from portal.techdocs.content_types import content_type_of
from portal.techdocs.service import DocsFile
from portal.techdocs.service import Documentation
from portal.techdocs.service import TechDocs
from portal.techdocs.service import asked_version
from portal.techdocs.sites.site import PAGE
from portal.techdocs.sites.site import NavItem
from portal.techdocs.translations import translations_for
from portal.ui.documentation.addresses import Addresses
from portal.ui.documentation.addresses import home_of
from portal.ui.documentation.lookup import Found
from portal.ui.documentation.lookup import find_in
from portal.ui.frame import reader
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.page import page_number
from portal.ui.frame.reader import Reader
from portal.web.doors import asks
from portal.web.doors import public

_PER_PAGE = 50
_DEEPEST_HEADING = 3
#: Mermaid needs inline styles; the frame has no content of anybody, and loads one script.
_DIAGRAM_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
_TRIPLET = "<namespace>/<kind>/<name>"


def documentation_pages(techdocs: TechDocs, search: Search) -> AddPages:
    """Return the pages of documentation.

    Args:
        techdocs: Finds and renders documentation.
        search: Searches in it.
    """

    def add(bp: Blueprint) -> None:
        _add_list(bp, techdocs)
        _add_diagrams(bp)
        _add_reader(bp, techdocs, search)

    return add


def _add_list(bp: Blueprint, techdocs: TechDocs) -> None:
    @bp.get("/docs")
    @asks("catalog.entity.read")
    def get_docs() -> Response:
        """List the entities with documentation; concepts have pages of their own."""
        reads = reader.reader_of(request)
        number = page_number()
        found, total = techdocs.listed(TECHDOCS_REF, (number - 1) * _PER_PAGE, _PER_PAGE)
        entries = [(entity, home_of(ref_of(entity))) for entity in found]
        pages = max(1, -(-total // _PER_PAGE))
        return page("documentation/list", reads, entries=entries, number=number, pages=pages)


def _add_diagrams(bp: Blueprint) -> None:
    @bp.get("/docs/diagrams")
    @public("a frame without content, in which the browser draws diagrams")
    def get_diagrams() -> Response:
        """Show the frame in which diagrams are drawn; it may style inline, and nothing else."""
        response = page("documentation/diagrams", reader.reader_of(request))
        response.headers["Content-Security-Policy"] = _DIAGRAM_POLICY
        return response


def _add_reader(bp: Blueprint, techdocs: TechDocs, search: Search) -> None:
    @bp.get(f"/docs/{_TRIPLET}", defaults={"path": ""})
    @bp.get(f"/docs/{_TRIPLET}/<path:path>")
    @asks("catalog.entity.read")
    def get_documentation(namespace: str, kind: str, name: str, path: str) -> Response:
        """Show a page of the documentation of an entity, or send a file of it."""
        reads = reader.reader_of(request)
        ref = EntityRef(kind, namespace, name)
        at = asked_version(request.args.get("at", ""))
        techdocs.entity(principal(), ref)
        try:
            docs = techdocs.find(principal(), ref, at)
        except (InputError, NotFoundError, SourceError) as error:
            return _unavailable(reads, ref, at, error)
        if str(docs.ref) != str(ref):
            return _moved(Addresses(docs.ref, reads, at).page(f"{docs.start or 'index'}{PAGE}"))
        term = " ".join(request.args.get("q", "").split())[:MAX_TERM]
        if term:
            translate = translations_for(techdocs, principal(), reads.language)
            found = find_in(search, principal(), docs.ref, term, translate)
            return _show_results(reads, docs, at, term, found)
        return _answer(techdocs, docs, reads, at, path)


def _moved(address: str) -> Response:
    return Response(status=302, headers={"Location": address})


def _unavailable(reads: Reader, ref: EntityRef, at: str, error: PortalError) -> Response:
    """Say that there is no documentation to show, and why."""
    status = 503 if isinstance(error, SourceError) else 404
    values = {"ref": ref, "at": at, "reason": error.message, "home": home_of(ref)}
    return page("documentation/unavailable", reads, status, **values)


def _show_results(
    reads: Reader, docs: Documentation, at: str, term: str, found: list[Found]
) -> Response:
    addresses = Addresses(docs.ref, reads, at)
    return page(
        "documentation/results",
        reads,
        docs=docs,
        term=term,
        found=found,
        home=home_of(docs.ref),
        address=addresses.page,
        current="",
    )


def _answer(techdocs: TechDocs, docs: Documentation, reads: Reader, at: str, path: str) -> Response:
    """Return a page, a file, or a redirect to the address of a page.

    Raises:
        NotFoundError: When there is neither.
    """
    if path in docs.site.files and not path.endswith(PAGE):
        return _file_response(techdocs.file(docs, path))
    first = docs.site.reading_order(reads.language)
    found = docs.site.page_at(path or docs.start)
    if not found and not path and first:
        found = first[0].path
    if not found:
        raise NotFoundError(f"there is no page {path} in the documentation of {docs.ref}")
    addresses = Addresses(docs.ref, reads, at)
    found = docs.site.in_language(found, reads.language)
    here = addresses.page(found)
    if here.partition("?")[0] != f"{home_of(docs.ref)}{path}" and path:
        return _moved(here)
    return _show(techdocs, docs, reads, addresses, found)


def _show(
    techdocs: TechDocs, docs: Documentation, reads: Reader, addresses: Addresses, path: str
) -> Response:
    shown = techdocs.page(docs, path)
    before, after = _neighbours(docs, path, reads.language)
    return page(
        "documentation/page",
        reads,
        docs=docs,
        shown=shown,
        html=addresses.filled(shown.html),
        headings=[one for one in shown.headings if 1 < one.level <= _DEEPEST_HEADING],
        before=before,
        after=after,
        home=home_of(docs.ref),
        address=addresses.page,
        current=path,
        edit=docs.site.edit_address(path),
        translations=_translations(docs, addresses.at, path),
        at=addresses.at,
        may_preview=docs.origin.location is not None
        and techdocs.may_preview(principal(), docs.entity),
    )


def _translations(docs: Documentation, at: str, path: str) -> dict[str, str]:
    """Return the addresses of the page in other languages, which the whole portal then has."""
    return {
        language: Addresses(docs.ref, Reader(language, has_chosen=True), at).page(twin)
        for language, twin in docs.site.translations(path).items()
    }


def _neighbours(
    docs: Documentation, path: str, language: str
) -> tuple[NavItem | None, NavItem | None]:
    order = docs.site.reading_order(language)
    at = next((number for number, one in enumerate(order) if one.path == path), None)
    if at is None:
        return None, None
    return (order[at - 1] if at else None), next(iter(order[at + 1 :]), None)


def _file_response(file: DocsFile) -> Response:
    kind = content_type_of(file.path)
    response = Response(file.data)
    response.headers["Content-Type"] = kind.name
    response.headers["Cache-Control"] = "private, max-age=0"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    if kind.is_download:
        response.headers["Content-Disposition"] = "attachment"
    response.set_etag(file.id)
    response.make_conditional(request)
    return response
