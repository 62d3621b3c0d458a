"""Schemas of the requests and responses of signing in."""

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


class OpenIdConfiguration(DescriptorSchema):
    """The metadata of an issuer of OpenID Connect."""

    issuer = Text(required=True)
    token_endpoint = Text(required=True)
    userinfo_endpoint = Text(required=True)
    jwks_uri = Text(required=True)
    response_types_supported = ListOf(Text(), required=True)
    subject_types_supported = ListOf(Text(), required=True)
    id_token_signing_alg_values_supported = ListOf(Text(), required=True)
    scopes_supported = ListOf(Text(), required=True)
    token_endpoint_auth_methods_supported = ListOf(Text(), required=True)
    claims_supported = ListOf(Text(), required=True)
    grant_types_supported = ListOf(Text(), required=True)
    code_challenge_methods_supported = ListOf(Text(), required=True)


class _Identity(DescriptorSchema):
    type = Text(required=True)
    userEntityRef = Text(required=True)
    ownershipEntityRefs = ListOf(Text(), required=True)


class _BackstageIdentity(DescriptorSchema):
    token = Text(required=True)
    identity = ObjectOf(_Identity, required=True)
    expiresInSeconds = Whole()


class SessionAnswer(DescriptorSchema):
    """A session: the user's profile, and a token with the claims it carries."""

    profile = MapOf(Anything(), required=True)
    providerInfo = MapOf(Anything())
    backstageIdentity = ObjectOf(_BackstageIdentity, required=True)


class _InfoClaims(DescriptorSchema):
    sub = Text(required=True)
    ent = ListOf(Text(), required=True)


class UserInfoAnswer(DescriptorSchema):
    """The user of a token, and the entities through which the user owns others."""

    claims = ObjectOf(_InfoClaims, required=True)


class CookieAnswer(DescriptorSchema):
    """The time at which a cookie expires, in ISO 8601."""

    expiresAt = Text(required=True)
