"""The formats of names, tags, labels and links, in Backstage's words."""

from __future__ import annotations

from typing import Any

import pytest

from portal.model.formats import format_errors

TAIL = (
    ". To learn more about catalog file format, visit: https://github.com/backstage/"
    "backstage/blob/master/docs/architecture-decisions/"
    "adr002-default-catalog-file-format.md"
)


def errors(api_version: str = "v1", kind: str = "Component", **metadata: Any) -> list[str]:
    entity = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", **metadata}}
    return [error.message for error in format_errors(entity)]


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        (
            {"name": "has space"},
            (
                '"metadata.name" is not valid; expected a string that is sequences of [a-zA-Z0-9] '
                'separated by any of [-_.], at most 63 characters in total but found "has space"'
            ),
        ),
        (
            {"namespace": "Up"},
            (
                '"metadata.namespace" is not valid; expected a string that is sequences of [a-z0-9] '
                'separated by [-], at most 63 characters in total but found "Up"'
            ),
        ),
        (
            {"tags": ["UPPER"]},
            (
                '"tags.0" is not valid; expected a string that is sequences of [a-z0-9+#] '
                'separated by [-], at most 63 characters in total but found "UPPER"'
            ),
        ),
        (
            {"labels": {"a": "b c"}},
            (
                '"labels.a" is not valid; expected a string that is sequences of [a-zA-Z0-9] '
                'separated by any of [-_.], at most 63 characters in total but found "b c"'
            ),
        ),
        (
            {"annotations": {"Foo.com/x": "1"}},
            (
                '"annotations.Foo.com/x" is not valid; expected a valid prefix and/or suffix '
                'but found "Foo.com/x"'
            ),
        ),
        (
            {"links": [{"url": "nope"}]},
            '"links.0.url" is not valid; expected a string that is a valid url but found "nope"',
        ),
    ],
)
def test_the_texts_are_those_of_the_contract(metadata: dict[str, Any], text: str) -> None:
    assert errors(**metadata) == [text + TAIL]


@pytest.mark.parametrize(
    "name", ["a", "A.b_c-d", "0", "a--b", "a" * 63, "con", "Web.Site_1", "-a", ".a"]
)
def test_a_name(name: str) -> None:
    assert bool(errors(name=name)) == name.startswith(("-", "."))


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "a/../../b",
        "a" * 64,
        "-a",
        "a-",
        "%2e%2e",
        "a\nb",
        "a\n",
        "용어",
        "a\u200bb",
        "a b",
        "a/b",
    ],
)
def test_a_name_that_could_be_a_path_or_an_option_is_refused(name: str) -> None:
    assert len(errors(name=name)) == 1


@pytest.mark.parametrize("namespace", ["a_b", "a.b", "-a", "a-", "A", "a" * 64, "a\n"])
def test_a_wrong_namespace(namespace: str) -> None:
    assert len(errors(namespace=namespace)) == 1


@pytest.mark.parametrize("tag", ["c++", "c#", "a:b", "a-b", "0"])
def test_a_tag(tag: str) -> None:
    assert errors(tags=[tag]) == []


@pytest.mark.parametrize("tag", ["a--b", "-a", "a_b", "a b", "한국어", "a" * 64])
def test_a_wrong_tag(tag: str) -> None:
    assert len(errors(tags=[tag])) == 1


@pytest.mark.parametrize("key", ["a", "example.com/a", "a-b.c/A_b.c", "a" * 63])
def test_a_key(key: str) -> None:
    assert errors(labels={key: ""}, annotations={key: "x"}) == []


@pytest.mark.parametrize("key", ["/a", "a/", "a/b/c", "Example.com/a", "a_b/c", "x" * 64, "a b"])
def test_a_wrong_key(key: str) -> None:
    assert len(errors(annotations={key: "x"})) == 1


@pytest.mark.parametrize("version", ["v1", "backstage.io/v1alpha1", "glossary/v1"])
def test_an_api_version(version: str) -> None:
    assert errors(version) == []


@pytest.mark.parametrize("version", ["v1.0", "/v1", "A.io/v1", "a/b/v1", "v-1"])
def test_a_wrong_api_version(version: str) -> None:
    assert len(errors(version)) == 1


@pytest.mark.parametrize("kind", ["1a", "a-b", "K" * 64, "a/b", "component "])
def test_a_wrong_kind(kind: str) -> None:
    assert len(errors(kind=kind)) == 1


@pytest.mark.parametrize(
    "url", ["https://x.test/a", "mailto:a@x.test", "ftp://x/y", "https://용어.kr"]
)
def test_a_link(url: str) -> None:
    assert errors(links=[{"url": url}]) == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "\tjavascript:alert(1)",
        "\x01javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        "javascript\n:alert(1)",
        "data:text/html,<script>",
        "da\tta:text/html,x",
        "vbscript:x",
        "VB\rScript:x",
    ],
)
def test_a_link_that_runs_something_is_refused(url: str) -> None:
    assert errors(links=[{"url": url}])


@pytest.mark.parametrize("url", ["", "/relative", "x.test", "http://[", "//x.test"])
def test_a_link_that_is_no_address_is_refused(url: str) -> None:
    assert errors(links=[{"url": url}])
