"""Descriptor schemas: marshmallow fields that validate descriptors.

Messages are those of ajv, Backstage's validator, because clients and users know them:
``must be string - type: string``. Values are not converted, and entities are not
serialised by these schemas; they are used by ``violations`` only.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from typing import Self

from marshmallow import INCLUDE
from marshmallow import Schema
from marshmallow import ValidationError
from marshmallow import fields

from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import json_pointer


@dataclass(frozen=True, slots=True)
class SchemaViolation:
    """A violation of a schema: its path, its message, and ajv's parameters."""

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


def _must_be_one_of(choices: Sequence[object]) -> str:
    allowed = ",".join(map(str, choices))
    return f"must be equal to one of the allowed values - allowedValues: {allowed}"


class DescriptorSchema(Schema):
    """A JSON object; unknown members are allowed and kept."""

    class Meta:
        """Keep members that are not declared."""

        unknown = INCLUDE

    error_messages = {"type": _must_be("object")}  # noqa: RUF012

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Give every field the messages of ajv."""
        field_obj.error_messages["required"] = (
            f"{_REQUIRED} '{field_name}' - missingProperty: {field_name}"
        )

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        """Return the schema itself: none is changed, and flask-smorest copies those of routes."""
        return self


class Text(fields.Field[str]):
    """A JSON string of some length in characters, or one of ``choices``."""

    def __init__(
        self,
        *,
        min_length: int = 1,
        max_length: int | None = None,
        choices: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.error_messages["null"] = _must_be("string")
        self._min_length = min_length
        self._max_length = max_length
        self._choices = choices

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        return self.checked(value)

    def checked(self, value: Any) -> str:
        """Return a value.

        Raises:
            ValidationError: When it is not valid.
        """
        if type(value) is not str:
            raise ValidationError(_must_be("string"))
        if len(value) < self._min_length:
            msg = (
                f"must NOT have fewer than {self._min_length} characters"
                f" - limit: {self._min_length}"
            )
            raise ValidationError(msg)
        if self._max_length is not None and len(value) > self._max_length:
            msg = (
                f"must NOT have more than {self._max_length} characters - limit: {self._max_length}"
            )
            raise ValidationError(msg)
        if self._choices and value not in self._choices:
            raise ValidationError(_must_be_one_of(self._choices))
        return value


class Whole(fields.Field[int]):
    """A JSON integer, or one of ``choices``."""

    def __init__(self, *, choices: Sequence[int] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._choices = choices

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        if type(value) is not int:
            raise ValidationError(_must_be("integer"))
        if self._choices and value not in self._choices:
            raise ValidationError(_must_be_one_of(self._choices))
        return value


class Flag(fields.Field[bool]):
    """A JSON boolean."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError(_must_be("boolean"))
        return value


class Anything(fields.Raw):
    """Any JSON value but null."""


class ListOf(fields.List[Any]):
    """A JSON array of one kind of item, of at least ``min_size``."""

    def __init__(
        self,
        item: fields.Field[Any] | type[fields.Field[Any]],
        *,
        min_size: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(item, **kwargs)
        self._min_size = min_size
        self.error_messages.update(invalid=_must_be("array"), null=_must_be("array"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if type(value) is not list:
            raise ValidationError(_must_be("array"))
        if len(value) < self._min_size:
            msg = f"must NOT have fewer than {self._min_size} items - limit: {self._min_size}"
            raise ValidationError(msg)
        if isinstance(self.inner, Text) and not self.inner.validators:
            # What most lists are; field by field costs ten times as much.
            with suppress(ValidationError):
                return [self.inner.checked(item) for item in value]
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


def violations(schema: Schema, data: Any) -> list[SchemaViolation]:
    """Return the violations of ``schema`` in ``data``, in ajv's order.

    Missing members of an object come first, then members in the order of the schema, so
    that the first violation is the one Backstage would report.
    """
    if not isinstance(data, Mapping):
        return [_violation((), str(schema.error_messages["type"]))]
    errors = schema.validate(data)
    return list(flatten_messages(errors, ())) if errors else []


def flatten_messages(errors: Any, path: JsonPath = ()) -> Iterator[SchemaViolation]:
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


def _violation(path: JsonPath, message: str) -> SchemaViolation:
    text, _, params = message.partition(" - ")
    return SchemaViolation(path, text, params)


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


def envelope_violations(document: Any) -> list[SchemaViolation]:
    """Return the violations of the members that make the identity of an entity."""
    return violations(_ENVELOPE, document)


def entity_violations(entity: Entity) -> list[SchemaViolation]:
    """Return the violations of the members that every kind has."""
    found = violations(_ENTITY, entity)
    if not entity.keys() <= _ROOT:
        found.insert(0, SchemaViolation((), "must NOT have additional properties"))
    if "spec" in entity and not isinstance(entity["spec"], dict):
        found.append(_violation(("spec",), _must_be("object")))
    return found
