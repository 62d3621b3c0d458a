"""Schemas of the requests and responses of updates."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import Text
from portal.web.requests import BodyObject
from portal.web.requests import BodySchema


class ProjectUpdateBody(BodySchema):
    """Answers to the new questions of the form, and a token for the project's forge.

    With ``preview``, nothing is changed; with ``patch``, the response has the change as a patch.
    """

    answers = BodyObject()
    token = Text()
    preview = Anything()
    patch = Anything()


class ProjectUpdateAnswer(DescriptorSchema):
    """What an update does: files, conflicts, questions, what it leaves alone, its request."""

    project = Text(required=True)
    template = Text(required=True)
    state = Text(required=True)
    base = Text(required=True)
    branch = Text(required=True)
    target = Text(required=True)
    files = ListOf(MapOf(Anything()), required=True)
    conflicts = ListOf(MapOf(Anything()), required=True)
    questions = ListOf(MapOf(Anything()), required=True)
    errors = ListOf(MapOf(Anything()), required=True)
    leftAlone = MapOf(Anything(), required=True)
    request = MapOf(Anything(), allow_none=True)
    notes = ListOf(Text(), required=True)
    patch = Text()
