"""Links between concepts and services over HTTP: coverage, evidence, changes, badges.

Beside the API of Backstage: every answer has only what its caller may see.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

from flask import Response
from flask import request

from portal.config.quotas import Quota
from portal.kernel.errors import InputError
from portal.links import answers
from portal.links import schemas as s
from portal.links.link import Link
from portal.links.proposing.service import Proposals
from portal.links.reading.badge import count_badge
from portal.links.reading.badge import link_badge
from portal.links.reading.coverage import as_csv
from portal.links.reading.coverage import query_of
from portal.links.reading.coverage import refs_of
from portal.links.reading.service import MOST_CHANGES
from portal.links.reading.service import Links
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import EntityRef
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.openapi import Blueprint
from portal.web.responses import json_response

_READ = "catalog.entity.read"
_PATCH = "text/x-diff; charset=utf-8"
_CSV = "text/csv; charset=utf-8"
_BY_NAME = "/entities/by-name/<kind>/<namespace>/<name>"
#: How many changes are returned unless another number is asked for.
_CHANGES = 100
#: Returns the concept of a name; raises ``NotFoundError`` if the caller sees none.
FindConcept = Callable[[str], Entity]


def links_blueprint(links: Links, find_concept: FindConcept) -> Blueprint:
    """Return the routes of links below those of the glossary."""
    bp = Blueprint("links", __name__, url_prefix="/api/glossary", description=__doc__)
    _add_coverage(bp, links)

    @bp.get("/concepts/<name>/services")
    @bp.response(200, s.ConceptServicesAnswer)
    @asks(_READ)
    def get_services_of_concept(name: str) -> Response:
        """Return the services of a concept, each with a status and a level."""
        ref = str(ref_of(find_concept(name)))
        body = {
            "concept": ref,
            "items": list(map(answers.link_to_json, links.of_concept(ref))),
            "gaps": list(map(answers.gap_to_json, links.gaps_of_concept(ref))),
        }
        return json_response(body)

    @bp.get("/concepts/<name>/badge.svg")
    @asks(_READ)
    def get_badge_of_concept(name: str) -> Response:
        """Return a badge that says how many services are verified for a concept."""
        concept = find_concept(name)
        found = links.of_concept(str(ref_of(concept)))
        return _svg(_count(_title(concept), found))

    @bp.get("/links/<id>")
    @bp.response(200, s.LinkDetailAnswer)
    @asks(_READ)
    def get_link(id: str) -> Response:  # noqa: A002
        """Return a link with all its findings, the results of its checks, and its scan."""
        return json_response(answers.detail_to_json(links.detail(id)))

    return bp


def proposals_blueprint(proposals: Proposals) -> Blueprint:
    """Return the routes that turn a suggestion into a claim of the service's descriptor."""
    bp = Blueprint("link-proposals", __name__, url_prefix="/api/glossary", description=__doc__)

    @bp.get("/links/<id>/patch")
    @asks(_READ)
    def get_patch_of_link(id: str) -> Response:  # noqa: A002
        """Return the patch with which the service's descriptor claims the concept."""
        return Response(proposals.patch(id), content_type=_PATCH)

    @bp.post("/links/<id>/pull-request")
    @bp.arguments(s.PullRequestBody())
    @bp.response(200, s.PullRequestAnswer)
    @asks("scaffolder.task.create", _READ)
    @counts(Quota.TASKS)
    def post_pull_request_of_link(args: dict[str, Any], id: str) -> Response:  # noqa: A002
        """Propose that change: a branch, and a pull or merge request; once for each link."""
        done = proposals.propose(id, args.get("token") or "")
        body = {"branch": done.branch, "target": done.target, "patch": done.patch}
        return json_response(body | {"url": done.url or None, "note": done.note or None})

    return bp


def _add_coverage(bp: Blueprint, links: Links) -> None:
    @bp.get("/coverage")
    @bp.arguments(s.CoverageParameters(), location="query")
    @bp.response(200, s.CoverageAnswer)
    @asks(_READ)
    def get_coverage(args: dict[str, Any]) -> Response:
        """Return which services implement which concepts, with status and level; also as CSV."""
        form = args.pop("format", None)
        coverage = links.coverage(query_of(**args))
        if _wants_csv(form):
            return Response(as_csv(coverage), content_type=_CSV)
        return json_response(answers.coverage_to_json(coverage))

    @bp.get("/coverage/changes")
    @bp.arguments(s.ChangesParameters(), location="query")
    @bp.response(200, s.ChangesAnswer)
    @asks(_READ)
    def get_coverage_changes(args: dict[str, Any]) -> Response:
        """Return what changed: status, level and checks before and after, the newest first."""
        limit = args.get("limit", _CHANGES)
        if not 1 <= limit <= MOST_CHANGES:
            raise InputError(f"limit must be between 1 and {MOST_CHANGES}")
        (concept,) = refs_of([args["concept"]], "concept") if args.get("concept") else ("",)
        (entity,) = refs_of([args["entity"]], "component") if args.get("entity") else ("",)
        found = links.changes(args.get("since", ""), entity=entity, concept=concept, limit=limit)
        return json_response({"items": list(map(answers.change_to_json, found))})


def entity_links_blueprint(links: Links, find_concept: FindConcept) -> Blueprint:
    """Return the routes of links below those of the catalog."""
    bp = Blueprint("entity-links", __name__, url_prefix="/api/catalog", description=__doc__)

    @bp.get(f"{_BY_NAME}/concepts")
    @bp.response(200, s.EntityConceptsAnswer)
    @asks(_READ)
    def get_concepts_of_entity(kind: str, namespace: str, name: str) -> Response:
        """Return the concepts of a service: implemented, claimed, suggested, expected."""
        ref = str(EntityRef(kind, namespace, name))
        return json_response(answers.entity_to_json(ref, links.of_entity(ref)))

    @bp.get(f"{_BY_NAME}/badge.svg")
    @asks(_READ)
    def get_badge_of_entity(kind: str, namespace: str, name: str) -> Response:
        """Return a badge that says how many concepts of a service are verified."""
        found = links.of_entity(str(EntityRef(kind, namespace, name)))
        return _svg(_count("concepts", found.links))

    @bp.get(f"{_BY_NAME}/concepts/<concept>/badge.svg")
    @asks(_READ)
    def get_badge_of_link(kind: str, namespace: str, name: str, concept: str) -> Response:
        """Return a badge that says what is known of a concept and a service."""
        found = links.of_entity(str(EntityRef(kind, namespace, name)))
        entity = find_concept(concept)
        ref = str(ref_of(entity))
        link = next((one for one in found.links if one.concept == ref), None)
        return _svg(link_badge(_title(entity), link))

    return bp


def _count(title: str, links: Iterable[Link]) -> str:
    listed = list(links)
    return count_badge(title, sum(link.counts for link in listed), len(listed))


def _svg(text: str) -> Response:
    return Response(text, content_type="image/svg+xml")


def _title(concept: Entity) -> str:
    labels = concept["spec"]["labels"]
    shown = labels.get("en") or next(iter(labels.values()))
    return str(shown["preferred"])


def _wants_csv(form: str | None) -> bool:
    if form is not None:
        return form == "csv"
    accepted = request.accept_mimetypes
    return accepted["text/csv"] > accepted["application/json"]
