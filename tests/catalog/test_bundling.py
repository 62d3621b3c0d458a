"""An API description in several files becomes one."""

from __future__ import annotations

from typing import Any

import pytest

from portal.catalog.ingestion.bundling import bundle
from portal.kernel import yaml12
from portal.kernel.errors import NotFoundError
from portal.scm.snapshot import Blob
from tests.conftest import MakePortal


def bundled(files: dict[str, str], first: str = "api/openapi.yaml") -> Any:
    def read(path: str) -> Blob:
        if path not in files:
            raise NotFoundError(f"file {path} does not exist")
        return Blob(path, files[path].encode(), path)

    return yaml12.read_one(bundle(read(first), read).encode())


def test_a_reference_to_another_file_is_replaced_by_it() -> None:
    found = bundled(
        {
            "api/openapi.yaml": "paths:\n  /주문:\n    $ref: ./paths/orders.yaml\n",
            "api/paths/orders.yaml": "get: {summary: 주문 목록}\n",
        }
    )
    assert found == {"paths": {"/주문": {"get": {"summary": "주문 목록"}}}}


def test_a_pointer_names_a_part_of_the_file() -> None:
    found = bundled(
        {
            "api/openapi.yaml": "a: {$ref: '../shared.json#/schemas/a~1b/1'}\n",
            "shared.json": '{"schemas": {"a/b": ["zero", {"type": "string"}]}}',
        }
    )
    assert found == {"a": {"type": "string"}}


def test_references_inside_the_first_file_stay() -> None:
    text = "a: {$ref: '#/b'}\nb: {type: string}\n"
    assert bundled({"api/openapi.yaml": text}) == yaml12.read_one(text.encode())


def test_references_inside_another_file_are_its_own() -> None:
    found = bundled(
        {
            "api/openapi.yaml": "a: {$ref: 'x.yaml#/outer'}\ninner: not this one\n",
            "api/x.yaml": "outer: {part: {$ref: '#/inner'}}\ninner: {type: integer}\n",
        }
    )
    assert found["a"] == {"part": {"type": "integer"}}


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("https://example.org/x.yaml", "leads to another host"),
        ("../../outside.yaml", "points outside of the repository"),
        ("missing.yaml", "does not exist"),
        ("x.yaml#/nothing", "names nothing"),
        ("x.yaml#/round", "goes round in a circle"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_an_error(reference: str, reason: str) -> None:
    files = {
        "api/openapi.yaml": f"a: {{$ref: '{reference}'}}\n",
        "api/x.yaml": "round: {$ref: 'x.yaml#/round'}\n",
    }
    with pytest.raises(Exception, match=reason):
        bundled(files)


def test_a_bomb_of_references_is_stopped() -> None:
    levels = "".join(
        f"l{n}: [{', '.join([f'{{$ref: x.yaml#/l{n + 1}}}'] * 10)}]\n" for n in range(9)
    )
    with pytest.raises(ValueError, match="too much"):
        bundled({"api/openapi.yaml": "a: {$ref: 'x.yaml#/l0'}\n", "api/x.yaml": levels + "l9: x\n"})


def test_a_descriptor_may_hold_one(make_portal: MakePortal) -> None:
    portal = make_portal(
        {
            "catalog-info.yaml": (
                "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: orders}\n"
                "spec: {type: openapi, lifecycle: production, owner: a, "
                "definition: {$openapi: ./openapi.yaml}}\n"
            ),
            "openapi.yaml": "openapi: 3.0.3\npaths: {/a: {$ref: ./a.yaml}}\n",
            "a.yaml": "get: {summary: one}\n",
        }
    )
    url = "/api/catalog/entities/by-name/api/default/orders"
    assert "summary: one" in portal.get(url)["spec"]["definition"]
    portal.repository.commit({"a.yaml": "get: {summary: two}\n"})
    portal.sync()
    assert "summary: two" in portal.get(url)["spec"]["definition"]
