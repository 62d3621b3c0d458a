"""The glossary's REST API, under ``/api/glossary``: concepts in the reader's language."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask import request

from portal.glossary import schemas as s
from portal.glossary.concepts import LANGUAGES
from portal.glossary.concepts import choose_language
from portal.glossary.service import Glossary
from portal.web.doors import asks
from portal.web.openapi import Blueprint
from portal.web.responses import json_response


def wanted_languages(lang: str | None) -> list[str]:
    """Return the requested languages: ``lang`` if given, else those of ``Accept-Language``."""
    if lang:
        return [lang]
    return [tag for tag, quality in request.accept_languages if quality > 0 and tag != "*"]


def glossary_blueprint(glossary: Glossary) -> Blueprint:
    """Return the routes of the glossary."""
    bp = Blueprint("glossary", __name__, url_prefix="/api/glossary", description=__doc__)

    @bp.get("/concepts")
    @bp.arguments(s.LanguageQuery(), location="query")
    @bp.response(200, s.ConceptListSchema)
    @asks("catalog.entity.read")
    def get_concepts(args: dict[str, Any]) -> Response:
        """List every concept with its summary."""
        wanted = wanted_languages(args.get("lang"))
        language, _ = choose_language(wanted, LANGUAGES)
        body = s.concepts_to_json(glossary.concepts(wanted), language)
        return _in_language(json_response(body), language)

    @bp.get("/concepts/<name>")
    @bp.arguments(s.LanguageQuery(), location="query")
    @bp.response(200, s.ConceptSchema)
    @asks("catalog.entity.read")
    def get_concept(args: dict[str, Any], name: str) -> Response:
        """Return one concept: all sections, labels and links."""
        view = glossary.concept(name, wanted_languages(args.get("lang")))
        return _in_language(json_response(s.concept_to_json(view)), view.language)

    return bp


def _in_language(response: Response, language: str) -> Response:
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response
