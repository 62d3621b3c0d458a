"""The fields of a form: which a page asks for, given what was answered so far."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.scaffolder.json_schema import violations

Json = Any
#: Conditions may hang on what other conditions ask for; no form nests deeper.
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class FormField:
    """One question: its name, its schema, and whether it must be answered."""

    name: str
    schema: Mapping[str, Json]
    is_required: bool

    @property
    def title(self) -> str:
        """What a person reads."""
        return str(self.schema.get("title") or self.name)

    @property
    def is_secret(self) -> bool:
        """Whether the answer must not be shown."""
        return self.schema.get("ui:field") == "Secret" or self.schema.get("ui:widget") == "password"


def fields(page: Mapping[str, Json], values: Mapping[str, Json]) -> list[FormField]:
    """Return what a page asks for; conditions are judged by the values so far."""
    active = list(_active(page, values))
    required = {name for schema in active for name in _list(schema.get("required"))}
    found: dict[str, Mapping[str, Json]] = {}
    for schema in active:
        for name, one in _object(schema.get("properties")).items():
            given = one if isinstance(one, dict) else {}
            # What a condition asks for is often only a ``const`` that was its trigger.
            found[name] = {**given, **found.get(name, {})}
    return [FormField(name, schema, name in required) for name, schema in found.items()]


def names(page: Mapping[str, Json]) -> set[str]:
    """Return every name a page may ask for, whatever its conditions say."""
    return {name for schema in _all(page) for name in _object(schema.get("properties"))}


def secret_names(page: Mapping[str, Json]) -> set[str]:
    """Return the names of a page whose answers are secrets."""
    return {
        name
        for schema in _all(page)
        for name, one in _object(schema.get("properties")).items()
        if FormField(name, _object(one), is_required=False).is_secret
    }


def triggers(page: Mapping[str, Json]) -> set[str]:
    """Return the names a page's conditions look at."""
    found: set[str] = set()
    for schema in _all(page):
        found |= set(_object(_object(schema.get("if")).get("properties")))
        for keyword in ("dependencies", "dependentSchemas", "dependentRequired"):
            found |= set(_object(schema.get(keyword)))
    return found


def with_defaults(
    pages: Sequence[Mapping[str, Json]], given: Mapping[str, Json]
) -> dict[str, Json]:
    """Return values with the defaults of the form, as a frontend fills them in."""
    values = dict(given)
    for _ in range(_DEEPEST):
        found = {
            field.name: filled
            for page in pages
            for field in fields(page, values)
            if (filled := _filled(field.schema, values.get(field.name))) is not None
        }
        if {**values, **found} == values:
            break
        values |= found
    return values


def _filled(schema: Mapping[str, Json], value: Json) -> Json:
    """Return a value with its defaults; ``None`` when there is neither."""
    if value is None and "default" in schema:
        return schema["default"]
    if not _object(schema.get("properties")) or not isinstance(value, dict | None):
        return value
    return with_defaults([schema], value or {}) or value


def _active(schema: Mapping[str, Json], values: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    yield schema
    for part in _list(schema.get("allOf")):
        yield from _active(_object(part), values)
    if "if" in schema:
        branch = "else" if violations(schema["if"], dict(values)) else "then"
        yield from _active(_object(schema.get(branch)), values)
    for keyword in ("dependencies", "dependentSchemas"):
        for name, part in _object(schema.get(keyword)).items():
            if name in values:
                yield from _chosen(part, name, values)


def _chosen(part: Json, name: str, values: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Yield what depends on a field: all of it, and of ``oneOf`` what fits its value."""
    if isinstance(part, list):
        yield {"required": part}
        return
    yield from _active(_object(part), values)
    for option in _list(_object(part).get("oneOf")):
        trigger = _object(_object(option).get("properties")).get(name, {})
        if not violations({"properties": {name: trigger}}, {name: values[name]}):
            yield from _active(_object(option), values)
            return


def _all(schema: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    yield schema
    parts = [*_list(schema.get("allOf")), *_list(schema.get("oneOf")), *_list(schema.get("anyOf"))]
    parts += [schema.get(name) for name in ("if", "then", "else")]
    parts += _object(schema.get("dependencies")).values()
    parts += _object(schema.get("dependentSchemas")).values()
    for part in parts:
        if isinstance(part, dict):
            yield from _all(part)


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
