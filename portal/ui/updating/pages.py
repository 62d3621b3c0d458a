"""The pages of updates: of one project, of a template's projects, and of a campaign."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace

from flask import Blueprint
from flask import Response
from flask import request

from portal.auth.gate import principal
from portal.catalog.reading.entity_reader import EntityReader
from portal.config.quotas import Quota
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.json_text import Json
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.permission.access import Access
from portal.scaffolder.campaigns.campaign import LEAST_AN_HOUR
from portal.scaffolder.campaigns.campaign import MOST_AN_HOUR
from portal.scaffolder.campaigns.campaign import USUAL_AN_HOUR
from portal.scaffolder.campaigns.campaign import ProjectState
from portal.scaffolder.campaigns.instances import Instances
from portal.scaffolder.campaigns.service import Campaigns
from portal.scaffolder.updating.plan import UpdatePlan
from portal.scaffolder.updating.service import UpdateRequest
from portal.scaffolder.updating.service import Updates
from portal.ui.frame import reader
from portal.ui.frame.names import names_of
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.page import page_number
from portal.ui.frame.paging import page_count
from portal.ui.updating.panels import projects_path
from portal.ui.updating.panels import update_path
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.errors import outcome_of

PAGE_SIZE = 50
_CREATE = "scaffolder.task.create"
_START = (_CREATE, "scaffolder.template.use", "catalog.entity.read")
_PROJECTS = "/templates/<namespace>/<name>/projects"
_UPDATE = "/catalog/<namespace>/<kind>/<name>/update"
_CAMPAIGN = "/campaigns/<campaign_id>"
#: The prefix of the fields of a form with answers.
_ANSWER = "answer."


@dataclass(frozen=True)
class UpdatePages:
    """The pages of updates.

    Attributes:
        updates: Plans and proposes updates.
        instances: The projects of templates.
        campaigns: Updates of all of a template's projects.
        entities: Reads names.
        access: What callers may do.
    """

    updates: Updates
    instances: Instances
    campaigns: Campaigns
    entities: EntityReader
    access: Access

    def update(self, project: EntityRef, *, is_sent: bool = False) -> Response:
        """Return the page of a project's update.

        Args:
            project: The project.
            is_sent: Whether it is to be proposed, with the answers of the form.

        Raises:
            NotFoundError: When the caller sees no such project.
        """
        if not self.instances.sees(project):
            raise NotFoundError(f"Entity not found for {project}")
        reads = reader.reader_of(request)
        asked = UpdateRequest(project, _answers(), request.form.get("token", "").strip())
        plan: UpdatePlan | None = None
        problem: PortalError | None = None
        try:
            if is_sent:
                plan = self.updates.propose(asked)
            else:
                plan = self.updates.plan(replace(asked, with_patch=True))
        except PortalError as error:
            problem = error
        last = self.instances.proposed_to(plan.template, plan.project) if plan else None
        is_it = last is not None and self.instances.is_newest(parse_ref(last.template), last.commit)
        return page(
            "updating/update",
            reads,
            outcome_of(problem)[0] if problem and is_sent else 200,
            project=str(project),
            plan=plan,
            shown=plan.to_json() if plan else {},
            given=request.form,
            is_sent=is_sent and plan is not None,
            last=last if is_it and not is_sent else None,
            problem=problem.message if problem else "",
            names=self._names([str(project), *([plan.template] if plan else [])]),
            projects=projects_path(parse_ref(plan.template)) if plan else "",
            address=update_path(project),
            may_propose=self.access.may(_CREATE),
        )

    def projects(self, template: EntityRef) -> Response:
        """Return the page of the projects of a template."""
        reads = reader.reader_of(request)
        newest, found = self.instances.of(template)
        pages = page_count(len(found), PAGE_SIZE)
        number = min(page_number(), pages)
        rows = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        campaigns = self.campaigns.of(template)
        return page(
            "updating/projects",
            reads,
            template=str(template),
            newest=newest,
            rows=rows,
            total=len(found),
            behind=sum(not one.is_current for one in found),
            campaigns=campaigns,
            is_running=any(one.state == "running" for one in campaigns),
            number=number,
            pages=pages,
            address=projects_path(template),
            start=f"/templates/{template.namespace}/{template.name}/campaigns",
            paths={one.project: update_path(parse_ref(one.project)) for one in rows},
            names=self._names([str(template), *(one.project for one in rows)]),
            limits=(LEAST_AN_HOUR, USUAL_AN_HOUR, MOST_AN_HOUR),
            may_start=all(map(self.access.may, _START)),
        )

    def campaign(self, campaign_id: str) -> Response:
        """Return the page of a campaign."""
        reads = reader.reader_of(request)
        found = self.campaigns.get(campaign_id)
        pages = page_count(len(found.projects), PAGE_SIZE)
        number = min(page_number(), pages)
        rows = found.projects[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        refs = [found.template, *(one.project for one in rows)]
        return page(
            "updating/campaign",
            reads,
            campaign=found,
            counts={state.value: found.counts[state.value] for state in ProjectState},
            rows=rows,
            number=number,
            pages=pages,
            projects=projects_path(parse_ref(found.template)),
            paths={one.project: update_path(parse_ref(one.project)) for one in rows},
            names=self._names([*refs, *([found.created_by] if found.created_by else [])]),
            may_change=all(map(self.access.may, _START)),
        )

    def start(self, template: EntityRef) -> Response:
        """Start a campaign and lead to its page."""
        text = request.form.get("perHour", "").strip()
        per_hour = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
        return _led_to(self.campaigns.start(principal(), template, per_hour).id)

    def _names(self, refs: Iterable[str]) -> dict[str, str]:
        return names_of(self.entities, refs)


def _answers() -> dict[str, Json]:
    """Return the answers of the form: JSON where a value is some, else a text, as ``-p`` does."""
    found: dict[str, Json] = {}
    for name, text in request.form.items():
        if name.startswith(_ANSWER) and text.strip():
            try:
                found[name.removeprefix(_ANSWER)] = json.loads(text)
            except ValueError:
                found[name.removeprefix(_ANSWER)] = text
    return found


def _led_to(campaign_id: str) -> Response:
    address = reader.reader_of(request).url(f"/campaigns/{campaign_id}")
    return Response(status=303, headers={"Location": address})


def update_pages(pages: UpdatePages) -> AddPages:
    """Return the pages of updates."""

    def add(bp: Blueprint) -> None:
        @bp.get(_UPDATE)
        @asks(_CREATE, "catalog.entity.read")
        @counts(Quota.DRY_RUNS)
        def get_update_page(namespace: str, kind: str, name: str) -> Response:
            """Show what an update would do to a project."""
            return pages.update(EntityRef(kind, namespace, name))

        @bp.post(_UPDATE)
        @asks(*_START)
        @counts(Quota.TASKS)
        def post_update_page(namespace: str, kind: str, name: str) -> Response:
            """Propose the update of a project."""
            return pages.update(EntityRef(kind, namespace, name), is_sent=True)

        @bp.get(_PROJECTS)
        @asks("catalog.entity.read")
        def get_template_projects(namespace: str, name: str) -> Response:
            """Show the projects of a template, and who is behind."""
            return pages.projects(EntityRef("template", namespace, name))

        _add_campaigns(bp, pages)

    return add


def _add_campaigns(bp: Blueprint, pages: UpdatePages) -> None:
    @bp.post("/templates/<namespace>/<name>/campaigns")
    @asks(*_START)
    @counts(Quota.TASKS)
    def post_template_campaign(namespace: str, name: str) -> Response:
        """Start to update all projects of a template that are behind."""
        return pages.start(EntityRef("template", namespace, name))

    @bp.get(_CAMPAIGN)
    @asks("catalog.entity.read")
    def get_campaign_page(campaign_id: str) -> Response:
        """Show what became of each project of a campaign."""
        return pages.campaign(campaign_id)

    @bp.post(f"{_CAMPAIGN}/stop")
    @asks(*_START)
    def post_campaign_stop(campaign_id: str) -> Response:
        """Stop a campaign."""
        return _led_to(pages.campaigns.stop(campaign_id).id)

    @bp.post(f"{_CAMPAIGN}/resume")
    @asks(*_START)
    @counts(Quota.TASKS)
    def post_campaign_resume(campaign_id: str) -> Response:
        """Let a campaign go on, and try again what failed."""
        return _led_to(pages.campaigns.resume(campaign_id).id)
