"""Mentions of concepts in any text, under ``/api/glossary``, and the script for other sites."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Response
from flask import request

from portal.glossary.api import wanted_languages
from portal.kernel.errors import InputError
from portal.mentions import schemas as s
from portal.mentions.service import AnnotationRequest
from portal.mentions.service import Mentions
from portal.web.doors import asks
from portal.web.doors import public
from portal.web.openapi import Blueprint
from portal.web.responses import json_response

#: The route of the script, which needs no credentials: it holds nothing of the glossary.
SCRIPT_ROUTE = "/api/glossary/annotate.js"
_SCRIPT = (Path(__file__).parent / "static" / "annotate.js").read_bytes()
_HASH = hashlib.sha256(_SCRIPT).hexdigest()[:16]
#: The largest body: a text of four bytes a character, each escaped in JSON.
_MAX_BODY = 1024 * 1024


def mentions_blueprint(mentions: Mentions) -> Blueprint:
    """Return the routes of mentions."""
    bp = Blueprint("mentions", __name__, url_prefix="/api/glossary", description=__doc__)

    bp.allow_bodies(_MAX_BODY)

    @bp.post("/annotate")
    @bp.arguments(s.AnnotateBody())
    @bp.response(200, s.AnnotationSchema)
    @asks("catalog.entity.read")
    def post_annotate(args: dict[str, Any]) -> Response:
        """Find the concepts that a text mentions, in Korean and English.

        Terms are matched as whole words in any letter case, the longest first; Korean
        particles and English plurals may follow. Code, links, addresses and the ids of
        headings are left out.
        """
        text = args["text"]
        _check(text)
        annotation = mentions.annotate(
            AnnotationRequest(
                text,
                args["format"],
                wanted_languages(args.get("lang")),
                args["once"],
                args["without"],
                args["linked"],
            )
        )
        return json_response(s.annotation_to_json(text, args["encoding"], annotation))

    _add_script(bp)
    return bp


def _add_script(bp: Blueprint) -> None:
    @bp.get("/annotate.js")
    @bp.response(200, {"type": "string"}, content_type="text/javascript")
    @bp.also_answers(304)
    @public("a script for other sites, which holds nothing of the glossary")
    def get_script() -> Response:
        """Return the script that shows the definitions of terms on another site's pages."""
        response = Response(_SCRIPT, mimetype="text/javascript")
        response.headers["Cache-Control"] = "public, max-age=3600"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.set_etag(_HASH)
        response.make_conditional(request)
        return response


def _check(text: str) -> None:
    if len(text) > s.MAX_TEXT:
        raise InputError(
            f"request/body/text must NOT have more than {s.MAX_TEXT} characters; it has "
            f"{len(text)}: send it in parts, cut between paragraphs"
        )
