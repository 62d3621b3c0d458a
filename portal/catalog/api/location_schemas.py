"""Schemas of the requests and responses for locations."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.web.requests import BodyNumber
from portal.web.requests import BodyObject
from portal.web.requests import BodySchema
from portal.web.requests import QuerySchema
from portal.web.requests import QueryText


class AddLocationQuery(QuerySchema):
    """Parameters of ``POST /locations``."""

    dryRun = QueryText(metadata={"description": "Read the target now, register nothing."})
    onConflict = QueryText(choices=("refresh", "reject"))


class LocationBody(BodySchema):
    """A location to register; ``presence`` is accepted, but ignored."""

    target = Text(required=True)
    type = Text(required=True)
    presence = Text()


class LocationsQueryBody(BodySchema):
    """Body of ``POST /locations/by-query``."""

    limit = BodyNumber()
    cursor = Text()
    query = BodyObject()


class ValidateBody(BodySchema):
    """Body of ``POST /validate-entity``."""

    entity = BodyObject(required=True)
    location = Text(required=True, min_length=0)


class _EntityError(DescriptorSchema):
    name = Text(required=True)
    message = Text(required=True)
    cause = MapOf(Text())


class FaultyEntity(DescriptorSchema):
    """What is wrong with a validated entity."""

    errors = ListOf(ObjectOf(_EntityError))


class _LocationSpec(DescriptorSchema):
    type = Text(required=True, min_length=0)
    target = Text(required=True, min_length=0)


class AnalyzeBody(BodySchema):
    """Body of ``POST /analyze-location``."""

    location = ObjectOf(_LocationSpec, required=True)
    catalogFilename = Text()


class LocationAnswer(DescriptorSchema):
    """A registered location."""

    id = Text(required=True)
    type = Text(required=True)
    target = Text(required=True)
    entityRef = Text(required=True)


class LocationItem(DescriptorSchema):
    """An item of the list of registered locations."""

    data = ObjectOf(LocationAnswer, required=True)


class AddLocationAnswer(DescriptorSchema):
    """The registered location; for a dry run, the entities it would define."""

    exists = Anything(metadata={"type": "boolean"})
    location = ObjectOf(LocationAnswer, required=True)
    entities = ListOf(MapOf(Anything()), required=True)


class LocationsAnswer(DescriptorSchema):
    """A page of registered locations."""

    items = ListOf(ObjectOf(LocationAnswer), required=True)
    totalItems = Whole(required=True)
    pageInfo = MapOf(Text(), required=True)


class AnalyzeAnswer(DescriptorSchema):
    """The descriptors of a repository, or a draft of one when there are none."""

    existingEntityFiles = ListOf(MapOf(Anything()), required=True)
    generateEntities = ListOf(MapOf(Anything()), required=True)
