"""Whatever text comes to a grammar, it is read, or refused by the error that is foreseen.

Texts are put together of the words of their grammar and of what is strange in it, so that they get
further than random letters do. A few are tried always, many with the slow tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.catalog.filters import condition_of
from portal.catalog.filters import condition_of_text
from portal.catalog.filters import predicate_of_filters
from portal.catalog.reading.cursors import decode_after
from portal.catalog.reading.cursors import decode_cursor
from portal.catalog.reading.cursors import decode_location_cursor
from portal.integrations.addresses import parse_file_url
from portal.integrations.addresses import repository_of
from portal.integrations.hosts import Integrations
from portal.integrations.repo_urls import parse_repo_url
from portal.integrations.repo_urls import target_of
from portal.kernel.errors import InputError
from portal.kernel.http import origin_of
from portal.kernel.yaml12.faults import Fault
from portal.kernel.yaml12.reading import read
from portal.model.refs import is_script_url
from portal.model.refs import parse_location_ref
from portal.model.refs import parse_ref
from portal.permission.conditions import read_condition
from portal.permission.permissions import ENTITY
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.engine import Engine
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.language.extensions import FILTERS
from portal.scm.urls import check_ref
from portal.scm.urls import host_of
from portal.scm.urls import parse_remote
from portal.scm.urls import repository_key
from portal.search.analysis.parsed_query import MOST_WORDS
from portal.search.analysis.parsed_query import ParsedQuery
from portal.techdocs.rendering.page import render_page

_FEW, _MANY = 15, 2_000
_LONGEST = 40


def _made_of(*words: str) -> st.SearchStrategy[str]:
    """Return texts of words of a grammar, with any text between them."""
    word = st.sampled_from(words) | st.text(max_size=4)
    return st.lists(word, max_size=_LONGEST).map("".join)


_ADDRESSES = _made_of(
    *("https://", "http://", "ssh://", "git@", "ext::", "file://", "//", "/", "@", ":", "?", "#"),
    *("github.com", "gitlab.com", "dev.azure.com", "bitbucket.org", "localhost", "[::1]", "[", "]"),
    *("/-/blob/main/", "/blob/", "/src/branch/", "/_git/", "..", "%2e%2e", "%", "%00", "\\", "。"),
    *("owner=a", "&repo=b", "&project=c", "organization=d", ".git", "a", "b", ":99999", ":x", " "),
)
_YAML = _made_of(
    *(
        "a",
        "b",
        ": ",
        ":",
        "- ",
        "\n",
        "\n  ",
        "\n---\n",
        "...\n",
        "?",
        "&x ",
        "*x",
        "<<: ",
        "!!str ",
    ),
    *(
        "!foo ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "|",
        ">",
        "|2-",
        '"',
        "'",
        '\\ud800"',
        "#",
        "%YAML 1.2\n",
        "\t",
    ),
    *("~", "null", "1e999", ".nan", "0x1F", "2024-13-45", "\ufeff", "\x00", "\x85", "\u2028", "="),
)
_EXPRESSIONS = _made_of(
    *(
        "${{ ",
        " }}",
        "{% if ",
        "{% for x in ",
        "{% endfor %}",
        "{% endif %}",
        " %}",
        "{% set ",
        "{#",
    ),
    *("values", ".name", "[0]", "['a']", "[-1:]", "(", ")", ",", " | ", "upper", "join", "replace"),
    *(
        "dump",
        "range(9)",
        " in ",
        " is ",
        " and ",
        " not ",
        " if ",
        " else ",
        "==",
        "**",
        "*",
        "//",
    ),
    *(
        "+",
        "%",
        "'",
        '"',
        "1",
        "9" * 30,
        "[",
        "]",
        "{",
        "}",
        ":",
        "r/(a+)+$/",
        "__proto__",
        "cycler",
    ),
)
_MARKDOWN = _made_of(
    *(
        "# ",
        "\n",
        "\n\n",
        "- ",
        "> ",
        "    ",
        "```",
        "~~~",
        "`",
        "*",
        "**",
        "_",
        "[",
        "](",
        ")",
        "![",
    ),
    *(
        "<",
        ">",
        "<script>",
        "<!--",
        "-->",
        "<![CDATA[",
        "&#x6a;",
        "javascript:",
        "|",
        "---",
        "!!! note",
    ),
    *(
        "??? tip",
        '=== "A"',
        "[^1]",
        "[^1]: ",
        '--8<-- "a"',
        "$$",
        "*[A]: ",
        "{: .x }",
        "^^",
        "~",
        ":a:",
    ),
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | _made_of("kind", "spec.a", "*", "\x00"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$all", "$any", "$not", "$in", "$contains", "$exists", "kind", "relations", "type"]
            )
            | st.sampled_from(["allOf", "anyOf", "not", "rule", "params", "resourceType"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
_CURSORS = _made_of("eyJ", "e30", "W10", "=", "==", "_", "-", "AAAA", "bGltaXQ", "\n") | _JSON.map(
    json.dumps
)
_FILTERS = _made_of("kind", "=", ",", "metadata.name", "*", "\\", "relations.", "__proto__", "\x00")


def _yaml(text: str) -> None:
    for document in read(text.encode("utf-8", "surrogatepass")):
        if isinstance(document, Fault):
            assert document.line >= 1
            assert len(document.message) < 400
        else:
            json.dumps(document.value).encode()


def _addresses(text: str) -> None:
    for read_it in (
        parse_file_url,
        repository_of,
        parse_remote,
        check_ref,
        origin_of,
        lambda given: parse_repo_url(given, Integrations()),
    ):
        try:
            read_it(text)
        except InputError:
            continue
    for parse in (parse_ref, parse_location_ref):
        try:
            parse(text)
        except ValueError:
            continue
    for total in (host_of, repository_key, target_of, is_script_url):
        total(text)


def _filters(text: str) -> None:
    try:
        predicate = predicate_of_filters([text, text[:3]])
    except InputError:
        return
    if predicate is not None:
        condition_of(predicate)
    condition_of_text(text, ["metadata.name", text])


def _predicates(value: Any) -> None:
    with suppress(InputError):
        condition_of(value)
    with suppress(ValueError):
        read_condition(value, ENTITY)


def _cursors(text: str) -> None:
    for decode in (decode_cursor, decode_after, decode_location_cursor):
        try:
            decode(text)
        except InputError:
            continue


def _expressions(text: str) -> None:
    engine = Engine(FILTERS)
    try:
        json.dumps(engine.render(text, {"values": {"name": "a"}}, Budget()))
    except TemplateError as error:
        told = str(error)
    else:
        told = ""
    assert len(told) < 2_000


def _queries(text: str) -> None:
    assert len(ParsedQuery(text).stems) <= MOST_WORDS


def _markdown(text: str) -> None:
    html = render_page(text, {"a": ["one"]}.get, lambda target: target).html
    assert "<script" not in html.lower()
    assert 'href="javascript:' not in html.lower()


@dataclass(frozen=True)
class _Grammar:
    texts: st.SearchStrategy[Any]
    check: Callable[[Any], None]


_GRAMMARS = {
    "yaml": _Grammar(_YAML, _yaml),
    "addresses": _Grammar(_ADDRESSES, _addresses),
    "filters": _Grammar(_FILTERS, _filters),
    "predicates": _Grammar(_JSON, _predicates),
    "cursors": _Grammar(_CURSORS, _cursors),
    "expressions": _Grammar(_EXPRESSIONS, _expressions),
    "markdown": _Grammar(_MARKDOWN, _markdown),
    "queries": _Grammar(_made_of("kafka", "서킷", '"', "(", "*", "~9", ":", "\x00"), _queries),
}


def _try(name: str, examples: int) -> None:
    grammar = _GRAMMARS[name]
    settings(max_examples=examples)(given(grammar.texts)(grammar.check))()


@pytest.mark.parametrize("name", list(_GRAMMARS))
def test_any_text_is_read_or_refused(name: str) -> None:
    _try(name, _FEW)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(_GRAMMARS))
def test_any_of_many_texts_is_read_or_refused(name: str) -> None:
    _try(name, _MANY)
