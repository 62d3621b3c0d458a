"""What clients send to the scaffolder, and what its answers look like."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.web import BodyObject
from portal.web import BodySchema


class DryRunBody(BodySchema):
    """A template, the answers to its form, and the files beside it."""

    template = Anything(required=True)
    values = BodyObject(required=True)
    secrets = BodyObject(load_default=None)
    directoryContents = ListOf(Anything, required=True)


class AutocompleteBody(BodySchema):
    """What a field of a form knows so far, and the token to ask a forge with."""

    token = Text(required=True, min_length=0)
    context = MapOf(Text(min_length=0))


class AutocompleteAnswer(DescriptorSchema):
    """What a field of a form may be filled with."""

    results = ListOf(MapOf(Anything()), required=True)


class ExtensionsAnswer(DescriptorSchema):
    """What templates have beside the language: filters, functions and values."""

    filters = MapOf(Anything(), required=True)
    globals = MapOf(Anything(), required=True)


class FormStep(DescriptorSchema):
    """One page of a form: a title, and the JSON Schema of its fields."""

    title = Text(required=True)
    description = Text()
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
    """What a template would make: a log, files, an output and its steps."""

    log = ListOf(MapOf(Anything()), required=True)
    directoryContents = ListOf(MapOf(Anything()), required=True)
    output = MapOf(Anything(), required=True)
    steps = ListOf(MapOf(Anything()), required=True)
