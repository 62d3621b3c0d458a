"""Schemas of the requests and responses of campaigns."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.scaffolder.campaigns.campaign import USUAL_AN_HOUR
from portal.web.requests import BodySchema


class CampaignBody(BodySchema):
    """How many projects an hour are updated at most."""

    perHour = Whole(load_default=USUAL_AN_HOUR)


class CampaignAnswer(DescriptorSchema):
    """A campaign, and what became of each of its projects."""

    id = Text(required=True)
    template = Text(required=True)
    state = Text(required=True)
    perHour = Anything(required=True)
    createdAt = Text(required=True)
    createdBy = Text(required=True, min_length=0)
    counts = MapOf(Anything(), required=True)
    projects = ListOf(MapOf(Anything()), required=True)


class CampaignsAnswer(DescriptorSchema):
    """The newest campaigns of a template."""

    campaigns = ListOf(MapOf(Anything()), required=True)


class InstancesAnswer(DescriptorSchema):
    """The newest commit of a template, and the projects that it made."""

    commit = Text(required=True, min_length=0)
    instances = ListOf(MapOf(Anything()), required=True)
