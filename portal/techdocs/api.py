"""Documentation for Backstage's reader: metadata, synchronisation, and the pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response
from flask import request

from portal.auth.gate import principal
from portal.catalog.reading.entity_reader import PlacedEntity
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.model.refs import EntityRef
from portal.techdocs import schemas as s
from portal.techdocs.annotations import docs_ref
from portal.techdocs.content_types import FILE_POLICY
from portal.techdocs.external import ExternalSites
from portal.techdocs.published import PublishedFile
from portal.techdocs.published import metadata
from portal.techdocs.published import published_file
from portal.techdocs.service import TechDocs
from portal.techdocs.service import asked_version
from portal.web.doors import asks
from portal.web.openapi import Blueprint
from portal.web.responses import empty_response
from portal.web.responses import json_response

PREFIX = "/api/techdocs"
STATIC = f"{PREFIX}/static/docs"
_TRIPLET = "<namespace>/<kind>/<name>"
#: How the parameter ``at`` is described.
_AT = {
    "in": "query",
    "name": "at",
    "description": "The beginning of the id of an older commit, or a branch, tag or pull "
    "request to preview: `feature/login`, `refs/pull/12/head`, `refs/merge-requests/12/head`",
    "schema": {"type": "string"},
}


def techdocs_blueprint(techdocs: TechDocs, folder: str) -> Blueprint:
    """Return the routes of documentation.

    Args:
        techdocs: Finds and renders documentation.
        folder: The folder of sites that were built elsewhere; empty when there is none.
    """
    external = ExternalSites(Path(folder) if folder else None)
    bp = Blueprint("techdocs", __name__, url_prefix=PREFIX, description=__doc__)
    _add_metadata(bp, techdocs, external)
    _add_sync(bp, techdocs, external)
    _add_files(bp, techdocs, external)
    return bp


def _add_metadata(bp: Blueprint, techdocs: TechDocs, external: ExternalSites) -> None:
    @bp.get(f"/metadata/techdocs/{_TRIPLET}")
    @bp.response(200, s.SiteMetadata)
    @bp.documents(_AT)
    @asks("catalog.entity.read")
    def get_site_metadata(namespace: str, kind: str, name: str) -> Response:
        """Return the metadata of the site of an entity."""
        ref = EntityRef(kind, namespace, name)
        entity = _entity(techdocs, ref)
        if external.has(ref) and not _at():
            return json_response(external.metadata(ref))
        try:
            docs_ref(entity.document)
            return json_response(metadata(techdocs.find(principal(), ref, _at())))
        except (InputError, NotFoundError) as error:
            msg = f"Unable to get metadata for '{ref}'; caused by Error: {error.message}"
            raise NotFoundError(msg) from None

    @bp.get(f"/metadata/entity/{_TRIPLET}")
    @bp.response(200, s.EntityMetadata)
    @asks("catalog.entity.read")
    def get_entity_metadata(namespace: str, kind: str, name: str) -> Response:
        """Return an entity, and where its documentation is."""
        ref = EntityRef(kind, namespace, name)
        document = _entity(techdocs, ref).document
        try:
            place = docs_ref(document)
        except InputError as error:
            msg = f"Unable to get metadata for '{ref}'; caused by InputError: {error.message}"
            raise NotFoundError(msg) from None
        where = {"type": place.type, "target": place.target}
        return json_response({**document, "locationMetadata": where})


def _entity(techdocs: TechDocs, ref: EntityRef) -> PlacedEntity:
    try:
        return techdocs.entity(principal(), ref)
    except NotFoundError:
        raise NotFoundError(f"Unable to get metadata for '{ref}'") from None


def _add_sync(bp: Blueprint, techdocs: TechDocs, external: ExternalSites) -> None:
    @bp.get(f"/sync/{_TRIPLET}")
    @bp.response(200, content_type="text/event-stream")
    @bp.documents(_AT)
    @asks("catalog.entity.read")
    def get_sync(namespace: str, kind: str, name: str) -> Response:
        """Tell whether the documentation was built anew: it never has to be.

        The stream has one event, ``finish``; ``error`` when there is none to show.
        """
        ref = EntityRef(kind, namespace, name)
        try:
            techdocs.entity(principal(), ref)
        except NotFoundError:
            raise NotFoundError("Entity metadata UID missing") from None
        response = Response(_sync_events(techdocs, external, ref), mimetype="text/event-stream")
        response.headers["Content-Type"] = "text/event-stream"
        response.headers["Cache-Control"] = "no-cache"
        return response


def _sync_events(techdocs: TechDocs, external: ExternalSites, ref: EntityRef) -> list[str]:
    try:
        if _at() or not external.has(ref):
            techdocs.find(principal(), ref, _at())
    except PortalError as error:
        return [_event("error", error.message)]
    return [_event("finish", {"updated": False})]


def _event(name: str, data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\ndata: {text}\n\n"


def _add_files(bp: Blueprint, techdocs: TechDocs, external: ExternalSites) -> None:
    @bp.get(f"/static/docs/{_TRIPLET}/", defaults={"path": ""})
    @bp.get(f"/static/docs/{_TRIPLET}/<path:path>")
    @bp.response(200)
    @bp.also_answers(301)
    @bp.also_answers(304)
    @bp.also_answers(404)
    @bp.documents(_AT)
    @asks("catalog.entity.read")
    def get_file(namespace: str, kind: str, name: str, path: str) -> Response:
        """Return a file of the site of an entity.

        Pages are sent as text: the reader makes a page of them, a browser shows source.
        """
        ref = EntityRef(kind, namespace, name)
        here = f"{STATIC}/{namespace.lower()}/{kind.lower()}/{name.lower()}"
        if (namespace, kind, name) != (namespace.lower(), kind.lower(), name.lower()):
            return _moved(f"{here}/{path}", _at())
        try:
            file = _file(techdocs, external, ref, path)
        except (InputError, NotFoundError):
            return empty_response(404)
        if file.moved_to:
            return _moved(f"{here}/{file.moved_to}", _at())
        return file_response(file)


def _file(techdocs: TechDocs, external: ExternalSites, ref: EntityRef, path: str) -> PublishedFile:
    if external.has(ref) and not _at():
        techdocs.entity(principal(), ref)
        return external.file(ref, path)
    return published_file(techdocs, techdocs.find(principal(), ref, _at()), path)


def _at() -> str:
    """Return which commit, branch or pull request the request asks for; empty for none."""
    return asked_version(request.args.get("at", ""))


def _moved(target: str, at: str = "") -> Response:
    response = Response(f"Moved Permanently. Redirecting to {target}", status=301)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Location"] = quote(target) + (f"?at={quote(at)}" if at else "")
    return response


def file_response(file: PublishedFile) -> Response:
    """Return a response with a file, which a browser neither runs nor keeps for others."""
    response = Response(file.data)
    response.headers["Content-Type"] = file.type.name
    # What not everybody may see is kept by nobody else.
    response.headers["Cache-Control"] = f"{'private' if _at() else 'public'}, max-age=0"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    if file.type.is_download:
        response.headers["Content-Disposition"] = "attachment"
    response.set_etag(file.etag, weak=True)
    response.make_conditional(request)
    return response
