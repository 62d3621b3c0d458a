"""What the doors of auth answer."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.model.schema import Whole


class KeySet(DescriptorSchema):
    """A JSON Web Key Set."""

    keys = ListOf(MapOf(Text()), required=True)


class _Identity(DescriptorSchema):
    type = Text(required=True)
    userEntityRef = Text(required=True)
    ownershipEntityRefs = ListOf(Text(), required=True)


class _BackstageIdentity(DescriptorSchema):
    token = Text(required=True)
    identity = ObjectOf(_Identity, required=True)
    expiresInSeconds = Whole()


class SessionAnswer(DescriptorSchema):
    """Somebody who signed in."""

    profile = MapOf(Anything(), required=True)
    backstageIdentity = ObjectOf(_BackstageIdentity, required=True)


class _InfoClaims(DescriptorSchema):
    sub = Text(required=True)
    ent = ListOf(Text(), required=True)


class UserInfoAnswer(DescriptorSchema):
    """Who a token was given to."""

    claims = ObjectOf(_InfoClaims, required=True)


class CookieAnswer(DescriptorSchema):
    """Until when a cookie is good."""

    expiresAt = Text(required=True)


class AuthorizeBody(DescriptorSchema):
    """What is asked for; ``permissions`` judges it."""


class _Decided(DescriptorSchema):
    id = Text(required=True)
    result = Anything(required=True)


class AuthorizeAnswer(DescriptorSchema):
    """What a frontend may offer its user."""

    items = ListOf(ObjectOf(_Decided), required=True)


class HealthAnswer(DescriptorSchema):
    """A plugin that answers."""

    status = Text(required=True)
