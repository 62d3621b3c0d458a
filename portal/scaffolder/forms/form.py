"""The fields of a form page, conditions (``if``, ``dependencies``, …) resolved."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from portal.kernel.json_text import Json
from portal.scaffolder.forms.json_schema import violations
from portal.scaffolder.forms.visible_pages import visible_pages

#: Conditions may depend on fields of other conditions; the rounds until that is settled.
_MAX_ROUNDS = 8
#: What marks a field whose value nobody may see.
_SECRET = (("ui:field", "Secret"), ("ui:widget", "password"), ("format", "password"))


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form: its name, its schema, and whether it is required."""

    name: str
    schema: Mapping[str, Json]
    is_required: bool

    @property
    def title(self) -> str:
        """The label of the field: the schema's ``title``, else the name."""
        return str(self.schema.get("title") or self.name)

    @property
    def is_secret(self) -> bool:
        """Whether the value must not be shown."""
        return any(self.schema.get(key) == value for key, value in _SECRET)


def fields(page: Mapping[str, Json], values: Mapping[str, Json]) -> list[FormField]:
    """Return the fields of a page that are active for the values given so far."""
    active = list(_active(page, values))
    required = {name for schema in active for name in _list(schema.get("required"))}
    found: dict[str, Mapping[str, Json]] = {}
    for schema in active:
        for name, one in _object(schema.get("properties")).items():
            given = one if isinstance(one, dict) else {}
            # A condition's own schema of its trigger is often just a ``const``.
            found[name] = {**given, **found.get(name, {})}
    return [FormField(name, schema, name in required) for name, schema in found.items()]


def names(page: Mapping[str, Json]) -> set[str]:
    """Return the names of all fields of a page, whether active or not."""
    return {name for schema in _all(page) for name in _object(schema.get("properties"))}


def secret_names(page: Mapping[str, Json]) -> set[str]:
    """Return the names of a page's secret fields, however deep they stand in its schema."""
    return set(_secrets(page))


def _secrets(schema: Json) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for name, one in _object(schema.get("properties")).items():
            if FormField(name, _object(one), is_required=False).is_secret:
                yield name
        schema = list(schema.values())
    if isinstance(schema, list):
        for item in schema:
            yield from _secrets(item)


def triggers(page: Mapping[str, Json]) -> set[str]:
    """Return the names of fields that a page's conditions depend on."""
    found: set[str] = set()
    for schema in _all(page):
        found |= set(_object(_object(schema.get("if")).get("properties")))
        for keyword in ("dependencies", "dependentSchemas", "dependentRequired"):
            found |= set(_object(schema.get(keyword)))
    return found


def with_defaults(
    pages: Sequence[Mapping[str, Json]], given: Mapping[str, Json]
) -> dict[str, Json]:
    """Return values completed by the form's defaults, as a frontend fills them in."""
    return _completed(lambda values: visible_pages(pages, values).pages.values(), given)


def _completed(
    shown: Callable[[Mapping[str, Json]], Iterable[Mapping[str, Json]]], given: Mapping[str, Json]
) -> dict[str, Json]:
    """Return values completed by the defaults of the pages that they show."""
    values = dict(given)
    for _ in range(_MAX_ROUNDS):
        found = {
            field.name: filled
            for page in shown(values)
            for field in fields(page, values)
            if (filled := _filled(field.schema, values.get(field.name))) is not None
        }
        if {**values, **found} == values:
            break
        values |= found
    return values


def _filled(schema: Mapping[str, Json], value: Json) -> Json:
    """Return a value completed by its schema's defaults; ``None`` without either."""
    if value is None and "default" in schema:
        return schema["default"]
    if not _object(schema.get("properties")) or not isinstance(value, dict | None):
        return value
    return _completed(lambda _: [schema], value or {}) or value


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
    """Yield the schemas that depend on a field; of ``oneOf`` those that fit its value."""
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
