"""Validation errors worded as npm's ``jsonschema`` words them; clients show these texts."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from jsonschema.exceptions import ValidationError

from portal.kernel.json_text import Json
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.expressions.javascript import to_text


class JsonSchemaError(ValidationError):
    """A validation error with the detail its message needs (``extra``)."""

    def __init__(self, extra: Any = None, context: Sequence[ValidationError] = ()) -> None:
        super().__init__("", context=context)
        self.extra = extra


def with_children(error: ValidationError) -> Iterator[ValidationError]:
    """Yield an error, and those of its nested errors that are reported as well."""
    if error.validator in _TRANSPARENT:
        for child in error.context or ():
            yield from with_children(child)
        return
    yield error
    if error.validator in _FOLLOWED:
        for child in error.context or ():
            yield from with_children(child)


#: Keywords that report only the errors of their subschema.
_TRANSPARENT = frozenset({"if"})
#: Keywords that report an error of their own, then those of their subschemas.
_FOLLOWED = frozenset({"allOf", "dependencies"})


def _options(value: Json) -> list[str]:
    return [_option(one, index) for index, one in enumerate(value)]


def _option(schema: Json, index: int) -> str:
    """Return the label of one of several subschemas: its title, its ``$id`` or its index."""
    given = schema if isinstance(schema, dict) else {}
    if given.get("title"):
        return to_text(stringify(given["title"]))
    return to_text(given.get("$id") or f"[subschema {index}]")


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
_FIXED: dict[str, tuple[str, bool]] = {
    "contains": ("must contain an item matching given schema", True),
    "items": ("additionalItems not permitted", False),
    "uniqueItems": ("contains duplicate item", False),
}
_QUOTED: dict[str, str] = {
    "format": "does not conform to the {} format",
    "pattern": "does not match pattern {}",
}


#: Messages that contain the keyword's value, and how it is formatted.
_TEMPLATES: dict[str, tuple[str, Callable[[Json], Json]]] = {
    **{name: (text, to_text) for name, text in _SIMPLE.items()},
    **{name: (text, stringify) for name, text in _QUOTED.items()},
}


def _words(error: ValidationError) -> tuple[str, dict[str, Json]]:
    """Return an error's message, and its ``argument`` if it has one."""
    name, value = str(error.validator), error.validator_value
    if name in _LISTED:
        text, listed = _LISTED[name]
        return text.format(",".join(map(to_text, listed(value)))), {"argument": listed(value)}
    if name in _TEMPLATES:
        text, show = _TEMPLATES[name]
        return text.format(show(value)), {"argument": value}
    if name in _FIXED:
        text, has_argument = _FIXED[name]
        return text, {"argument": value} if has_argument else {}
    if name in _SPECIAL:
        return _SPECIAL[name](error, getattr(error, "extra", None))
    return f"does not satisfy {name}", {"argument": value}


def _required_words(_error: ValidationError, name: Any) -> tuple[str, dict[str, Json]]:
    return f"requires property {stringify(name)}", {"argument": name}


def _additional_words(_error: ValidationError, name: Any) -> tuple[str, dict[str, Json]]:
    text = f"is not allowed to have the additional property {stringify(name)}"
    return text, {"argument": name}


def _dependency_words(error: ValidationError, extra: Any) -> tuple[str, dict[str, Json]]:
    key, missing = extra
    source = f"{_property(list(error.absolute_path))}.{key}"
    if missing is None:
        return f"does not meet dependency required by {source}", {"argument": source}
    return f"property {missing} not found, required by {source}", {"argument": source}


def _all_of_words(error: ValidationError, extra: Any) -> tuple[str, dict[str, Json]]:
    index, schema = extra
    children = [body(one) for child in error.context or () for one in with_children(child)]
    path = list(error.absolute_path)
    name = _option(schema, index)
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


_SPECIAL: dict[str, Callable[[ValidationError, Any], tuple[str, dict[str, Json]]]] = {
    "additionalProperties": _additional_words,
    "allOf": _all_of_words,
    "dependencies": _dependency_words,
    "required": _required_words,
}


def _property(path: list[Json]) -> str:
    text = "instance"
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text


def body(error: ValidationError) -> dict[str, Json]:
    """Return an error as JSON, with the members of npm's ``jsonschema``."""
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
