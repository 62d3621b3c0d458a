"""Cursors: where a page begins, in the form Backstage's clients look into.

A cursor is base64 of JSON; ``catalog-client`` decodes it to decide between GET and
POST. Rules: docs/reference/wire-contract.md, "Cursor".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.catalog.filters import Predicate
from portal.catalog.filters import json_type
from portal.kernel.errors import InputError
from portal.kernel.json_text import parse_json

_ORDERS = ("asc", "desc")
_ABSENT = object()
_MAX_WHOLE = 2**53 - 1


@dataclass(frozen=True, slots=True)
class OrderField:
    """A field to sort by, and the direction."""

    field: str
    order: str = "asc"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a sorted, filtered list.

    Attributes:
        order: The field sorted by; ``None`` sorts by uid.
        query: The predicate of the list; ``None`` for all entities.
        term: The full-text term.
        term_fields: The fields searched for the term; ``None`` for the default.
        is_previous: Whether the page is before the position.
        values: The position: ``[value, uid]``, unsorted ``[uid]``.
        first: The position of the first row of the first page.
        total: The number of rows, counted on the first page.
        has_text_filter: Whether ``fullTextFilter`` is written out.
    """

    order: OrderField | None = None
    query: Predicate | None = None
    term: str = ""
    term_fields: tuple[str, ...] | None = None
    is_previous: bool = False
    values: tuple[str | None, ...] = ()
    first: tuple[str | None, ...] = ()
    total: int = 0
    has_text_filter: bool = True

    def encode(self) -> str:
        """Return the cursor as text for clients."""
        order = [] if self.order is None else [_order_json(self.order)]
        content: dict[str, Any] = {
            "orderFields": order,
            "isPrevious": self.is_previous,
            "orderFieldValues": list(self.values),
            "firstSortFieldValues": list(self.first),
            "totalItems": self.total,
        }
        if self.query is not None:
            content["query"] = self.query
        if self.has_text_filter:
            content["fullTextFilter"] = {"term": self.term}
            if self.term_fields is not None:
                content["fullTextFilter"]["fields"] = list(self.term_fields)
        return _closed(content)


def _closed(content: Mapping[str, Any]) -> str:
    """Return what ``_open`` reads."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _order_json(order: OrderField) -> dict[str, str]:
    return {"field": order.field, "order": order.order}


def decode_cursor(text: str) -> Cursor:
    """Parse a cursor of this or another Backstage-compatible backend.

    Raises:
        InputError: When it is not base64 of a JSON object of that form.
    """
    try:
        content = _open(text)
    except ValueError:
        msg = f"Malformed cursor: SyntaxError: '{text[:40]}' is not base64 of JSON"
        raise InputError(msg) from None
    issues = _issues(content)
    if issues:
        found = json.dumps(issues, indent=2)
        raise InputError(f"Malformed cursor: InputError: Malformed cursor: {found}")
    return _cursor(content)


def _open(text: str) -> Any:
    """Return the JSON of a cursor.

    Raises:
        ValueError: When it is no JSON, or has texts that no database can store.
    """
    content = parse_json(base64.b64decode(text, validate=False))
    # Half a surrogate pair cannot be encoded: a ValueError, too.
    plain = json.dumps(content, ensure_ascii=False).encode()
    if b"\\u0000" in plain:
        msg = "a cursor cannot hold NUL"
        raise ValueError(msg)
    return content


#: The required members of a cursor.
_MEMBERS: dict[str, tuple[str, type]] = {
    "orderFields": ("array", list),
    "orderFieldValues": ("array", list),
    "isPrevious": ("boolean", bool),
}


def _issues(content: Any) -> list[dict[str, Any]]:
    """Return the issues of a cursor, in the format of Backstage's validator (zod)."""
    if not isinstance(content, dict):
        return [_issue("object", content, [])]
    issues = [
        _issue(name, content.get(member, _ABSENT), [member])
        for member, (name, kind) in _MEMBERS.items()
        if not isinstance(content.get(member), kind)
    ]
    if issues or _is_cursor(content):
        return issues
    return [{"code": "custom", "path": [], "message": "Invalid input"}]


def _issue(expected: str, value: Any, path: list[str]) -> dict[str, Any]:
    received = "undefined" if value is _ABSENT else json_type(value)
    message = "Required" if value is _ABSENT else f"Expected {expected}, received {received}"
    return {
        "code": "invalid_type",
        "expected": expected,
        "received": received,
        "path": path,
        "message": message,
    }


def _is_cursor(content: Mapping[str, Any]) -> bool:
    orders = content.get("orderFields")
    values = content.get("orderFieldValues")
    return (
        isinstance(orders, list)
        and all(
            isinstance(o, dict)
            and isinstance(o.get("field"), str)
            and o.get("order", "asc") in _ORDERS
            for o in orders
        )
        and _is_place(values, 2 if orders else 1)
        and isinstance(content.get("isPrevious"), bool)
        and _is_place(content.get("firstSortFieldValues", values), None)
        and isinstance(content.get("totalItems", 0), int)
        and isinstance(content.get("fullTextFilter", {}), dict)
        and isinstance(content.get("fullTextFilter", {}).get("term", ""), str)
    )


def _is_place(values: Any, length: int | None) -> bool:
    return (
        isinstance(values, list)
        and (length is None or len(values) == length)
        and all(value is None or isinstance(value, str) for value in values)
    )


def _cursor(content: Mapping[str, Any]) -> Cursor:
    orders = content["orderFields"]
    text = content.get("fullTextFilter")
    fields: Any = (text or {}).get("fields")
    is_list = isinstance(fields, list) and all(isinstance(f, str) for f in fields)
    query = content.get("query")
    if query is None and "filter" in content:
        query = _legacy(content["filter"])
    return Cursor(
        OrderField(orders[0]["field"], orders[0].get("order", "asc")) if orders else None,
        query,
        (text or {}).get("term", ""),
        tuple(fields) if is_list else None,
        content["isPrevious"],
        tuple(content["orderFieldValues"]),
        tuple(content.get("firstSortFieldValues", ())),
        content.get("totalItems", 0),
        text is not None,
    )


def _legacy(node: Any) -> Predicate:
    """Return the ``filter`` member of older cursors as a predicate.

    Raises:
        InputError: When it has an unknown form.
    """
    if isinstance(node, dict):
        for old, new in (("anyOf", "$any"), ("allOf", "$all")):
            if isinstance(node.get(old), list):
                return {new: [_legacy(item) for item in node[old]]}
        if "not" in node:
            return {"$not": _legacy(node["not"])}
        if isinstance(node.get("key"), str):
            values = node.get("values")
            return {node["key"]: {"$in": values} if values else {"$exists": True}}
    raise InputError("Malformed cursor: InputError: Malformed cursor: unknown filter")


def encode_after(limit: int, offset: int) -> str:
    """Return the ``after`` parameter of ``GET /entities``."""
    return _closed({"limit": limit, "offset": offset})


def decode_after(text: str) -> tuple[int | None, int | None]:
    """Return limit and offset of an ``after`` parameter.

    Raises:
        InputError: With Backstage's message, when it is malformed.
    """
    try:
        content = _open(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise InputError("Malformed after cursor, could not be parsed")
    numbers = []
    for name in ("limit", "offset"):
        number = content.get(name)
        if number is not None and (type(number) is not int or not 0 <= number <= _MAX_WHOLE):
            raise InputError(f"Malformed after cursor, {name} was not an number")
        numbers.append(number)
    return numbers[0], numbers[1]


def encode_location_cursor(limit: int, after_id: str, query: Predicate | None) -> str:
    """Return the cursor of ``POST /locations/by-query``."""
    return _closed({"limit": limit, "afterId": after_id, **({"query": query} if query else {})})


def decode_location_cursor(text: str) -> Mapping[str, Any]:
    """Parse a cursor of ``POST /locations/by-query``.

    Raises:
        InputError: When it is malformed.
    """
    try:
        content = _open(text)
    except ValueError:
        content = None
    limit = content.get("limit") if isinstance(content, dict) else None
    is_limit = type(limit) is int and limit <= _MAX_WHOLE
    if not is_limit or not isinstance(content.get("afterId"), str):
        raise InputError("Malformed cursor, could not be parsed")
    found: Mapping[str, Any] = content
    return found
