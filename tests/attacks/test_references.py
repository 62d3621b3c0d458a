"""Documents that name other documents: nothing is fetched for them (case E14)."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.conftest import StartPortal
from tests.attacks.running import Json
from tests.attacks.running import RunningPortal
from tests.http_server import http_server

#: Each starts a portal of its own, as a process.
pytestmark = pytest.mark.slow

_CANARY = "c4n4ry-of-the-host"
_PLACES: dict[str, Json] = {
    "whole": "$REF",
    "property": {"properties": {"a": "$REF"}},
    "array": {"properties": {"a": {"type": "array", "items": "$REF"}}},
    "all of": {"allOf": ["$REF"]},
    "pages": [{"properties": {"a": "$REF"}}],
    "definition": {"definitions": {"d": "$REF"}, "properties": {"a": {"$ref": "#/definitions/d"}}},
    "identified": {"$id": "$ADDRESS", "properties": {"a": {"$ref": "other.json#/x"}}},
    "meta": {"$schema": "$ADDRESS", "properties": {"a": {"type": "string"}}},
}


@pytest.fixture(scope="module")
def portal(start_portal: StartPortal) -> RunningPortal:
    """Return a portal of a developer."""
    return start_portal({"catalog-info.yaml": "{}"})


@pytest.fixture
def asked() -> list[str]:
    """Return the paths that the server was asked for."""
    return []


@pytest.fixture
def server(asked: list[str]) -> Iterator[str]:
    """Return the address of a server that counts what it is asked for."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: Any) -> None: ...

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"type": "string", "title": "%s"}' % _CANARY.encode())

    with http_server(Handler) as port:
        yield f"http://127.0.0.1:{port}/schema.json"


def _with(place: Json, address: str) -> Json:
    if place in ("$REF", "$ADDRESS"):
        return {"$ref": address} if place == "$REF" else address
    if isinstance(place, list):
        return [_with(item, address) for item in place]
    if isinstance(place, dict):
        return {key: _with(item, address) for key, item in place.items()}
    return place


def _bodies(schema: Json) -> Iterator[Json]:
    """Yield bodies of dry runs with a schema wherever a template has one."""
    spec: dict[str, Json] = {"type": "x", "owner": "guests", "steps": []}
    schemas = [{"parameters": schema}]
    if isinstance(schema, dict):
        schemas.append({"parameters": {}, "secrets": {"schema": schema}})
    for given in schemas:
        template = {
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": "t"},
            "spec": {**spec, **given},
        }
        yield {
            "template": template,
            "values": {"a": "x"},
            "secrets": {"a": "x"},
            "directoryContents": [],
        }


@pytest.mark.parametrize("name", list(_PLACES))
def test_no_form_fetches_an_address_or_reads_a_file(
    portal: RunningPortal, name: str, server: str, asked: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "schema.json"
    file.write_text(f'{{"type": "{_CANARY}"}}')
    for address in (server, f"{server}#/definitions/x", file.as_uri(), str(file), f"//{server}"):
        for body in _bodies(_with(_PLACES[name], address)):
            answer = portal.ask("POST", "/api/scaffolder/v2/dry-run", body, timeout=20)
            assert answer.status in {200, 400}, answer.body
            assert _CANARY.encode() not in answer.body
    assert asked == []
