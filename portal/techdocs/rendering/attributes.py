"""Attributes in braces: ``## Heading {#own}``, ``![x](y.png){ width=200 }``, ``{: .wide }``.

Rule: the extension *Attribute Lists* of Python-Markdown, for headings, paragraphs, links,
images, code and emphasis. Which attributes reach the page is decided in ``sanitizing``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_LIST = (
    r"\{:?[ \t]*(?P<list>(?:[#.][\w:.-]+|[\w-]+=(?:\"[^\"{}]*\"|'[^'{}]*'|[^\s\"'{}]+)|[ \t])+)\}"
)
_AT_START = re.compile(_LIST)
_AT_END = re.compile(rf"(?:^|[ \t]+|\n){_LIST}[ \t]*$")
_ITEM = re.compile(r"[#.][\w:.-]+|([\w-]+)=(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_AFTER = frozenset({"image", "code_inline", "link_close", "em_close", "strong_close", "s_close"})
_KNOWN = frozenset(
    {"align", "alt", "download", "height", "id", "class", "lang", "loading", "title", "width"}
)
_BLOCKS = frozenset({"heading_open", "paragraph_open"})


def attributes_plugin(md: MarkdownIt) -> None:
    """Read attribute lists in everything a parser parses."""
    md.core.ruler.push("attributes", _apply_all)


def attributes_of(text: str) -> dict[str, str]:
    """Return the attributes of a list such as ``.wide #own title="x"``."""
    found: dict[str, str] = {}
    for item in _ITEM.finditer(text):
        if item[0][0] == "#":
            found["id"] = item[0][1:]
        elif item[0][0] == ".":
            found["class"] = f"{found.get('class', '')} {item[0][1:]}".strip()
        elif item[1].lower() in _KNOWN:
            found[item[1].lower()] = next(part for part in item.groups()[1:] if part is not None)
    return found


def _apply_all(state: StateCore) -> None:
    for at, token in enumerate(state.tokens):
        if token.type == "inline" and token.children and "{" in token.content:
            _apply_inside(token.children)
            if state.tokens[at - 1].type in _BLOCKS:
                _apply_at_end(token, state.tokens[at - 1])


def _apply_inside(children: Sequence[Token]) -> None:
    for at, child in enumerate(children):
        if child.type != "text" or not at or children[at - 1].type not in _AFTER:
            continue
        found = _AT_START.match(child.content)
        owner = _opening(children, at - 1)
        if found and owner:
            child.content = child.content[found.end() :]
            _set(owner, attributes_of(found["list"]))


def _opening(children: Sequence[Token], at: int) -> Token | None:
    if children[at].nesting == 0:
        return children[at]
    level = 0
    for child in reversed(children[: at + 1]):
        level += child.nesting
        if level == 0:
            return child
    return None


def _apply_at_end(inline: Token, block: Token) -> None:
    """Take the list at the end of a heading, or in a last line of its own of a paragraph."""
    children = inline.children or []
    last = children[-1] if children else None
    if last is None or last.type != "text":
        return
    is_own_line = len(children) > 1 and children[-2].type in {"softbreak", "hardbreak"}
    found = _AT_END.search(last.content)
    if not found or (block.type == "paragraph_open" and not (is_own_line and not found.start())):
        return
    last.content = last.content[: found.start()]
    if is_own_line and not last.content:
        inline.children = children[:-2]
    _set(block, attributes_of(found["list"]))


def _set(token: Token, given: dict[str, str]) -> None:
    for name, value in given.items():
        if name == "class":
            token.attrJoin("class", value)
        else:
            token.attrSet(name, value)
