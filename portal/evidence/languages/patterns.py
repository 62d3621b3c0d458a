"""Syntax patterns without a parser: tokens in place of a syntax tree.

The syntax is ast-grep's: ``$NAME`` stands for one expression and ``$$$`` for any number of
them, up to the bracket that ends the list. Only what patterns of rules need is understood;
comments never match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from portal.evidence.languages.source import Source

_TOKEN = re.compile(
    r'"""(?s:.*?)"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\.|[^`\\])*`'
    r"|\$\$\$[A-Z_]*|\$[A-Z_]+|[A-Za-z_$][\w$]*|\d[\w.]*|[^\s\w]"
)
_OPENING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_ENDS = frozenset({";", "{", "}", "=", ",", ")", "]"})
#: How many tokens an expression or a list may have.
_LONGEST = 400

_Token = tuple[str, int]


def token_places(source: Source, pattern: str) -> Iterator[int]:
    """Yield the offsets at which a pattern matches the tokens of a file."""
    wanted = _pattern(pattern)
    first = next((text for text in wanted if not text.startswith("$")), "")
    if first not in source.text:
        return
    tokens = _tokens(source)
    for at, (text, offset) in enumerate(tokens):
        begins = _is_expression(wanted[0]) or text == wanted[0]
        if begins and _matches(wanted, 0, tokens, at):
            yield offset


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(pattern))


@lru_cache(maxsize=2)
def _tokens(source: Source) -> list[_Token]:
    return [(match[0], match.start()) for match in _TOKEN.finditer(source.text)]


def _is_expression(text: str) -> bool:
    return text.startswith("$") and not text.startswith("$$$") and text[1:2].isupper()


def _matches(wanted: tuple[str, ...], part: int, tokens: list[_Token], at: int) -> bool:
    """Return whether the rest of a pattern matches the tokens from a position on."""
    while part < len(wanted):
        text = wanted[part]
        if text.startswith("$$$"):
            return _matches_rest(wanted, part + 1, tokens, at, least=0)
        if _is_expression(text):
            return _matches_rest(wanted, part + 1, tokens, at, least=1)
        if at >= len(tokens) or tokens[at][0] != text:
            return False
        part, at = part + 1, at + 1
    return True


def _matches_rest(
    wanted: tuple[str, ...], part: int, tokens: list[_Token], at: int, *, least: int
) -> bool:
    """Match what follows a placeholder after as few tokens as possible, brackets in pairs."""
    if part == len(wanted):
        return at + least <= len(tokens)
    depth: list[str] = []
    for count in range(_LONGEST):
        if count >= least and not depth and _matches(wanted, part, tokens, at + count):
            return True
        if at + count >= len(tokens):
            return False
        text = tokens[at + count][0]
        if depth and text == depth[-1]:
            depth.pop()
        elif text in "([{" and len(text) == 1:
            depth.append(_OPENING[text])
        elif not depth and (text in ")]}" or (least and text in _ENDS)):
            return False
    return False
