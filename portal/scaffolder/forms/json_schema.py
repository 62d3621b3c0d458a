"""JSON Schema validation with the errors that Backstage's clients expect.

Validates with ``jsonschema`` (draft 2020-12, plus ``dependencies`` and tuple ``items``
of earlier drafts). Patterns are JavaScript's and matched under a budget; a ``$ref``
resolves within the schema only, nothing is fetched.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from collections.abc import Iterator
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema import FormatChecker
from jsonschema.validators import extend

from portal.kernel.errors import PortalError
from portal.kernel.errors import RenderingError
from portal.kernel.json_text import Json
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.regex import compile_regex
from portal.scaffolder.expressions.regex_syntax import RegexError
from portal.scaffolder.forms.schema_check import NO_REMOTE_SCHEMAS
from portal.scaffolder.forms.schema_check import UnusableSchemaError
from portal.scaffolder.forms.schema_check import check_schema
from portal.scaffolder.forms.schema_errors import JsonSchemaError
from portal.scaffolder.forms.schema_errors import body
from portal.scaffolder.forms.schema_errors import with_children

_LOG = logging.getLogger(__name__)
_MOST_ERRORS = 100
_STEPS = 2_000_000
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: The formats that are checked; any text is valid in any other format.
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
    """A ``pattern`` of a schema is no valid regular expression."""

    name = "SyntaxError"


def _format_checker() -> FormatChecker:
    checker = FormatChecker(())
    for name, pattern in _FORMAT_PATTERNS.items():
        checker.checks(name)(_matches(re.compile(pattern)))
    return checker


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or pattern.fullmatch(value) is not None


_FORMATS = _format_checker()


def violations(
    schema: Json, instance: Json, name: str = "schema", root: Json = None
) -> list[dict[str, Json]]:
    """Return the errors of ``instance``, worded as npm's ``jsonschema`` words them.

    Args:
        schema: The schema; anything but an object accepts every value.
        instance: The value to validate; an array's items may be ``UNDEFINED``, which is valid.
        name: The name of the schema in errors.
        root: The schema it is a part of, which its ``$ref``s resolve in; by default itself.

    Raises:
        UnusableSchemaError: When the schema itself cannot be used.
        PatternError: When one of its patterns is no regular expression.
        PortalError: When matching a pattern exceeds the budget.
    """
    if not isinstance(schema, dict):
        return []
    whole = schema if root is None else root
    check_schema(whole, name)
    validator = _Validator(whole, format_checker=_FORMATS, registry=NO_REMOTE_SCHEMAS)
    try:
        errors = list(_told(validator.evolve(schema=schema), instance))
    except PortalError:
        raise
    except RecursionError:
        reason = "its $refs lead in a circle, or the value is nested too deep"
        raise UnusableSchemaError(name, reason) from None
    except Exception as error:  # noqa: BLE001 - what the library stumbles over is no closed set
        _LOG.warning("a schema cannot be used", exc_info=error)
        raise UnusableSchemaError(name, type(error).__name__) from None
    return [body(error) for error in errors]


def _told(validator: Any, instance: Json) -> Iterator[Any]:
    told = (one for error in validator.iter_errors(instance) for one in with_children(error))
    return islice(told, _MOST_ERRORS)


def _pattern(_validator: Any, pattern: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    if isinstance(instance, str) and not _found(pattern, instance):
        yield JsonSchemaError()


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
            yield JsonSchemaError(key)
        elif isinstance(allowed, dict):
            yield from validator.descend(value, allowed, path=key)


def _all_of(validator: Any, schemas: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    for index, schema in enumerate(schemas):
        errors = list(validator.descend(instance, schema, schema_path=index))
        if errors:
            yield JsonSchemaError((index, schema), errors)


def _dependencies(validator: Any, rules: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    for key, rule in rules.items():
        if key not in instance:
            continue
        names = [rule] if isinstance(rule, str) else rule if isinstance(rule, list) else []
        for name in names:
            if name not in instance:
                yield JsonSchemaError((key, name))
        if isinstance(rule, dict):
            errors = list(validator.descend(instance, rule, path=key))
            if errors:
                yield JsonSchemaError((key, None), errors)


def _items(validator: Any, schemas: Json, instance: Json, schema: Json) -> Iterator[Any]:
    if not isinstance(instance, list):
        return
    start = len(schema.get("prefixItems", ()))
    for index, item in enumerate(instance[start:], start):
        one = schemas
        if isinstance(schemas, list):
            one = schemas[index] if index < len(schemas) else schema.get("additionalItems", True)
        if one is False:
            yield JsonSchemaError()
            return
        if item is not UNDEFINED:
            yield from validator.descend(item, one, path=index)


def _required(_validator: Any, names: Json, instance: Json, _schema: Json) -> Iterator[Any]:
    if isinstance(instance, dict) and isinstance(names, list):
        for name in names:
            if name not in instance:
                yield JsonSchemaError(name)


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


def _evolve(validator: Any, **changes: Any) -> Any:
    """Return a validator of the same class for a schema inside.

    The library's own looks at ``$schema`` there and may choose another class, whose patterns
    are Python's and have no budget.
    """
    kept = {
        "schema": validator.schema,
        "format_checker": validator.format_checker,
        "registry": NO_REMOTE_SCHEMAS,
        "_resolver": validator._resolver,
    }
    return _Validator(**(kept | changes))


_Validator.evolve = _evolve
