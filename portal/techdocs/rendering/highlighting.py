"""Code in colours by Pygments: classes only, whose colours are in the style sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from portal.techdocs.rendering.attributes import attributes_of

#: Longer code, in characters, stays without colours.
_LONGEST = 60_000
_LANGUAGE = re.compile(r"^[ \t]*\{?[ \t]*\.?([\w+#-]+)")
_OPTION = re.compile(r"(\w+)=(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_MOST_MARKED = 500


@dataclass(frozen=True, slots=True)
class FenceInfo:
    """What stands behind the fence of a code block.

    Attributes:
        language: The language, in lower case; empty when unknown.
        title: The title, such as the name of a file; may be empty.
        marked: The numbers of the lines to emphasise, from 1.
    """

    language: str = ""
    title: str = ""
    marked: frozenset[int] = frozenset()


def fence_info(text: str) -> FenceInfo:
    """Read the text behind a fence: ``python title="a.py" hl_lines="2 4-5"``."""
    found = _LANGUAGE.match(text)
    language = found[1].lower() if found and not _OPTION.match(text.strip()) else ""
    options = {item[1]: item[2] or item[3] or item[4] or "" for item in _OPTION.finditer(text)}
    title = options.get("title") or attributes_of(text).get("title", "")
    return FenceInfo(language, title, _numbers(options.get("hl_lines", "")))


def _numbers(text: str) -> frozenset[int]:
    found: set[int] = set()
    for first, last in _RANGE.findall(text):
        found.update(range(int(first), min(int(last or first), int(first) + _MOST_MARKED) + 1))
    return frozenset(sorted(found)[:_MOST_MARKED])


def code_html(code: str, info: FenceInfo) -> str:
    """Return the HTML of a block of code."""
    inner = _coloured(code, info)
    title = f'<span class="filename">{escape(info.title)}</span>' if info.title else ""
    css = f' class="language-{escape(info.language)}"' if info.language else ""
    return (
        f'<div class="highlight">{title}<pre tabindex="0"><code{css}>{inner}</code></pre></div>\n'
    )


def _coloured(code: str, info: FenceInfo) -> str:
    try:
        lexer = get_lexer_by_name(info.language, stripnl=False) if info.language else None
    except ClassNotFound:
        lexer = None
    if lexer is None or len(code) > _LONGEST:
        return escape(code)
    formatter = HtmlFormatter(nowrap=True, hl_lines=sorted(info.marked))
    return str(highlight(code, lexer, formatter))
