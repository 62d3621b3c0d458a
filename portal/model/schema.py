"""Descriptor schemas: marshmallow fields that judge what people write in YAML.

Messages are those of ajv, the validator inside Backstage, because its clients
and users know them: ``must be string - type: string``. Nothing is ever converted
and nothing leaves through these schemas; ``violations`` is all they are for.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import INCLUDE
from marshmallow import Schema
from marshmallow import ValidationError
from marshmallow import fields

from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import json_pointer


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: where, what (without the place), and ajv's parameters."""

    path: JsonPath
    text: str
    params: str = ""

    def __str__(self) -> str:
        """Return the message as Backstage's kind validators print it."""
        return f"{self.envelope_text} - {self.params}" if self.params else self.envelope_text

    @property
    def envelope_text(self) -> str:
        """The message as Backstage's envelope policy prints it."""
        return f"{json_pointer(self.path)} {self.text}"


_REQUIRED = "must have required property"


def _must_be(kind: str) -> str:
    return f"must be {kind} - type: {kind}"


class DescriptorSchema(Schema):
    """An object whose unknown members are kept: the format is open."""

    class Meta:
        """Keep what is not declared."""

        unknown = INCLUDE

    error_messages = {"type": _must_be("object")}  # noqa: RUF012

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Give every field the words of ajv."""
        field_obj.error_messages["required"] = (
            f"{_REQUIRED} '{field_name}' - missingProperty: {field_name}"
        )


class Text(fields.Field[str]):
    """A JSON string, of at least ``min_length`` characters, or one of ``choices``."""

    def __init__(self, *, min_length: int = 1, choices: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["null"] = _must_be("string")
        self._min_length = min_length
        self._choices = choices

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        if type(value) is not str:
            raise ValidationError(_must_be("string"))
        if len(value) < self._min_length:
            msg = (
                f"must NOT have fewer than {self._min_length} characters"
                f" - limit: {self._min_length}"
            )
            raise ValidationError(msg)
        if self._choices and value not in self._choices:
            allowed = ",".join(self._choices)
            msg = f"must be equal to one of the allowed values - allowedValues: {allowed}"
            raise ValidationError(msg)
        return value


class Whole(fields.Field[int]):
    """A JSON integer."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        if type(value) is not int:
            raise ValidationError(_must_be("integer"))
        return value


class Anything(fields.Raw):
    """Any JSON value but null."""


class ListOf(fields.List[Any]):
    """A JSON array of one kind of item."""

    def __init__(self, item: fields.Field[Any] | type[fields.Field[Any]], **kwargs: Any) -> None:
        super().__init__(item, **kwargs)
        self.error_messages.update(invalid=_must_be("array"), null=_must_be("array"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if type(value) is not list:
            raise ValidationError(_must_be("array"))
        return super()._deserialize(value, attr, data, **kwargs)


class ObjectOf(fields.Nested):
    """A JSON object with members of its own."""

    def __init__(self, schema: type[DescriptorSchema], **kwargs: Any) -> None:
        super().__init__(schema, **kwargs)
        self.error_messages["null"] = _must_be("object")


class MapOf(fields.Field[dict[str, Any]]):
    """A JSON object with free keys, at least ``min_size``, and one kind of value."""

    def __init__(self, item: fields.Field[Any], *, min_size: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["null"] = _must_be("object")
        self._item = item
        self._min_size = min_size

    def _deserialize(self, value: Any, *_args: Any, **kwargs: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise ValidationError(_must_be("object"))
        if len(value) < self._min_size:
            msg = f"must NOT have fewer than {self._min_size} properties - limit: {self._min_size}"
            raise ValidationError(msg)
        errors: dict[str, Any] = {}
        for key, item in value.items():
            try:
                self._item.deserialize(item, key, value, **kwargs)
            except ValidationError as error:
                errors[key] = error.messages
        if errors:
            raise ValidationError(errors)
        return value


def violations(schema: Schema, data: Any) -> list[Violation]:
    """Return every rule of ``schema`` that ``data`` breaks, in ajv's order.

    That order is: missing members of an object first, then the members as the
    schema lists them, so the first violation is the one Backstage would show.
    """
    if not isinstance(data, Mapping):
        return [_violation((), str(schema.error_messages["type"]))]
    errors = schema.validate(data)
    return list(flatten_messages(errors, ())) if errors else []


def flatten_messages(errors: Any, path: JsonPath = ()) -> Iterator[Violation]:
    """Yield marshmallow's nested messages as violations."""
    if isinstance(errors, dict):
        missing = {k: v for k, v in errors.items() if _is_missing(v)}
        for messages in missing.values():
            yield _violation(path, messages[0])
        for key, value in errors.items():
            if key not in missing:
                yield from flatten_messages(value, path if key == "_schema" else (*path, key))
    else:
        for message in errors:
            yield _violation(path, message)


def _is_missing(messages: Any) -> bool:
    return isinstance(messages, list) and messages[0].startswith(_REQUIRED)


def _violation(path: JsonPath, message: str) -> Violation:
    text, _, params = message.partition(" - ")
    return Violation(path, text, params)


class _Link(DescriptorSchema):
    url = Text(required=True)
    title = Text()
    icon = Text()
    type = Text()


class _Metadata(DescriptorSchema):
    name = Text(required=True)
    namespace = Text()
    uid = Text()
    etag = Text()
    title = Text()
    description = Text(min_length=0)
    labels = MapOf(Text(min_length=0))
    annotations = MapOf(Text(min_length=0))
    tags = ListOf(Text)
    links = ListOf(ObjectOf(_Link))


class _EnvelopeMetadata(DescriptorSchema):
    name = Text(required=True)
    namespace = Text()


class _Envelope(DescriptorSchema):
    apiVersion = Text(required=True)
    kind = Text(required=True)
    metadata = ObjectOf(_EnvelopeMetadata, required=True)


class _EntityObject(DescriptorSchema):
    apiVersion = Text(required=True)
    kind = Text(required=True)
    metadata = ObjectOf(_Metadata, required=True)


_ENVELOPE = _Envelope()
_ENTITY = _EntityObject()
_ROOT = frozenset({"apiVersion", "kind", "metadata", "spec", "relations", "status"})


def envelope_violations(document: Any) -> list[Violation]:
    """Check what is needed to give a document an identity at all."""
    return violations(_ENVELOPE, document)


def entity_violations(entity: Entity) -> list[Violation]:
    """Check the parts every kind shares."""
    found = violations(_ENTITY, entity)
    if not entity.keys() <= _ROOT:
        found.insert(0, Violation((), "must NOT have additional properties"))
    if "spec" in entity and not isinstance(entity["spec"], dict):
        found.append(_violation(("spec",), _must_be("object")))
    return found
