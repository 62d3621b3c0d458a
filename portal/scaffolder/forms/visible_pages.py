"""Which pages of a form are shown (``when``), and the values without those of hidden ones.

The rules are Backstage's: pages are decided in order, each by the values without those of
pages that were hidden before it; a condition that cannot be evaluated shows its page.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from urllib.parse import unquote

from portal.kernel.json_text import Json
from portal.scaffolder.expressions.engine import Engine
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.expressions.syntax import TemplateLimitError

Page = Mapping[str, Json]
_ENGINE = Engine()
#: How many schemas a page may expand to, before its ``$ref``s are taken for endless.
_MOST_SCHEMAS = 10_000
_OMITTED = object()


@dataclass(frozen=True, slots=True)
class VisiblePages:
    """The pages of a form that are shown.

    Attributes:
        pages: The pages by their index in the form.
        values: The values without those that only hidden pages declare.
    """

    pages: Mapping[int, Page]
    values: dict[str, Json]


def visible_pages(pages: Sequence[Page], values: Mapping[str, Json]) -> VisiblePages:
    """Return the pages that are shown for these values."""
    visible: list[bool] = []
    left = dict(values)
    for page in pages:
        visible.append(is_shown(condition_of(page), left))
        if not all(visible):
            left = _left(pages, visible, dict(values))
    shown = {index: page for index, page in enumerate(pages) if visible[index]}
    return VisiblePages(shown, left)


def condition_of(page: Page) -> str | bool | None:
    """Return the ``when`` of a page; ``None`` when it has none."""
    condition = page.get("when")
    return condition if isinstance(condition, (str, bool)) else None


def is_shown(condition: str | bool | None, values: Mapping[str, Json]) -> bool:
    """Return whether a page's condition is true; only ``parameters`` can be read in it."""
    source = condition_template(condition)
    if not source:
        return condition is not False
    try:
        found = _ENGINE.value(source, {"parameters": dict(values)})
    except (TemplateError, TemplateLimitError):
        return True
    return bool(found) if isinstance(found, list) else truthy(found)


def condition_template(condition: str | bool | None) -> str:
    """Return a condition as a template, empty if it is none: ``${{`` around it may be left out."""
    text = condition.strip() if isinstance(condition, str) else ""
    return text if not text or text.startswith("${{") else f"${{{{ {text} }}}}"


# --- the values that are left -----------------------------------------------------


@dataclass(slots=True)
class _Declared:
    """What schemas declare of a value: all of it, or members by name and items by index."""

    is_all: bool = False
    inner: dict[str, _Declared] = field(default_factory=dict)

    def add(self, other: _Declared) -> None:
        self.is_all |= other.is_all
        for key, declared in other.inner.items():
            self.inner.setdefault(key, _Declared()).add(declared)


class _UnreadableError(Exception):
    """A ``$ref`` leads to no schema of the page, or in a circle."""


def _left(pages: Sequence[Page], visible: Sequence[bool], values: dict[str, Json]) -> Any:
    """Return the values without those of hidden pages; pages not decided yet count for nothing."""
    hidden, shown = _Declared(), _Declared()
    for page, is_visible in zip(pages, visible, strict=False):
        try:
            found = _Reader(page).declared(page, values, hides=not is_visible, is_root=True)
        except (_UnreadableError, RecursionError):
            if not is_visible:
                continue
            found = _Declared(is_all=True)
        (shown if is_visible else hidden).add(found)
    return _without(values, hidden, shown)


def _without(value: Json, hidden: _Declared | None, shown: _Declared | None) -> Any:
    if hidden is None or (shown is not None and shown.is_all):
        return value
    if shown is None:
        return _OMITTED
    if isinstance(value, list):
        all_of_it = _Declared(is_all=True)
        items = [
            _without(item, _inner(hidden, str(index)), _inner(shown, str(index)) or all_of_it)
            for index, item in enumerate(value)
        ]
        return [was if item is _OMITTED else item for was, item in zip(value, items, strict=True)]
    if isinstance(value, dict):
        members = {
            key: _without(item, _inner(hidden, key), shown.inner.get(key))
            for key, item in value.items()
        }
        return {key: item for key, item in members.items() if item is not _OMITTED}
    return value


def _inner(declared: _Declared, key: str) -> _Declared | None:
    return declared if declared.is_all else declared.inner.get(key)


class _Reader:
    """Reads what one page declares."""

    def __init__(self, root: Page) -> None:
        self._root = root
        self._count = 0

    def declared(
        self, schema: Json, value: Json, *, hides: bool = False, is_root: bool = False
    ) -> _Declared:
        """Return what a schema declares of a value."""
        if not isinstance(schema, dict) or value is UNDEFINED:
            return _Declared(is_all=True)
        found = _Declared()
        for part in self._parts(schema, ()):
            more = part.get("additionalProperties")
            if not (is_root and hides) and (more is True or isinstance(more, dict)):
                found.is_all = True
            for key, inner in self._members(part, value):
                found.inner.setdefault(key, _Declared()).add(inner)
        if not is_root and not found.inner:
            found.is_all = True
        return found

    def _members(self, part: Page, value: Json) -> Iterator[tuple[str, _Declared]]:
        members = value if isinstance(value, dict) else {}
        for key, schema in _object(part.get("properties")).items():
            yield key, self.declared(schema, members.get(key, UNDEFINED))
        if isinstance(value, list) and "items" in part:
            schemas = part["items"]
            for index, item in enumerate(value):
                schema = schemas
                if isinstance(schemas, list):
                    has_own = index < len(schemas)
                    schema = schemas[index] if has_own else part.get("additionalItems")
                yield str(index), self.declared(schema, item)

    def _parts(self, schema: Page, around: tuple[int, ...]) -> Iterator[Page]:
        """Yield a schema, what it refers to, and its alternatives, whichever holds.

        Raises:
            _UnreadableError: When a ``$ref`` leads in a circle, or there are too many of them.
        """
        self._count += 1
        if id(schema) in around or self._count > _MOST_SCHEMAS:
            raise _UnreadableError
        yield schema
        inner: list[Json] = (
            [self._target(schema["$ref"])] if isinstance(schema.get("$ref"), str) else []
        )
        for keyword in ("allOf", "oneOf", "anyOf"):
            inner += schema[keyword] if isinstance(schema.get(keyword), list) else []
        inner += [schema.get("then"), schema.get("else")]
        inner += _object(schema.get("dependencies")).values()
        for part in inner:
            if isinstance(part, dict):
                yield from self._parts(part, (*around, id(schema)))

    def _target(self, ref: str) -> Page:
        pointer = unquote(ref.removeprefix("#"))
        if not ref.startswith("#") or (pointer and not pointer.startswith("/")):
            raise _UnreadableError
        target: Json = self._root
        for segment in pointer.split("/")[1:]:
            key = segment.replace("~1", "/").replace("~0", "~")
            if isinstance(target, list) and key.isdecimal() and int(key) < len(target):
                target = target[int(key)]
            else:
                target = _object(target).get(key)
        if not isinstance(target, dict):
            raise _UnreadableError
        return target


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
