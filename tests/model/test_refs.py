"""References to entities and locations, in Backstage's grammar and words."""

from __future__ import annotations

import hashlib

import pytest

from portal.model.refs import EntityRef
from portal.model.refs import LocationRef
from portal.model.refs import file_address
from portal.model.refs import is_script_url
from portal.model.refs import parse_location_ref
from portal.model.refs import parse_ref
from portal.model.refs import path_of_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("component:default/a", ("component", "default", "a")),
        ("Component:NS/Web.Site_1", ("Component", "NS", "Web.Site_1")),
        ("a", ("k", "n", "a")),
        ("ns/a", ("k", "ns", "a")),
        ("group:a", ("group", "n", "a")),
        (" group:a ", ("group", "n", "a")),
        ("ns/a:b", ("k", "ns", "a:b")),
        ("a:b:c", ("a", "n", "b:c")),
        ("k:n/a/b", ("k", "n", "a/b")),
    ],
)
def test_a_ref_is_read(text: str, expected: tuple[str, str, str]) -> None:
    assert parse_ref(text, "k", "n") == EntityRef(*expected)


@pytest.mark.parametrize("text", ["", ":x", "/x", "a:", "a:/x", "a:b/", "b/"])
def test_an_empty_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse_ref(text, "k")
    assert str(caught.value) == (
        f'Entity reference "{text}" was not on the form [<kind>:][<namespace>/]<name>'
    )


def test_a_missing_kind_without_default_is_refused() -> None:
    with pytest.raises(ValueError, match="had missing or empty kind") as caught:
        parse_ref("lib")
    assert str(caught.value) == (
        'Entity reference "lib" had missing or empty kind '
        '(e.g. did not start with "component:" or similar)'
    )


def test_equal_refs_are_equal_text() -> None:
    assert str(parse_ref("API:Default/Web.Site_1")) == "api:default/web.site_1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("url:https://h/x", ("url", "https://h/x")),
        (" file : /a ", ("file", "/a")),
        ("url:a:b", ("url", "a:b")),
    ],
)
def test_a_location_ref_is_read(text: str, expected: tuple[str, str]) -> None:
    assert parse_location_ref(text) == LocationRef(*expected)


@pytest.mark.parametrize("text", ["nope", "", ":x", "url:", " : ", "url: "])
def test_a_location_ref_needs_both_parts(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse_location_ref(text)
    assert str(caught.value) == (
        f"Unable to parse location ref '{text}', expected '<type>:<target>', "
        "e.g. 'url:https://host/path'"
    )


@pytest.mark.parametrize("text", ["https://x", "http://x"])
def test_a_bare_url_is_no_location_ref(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse_location_ref(text)
    assert str(caught.value) == (
        f"Invalid location ref '{text}', please prefix it with 'url:', e.g. 'url:{text}'"
    )


@pytest.mark.parametrize(
    "text",
    ["javascript:x", "JaVaScRiPt:x", "\tjavascript:x", "java\nscript:x", "\x01 javascript\t:x"],
)
def test_a_script_is_known_however_it_hides(text: str) -> None:
    assert is_script_url(text)
    with pytest.raises(ValueError, match="target is a javascript: URL"):
        parse_location_ref(f"url:{text}")


@pytest.mark.parametrize("text", ["https://x/javascript:y", "javascripts:x", "xjavascript:", ""])
def test_what_is_no_script_is_not_taken_for_one(text: str) -> None:
    assert not is_script_url(text)


def test_a_generated_location_is_named_by_its_ref() -> None:
    name = LocationRef("url", "https://h/x").entity_name
    assert name == "generated-" + hashlib.sha1(b"url:https://h/x").hexdigest()


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("my dir/a b.yaml", "my%20dir/a%20b.yaml"),
        ("100%/x#1.yaml", "100%25/x%231.yaml"),
        ("서비스/결제.yaml", "서비스/결제.yaml"),
        ("plain/a.yaml", "plain/a.yaml"),
        ("{x}/a.yaml", "%7Bx%7D/a.yaml"),
    ],
)
@pytest.mark.parametrize(
    "root", ["https://git.test/o/r/blob/main", "https://git.test/r//{path}?ref=b"]
)
def test_a_path_is_escaped_in_a_web_address_and_found_again(
    root: str, path: str, written: str
) -> None:
    address = file_address(root, path)
    assert written in address
    assert path_of_address(root, address) == path


def test_a_raw_blank_in_an_address_names_the_same_path() -> None:
    root = "https://git.test/o/r/blob/main"
    assert path_of_address(root, f"{root}/my dir/a.yaml") == "my dir/a.yaml"


def test_a_source_that_has_no_web_address_keeps_its_paths_as_they_are() -> None:
    assert file_address("content", "my dir/a%20b.yaml") == "content/my dir/a%20b.yaml"
    assert path_of_address("content", "content/my dir/a%20b.yaml") == "my dir/a%20b.yaml"
