"""Parts of a descriptor in other files: of the same commit, and within limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.catalog.ingestion import placeholders
from portal.catalog.ingestion.placeholders import PlaceholderError
from portal.catalog.ingestion.placeholders import Placeholders
from portal.kernel.errors import NotFoundError
from portal.scm.snapshot import Blob
from tests.conftest import MakePortal
from tests.descriptors import COMPONENT
from tests.descriptors import descriptor
from tests.http_server import folder_server

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)
ROOT = "https://git.test/o/r/blob/main"
FILES = {
    "x/note.txt": b"\xef\xbb\xbfHello\n",
    "x/data.json": b'{"a": [1, null], "$text": "./note.txt"}',
    "x/data.yaml": b"a: yes\n",
    "top.txt": b"top",
    "x/two.yaml": b"a: 1\n---\nb: 2\n",
    "x/deep.json": b"[" * 100_000,
    "x/deeper.json": b"[" * 70 + b"]" * 70,
    "x/nan.json": b"[NaN]",
    "x/inf.json": b"[1e999]",
    "x/half.json": b'{"a": "\\ud800"}',
    "x/half-key.json": b'{"\\ud800": 1}',
    "x/nul.json": b'"\\u0000"',
    "x/digits.json": b"9" * 10_000,
    "x/nul.txt": b"a\0b",
    "x/latin.txt": b"caf\xe9",
    "x/large.yaml": POINTER,
    "x/broken.json": b"{",
    "x/bomb.yaml": b"[" * 60_000,
    "x/python.yaml": b"!!python/object/apply:os.system [id]",
    "x/big.txt": b"x" * 1_000_000,
}


OTHER = "Error: Placeholder may only reference files from the same repository as the entity"


def read(path: str) -> Blob:
    if path not in FILES:
        raise NotFoundError(f"file {path} does not exist")
    return Blob(path, FILES[path], f"id of {path}")


@pytest.fixture
def filler() -> Placeholders:
    return Placeholders("x/catalog-info.yaml", ROOT, read, forges={"git.test", "github.com"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"$text": "./note.txt"}, "Hello\n"),
        ({"$text": "note.txt"}, "Hello\n"),
        ({"$text": "../top.txt"}, "top"),
        ({"$text": "/top.txt"}, "top"),
        ({"$text": f"{ROOT}/top.txt"}, "top"),
        ({"$json": "./data.json"}, {"a": [1, None], "$text": "./note.txt"}),
        ({"$yaml": "./data.yaml"}, {"a": "yes"}),
        ({"a": [{"b": {"$text": "./note.txt"}}]}, {"a": [{"b": "Hello\n"}]}),
        ({"$foo": {"$text": "./none"}}, {"$foo": {"$text": "./none"}}),
        ({"$text": "./none", "b": 1}, {"$text": "./none", "b": 1}),
        ({"a": "$text"}, {"a": "$text"}),
        (1, 1),
    ],
)
def test_a_placeholder_is_replaced(filler: Placeholders, value: Any, expected: Any) -> None:
    assert filler.fill(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"$text": 1}, "Placeholder $text expected a string value parameter, in the form of an absolute URL or a relative path"),
        ({"$text": "./none"}, "Placeholder $text could not read location ./none, NotFoundError: file x/none does not exist"),
        ({"$text": "../../../etc/passwd"}, f"../../../etc/passwd, {OTHER}"),
        ({"$text": "/../etc/passwd"}, f"/../etc/passwd, {OTHER}"),
        ({"$text": "/etc/passwd"}, "file etc/passwd does not exist"),
        ({"$text": "file:///etc/passwd"}, "NotAllowedError: Reading from 'file:///etc/passwd' is not allowed"),
        ({"$yaml": "https://169.254.169.254/x"}, "NotAllowedError: Reading from 'https://169.254.169.254/x' is not allowed"),
        ({"$text": "https://git.test/o/r/blob/main-evil/x"}, OTHER),
        ({"$text": "https://GIT.test:443/o/other/blob/main/x"}, OTHER),
        ({"$text": "https://github.com/o/r/blob/main/x"}, OTHER),
        ({"$text": "https://github.com/nowhere"}, OTHER),
        ({"$text": "https://raw.githubusercontent.com/o/r/main/x"}, "NotAllowedError: Reading from 'https://raw.githubusercontent.com/o/r/main/x' is not allowed"),
        ({"$text": "https://example.com/o/r/blob/main/x"}, "NotAllowedError: Reading from 'https://example.com/o/r/blob/main/x' is not allowed"),
        ({"$text": f"{ROOT}/../../x"}, OTHER),
        ({"$yaml": "./two.yaml"}, "a single YAML document is expected"),
        ({"$yaml": "./bomb.yaml"}, "nested more than 64 levels deep"),
        ({"$yaml": "./python.yaml"}, "is not allowed"),
        ({"$json": "./broken.json"}, "could not read location"),
        ({"$json": "./deep.json"}, "nested more than 64 levels deep"),
        ({"$json": "./deeper.json"}, "nested more than 64 levels deep"),
        ({"$json": "./nan.json"}, "nan is not a JSON number"),
        ({"$json": "./inf.json"}, "inf is not a JSON number"),
        ({"$json": "./half.json"}, "half of a surrogate pair"),
        ({"$json": "./half-key.json"}, "half of a surrogate pair"),
        ({"$json": "./nul.json"}, "NUL character"),
        ({"$json": "./digits.json"}, "could not read location"),
        ({"$text": "./nul.txt"}, "NUL character"),
        ({"$text": "./latin.txt"}, "latin.txt is not UTF-8 (byte "),
        ({"$json": "./latin.txt"}, "latin.txt is not UTF-8 (byte "),
        ({"$text": "./large.yaml"}, "x/large.yaml is kept in Git LFS, which is not read"),
        ({"$openapi": "./large.yaml"}, "x/large.yaml is kept in Git LFS, which is not read"),
    ],
)  # fmt: skip
def test_a_placeholder_that_cannot_be_filled_says_why_and_where(
    filler: Placeholders, value: Any, message: str
) -> None:
    with pytest.raises(PlaceholderError) as caught:
        filler.fill({"spec": [value]})
    assert message in str(caught.value)
    assert caught.value.path == ("spec", 0, next(iter(value)))


def test_what_was_read_is_remembered(filler: Placeholders) -> None:
    filler.fill([{"$text": "./note.txt"}, {"$yaml": "./data.yaml"}])
    assert filler.used == {p: f"id of {p}" for p in ("x/note.txt", "x/data.yaml")}


def test_one_file_many_times_does_not_fill_the_memory(filler: Placeholders) -> None:
    with pytest.raises(PlaceholderError, match="bring in more than 5,242,880 bytes"):
        filler.fill([{"$text": "./big.txt"}] * 10)


def test_the_last_allowed_byte_is_allowed() -> None:
    small = Placeholders("x/catalog-info.yaml", ROOT, read)
    small._left = 6
    assert small.fill([{"$text": "../top.txt"}] * 2) == ["top", "top"]
    assert placeholders._MAX_BYTES > small._left == 0


def test_other_hosts_are_read_only_when_they_are_allowed(
    make_portal: MakePortal, tmp_path: Path
) -> None:
    """The allow-list of the operator is the only way out of the repository."""
    (tmp_path / "shared.txt").write_text("공유된 정의", encoding="utf-8")
    with folder_server(tmp_path) as host:
        text = descriptor(
            "API", "a", {**COMPONENT, "definition": {"$text": f"http://{host}/shared.txt"}}
        )
        url = "/api/catalog/entities/by-name/api/default/a"
        closed = make_portal({"catalog-info.yaml": text})
        assert closed.client.get(url).status_code == 404
        assert "is not allowed" in closed.get("/api/catalog/problems")["items"][0]["message"]
        opened = make_portal({"catalog-info.yaml": text}, reading_allow=(host,))
        assert opened.get(url)["spec"]["definition"] == "공유된 정의"


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("./latin.txt", "Save x/latin.txt as UTF-8."),
        ("./large.yaml", "Keep x/large.yaml in the repository itself (.gitattributes)."),
        ("./none", placeholders.SAME_COMMIT),
    ],
)
def test_the_hint_says_how_to_mend_it(filler: Placeholders, target: str, hint: str) -> None:
    with pytest.raises(PlaceholderError) as caught:
        filler.fill({"$text": target})
    assert caught.value.hint == hint
