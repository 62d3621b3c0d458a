"""Location and Template: the kinds that lead to others."""

from __future__ import annotations

from portal.model.kinds.kind import Kind
from portal.model.kinds.software import BACKSTAGE
from portal.model.kinds.software import OWNER
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text


class _LocationSpec(DescriptorSchema):
    type = Text()
    target = Text()
    targets = ListOf(Text)
    presence = Text(choices=("required", "optional"))


class _Location(DescriptorSchema):
    spec = ObjectOf(_LocationSpec, required=True)


class _Step(DescriptorSchema):
    action = Text(required=True)
    id = Text(min_length=0)
    name = Text(min_length=0)


class _TemplateSpec(DescriptorSchema):
    type = Text(required=True)
    steps = ListOf(ObjectOf(_Step), required=True)
    owner = Text()
    lifecycle = Text()
    parameters = Anything()


class _Template(DescriptorSchema):
    spec = ObjectOf(_TemplateSpec, required=True)


PLATFORM = (
    Kind("Location", BACKSTAGE, _Location()),
    Kind(
        "Template",
        ("scaffolder.backstage.io/v1beta3",),
        _Template(),
        (OWNER,),
        validator="ScaffolderEntitiesProcessor",
    ),
)
