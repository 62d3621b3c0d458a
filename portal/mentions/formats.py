"""The formats of texts: which parts of each are prose."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping

from portal.mentions.html_text import prose_of_html
from portal.mentions.markdown_text import prose_of_markdown

PLAIN, MARKDOWN, HTML = "plain", "markdown", "html"


def _all(text: str) -> Iterator[tuple[int, int]]:
    yield 0, len(text)


#: The offsets of the pieces of prose in a text, by its format.
PROSE: Mapping[str, Callable[[str], Iterator[tuple[int, int]]]] = {
    PLAIN: _all,
    MARKDOWN: prose_of_markdown,
    HTML: prose_of_html,
}
