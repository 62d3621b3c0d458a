"""Links and images of a page: each is resolved, and remembered with its line."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_RESOLVE, _FOUND = "resolve", "links"
_ATTRIBUTES = {"link_open": "href", "image": "src"}
_BREAKS = frozenset({"softbreak", "hardbreak"})


@dataclass(frozen=True, slots=True)
class Link:
    """A link or image of a page, as written, and the line of the parsed text, from 0."""

    target: str
    line: int


#: Given a link's target as written, returns what to write instead.
Resolve = Callable[[str], str]


def links_plugin(md: MarkdownIt) -> None:
    """Resolve links by the function in the environment; see ``environment``."""
    md.core.ruler.push("links", _resolve_all)


def environment(resolve: Resolve) -> dict[str, object]:
    """Return the environment for parsing a page."""
    return {_RESOLVE: resolve, _FOUND: []}


def links_of(env: dict[str, list[Link]]) -> tuple[Link, ...]:
    """Return the links of the page that was parsed with an environment."""
    return tuple(env.get(_FOUND, ()))


def _resolve_all(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            line = token.map[0] if token.map else 0
            for child, at in _with_lines(token.children, line):
                _resolve(child, at, state.env)


def _with_lines(children: list[Token], line: int) -> Iterator[tuple[Token, int]]:
    for child in children:
        yield child, line
        line += child.type in _BREAKS


def _resolve(token: Token, line: int, env: MutableMapping[str, Any]) -> None:
    attribute = _ATTRIBUTES.get(token.type)
    if attribute is None:
        return
    target = str(token.attrGet(attribute) or "")
    env[_FOUND].append(Link(target, line))
    token.attrSet(attribute, env[_RESOLVE](target))
