"""Location and Template: the kinds from which other entities come."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

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


class _Parameters(Anything):
    """The form of a template: one page, or a list of pages."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not _are_parameters(value):
            msg = "must be object - type: object"
            raise ValidationError(msg)
        return value


def _are_parameters(value: Any) -> bool:
    """Return whether a value is the form of a template; ``when`` shows a page of several."""
    pages = value if isinstance(value, list) else [value]
    return all(isinstance(page, dict) for page in pages) and (
        pages is not value or all(isinstance(page.get("when", ""), (str, bool)) for page in pages)
    )


class _TemplateSpec(DescriptorSchema):
    type = Text(required=True)
    steps = ListOf(ObjectOf(_Step), required=True)
    owner = Text()
    lifecycle = Text()
    parameters = _Parameters()


class _Template(DescriptorSchema):
    spec = ObjectOf(_TemplateSpec, required=True)


TEMPLATE = Kind(
    "Template",
    ("scaffolder.backstage.io/v1beta3",),
    _Template(),
    (OWNER,),
    validator="ScaffolderEntitiesProcessor",
)
PLATFORM = (Kind("Location", BACKSTAGE, _Location()), TEMPLATE)
