"""JSON Schema, with the errors that Backstage's clients know.

Judging is ``jsonschema``'s matter (draft 2020-12, and ``dependencies`` and tuple
``items`` of the drafts before it); here stand the words. Patterns are
JavaScript's and matched under a budget; a ``$ref`` reaches the schema itself only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema import FormatChecker
from jsonschema.exceptions import SchemaError
from jsonschema.exceptions import UnknownType
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable

from portal.kernel.errors import InputError
from portal.kernel.errors import RenderingError
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.regex import compile_regex
from portal.scaffolder.expressions.regex_syntax import RegexError
from portal.scaffolder.schema_errors import Violation
from portal.scaffolder.schema_errors import body
from portal.scaffolder.schema_errors import with_children

Json = Any
_MOST_ERRORS = 100
_STEPS = 2_000_000
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: The formats that are looked at; a text of any other format is let through.
_FORMAT_PATTERNS = {
    "date": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "date-time": (
        r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[tT ]"
        r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([zZ]|[+-][0-9]{2}:?[0-9]{2})"
    ),
    "time": r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?",
    "email": rf"[^\s@\"(),:;<>\[\\\]]{{1,64}}@{_NAME}(\.{_NAME})*",
    "hostname": rf"(?=.{{1,253}}$){_NAME}(\.{_NAME})*",
    "ipv4": r"((25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})(\.(?!$)|$)){4}",
    "uri": r"[a-zA-Z][a-zA-Z0-9+.-]*:[^\s]*",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
}


class PatternError(RenderingError):
    """A schema holds a pattern that is no regular expression."""

    name = "SyntaxError"


def _format_checker() -> FormatChecker:
    checker = FormatChecker(())
    for name, pattern in _FORMAT_PATTERNS.items():
        checker.checks(name)(_matches(re.compile(pattern)))
    return checker


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or pattern.fullmatch(value) is not None


_FORMATS = _format_checker()


def violations(schema: Json, instance: Json) -> list[dict[str, Json]]:
    """Return what is wrong with ``instance``, in the words of npm's ``jsonschema``.

    Raises:
        InputError: When the schema itself cannot be used.
        PatternError: When one of its patterns is no regular expression.
    """
    if not isinstance(schema, dict):
        return []
    validator = _Validator(schema, format_checker=_FORMATS)
    told = (one for error in validator.iter_errors(instance) for one in with_children(error))
    try:
        found = [body(error) for error in islice(told, _MOST_ERRORS)]
    except (SchemaError, Unresolvable, UnknownType, RecursionError, TypeError) as error:
        kind = type(error).__name__
        raise InputError(f"The schema cannot be used: {kind}") from None
    return found


def _pattern(_validator: Any, pattern: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    if isinstance(instance, str) and not _found(pattern, instance):
        yield Violation()


def _found(pattern: Json, text: str) -> bool:
    source = to_text(pattern)
    try:
        regex = compile_regex(source, "u")
    except RegexError as error:
        try:
            regex = compile_regex(source)
        except RegexError:
            raise PatternError(str(error)) from None
    return regex.search(text, 0, Budget(steps=_STEPS, seconds=2.0).take) is not None


def _pattern_properties(
    validator: Any, patterns: Json, instance: Json, _schema: Json
) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        for key in [key for key in instance if _found(pattern, key)]:
            yield from validator.descend(instance[key], schema, path=key, schema_path=pattern)


def _additional(validator: Any, allowed: Json, instance: Json, schema: Json) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    patterns = schema.get("patternProperties", {})
    for key, value in instance.items():
        if key in schema.get("properties", {}) or any(_found(one, key) for one in patterns):
            continue
        if allowed is False:
            yield Violation(key)
        elif isinstance(allowed, dict):
            yield from validator.descend(value, allowed, path=key)


def _all_of(validator: Any, schemas: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    for index, schema in enumerate(schemas):
        errors = list(validator.descend(instance, schema, schema_path=index))
        if errors:
            yield Violation((index, schema), errors)


def _dependencies(validator: Any, rules: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    for key, rule in rules.items():
        if key not in instance:
            continue
        names = [rule] if isinstance(rule, str) else rule if isinstance(rule, list) else []
        for name in names:
            if name not in instance:
                yield Violation((key, name))
        if isinstance(rule, dict):
            errors = list(validator.descend(instance, rule, path=key))
            if errors:
                yield Violation((key, None), errors)


def _items(validator: Any, schemas: Json, instance: Json, schema: Json) -> Iterator[Any]:
    if not isinstance(instance, list):
        return
    start = len(schema.get("prefixItems", ()))
    for index, item in enumerate(instance[start:], start):
        one = schemas
        if isinstance(schemas, list):
            one = schemas[index] if index < len(schemas) else schema.get("additionalItems", True)
        if one is False:
            yield Violation()
            return
        yield from validator.descend(item, one, path=index)


def _required(_validator: Any, names: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    if isinstance(instance, dict) and isinstance(names, list):
        for name in names:
            if name not in instance:
                yield Violation(name)


_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "additionalProperties": _additional,
        "allOf": _all_of,
        "dependencies": _dependencies,
        "items": _items,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "required": _required,
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("any", lambda *_: True),
)
