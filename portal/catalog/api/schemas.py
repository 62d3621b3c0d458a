"""Schemas of the requests and responses for entities."""

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
from portal.web.requests import QueryTexts
from portal.web.requests import QueryWhole
from portal.web.requests import StrictBodySchema

_TOTALS = ("include", "exclude")


class NoQuery(QuerySchema):
    """A query string without parameters."""


class AtQuery(QuerySchema):
    """Parameters of ``GET /entities/by-name/…``."""

    at = QueryText(metadata={"description": "A time, or a commit: as it was then."})


class EntitiesQuery(QuerySchema):
    """Parameters of ``GET /entities``."""

    fields_ = QueryTexts(data_key="fields")
    filter = QueryTexts()
    order = QueryTexts()
    limit = QueryWhole()
    offset = QueryWhole()
    after = QueryText()


class ByQueryQuery(QuerySchema):
    """Parameters of ``GET /entities/by-query``."""

    fields_ = QueryTexts(data_key="fields")
    limit = QueryWhole()
    offset = QueryWhole()
    orderField = QueryTexts()
    cursor = QueryText()
    filter = QueryTexts()
    totalItems = QueryText(choices=_TOTALS)
    fullTextFilterTerm = QueryText()
    fullTextFilterFields = QueryTexts()


class _OrderBy(DescriptorSchema):
    field = Text(required=True, min_length=0)
    order = Text(required=True, choices=("asc", "desc"))


class _FullTextFilter(DescriptorSchema):
    term = Text(required=True, min_length=0)
    fields_ = ListOf(Text(min_length=0), data_key="fields")


class ByQueryBody(BodySchema):
    """Body of ``POST /entities/by-query``."""

    cursor = Text(min_length=0)
    fields_ = ListOf(Text(min_length=0), data_key="fields")
    limit = BodyNumber()
    offset = BodyNumber()
    orderBy = ListOf(ObjectOf(_OrderBy))
    fullTextFilter = ObjectOf(_FullTextFilter)
    totalItems = Text(choices=_TOTALS)
    query = BodyObject()


class ByRefsQuery(QuerySchema):
    """Parameters of ``POST /entities/by-refs``."""

    filter = QueryTexts()


class ByRefsBody(BodySchema):
    """Body of ``POST /entities/by-refs``."""

    no_body = (
        "Malformed request body (did you remember to specify an application/json "
        'content type?), Validation error: Required at "entityRefs"'
    )
    entityRefs = ListOf(Text(min_length=0), required=True)
    fields_ = ListOf(Text(min_length=0), data_key="fields")
    query = BodyObject()


class FacetsQuery(QuerySchema):
    """Parameters of ``GET /entity-facets``."""

    facet = QueryTexts(required=True)
    filter = QueryTexts()


class FacetsBody(BodySchema):
    """Body of ``POST /entity-facets``."""

    facets = ListOf(Text(min_length=0), required=True)
    query = BodyObject()


class RefreshBody(StrictBodySchema):
    """Body of ``POST /refresh``."""

    entityRef = Text(required=True, min_length=0)
    authorizationToken = Text(min_length=0)


class EntityAnswer(DescriptorSchema):
    """A final entity (docs/reference/wire-contract.md, "Entity")."""

    apiVersion = Text(required=True)
    kind = Text(required=True)
    metadata = MapOf(Anything(), required=True)
    spec = MapOf(Anything())
    relations = ListOf(MapOf(Text()))
    status = MapOf(Anything())


class PartOfEntity(DescriptorSchema):
    """A final entity, or what ``fields`` left of it."""

    apiVersion = Text()
    kind = Text()
    metadata = MapOf(Anything())
    spec = MapOf(Anything())
    relations = ListOf(MapOf(Anything()))
    status = MapOf(Anything())


class QueryAnswer(DescriptorSchema):
    """A page of entities."""

    items = ListOf(ObjectOf(PartOfEntity), required=True)
    totalItems = Whole(required=True)
    pageInfo = MapOf(Text(), required=True)


class ByRefsAnswer(DescriptorSchema):
    """Entities in the order of the requested refs; null for those that do not exist."""

    items = ListOf(ObjectOf(PartOfEntity, allow_none=True), required=True)


class _FacetValue(DescriptorSchema):
    value = Text(required=True)
    count = Whole(required=True)


class FacetsAnswer(DescriptorSchema):
    """The distinct values of each field, with the number of entities."""

    facets = MapOf(ListOf(ObjectOf(_FacetValue)), required=True)


class _Ancestor(DescriptorSchema):
    entity = ObjectOf(EntityAnswer, required=True)
    parentEntityRefs = ListOf(Text, required=True)


class AncestryAnswer(DescriptorSchema):
    """An entity and the Locations that lead to it."""

    rootEntityRef = Text(required=True)
    items = ListOf(ObjectOf(_Ancestor), required=True)
