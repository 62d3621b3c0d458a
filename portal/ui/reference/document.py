"""The OpenAPI document as data of a page: operations by tag, and schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from urllib.parse import urlencode

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"
_REF = re.compile(r"#/components/schemas/(.+)")
#: Values of parameters with which the examples work on the portal's own catalog.
_EXAMPLES: Mapping[str, Any] = {
    "kind": "concept",
    "namespace": "default",
    "name": "mlops",
    "uid": "UID",
    "facet": "kind",
    "facets": ["kind"],
    "term": "mlops",
    "entityRef": "concept:default/mlops",
    "entityRefs": ["concept:default/mlops"],
}
#: Placeholders of required values, by type.
_BLANKS: Mapping[str, Any] = {"string": "…", "integer": 0, "number": 0, "array": []}


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a value as text, and the schema that it links to, if any."""

    text: str
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a property of a body."""

    name: str
    place: str
    type: Type
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class DocumentedResponse:
    """A response of an operation, by status."""

    status: str
    description: str
    type: Type | None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: a method of a path."""

    anchor: str
    method: str
    path: str
    summary: str
    parameters: tuple[Field, ...]
    body: Type | None
    answers: tuple[DocumentedResponse, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one tag."""

    name: str
    description: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class SchemaView:
    """A named data type."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole API."""

    title: str
    version: str
    groups: tuple[Group, ...]
    schemas: tuple[SchemaView, ...]


def read_reference(document: Mapping[str, Any], base_url: str) -> Reference:
    """Return an OpenAPI document as data of the page.

    Args:
        document: The OpenAPI 3 document.
        base_url: The base URL of the examples, without a trailing slash.
    """
    found = list(_operations(document, base_url))
    groups = tuple(
        Group(
            tag["name"],
            tag.get("description", "").replace("``", "`"),
            tuple(operation for name, operation in found if name == tag["name"]),
        )
        for tag in document.get("tags", ())
    )
    schemas = tuple(
        SchemaView(_schema_name(name), tuple(_members(schema)))
        for name, schema in document.get("components", {}).get("schemas", {}).items()
    )
    info = document["info"]
    return Reference(info["title"], info["version"], groups, schemas)


def part_of(reference: Reference, name: str) -> Reference:
    """Return the part of an API with one group of operations, or with the schemas for ``""``."""
    groups = tuple(group for group in reference.groups if name and group.name == name)
    schemas = () if name else reference.schemas
    return Reference(reference.title, reference.version, groups, schemas)


def _operations(document: Mapping[str, Any], base: str) -> Iterator[tuple[str, Operation]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                shared = item.get("parameters", [])
                view = _operation(document, path, method, {**operation, "shared": shared}, base)
                yield next(iter(operation.get("tags", ())), ""), view


def _operation(
    document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any], base: str
) -> Operation:
    parameters = [*item["shared"], *item.get("parameters", ())]
    schema = _schema_of(item.get("requestBody", {}))
    return Operation(
        anchor=re.sub(r"[^a-z0-9]+", "-", f"{method}-{path}".lower()).strip("-"),
        method=method.upper(),
        path=path,
        summary=item.get("summary", ""),
        parameters=tuple(map(_parameter, parameters)),
        body=None if schema is None else _type(schema),
        answers=tuple(_answers(document, item["responses"])),
        example=_curl(
            method,
            base + _example_path(path, parameters),
            None if schema is None else _resolved(document, schema),
        ),
    )


def _parameter(item: Mapping[str, Any]) -> Field:
    schema = item.get("schema", {})
    return Field(
        item["name"], item["in"], _type(schema), item.get("required", False), _told(item, schema)
    )


def _told(*items: Mapping[str, Any]) -> str:
    return next((item["description"] for item in items if item.get("description")), "")


def _answers(
    document: Mapping[str, Any], responses: Mapping[str, Any]
) -> Iterator[DocumentedResponse]:
    for status in sorted(responses):
        item = _resolved(document, responses[status])
        schema = _schema_of(item)
        described = None if schema is None else _type(schema)
        yield DocumentedResponse(status, item.get("description", ""), described)


def _resolved(document: Mapping[str, Any], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a ``$ref`` inside the document."""
    value: Any = item
    if "$ref" in item:
        value = document
        for part in item["$ref"].removeprefix("#/").split("/"):
            value = value[part]
    return value  # type: ignore[no-any-return]


def _schema_of(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    schema: Mapping[str, Any] | None = item.get("content", {}).get(_JSON, {}).get("schema")
    return schema


def _type(schema: Mapping[str, Any]) -> Type:
    """Return the type of a schema as a short text."""
    if match := _REF.fullmatch(schema.get("$ref", "")):
        name = _schema_name(match[1])
        return Type(name, name)
    for word in ("allOf", "anyOf", "oneOf"):
        if schema.get(word):
            return _type(schema[word][0])
    if schema.get("enum"):
        return Type(" | ".join(map(str, schema["enum"])))
    if schema.get("type") == "array":
        inner = _type(schema.get("items", {}))
        return Type(f"{inner.text}[]", inner.schema)
    if schema.get("additionalProperties"):
        inner = _type(schema["additionalProperties"])
        return Type(f"{{…: {inner.text}}}", inner.schema)
    return Type(schema.get("type", "any"))


def _schema_name(name: str) -> str:
    """Return a schema's name without leading underscores."""
    return name.lstrip("_")


def _members(schema: Mapping[str, Any]) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, value in schema.get("properties", {}).items():
        yield Field(name, "", _type(value), name in required, _told(value))


# --- examples ---------------------------------------------------------------


def _example_path(path: str, parameters: list[Mapping[str, Any]]) -> str:
    """Return a path with values for its required parameters and its search term."""
    query = {}
    for item in parameters:
        value = str(_EXAMPLES.get(item["name"], "…"))
        if item["in"] == "path":
            path = path.replace(f"{{{item['name']}}}", quote(value))
        elif item["in"] == "query" and (item.get("required") or item["name"] == "term"):
            query[item["name"]] = value
    return path + (f"?{urlencode(query)}" if query else "")


def _curl(method: str, address: str, schema: Mapping[str, Any] | None) -> str:
    """Return a curl command that calls an operation."""
    if method == "get":
        return f"curl '{address}'"
    lines = [f"curl -X {method.upper()} '{address}'"]
    if schema is not None:
        body = json.dumps(_example(schema), ensure_ascii=False)
        lines += ["  -H 'Content-Type: application/json'", f"  -d '{body}'"]
    return " \\\n".join(lines)


def _example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an example body with the required properties."""
    required = schema.get("required", ())
    return {
        name: _EXAMPLES.get(name, _BLANKS.get(value.get("type", ""), {}))
        for name, value in schema.get("properties", {}).items()
        if name in required
    }
