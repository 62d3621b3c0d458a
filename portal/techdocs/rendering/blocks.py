"""Blocks of indented lines below a marker: admonitions and tabs; and abbreviations.

Rules: the extensions *Admonition* and *Abbreviations* of Python-Markdown, *Details* and
*Tabbed* of PyMdown Extensions::

    !!! note "Title"            ??? tip (closed)        ???+ tip (open)
        text                        text                    text

    === "Python"                *[API]: Application Programming Interface
        text
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_INDENT = 4
_ADMONITION = re.compile(
    r"(?P<marker>!!!|\?\?\?\+?)[ \t]+(?P<types>[A-Za-z][\w -]*?)[ \t]*(?:\"(?P<title>.*)\")?[ \t]*$"
)
_TAB = re.compile(r"===[!+]*[ \t]+\"(?P<title>.*)\"[ \t]*$")
_ABBREVIATION = re.compile(r"\*\[(?P<name>[^\]\n]+)\]:[ \t]*(?P<meaning>.*)$")
#: The greatest number of abbreviations of a page, and their greatest length.
_MOST_ABBREVIATIONS, _LONGEST_ABBREVIATION = 200, 100
_ENV = "abbreviations"
_INTERRUPTED: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def blocks_plugin(md: MarkdownIt) -> None:
    """Read admonitions, tabs and abbreviations."""
    md.block.ruler.before("fence", "admonition", _admonition, _INTERRUPTED)
    md.block.ruler.before("fence", "tab", _tab, _INTERRUPTED)
    md.block.ruler.before("reference", "abbreviation", _abbreviation, {"alt": ["paragraph"]})
    md.core.ruler.after("block", "tab_sets", _collect_tabs)
    md.core.ruler.push("abbreviations", _mark_abbreviations)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _end_of(state: StateBlock, start: int, end: int, indent: int) -> int:
    """Return the line after the indented lines below ``start``, blank ones at the end left out."""
    last = start
    for line in range(start + 1, end):
        if state.isEmpty(line):
            continue
        if state.sCount[line] < indent:
            break
        last = line
    return last + 1


def _parse_inside(state: StateBlock, start: int, end: int, indent: int) -> None:
    before = state.parentType, state.lineMax, state.blkIndent
    state.parentType, state.lineMax, state.blkIndent = "blockquote", end, indent
    state.md.block.tokenize(state, start, end)
    state.parentType, state.lineMax, state.blkIndent = before
    state.line = end


def _push_text(state: StateBlock, tag: str, css: str, text: str, line: int) -> None:
    opened = state.push(f"{tag}_title_open", tag, 1)
    opened.map = [line, line + 1]
    if css:
        opened.attrSet("class", css)
    inline = state.push("inline", "", 0)
    inline.content, inline.children, inline.map = text, [], [line, line + 1]
    state.push(f"{tag}_title_close", tag, -1)


def _admonition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    found = None if state.is_code_block(start) else _ADMONITION.match(_line(state, start))
    if found is None:
        return False
    if silent:
        return True
    indent = state.sCount[start] + _INDENT
    after = _end_of(state, start, end, indent)
    names = found["types"].lower().split()
    title = names[0].capitalize() if found["title"] is None else found["title"]
    is_details = found["marker"][0] == "?"
    tag = "details" if is_details else "div"
    opened = state.push("admonition_open", tag, 1)
    opened.map = [start, after]
    opened.attrSet("class", " ".join(("admonition", *names)))
    if found["marker"].endswith("+"):
        opened.attrSet("open", "")
    if is_details:
        _push_text(state, "summary", "", title or names[0].capitalize(), start)
    elif title:
        _push_text(state, "p", "admonition-title", title, start)
    _parse_inside(state, start + 1, after, indent)
    state.push("admonition_close", tag, -1)
    return True


def _tab(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    found = None if state.is_code_block(start) else _TAB.match(_line(state, start))
    if found is None:
        return False
    if silent:
        return True
    indent = state.sCount[start] + _INDENT
    after = _end_of(state, start, end, indent)
    opened = state.push("tab_open", "div", 1)
    opened.attrSet("class", "tabbed-content")
    opened.meta = {"title": found["title"]}
    opened.map = [start, after]
    _parse_inside(state, start + 1, after, indent)
    state.push("tab_close", "div", -1)
    return True


def _collect_tabs(state: StateCore) -> None:
    """Put tabs that follow each other into one set, each with its button and label."""
    if any(token.type == "tab_open" for token in state.tokens):
        state.tokens = list(_with_sets(state.tokens))


def _with_sets(tokens: list[Token]) -> Iterator[Token]:
    sets: list[tuple[int, int]] = []  # the open sets: the number and the count of tabs
    number = 0
    for at, token in enumerate(tokens):
        if token.type == "tab_open":
            if at and tokens[at - 1].type == "tab_close":
                sets[-1] = (sets[-1][0], sets[-1][1] + 1)
            else:
                number += 1
                sets.append((number, 1))
                yield _html_block('<div class="tabbed-set">')
            yield from _button(*sets[-1], token)
        yield token
        if token.type == "tab_close" and not _is(tokens, at + 1, "tab_open"):
            sets.pop()
            yield _html_block("</div>")


def _is(tokens: list[Token], at: int, kind: str) -> bool:
    return at < len(tokens) and tokens[at].type == kind


def _button(number: int, count: int, tab: Token) -> Iterator[Token]:
    name = f"__tabbed_{number}"
    checked = " checked" if count == 1 else ""
    yield _html_block(f'<input{checked} id="{name}_{count}" name="{name}" type="radio">')
    yield _html_block(f'<label for="{name}_{count}">')
    inline = Token("inline", "", 0, content=tab.meta["title"], children=[], map=tab.map)
    yield inline
    yield _html_block("</label>")


def _html_block(text: str) -> Token:
    return Token("html_block", "", 0, content=text)


# --- abbreviations ----------------------------------------------------------


def _abbreviation(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    found = None if state.is_code_block(start) else _ABBREVIATION.match(_line(state, start))
    if found is None:
        return False
    if not silent:
        known = state.env.setdefault(_ENV, {})
        if len(known) < _MOST_ABBREVIATIONS and len(found["name"]) <= _LONGEST_ABBREVIATION:
            known[found["name"].strip()] = found["meaning"].strip()
        state.line = start + 1
    return True


def _mark_abbreviations(state: StateCore) -> None:
    known = {name: text for name, text in state.env.get(_ENV, {}).items() if name}
    if not known:
        return
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?:{names})(?!\w)")
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = [
                piece for child in token.children for piece in _pieces(child, pattern, known)
            ]


def _pieces(child: Token, pattern: re.Pattern[str], known: dict[str, str]) -> Iterator[Token]:
    if child.type != "text":
        yield child
        return
    at = 0
    for found in pattern.finditer(child.content):
        yield Token("text", "", 0, content=child.content[at : found.start()])
        yield Token("abbr_open", "abbr", 1, attrs={"title": known[found[0]]})
        yield Token("text", "", 0, content=found[0])
        yield Token("abbr_close", "abbr", -1)
        at = found.end()
    yield Token("text", "", 0, content=child.content[at:])
