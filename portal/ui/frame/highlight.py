"""Code highlighted for pages: escaped text in elements with classes, never other markup."""

from __future__ import annotations

from markupsafe import Markup
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import TextLexer
from pygments.lexers import get_lexer_by_name
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound

#: Longer texts (in characters) are shown without colours: every token is an element.
_LONGEST = 60_000
_FORMAT = HtmlFormatter(nowrap=True)


def highlighted(text: str, name: str) -> Markup:
    """Return a text as HTML, by the name of its file or of its language."""
    lexer = TextLexer(stripnl=False) if len(text) > _LONGEST else _lexer(name)
    return Markup(highlight(text, lexer, _FORMAT))  # noqa: S704 - Pygments escapes the text  # nosec B704


def _lexer(name: str) -> Lexer:
    find = get_lexer_for_filename if "." in name or "/" in name else get_lexer_by_name
    try:
        return find(name, stripnl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False)
