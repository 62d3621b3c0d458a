"""A page of Markdown becomes safe HTML; every notation of the fixed set is read."""

from __future__ import annotations

import pytest

from portal.techdocs.rendering.page import RenderedPage
from portal.techdocs.rendering.page import render_page

SNIPPETS = {
    "part.md": ["one", "two", "three"],
    "loop.md": ['--8<-- "loop.md"'],
    "named.md": ["x", "<!-- --8<-- [start:a] -->", "inner", "<!-- --8<-- [end:a] -->", "y"],
}


def render(text: str) -> RenderedPage:
    return render_page(text, SNIPPETS.get, lambda target: target)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("| a |\n| --- |\n| 1 |", "<td>1</td>"),
        ("- [x] done", 'type="checkbox" checked'),
        ("~~gone~~", "<s>gone</s>"),
        ("a[^1]\n\n[^1]: note", '<li id="fn1" class="footnote-item"><p>note'),
        ("Term\n: meaning", "<dt>Term</dt>\n<dd>meaning</dd>"),
        ('!!! note "Mind *this*"\n    text', '<p class="admonition-title">Mind <em>this</em></p>'),
        ('!!! note ""\n    text', '<div class="admonition note">\n<p>text</p>'),
        ("!!! warning\n    text\n\n    - a", '<div class="admonition warning">'),
        ("??? tip\n    text", '<details class="admonition tip">\n<summary>Tip</summary>'),
        ("???+ tip\n    text", '<details class="admonition tip" open="">'),
        ("> [!NOTE]\n> text", '<div class="markdown-alert markdown-alert-note">'),
        ('=== "A"\n    a\n\n=== "B"\n    b', '<label for="__tabbed_1_2">B</label>'),
        ("*[API]: An interface\n\nThe API.", '<abbr title="An interface">API</abbr>'),
        ("![x](y.png){ width=20 }", '<img src="y.png" alt="x" width="20">'),
        ("text\n{: .wide #own }", '<p class="wide" id="own">text'),
        ("## Title {#own}", '<h2 id="own">'),
        ('```python title="a.py"\nimport os\n```', '<span class="filename">a.py</span>'),
        ("```python\nimport os\n```", '<span class="kn">import</span>'),
        ("```unheard-of\n<b>\n```", "&lt;b&gt;"),
        ("    <b>", "<code>&lt;b&gt;"),
        ("```mermaid\ngraph TD\n```", '<pre class="mermaid" tabindex="0"><code>graph TD'),
        ("$a<b$", '<span class="arithmatex">\\(a&lt;b\\)</span>'),
        ("$$\nx\n$$", '<div class="arithmatex">\\[x\\]</div>'),
        ('--8<-- "part.md:2:2"', "<p>two</p>"),
        ('--8<-- "named.md:a"', "<p>inner</p>"),
        ('```text\n--8<-- "part.md"\n```', "one\ntwo\nthree"),
    ],
)
def test_a_notation_is_read(text: str, html: str) -> None:
    assert html in render(text).html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "[x](javascript:alert(1))",
        '<a href="java\nscript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        "![x](javascript:alert(1))",
        "x{onclick=alert(1)}",
        "![x](y.png){ onerror=alert(1) style=color:red }",
        "## x {#a onclick=alert(1)}",
        '<style>body{display:none}</style><p style="color:red">x</p>',
        '<iframe src="https://example.org"></iframe>',
        '<form action="https://example.org"><input type="submit"></form>',
        '<input type="image" src="javascript:alert(1)">',
        '<math><mtext></mtext><mglyph><style><img src="</style><img onerror=alert(1)>',
        '```"><script>alert(1)</script>\nx\n```',
        '``` title="<script>alert(1)</script>"\nx\n```',
        "```mermaid\n</code></pre><script>alert(1)</script>\n```",
        '=== "<script>alert(1)</script>"\n    x',
        '!!! note "<img src=x onerror=alert(1)>"\n    x',
        '*[A]: "><script>alert(1)</script>\n\nA',
        "$</span><script>alert(1)</script>$",
        '<meta http-equiv="refresh" content="0;url=https://example.org"><base href="//x">',
        '<object data="x.svg"></object><embed src="x.svg">',
    ],
)
def test_no_markup_can_run_style_send_or_embed(text: str) -> None:
    html = render(text).html.lower()

    for tag in ("script", "style", "iframe", "form", "svg", "object", "embed", "meta", "base"):
        assert f"<{tag}" not in html
    for attribute in ("onerror=", "onload=", "onclick=", "style="):
        assert f" {attribute}" not in html.replace("&quot;", '"').split("<code")[0]
    for address in ('href="javascript', 'src="javascript', 'href="data', 'type="submit"'):
        assert address not in html


def test_headings_have_the_anchors_of_mkdocs_and_of_forges() -> None:
    page = render("# Top\n\n## What, now?\n\n## 시작하기\n\n## What, now?")

    assert [(one.level, one.anchor) for one in page.headings] == [
        (1, "top"),
        (2, "what-now"),
        (2, "_1"),
        (2, "what-now_1"),
    ]
    assert 'id="시작하기"' in page.html


def test_front_matter_names_the_page_and_keeps_its_line_numbers() -> None:
    page = render("---\ntitle: Own title\nhide: [toc]\n---\n# Other\n\n[a](b.md)\n")

    assert page.title == "Own title"
    assert page.hidden == {"toc"}
    assert [(link.target, link.line) for link in page.links] == [("b.md", 7)]


def test_the_title_is_the_first_heading_of_level_one() -> None:
    assert render("## Second\n\n# First *one*").title == "First one"


def test_links_after_a_snippet_keep_the_line_of_the_page() -> None:
    page = render('--8<-- "part.md"\n\n[a](b.md)\n--8<-- "none.md"')

    assert [(link.target, link.line) for link in page.links] == [("b.md", 3)]
    assert [(one.target, one.line) for one in page.missing] == [("none.md", 4)]


def test_snippets_in_snippets_end() -> None:
    assert render('--8<-- "loop.md"').missing


def test_deep_nesting_ends() -> None:
    assert render(">" * 5_000 + " x").html
    assert render("- " * 5_000 + "x").html
    nested = "".join(f"{' ' * 4 * depth}!!! note\n" for depth in range(200))
    assert render(nested).html.count("admonition note") <= 20


def test_tabs_after_other_blocks_are_sets_of_their_own() -> None:
    html = render('=== "A"\n    a\n\ntext\n\n=== "B"\n    b').html

    assert html.count('class="tabbed-set"') == 2
    assert html.count("checked") == 2


def test_scripts_are_needed_only_where_used() -> None:
    plain, drawn = render("text"), render("```mermaid\nx\n```\n\n$a$")

    assert not plain.has_diagrams
    assert not plain.has_formulas
    assert drawn.has_diagrams
    assert drawn.has_formulas
