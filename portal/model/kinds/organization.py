"""Group and User."""

from __future__ import annotations

from portal.model.kinds.kind import Kind
from portal.model.kinds.kind import RelationRule
from portal.model.kinds.software import BACKSTAGE
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text


class _Profile(DescriptorSchema):
    displayName = Text()
    email = Text()
    picture = Text()


class _GroupSpec(DescriptorSchema):
    type = Text(required=True)
    children = ListOf(Text, required=True)
    profile = ObjectOf(_Profile)
    parent = Text()
    members = ListOf(Text)


class _Group(DescriptorSchema):
    spec = ObjectOf(_GroupSpec, required=True)


class _UserSpec(DescriptorSchema):
    memberOf = ListOf(Text, required=True)
    profile = ObjectOf(_Profile)


class _User(DescriptorSchema):
    spec = ObjectOf(_UserSpec, required=True)


ORGANIZATION = (
    Kind(
        "Group",
        BACKSTAGE,
        _Group(),
        (
            RelationRule("parent", "childOf", "parentOf", "Group"),
            RelationRule("children", "parentOf", "childOf", "Group"),
            RelationRule("members", "hasMember", "memberOf", "User"),
        ),
    ),
    Kind(
        "User",
        BACKSTAGE,
        _User(),
        (RelationRule("memberOf", "memberOf", "hasMember", "Group"),),
    ),
)
