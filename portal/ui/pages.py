"""The routes of the pages: a question, what answers it, a template."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import flask
from flask import Blueprint
from flask import Response
from flask import request
from werkzeug.exceptions import HTTPException

from portal import web
from portal.auth.gate import principal
from portal.catalog.service import Catalog
from portal.glossary.concepts import LANGUAGES
from portal.glossary.concepts import ConceptView
from portal.glossary.service import Glossary
from portal.kernel.errors import MissingIndexError
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.search.api import MAX_TERM
from portal.search.facets import FACETS
from portal.search.service import Search
from portal.search.service import sight_of
from portal.ui import listing
from portal.ui import prose
from portal.ui import reader
from portal.ui import results
from portal.ui.reader import Reader
from portal.ui.reference import read_reference

_CONCEPT = "Concept"
_NAMESPACE = "default"
_PAGE = re.compile(r"[1-9]\d{0,5}")
#: Where answers are for programs, whatever they accept.
_FOR_PROGRAMS = ("/api", "/.backstage")
#: How many problems of the content the start page names.
_MOST_PROBLEMS = 10

#: What every template may use besides its own values.
_TOOLS: dict[str, Any] = {
    "LANGUAGES": LANGUAGES,
    "MAX_TERM": MAX_TERM,
    "blocks": prose.blocks,
    "inline": prose.inline,
    "is_web_address": reader.is_web_address,
    "moment": reader.moment,
    "written_in": prose.written_in,
}


def ui_blueprint(
    catalog: Catalog,
    search: Search,
    glossary: Glossary,
    openapi: Callable[[], dict[str, Any]],
) -> Blueprint:
    """Return the routes of the pages.

    Args:
        catalog: What there is, and how its sources are doing.
        search: What answers the search box.
        glossary: The concepts, localized.
        openapi: Gives the OpenAPI document of the whole API.
    """
    bp = Blueprint(
        "ui",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    bp.record_once(_set_up_templates)
    _add_start(bp, catalog, glossary)
    _add_search(bp, search, glossary)
    _add_concepts(bp, catalog, glossary)
    _add_catalog(bp, catalog)
    _add_api_docs(bp, openapi)
    _add_errors(bp, catalog)
    return bp


def _set_up_templates(state: flask.blueprints.BlueprintSetupState) -> None:
    environment = state.app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True


def _page(template: str, reads: Reader, status: int = 200, **values: Any) -> Response:
    """Answer with a page in the reader's language."""
    others = {lang: reader.same_page(request, lang) for lang in LANGUAGES}
    html = flask.render_template(
        f"{template}.html",
        reads=reads,
        status=status,
        t=reads.text,
        url=reads.url,
        languages=others,
        **_TOOLS,
        **values,
    )
    response = Response(html, status=status, mimetype="text/html")
    response.headers["Content-Language"] = reads.language
    response.vary.add("Accept-Language")
    return response


def _page_number() -> int:
    text = request.args.get("page", "")
    return int(text) if _PAGE.fullmatch(text) else 1


def _add_start(bp: Blueprint, catalog: Catalog, glossary: Glossary) -> None:
    @bp.get("/")
    def get_start() -> Response:
        """Show the glossary: what it is, and its concepts."""
        reads = reader.reader_of(request)
        problems = sorted(catalog.problems(), key=lambda row: str(row["level"]))  # errors first
        return _page(
            "start",
            reads,
            schemes=glossary.schemes([reads.language]),
            concepts=glossary.concepts([reads.language]),
            sources=catalog.sources(),
            problems=problems[:_MOST_PROBLEMS],
            problem_count=len(problems),
        )


def _add_search(bp: Blueprint, search: Search, glossary: Glossary) -> None:
    @bp.get("/search")
    def get_search() -> Response:
        """Show what a query finds."""
        reads = reader.reader_of(request)
        asked = " ".join(request.args.get("q", "").split())
        term = asked[:MAX_TERM]
        chosen = {name: request.args[name] for name in FACETS if request.args.get(name)}
        wanted = results.Asked(term, chosen, sight_of(principal()))
        found = results.find(search, wanted, _page_number(), reads.language) if term else None
        suggestions = [] if found and found.total else glossary.concepts([reads.language])
        return _page(
            "search",
            reads,
            term=term,
            is_cut=len(asked) > MAX_TERM,
            found=found,
            chosen=chosen,
            suggestions=suggestions,
        )


def _add_concepts(bp: Blueprint, catalog: Catalog, glossary: Glossary) -> None:
    @bp.get("/glossary")
    def get_glossary() -> Response:
        """Send readers to the start page: it is the glossary."""
        reads = reader.reader_of(request)
        return Response(status=302, headers={"Location": reads.url("/")})

    @bp.get("/glossary/<name>")
    def get_concept(name: str) -> Response:
        """Show one concept, every section of it."""
        reads = reader.reader_of(request)
        concept = glossary.concept(name, [reads.language])
        before, after = _neighbours(glossary.concepts([reads.language]), concept)
        return _page(
            "concept",
            reads,
            concept=concept,
            before=before,
            after=after,
            history=listing.last_changes(catalog, EntityRef(_CONCEPT, _NAMESPACE, concept.name)),
        )


def _neighbours(
    concepts: list[ConceptView], concept: ConceptView
) -> tuple[ConceptView | None, ConceptView | None]:
    """Return the concepts before and after one, in the order of the glossary."""
    refs = [view.ref for view in concepts]
    if concept.ref not in refs:
        return None, None
    at = refs.index(concept.ref)
    return (concepts[at - 1] if at else None), next(iter(concepts[at + 1 :]), None)


def _add_catalog(bp: Blueprint, catalog: Catalog) -> None:
    @bp.get("/catalog")
    def get_catalog() -> Response:
        """List entities, all or of one kind."""
        reads = reader.reader_of(request)
        kind = request.args.get("kind", "")[:100]
        found = listing.list_entities(catalog, kind, _page_number(), reads.language)
        return _page("catalog", reads, found=found)

    @bp.get("/catalog/<namespace>/<kind>/<name>")
    def get_entity(namespace: str, kind: str, name: str) -> Response:
        """Show one entity."""
        reads = reader.reader_of(request)
        ref = EntityRef(kind, namespace, name)
        entity = json.loads(catalog.by_name(ref))
        return _page(
            "entity",
            reads,
            entity=entity,
            ref=EntityRef(entity["kind"], namespace, entity["metadata"]["name"]),
            relations=listing.relations_of_page(catalog, entity, reads.language),
            history=listing.last_changes(catalog, ref),
        )


def _add_api_docs(bp: Blueprint, openapi: Callable[[], dict[str, Any]]) -> None:
    document = cache(openapi)

    @bp.get("/api/docs")
    def get_api_docs() -> Response:
        """Show the OpenAPI document for reading."""
        base = request.host_url.rstrip("/")
        reference = read_reference(document(), base)
        return _page("api", reader.reader_of(request), reference=reference)


def _add_errors(bp: Blueprint, catalog: Catalog) -> None:
    @bp.errorhandler(NotFoundError)
    def answer_not_found(_error: NotFoundError) -> Response:
        """Say that there is nothing here, and who removed it if somebody did."""
        return _page("error", reader.reader_of(request), 404, removed=_removal(catalog))

    @bp.errorhandler(MissingIndexError)
    def answer_no_index(_error: MissingIndexError) -> Response:
        return _page("error", reader.reader_of(request), 503)

    @bp.app_errorhandler(404)
    def answer_no_route(error: HTTPException) -> Response:
        if _is_for_programs():
            return web.http_error_response(error)
        return _page("error", reader.reader_of(request), 404)


def _is_for_programs() -> bool:
    """Whether nobody is there to read a page."""
    if any(f"{request.path}/".startswith(f"{path}/") for path in _FOR_PROGRAMS):
        return True
    accepted = request.accept_mimetypes
    return accepted.best_match(["application/json", "text/html"]) != "text/html"


def _removal(catalog: Catalog) -> dict[str, Any] | None:
    """Return the change that removed what the address names."""
    values = request.view_args or {}
    kind, namespace = values.get("kind", _CONCEPT), values.get("namespace", _NAMESPACE)
    changes = listing.last_changes(catalog, EntityRef(kind, namespace, values.get("name", "")))
    return changes[0] if changes and changes[0]["operation"] == "removed" else None
