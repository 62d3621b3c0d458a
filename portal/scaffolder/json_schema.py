"""JSON Schema, with the errors that Backstage's clients know.

Judging is ``jsonschema``'s matter (draft 2020-12, and ``dependencies`` and tuple
``items`` of the drafts before it); here stand the words. Patterns are
JavaScript's and matched under a budget; a ``$ref`` reaches the schema itself only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema import FormatChecker
from jsonschema.exceptions import SchemaError
from jsonschema.exceptions import UnknownType
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable

from portal.kernel.errors import InputError
from portal.kernel.errors import PortalError
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.regex import compile_regex
from portal.scaffolder.expressions.regex_syntax import RegexError

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


class PatternError(PortalError):
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


class _Fault(ValidationError):
    """An error that remembers what its words are about."""

    def __init__(self, extra: Any = None, context: Sequence[ValidationError] = ()) -> None:
        super().__init__("", context=context)
        self.extra = extra


def violations(schema: Json, instance: Json) -> list[dict[str, Json]]:
    """Return what is wrong with ``instance``, in the words of npm's ``jsonschema``.

    Raises:
        InputError: When the schema itself cannot be used.
        PatternError: When one of its patterns is no regular expression.
    """
    if not isinstance(schema, dict):
        return []
    validator = _Validator(schema, format_checker=_FORMATS)
    try:
        found = [_body(error) for error, _ in zip(_all(validator, instance), range(_MOST_ERRORS))]
    except (SchemaError, Unresolvable, UnknownType, RecursionError, TypeError) as error:
        kind = type(error).__name__
        raise InputError(f"The schema cannot be used: {kind}") from None
    return found


def _all(validator: Any, instance: Json) -> Iterator[ValidationError]:
    for error in validator.iter_errors(instance):
        yield from _with_children(error)


def _with_children(error: ValidationError) -> Iterator[ValidationError]:
    if error.validator in _TRANSPARENT:
        for child in error.context or ():
            yield from _with_children(child)
        return
    yield error
    if error.validator in _FOLLOWED:
        for child in error.context or ():
            yield from _with_children(child)


#: Keywords whose errors are those of the schema they lead to.
_TRANSPARENT = frozenset({"if"})
#: Keywords whose errors are told, and after them those of the schemas inside.
_FOLLOWED = frozenset({"allOf", "dependencies"})


def _pattern(validator: Any, pattern: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    if isinstance(instance, str) and not _found(pattern, instance):
        yield _Fault()


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
            yield _Fault(key)
        elif isinstance(allowed, dict):
            yield from validator.descend(value, allowed, path=key)


def _all_of(validator: Any, schemas: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    for index, schema in enumerate(schemas):
        errors = list(validator.descend(instance, schema, schema_path=index))
        if errors:
            yield _Fault((index, schema), errors)


def _dependencies(validator: Any, rules: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    for key, rule in rules.items():
        if key not in instance:
            continue
        names = [rule] if isinstance(rule, str) else rule if isinstance(rule, list) else []
        for name in names:
            if name not in instance:
                yield _Fault((key, name))
        if isinstance(rule, dict):
            errors = list(validator.descend(instance, rule, path=key))
            if errors:
                yield _Fault((key, None), errors)


def _items(validator: Any, schemas: Json, instance: Json, schema: Json) -> Iterator[Any]:
    if not isinstance(instance, list):
        return
    start = len(schema.get("prefixItems", ()))
    for index, item in enumerate(instance[start:], start):
        one = schemas
        if isinstance(schemas, list):
            one = schemas[index] if index < len(schemas) else schema.get("additionalItems", True)
        yield from validator.descend(item, one, path=index)


def _required(validator: Any, names: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    if isinstance(instance, dict) and isinstance(names, list):
        for name in names:
            if name not in instance:
                yield _Fault(name)


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
)


# --- the words ----------------------------------------------------------------


def _options(value: Json) -> list[str]:
    titles = [one.get("title") if isinstance(one, dict) else None for one in value]
    return [
        title or (one.get("$id") if isinstance(one, dict) else None) or f"[subschema {index}]"
        for index, (one, title) in enumerate(zip(value, titles, strict=True))
    ]


def _types(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


_SIMPLE: dict[str, str] = {
    "exclusiveMaximum": "must be strictly less than {}",
    "exclusiveMinimum": "must be strictly greater than {}",
    "maxItems": "does not meet maximum length of {}",
    "maxLength": "does not meet maximum length of {}",
    "maxProperties": "does not meet maximum property length of {}",
    "maximum": "must be less than or equal to {}",
    "minItems": "does not meet minimum length of {}",
    "minLength": "does not meet minimum length of {}",
    "minProperties": "does not meet minimum property length of {}",
    "minimum": "must be greater than or equal to {}",
    "multipleOf": "is not a multiple of (divisible by) {}",
    "not": "is of prohibited type {}",
    "const": "does not exactly match expected constant: {}",
}
_LISTED: dict[str, tuple[str, Callable[[Json], list[Json]]]] = {
    "anyOf": ("is not any of {}", _options),
    "enum": ("is not one of enum values: {}", _types),
    "oneOf": ("is not exactly one from {}", _options),
    "type": ("is not of a type(s) {}", _types),
}
_QUOTED: dict[str, str] = {
    "format": "does not conform to the {} format",
    "pattern": "does not match pattern {}",
}


def _words(error: ValidationError) -> tuple[str, dict[str, Json]]:
    """Return an error's message, and its argument when it has one."""
    name, value = str(error.validator), error.validator_value
    extra = getattr(error, "extra", None)
    if name in _SIMPLE:
        shown = stringify(value) if name == "const" else to_text(value)
        return _SIMPLE[name].format(shown), {"argument": value}
    if name in _LISTED:
        text, listed = _LISTED[name]
        return text.format(",".join(map(to_text, listed(value)))), {"argument": listed(value)}
    if name in _QUOTED:
        return _QUOTED[name].format(stringify(value)), {"argument": value}
    if name == "required":
        return f"requires property {stringify(extra)}", {"argument": extra}
    if name == "additionalProperties":
        text = f"is not allowed to have the additional property {stringify(extra)}"
        return text, {"argument": extra}
    if name == "uniqueItems":
        return "contains duplicate item", {}
    if name == "dependencies":
        return _dependency_words(error, extra)
    if name == "allOf":
        return _all_of_words(error, extra)
    return f"does not satisfy {name}", {"argument": value}


def _dependency_words(error: ValidationError, extra: Any) -> tuple[str, dict[str, Json]]:
    key, missing = extra
    source = f"{_property(list(error.absolute_path))}.{key}"
    if missing is None:
        return f"does not meet dependency required by {source}", {"argument": source}
    return f"property {missing} not found, required by {source}", {"argument": source}


def _all_of_words(error: ValidationError, extra: Any) -> tuple[str, dict[str, Json]]:
    index, schema = extra
    children = [_body(one) for child in error.context or () for one in _with_children(child)]
    path = list(error.absolute_path)
    name = _options([schema])[0].replace("0", str(index))
    argument = {
        "id": name,
        "length": len(children),
        "valid": {
            "instance": error.instance,
            "schema": schema,
            "options": {},
            "path": path,
            "propertyPath": _property(path),
            "errors": children,
            "disableFormat": False,
        },
    }
    text = f"does not match allOf schema {name} with {len(children)} error[s]:"
    return text, {"argument": argument}


def _property(path: list[Json]) -> str:
    text = "instance"
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text


def _body(error: ValidationError) -> dict[str, Json]:
    path = list(error.absolute_path)
    message, argument = _words(error)
    where = _property(path)
    return {
        "path": path,
        "property": where,
        "message": message,
        "schema": error.schema,
        "instance": error.instance,
        "name": error.validator,
        **argument,
        "stack": f"{where} {message}",
    }
