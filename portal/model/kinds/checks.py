"""Checks and expectations: the members of ``spec.checks`` and ``spec.expectations``.

Both rest on a condition: rules in the forms of evidence, what the concept's own evidence
found and what the entity is, combined by ``all``, ``any`` and ``not``;
``docs/users/writing-concepts.md`` describes them for authors.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError
from marshmallow import fields

from portal.model.kinds.evidence import FORMS
from portal.model.kinds.evidence import STRENGTHS
from portal.model.kinds.evidence import RuleMembers
from portal.model.schema import DescriptorSchema
from portal.model.schema import Flag
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.model.schema import Whole

LEVELS = (1, 2, 3)
SCOPES = ("runtime", "optional", "development", "test")
#: What combines conditions, and the conditions that read no file.
OPERATORS = ("all", "any", "not")
OTHERS = ("evidence", "entity")
#: How deep conditions may be nested.
_DEEPEST = 8


class _Evidence(DescriptorSchema):
    """What the concept's own evidence found: by some of its rules (globs), of one strength."""

    rules = ListOf(Text, min_size=1)
    strength = Text(choices=STRENGTHS)


class _Entity(DescriptorSchema):
    """What the entity is: of one of ``types``, with one of ``relations`` to another entity."""

    types = ListOf(Text, min_size=1)
    relations = ListOf(Text, min_size=1)


class _Leaf(RuleMembers):
    """A rule, or one of the conditions that read no file."""

    evidence = ObjectOf(_Evidence)
    entity = ObjectOf(_Entity)
    scopes = ListOf(Text(choices=SCOPES), min_size=1)


class Condition(fields.Field[dict[str, Any]]):
    """A condition: exactly one operator or form, nested to a limited depth."""

    _leaf = _Leaf()

    def __init__(self, *, depth: int = _DEEPEST, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._depth = depth

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            msg = "must be object - type: object"
            raise ValidationError(msg)
        names = [name for name in (*OPERATORS, *OTHERS, *FORMS) if name in value]
        if len(names) != 1:
            msg = f"must have exactly one of {', '.join((*OPERATORS, *OTHERS, *FORMS))}"
            raise ValidationError(msg)
        if names[0] in OPERATORS:
            self._nested(names[0], value[names[0]])
        elif errors := self._leaf.validate(value):
            raise ValidationError(errors)
        return value

    def _nested(self, operator: str, inner: Any) -> None:
        if not self._depth:
            msg = f"conditions may be nested to a depth of {_DEEPEST}"
            raise ValidationError(msg)
        one = Condition(depth=self._depth - 1)
        field = one if operator == "not" else ListOf(one, min_size=1)
        try:
            field.deserialize(inner, operator)
        except ValidationError as error:
            raise ValidationError({operator: error.messages}) from None


class _Example(DescriptorSchema):
    passes = Flag(required=True)
    files = MapOf(Text(min_length=0), required=True, min_size=1)


class Check(DescriptorSchema):
    """One graded check of a concept; without ``rule`` nothing decides it yet."""

    id = Text(required=True)
    level = Whole(required=True, choices=LEVELS)
    title = MapOf(Text(), required=True, min_size=1)
    description = MapOf(Text(), required=True, min_size=1)
    remedy = MapOf(Text(), required=True, min_size=1)
    when = Condition()
    rule = Condition()
    examples = ListOf(ObjectOf(_Example))


class _ExampleEntity(DescriptorSchema):
    type = Text()
    relations = ListOf(Text)


class _ExpectationExample(DescriptorSchema):
    expects = Flag(required=True)
    files = MapOf(Text(min_length=0))
    entity = ObjectOf(_ExampleEntity)


class Expectation(DescriptorSchema):
    """When a component should implement the concept: a gap where it does not."""

    id = Text(required=True)
    when = Condition(required=True)
    because = MapOf(Text(), required=True, min_size=1)
    examples = ListOf(ObjectOf(_ExpectationExample))
