"""The one Markdown parser of documentation: a fixed set of extensions, none of which reads.

GitHub's Markdown (tables, task lists, strikethrough, ``> [!NOTE]``, footnotes), definition
lists, and the notations of ``blocks`` and ``attributes``. HTML in a page is parsed; it is
``sanitizing`` that decides what of it remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.gfm import gfm_plugin

from portal.techdocs.rendering.attributes import attributes_plugin
from portal.techdocs.rendering.blocks import blocks_plugin
from portal.techdocs.rendering.headings import headings_plugin
from portal.techdocs.rendering.highlighting import code_html
from portal.techdocs.rendering.highlighting import fence_info
from portal.techdocs.rendering.links import links_plugin

#: How deep blocks may be nested; what lies deeper is left out.
_DEEPEST = 20
#: Classes of the parts of a page that a script draws; a page without them loads none.
DIAGRAM, FORMULA = "mermaid", "arithmatex"


def parser() -> MarkdownIt:
    """Return a new parser."""
    md = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST})
    gfm_plugin(md)
    md.use(deflist_plugin)
    md.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    for plugin in (blocks_plugin, attributes_plugin, links_plugin, headings_plugin):
        md.use(plugin)
    md.add_render_rule("fence", _fence)
    md.add_render_rule("code_block", _code_block)
    md.add_render_rule("table_open", _table_open)
    md.add_render_rule("table_close", _table_close)
    for name in ("math_inline", "math_inline_double", "math_block", "math_block_label"):
        md.add_render_rule(name, _formula)
    return md


def _fence(_self: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    token = tokens[at]
    info = fence_info(token.info)
    if info.language == "mermaid":
        return f'<pre class="{DIAGRAM}" tabindex="0"><code>{escape(token.content)}</code></pre>\n'
    if info.language == "math":
        return f'<div class="{FORMULA}">\\[{escape(token.content)}\\]</div>\n'
    return code_html(token.content, info)


def _code_block(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: Any
) -> str:
    return code_html(tokens[at].content, fence_info(""))


def _formula(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: Any
) -> str:
    text = escape(tokens[at].content.strip())
    if tokens[at].type == "math_inline":
        return f'<span class="{FORMULA}">\\({text}\\)</span>'
    return f'<div class="{FORMULA}">\\[{text}\\]</div>\n'


def _table_open(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, _env: Any
) -> str:
    """Open a table in a frame that scrolls by itself, and can be reached by keyboard."""
    return '<div class="table-frame" tabindex="0">' + self.renderToken(tokens, at, options, {})


def _table_close(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, _env: Any
) -> str:
    return self.renderToken(tokens, at, options, {}) + "</div>"
