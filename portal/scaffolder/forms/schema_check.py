"""Whether a JSON Schema can be used: its keywords have values they can have, its refs a target.

Not the metaschema of a draft: forms mix keywords of several (``dependencies``, tuple ``items``,
``required: true``), and what no keyword reads may be anything. A ``$ref`` is looked up in the
schema itself; nothing is ever retrieved.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from referencing import Registry
from referencing.jsonschema import DRAFT202012

from portal.kernel.errors import InputError
from portal.kernel.json_text import Json

_Path = tuple[str | int, ...]
#: The library gives its resolvers no public name.
_Resolver = Any
#: Where every validator looks for what a ``$ref`` names: it holds nothing and fetches nothing.
NO_REMOTE_SCHEMAS: Registry[Json] = Registry()
_TYPES = frozenset("any array boolean integer null number object string".split())
_LONGEST_REF = 80


class UnusableSchemaError(InputError):
    """A JSON Schema cannot be used; the message says where in it, and what may stand there."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The {name} cannot be used: {reason}")


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a keyword's value may be.

    Attributes:
        words: It, to be read behind "must be".
        accepts: Whether a value is one.
        schemas: The schemas in a value, and where in it each stands.
    """

    words: str
    accepts: Callable[[Json], bool]
    schemas: Callable[[Json], Iterable[tuple[_Path, Json]]] = lambda _value: ()


def _is_schema(value: Json) -> bool:
    return isinstance(value, dict | bool)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_list_of(is_item: Callable[[Json], bool], value: Json) -> bool:
    return isinstance(value, list) and all(map(is_item, value))


def _is_map_of(is_item: Callable[[Json], bool], value: Json) -> bool:
    return isinstance(value, dict) and all(map(is_item, value.values()))


def _is_type(value: Json) -> bool:
    names = value if isinstance(value, list) else [value]
    return all(isinstance(name, str) and name in _TYPES for name in names)


def _is_dependency(value: Json) -> bool:
    return _is_schema(value) or _is_text(value) or _is_list_of(_is_text, value)


def _one(value: Json) -> Iterator[tuple[_Path, Json]]:
    yield (), value


def _several(value: Json) -> Iterator[tuple[_Path, Json]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    yield from (((key,), item) for key, item in items if _is_schema(item))


def _one_or_several(value: Json) -> Iterator[tuple[_Path, Json]]:
    return _several(value) if isinstance(value, list) else _one(value)


_ANYTHING = _Kind("anything", lambda _value: True)
_TEXT = _Kind("a string", _is_text)
_NUMBER = _Kind("a number", _is_number)
_LIMIT = _Kind("a number", lambda value: isinstance(value, int | float))
_SCHEMA = _Kind("a schema (an object, true or false)", _is_schema, _one)
_SCHEMAS = _Kind("an array of schemas", lambda value: _is_list_of(_is_schema, value), _several)
_SCHEMA_MAP = _Kind("an object of schemas", lambda value: _is_map_of(_is_schema, value), _several)

#: Every keyword that is looked at, by what its value may be.
KEYWORDS: Mapping[str, _Kind] = {
    **dict.fromkeys(("const", "pattern", "uniqueItems"), _ANYTHING),
    **dict.fromkeys("$anchor $dynamicAnchor $dynamicRef $id $ref $schema format".split(), _TEXT),
    **dict.fromkeys("maxContains maxItems maxLength maxProperties maximum".split(), _NUMBER),
    **dict.fromkeys("minContains minItems minLength minProperties minimum".split(), _NUMBER),
    # A boolean is what draft 4 has there.
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), _LIMIT),
    "multipleOf": _Kind("a number above 0", lambda value: _is_number(value) and value > 0),
    **dict.fromkeys("additionalItems additionalProperties contains else if".split(), _SCHEMA),
    **dict.fromkeys("not propertyNames then".split(), _SCHEMA),
    **dict.fromkeys("unevaluatedItems unevaluatedProperties".split(), _SCHEMA),
    **dict.fromkeys("allOf anyOf oneOf prefixItems".split(), _SCHEMAS),
    **dict.fromkeys("$defs definitions dependentSchemas".split(), _SCHEMA_MAP),
    **dict.fromkeys("patternProperties properties".split(), _SCHEMA_MAP),
    "items": _Kind(
        "a schema or an array of schemas",
        lambda value: _is_schema(value) or _is_list_of(_is_schema, value),
        _one_or_several,
    ),
    "dependencies": _Kind(
        "an object of schemas and arrays of names",
        lambda value: _is_map_of(_is_dependency, value),
        _several,
    ),
    "dependentRequired": _Kind(
        "an object of arrays of names",
        lambda value: _is_map_of(lambda names: _is_list_of(_is_text, names), value),
    ),
    "enum": _Kind("an array", lambda value: isinstance(value, list)),
    # Alone, it is what draft 3 has in the schema of a property.
    "required": _Kind(
        "an array of names",
        lambda value: isinstance(value, bool) or _is_list_of(_is_text, value),
    ),
    "type": _Kind(f"one of {', '.join(sorted(_TYPES))}, or an array of them", _is_type),
}


def check_schema(schema: Mapping[str, Json], name: str = "schema") -> None:
    """Refuse a schema that cannot be used.

    Args:
        schema: The schema.
        name: What the message calls it.

    Raises:
        UnusableSchemaError: When a keyword has a value that it cannot have, or a ``$ref``
            leads to nothing in the schema.
    """
    _Check(name).run(schema)


@dataclass(frozen=True, slots=True)
class _Place:
    """A schema inside another one, and the resolver of what it refers to."""

    path: _Path
    schema: Json
    resolver: _Resolver


class _Check:
    """One look at a schema and all that is in it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: set[int] = set()
        self._references: list[tuple[_Path, str, _Resolver]] = []

    def run(self, schema: Mapping[str, Json]) -> None:
        """Check keywords first: references are looked up in what is known to be sound."""
        resource = DRAFT202012.create_resource(schema)
        try:
            resolver = NO_REMOTE_SCHEMAS.resolver_with_root(resource)
        except Exception:  # noqa: BLE001 - what the library says of an $id is no closed set
            raise self._fault(("$id",), "must be an address") from None
        self._keywords(_Place((), schema, resolver))
        while self._references:
            path, ref, resolver = self._references.pop()
            self._keywords(self._target(path, ref, resolver))

    def _keywords(self, root: _Place) -> None:
        waiting = [root]
        while waiting:
            place = waiting.pop()
            if not isinstance(place.schema, dict) or id(place.schema) in self._seen:
                continue
            self._seen.add(id(place.schema))
            waiting += self._inside(place)

    def _inside(self, place: _Place) -> Iterator[_Place]:
        """Yield the schemas a schema holds; what it refers to is looked up later."""
        found = []
        for keyword, value in place.schema.items():
            path = (*place.path, keyword)
            kind = KEYWORDS.get(keyword, _ANYTHING)
            if not kind.accepts(value):
                raise self._fault(path, f"must be {kind.words}")
            found += [((*path, *below), inner) for below, inner in kind.schemas(value)]
        resolver = self._resolver(place)
        for keyword in ("$dynamicRef", "$ref"):
            if keyword in place.schema:
                ref = place.schema[keyword]
                self._references.append(((*place.path, keyword), ref, resolver))
        yield from (_Place(path, inner, resolver) for path, inner in found)

    def _resolver(self, place: _Place) -> _Resolver:
        """Return the resolver below a schema, which may have an ``$id`` of its own."""
        try:
            return place.resolver.in_subresource(DRAFT202012.create_resource(place.schema))
        except Exception:  # noqa: BLE001 - what urllib says of a text is no closed set
            raise self._fault((*place.path, "$id"), "must be an address") from None

    def _target(self, path: _Path, ref: str, resolver: _Resolver) -> _Place:
        try:
            found = resolver.lookup(ref)
        except Exception:  # noqa: BLE001 - likewise, and of the parts of a pointer
            found = None
        if found is None or not _is_schema(found.contents):
            reason = f"'{ref[:_LONGEST_REF]}' must lead to a schema inside this one"
            raise self._fault(path, reason)
        return _Place((*path, ref[:_LONGEST_REF]), found.contents, found.resolver)

    def _fault(self, path: _Path, reason: str) -> UnusableSchemaError:
        where = "".join(f"/{part}" for part in path)
        return UnusableSchemaError(self._name, f"{where} {reason}")
