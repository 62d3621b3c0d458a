"""Schemas of the requests and responses of the scaffolder."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.web.requests import BodyObject
from portal.web.requests import BodySchema


class ContentBody(BodySchema):
    """A file beside a template; what is missing is told by Backstage in another way."""

    path = Text(min_length=0)
    base64Content = Text(min_length=0)


class DryRunBody(BodySchema):
    """A template, the values of its form, and the files of its folder in base64."""

    template = BodyObject(required=True)
    values = BodyObject(required=True)
    secrets = MapOf(Text(min_length=0))
    directoryContents = ListOf(ObjectOf(ContentBody), required=True)


class AutocompleteBody(BodySchema):
    """The values of a form so far, and the user's token for the forge."""

    token = Text(required=True, min_length=0)
    context = MapOf(Text(min_length=0))


class AutocompleteAnswer(DescriptorSchema):
    """The choices of a form field."""

    results = ListOf(MapOf(Anything()), required=True)


class ExtensionsAnswer(DescriptorSchema):
    """The filters, and the global functions and values, that templates can use."""

    filters = MapOf(Anything(), required=True)
    globals = MapOf(Anything(), required=True)


class FormStep(DescriptorSchema):
    """One page of a form: a title, and the JSON Schema of its fields."""

    title = Text(required=True)
    description = Text()
    when = Anything()
    schema = MapOf(Anything(), required=True)


class Form(DescriptorSchema):
    """A template's form."""

    title = Text(required=True)
    description = Text()
    presentation = MapOf(Anything())
    steps = ListOf(ObjectOf(FormStep), required=True)


class ActionAnswer(DescriptorSchema):
    """An action, and the JSON Schemas of its input and output."""

    id = Text(required=True)
    description = Text()
    examples = ListOf(MapOf(Anything()))
    schema = MapOf(Anything(), required=True)


class DryRunAnswer(DescriptorSchema):
    """The result of a dry run: its log, files (in base64), output and steps."""

    log = ListOf(MapOf(Anything()), required=True)
    directoryContents = ListOf(MapOf(Anything()), required=True)
    output = MapOf(Anything(), required=True)
    steps = ListOf(MapOf(Anything()), required=True)
