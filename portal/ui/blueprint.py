"""The blueprint of all pages: rooms of pages, static files, and pages of errors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import flask
from flask import Blueprint
from flask import Response
from flask import request
from werkzeug.exceptions import HTTPException

from portal.auth.identity import NOBODY
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import MissingFolderError
from portal.kernel.errors import MissingIndexError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.model.refs import EntityRef
from portal.ui.browsing import changes
from portal.ui.frame import reader
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import add_static
from portal.ui.frame.page import page
from portal.ui.frame.rights import Rights
from portal.web.errors import error_response
from portal.web.errors import http_error_response
from portal.web.errors import outcome_of

_LOG = logging.getLogger(__name__)
#: Paths whose responses are JSON, whatever the request accepts.
_FOR_PROGRAMS = ("/api", "/.backstage")
#: The statuses with a text of their own; others have that of 500, or of 400.
_TOLD = frozenset({400, 401, 403, 404, 409, 429, 500, 503})
#: Returns the ref that an entity has now, given a former one.
MovedTo = Callable[[EntityRef], "EntityRef | None"]
#: Returns the display names of refs; those of entities that the caller does not see are left out.
NamesOf = Callable[[Iterable[str]], dict[str, str]]


def ui_blueprint(
    catalog: EntitiesCatalog, moved_to: MovedTo, rights: Rights, names: NamesOf, *rooms: AddPages
) -> Blueprint:
    """Return the routes of the pages.

    Args:
        catalog: Tells who removed what is not there any more.
        moved_to: Finds entities by their former refs.
        rights: What callers may do, and whom they can ask.
        names: Returns the display names of those of some refs that the caller may see.
        rooms: The rooms of pages.
    """
    bp = Blueprint("ui", __name__, template_folder="templates")
    bp.record_once(_set_up_templates)
    add_static(bp)
    for add_pages in rooms:
        add_pages(bp)
    _add_errors(bp, catalog, moved_to, rights, names)
    return bp


def _set_up_templates(state: flask.blueprints.BlueprintSetupState) -> None:
    environment = state.app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True


def refusal() -> Response:
    """Return what somebody is told who has to sign in, and gives no password: a page, or JSON."""
    if _is_for_programs():
        return error_response(AuthenticationError("Missing credentials"))
    return _told(401)


def _add_errors(
    bp: Blueprint, catalog: EntitiesCatalog, moved_to: MovedTo, rights: Rights, names: NamesOf
) -> None:
    @bp.errorhandler(NotFoundError)
    def answer_not_found(_error: NotFoundError) -> Response:
        """Say that there is nothing here: who removed it, or what it is called now."""
        ref = _requested()
        moved = None if ref is None else moved_to(ref)
        if moved is not None:
            return _told(404, moved=str(moved), names=names([str(moved)]))
        return _told(404, removed=None if ref is None else _removal(catalog, ref))

    @bp.errorhandler(MissingIndexError)
    def answer_no_index(_error: MissingIndexError) -> Response:
        return _told(503)

    @bp.errorhandler(NotAllowedError)
    def answer_not_allowed(error: NotAllowedError) -> Response:
        return _refused(error, rights, names)

    @bp.errorhandler(PortalError)
    def answer_error(error: PortalError) -> Response:
        """Say why a page cannot be shown, in the reader's language and the error's words."""
        status, level = outcome_of(error)
        if level:
            _LOG.log(level, "%s %s: %s", request.method, request.path, error.message)
        text = "folder" if isinstance(error, MissingFolderError) else ""
        response = _told(status, text, message=error.message)
        if error.retry_after:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @bp.app_errorhandler(404)
    def answer_no_route(error: HTTPException) -> Response:
        return http_error_response(error) if _is_for_programs() else _told(404)


def _told(status: int, text: str = "", **values: Any) -> Response:
    """Return the page of an error.

    Args:
        status: Its status.
        text: The name of the text that is shown; empty for that of the status.
        values: What else the page shows.
    """
    known = status if status in _TOLD else 500 if status >= 500 else 400
    return page("error", reader.reader_of(request), status, told=text or known, **values)


def _refused(error: NotAllowedError, rights: Rights, names: NamesOf) -> Response:
    """Say who one is, what is missing, and whom to ask for it."""
    who = flask.g.get("principal", NOBODY)
    return _told(
        403,
        message=error.message,
        who=who,
        # Errors with a message are about the request, not about the policy.
        missing=() if error.message else rights.missing(),
        admins=rights.admins,
        names=names([who.subject, *rights.admins]),
        path=request.full_path.rstrip("?") if request.method == "GET" else "/",
    )


def _is_for_programs() -> bool:
    """Return whether the request is of a program, not of a browser."""
    if any(f"{request.path}/".startswith(f"{path}/") for path in _FOR_PROGRAMS):
        return True
    accepted = request.accept_mimetypes
    return accepted.best_match(["application/json", "text/html"]) != "text/html"


def _requested() -> EntityRef | None:
    """Return the ref of the entity that the request's path names; ``None`` without one."""
    values = request.view_args or {}
    if "name" not in values or request.path.startswith(("/create", "/sources")):
        return None
    kind, namespace = values.get("kind", "Concept"), values.get("namespace", "default")
    return EntityRef(kind, namespace, values["name"])


def _removal(catalog: EntitiesCatalog, ref: EntityRef) -> dict[str, Any] | None:
    """Return the change that removed an entity, ``None`` without one."""
    found = changes.last_changes(catalog, ref)
    return found[0] if found and found[0]["operation"] == "removed" else None
