"""The settings of a user, stored for Backstage's frontends, under ``/api/user-settings``."""

from __future__ import annotations

from typing import Any

from flask import Response

from portal.auth import gate
from portal.kernel.database import is_storable
from portal.kernel.errors import InputError
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.settings.store import UserSettings
from portal.web.doors import public
from portal.web.openapi import Blueprint
from portal.web.requests import BodySchema
from portal.web.responses import empty_response
from portal.web.responses import json_response

#: The greatest number of items of a request; a page needs far fewer.
_MAX_ITEMS = 1000
_MAX_NAME = 255
_ONE = "/buckets/<bucket>/keys/<path:key>"


class _Name(DescriptorSchema):
    bucket = Text(required=True)
    key = Text(required=True)


class MultigetBody(BodySchema):
    """The names of the requested values."""

    items = ListOf(ObjectOf(_Name), required=True)


class MultigetAnswer(DescriptorSchema):
    """The values in the order of the request; null for those that do not exist."""

    items = ListOf(Anything(), required=True)


class ValueBody(DescriptorSchema):
    """A JSON value in ``value``, which may be null."""


class SettingAnswer(DescriptorSchema):
    """A value, with its bucket and key."""

    bucket = Text(required=True)
    key = Text(required=True)
    value = Anything()


def settings_blueprint(settings: UserSettings) -> Blueprint:
    """Return the routes of user settings."""
    bp = Blueprint("user-settings", __name__, url_prefix="/api/user-settings", description=__doc__)

    @bp.post("/multiget")
    @bp.arguments(MultigetBody())
    @bp.response(200, MultigetAnswer)
    @public("callers' own settings")
    def post_multiget(body: dict[str, Any]) -> Response:
        """Return many settings of the user, null for those not set."""
        user, items = gate.require_user(), body["items"]
        if len(items) > _MAX_ITEMS:
            raise InputError(f"request/body/items must NOT have more than {_MAX_ITEMS} items")
        names = [(item["bucket"], item["key"]) for item in items]
        return _private(json_response({"items": settings.get_many(user, names)}))

    @bp.get(_ONE)
    @bp.response(200, SettingAnswer)
    @public("callers' own settings")
    def get_setting(bucket: str, key: str) -> Response:
        """Return one setting of the user."""
        user = gate.require_user()
        return _setting(bucket, key, settings.get(user, bucket, _checked(key)))

    _add_changes(bp, settings)
    return bp


def _add_changes(bp: Blueprint, settings: UserSettings) -> None:
    @bp.put(_ONE)
    @bp.arguments(ValueBody())
    @bp.response(200, SettingAnswer)
    @public("callers' own settings")
    def put_setting(body: dict[str, Any], bucket: str, key: str) -> Response:
        """Store one setting of the user."""
        user = gate.require_user()
        if "value" not in body:
            raise InputError('Missing required field "value"')
        settings.put(user, _checked(bucket), _checked(key), body["value"])
        return _setting(bucket, key, body["value"])

    @bp.delete(_ONE)
    @bp.response(204)
    @public("callers' own settings")
    def delete_setting(bucket: str, key: str) -> Response:
        """Delete one setting of the user."""
        settings.delete(gate.require_user(), _checked(bucket), _checked(key))
        return empty_response(204)


def _checked(name: str) -> str:
    if len(name) > _MAX_NAME or not is_storable(name):
        raise InputError(f"bucket and key must be texts of at most {_MAX_NAME} characters")
    return name


def _setting(bucket: str, key: str, value: Any) -> Response:
    return _private(json_response({"bucket": bucket, "key": key, "value": value}))


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-cache"
    return response
