"""Rules for a template's form: pages are valid schemas, and defaults are valid values."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft7Validator
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from portal.kernel.errors import PortalError
from portal.kernel.json_text import Json
from portal.scaffolder.expressions.regex import compile_regex
from portal.scaffolder.expressions.regex_syntax import RegexError
from portal.scaffolder.forms.answers import fault_text
from portal.scaffolder.forms.json_schema import violations
from portal.scaffolder.forms.schema_check import NO_REMOTE_SCHEMAS

_Path = tuple[str | int, ...]


def page_faults(page: Mapping[str, Json]) -> Iterator[tuple[_Path, str]]:
    """Yield the faults of a page, each with its path in the page."""
    fault = _schema_fault(page)
    if fault is not None:
        yield fault
        return
    for path, schema in _schemas(page):
        if isinstance(schema.get("pattern"), str) and not _is_regex(schema["pattern"]):
            yield (*path, "pattern"), f"'{schema['pattern']}' is no regular expression"
        elif "default" in schema:
            for reason in _default_faults(schema, page):
                yield (*path, "default"), f"the default will not do: {reason}"


def _schema_fault(page: Mapping[str, Json]) -> tuple[_Path, str] | None:
    """Return why a page is a schema neither of draft 2020-12 nor of draft 7."""
    if next(_faults(Draft7Validator, page), None) is None:
        return None
    error = best_match(_faults(Draft202012Validator, page))
    return None if error is None else (tuple(error.absolute_path), error.message)


def _faults(draft: Any, page: Mapping[str, Json]) -> Iterator[Any]:
    checker = draft(draft.META_SCHEMA, registry=NO_REMOTE_SCHEMAS)
    found: Iterator[Any] = checker.iter_errors(page)
    return found


def _schemas(value: Json, path: _Path = ()) -> Iterator[tuple[_Path, Mapping[str, Json]]]:
    """Yield the schemas of all properties, nested ones included, with their paths."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _schemas(item, (*path, index))
    if not isinstance(value, dict):
        return
    properties = value.get("properties")
    if isinstance(properties, dict):
        for name, schema in properties.items():
            if isinstance(schema, dict):
                yield (*path, "properties", name), schema
    for key, item in value.items():
        yield from _schemas(item, (*path, key))


def _is_regex(pattern: str) -> bool:
    for flags in ("u", ""):
        try:
            compile_regex(pattern, flags)
        except RegexError:
            continue
        return True
    return False


def _default_faults(schema: Mapping[str, Json], page: Mapping[str, Json]) -> Iterator[str]:
    try:
        found = violations(dict(schema), schema["default"], root=dict(page))
    except PortalError as error:
        yield error.message
        return
    yield from (fault_text(error).removeprefix("values: ") for error in found)
