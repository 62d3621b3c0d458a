"""Schemas of the requests and responses of search."""

from __future__ import annotations

from marshmallow import EXCLUDE

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.web.requests import QuerySchema
from portal.web.requests import QueryText
from portal.web.requests import QueryTexts
from portal.web.requests import QueryWhole


class SearchQueryString(QuerySchema):
    """Parameters of ``GET /query``; ``filters[field]=value`` come beside these."""

    class Meta:
        """Unknown parameters are accepted, as Backstage does."""

        unknown = EXCLUDE

    may_be_empty = frozenset({"term", "types", "pageCursor", "facets"})
    term = QueryText(load_default="")
    types = QueryTexts(load_default=())
    pageCursor = QueryText(load_default="")
    pageLimit = QueryWhole(load_default=0)
    explain = QueryText(load_default="false", choices=("true", "false"))
    facets = QueryTexts(load_default=())


class SuggestQueryString(QuerySchema):
    """Parameters of ``GET /suggest``."""

    may_be_empty = frozenset({"term", "types"})
    term = QueryText(load_default="")
    types = QueryTexts(load_default=())
    limit = QueryWhole(load_default=10)


class _Highlight(DescriptorSchema):
    preTag = Text(required=True)
    postTag = Text(required=True)
    fields_ = MapOf(Text(), data_key="fields")


class _Explanation(DescriptorSchema):
    tier = Text(required=True)
    name = Text()
    reading = Text()
    readAs = Text()
    edits = Whole()
    matches = MapOf(ListOf(Text()))
    related = ListOf(ListOf(Text()))
    tools = ListOf(ListOf(Text()))


class _Result(DescriptorSchema):
    type = Text(required=True)
    document = MapOf(Anything(), required=True)
    rank = Whole()
    highlight = ObjectOf(_Highlight)
    explanation = ObjectOf(_Explanation)


class _FacetValue(DescriptorSchema):
    value = Text(required=True)
    count = Whole(required=True)


class SearchAnswer(DescriptorSchema):
    """A page of results."""

    results = ListOf(ObjectOf(_Result), required=True)
    numberOfResults = Whole()
    nextPageCursor = Text()
    previousPageCursor = Text()
    suggestion = Text()
    facets = MapOf(ListOf(ObjectOf(_FacetValue)))


class _Suggestion(DescriptorSchema):
    name = Text(required=True)
    type = Text(required=True)
    ref = Text(required=True)
    title = Text(required=True)
    location = Text(required=True)
    how = Text(required=True)


class Suggestions(DescriptorSchema):
    """Names that complete the term, the best first."""

    suggestions = ListOf(ObjectOf(_Suggestion), required=True)
