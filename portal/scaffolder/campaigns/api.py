"""The projects of templates and campaigns of updates, under ``/api/scaffolder``; the portal's own."""

from __future__ import annotations

from typing import Any

from flask import Response

from portal.auth.gate import principal
from portal.config.quotas import Quota
from portal.model.refs import EntityRef
from portal.scaffolder.campaigns import schemas as s
from portal.scaffolder.campaigns.instances import Instances
from portal.scaffolder.campaigns.service import Campaigns
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.openapi import Blueprint
from portal.web.responses import json_response

_INSTANCES = "/v2/templates/<namespace>/<kind>/<name>/instances"
_OF_TEMPLATE = "/v2/templates/<namespace>/<kind>/<name>/campaigns"
_CAMPAIGN = "/v2/campaigns/<campaign_id>"
_START = ("scaffolder.task.create", "scaffolder.template.use", "catalog.entity.read")


def campaigns_blueprint(campaigns: Campaigns, instances: Instances) -> Blueprint:
    """Return the routes of projects and campaigns."""
    bp = Blueprint("campaigns", __name__, url_prefix="/api/scaffolder", description=__doc__)

    @bp.get(_OF_TEMPLATE)
    @bp.response(200, s.CampaignsAnswer)
    @asks("catalog.entity.read")
    def get_campaigns(namespace: str, kind: str, name: str) -> Response:
        """Return the newest campaigns of a template."""
        found = campaigns.of(EntityRef(kind, namespace, name))
        return json_response({"campaigns": [one.to_json() for one in found]})

    @bp.post(_OF_TEMPLATE)
    @bp.arguments(s.CampaignBody())
    @bp.response(201, s.CampaignAnswer)
    @asks(*_START)
    @counts(Quota.TASKS)
    def post_campaign(args: dict[str, Any], namespace: str, kind: str, name: str) -> Response:
        """Start to update all projects of a template that are behind, a few an hour.

        It works in the name of the caller, with the operator's tokens.
        """
        template = EntityRef(kind, namespace, name)
        started = campaigns.start(principal(), template, args["perHour"])
        return json_response(started.to_json(), 201)

    _add_instances(bp, instances)
    _add_campaign(bp, campaigns)
    return bp


def _add_campaign(bp: Blueprint, campaigns: Campaigns) -> None:
    @bp.get(_CAMPAIGN)
    @bp.response(200, s.CampaignAnswer)
    @asks("catalog.entity.read")
    def get_campaign(campaign_id: str) -> Response:
        """Return a campaign, and what became of each project that the caller sees."""
        return json_response(campaigns.get(campaign_id).to_json())

    @bp.post(f"{_CAMPAIGN}/stop")
    @bp.response(200, s.CampaignAnswer)
    @asks(*_START)
    def post_stop(campaign_id: str) -> Response:
        """Stop a campaign; the project that is being updated is finished."""
        return json_response(campaigns.stop(campaign_id).to_json())

    @bp.post(f"{_CAMPAIGN}/resume")
    @bp.response(200, s.CampaignAnswer)
    @asks(*_START)
    @counts(Quota.TASKS)
    def post_resume(campaign_id: str) -> Response:
        """Let a campaign go on, and try again what failed."""
        return json_response(campaigns.resume(campaign_id).to_json())


def _add_instances(bp: Blueprint, instances: Instances) -> None:
    @bp.get(_INSTANCES)
    @bp.response(200, s.InstancesAnswer)
    @asks("catalog.entity.read")
    def get_instances(namespace: str, kind: str, name: str) -> Response:
        """Return the projects that a template made, with the version each is at."""
        newest, found = instances.of(EntityRef(kind, namespace, name))
        body = {"commit": newest, "instances": [one.to_json() for one in found]}
        return json_response(body)
