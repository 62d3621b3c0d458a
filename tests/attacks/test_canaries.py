"""Secrets of the operator and of a task: no form of them leaves (cases B20 and G2).

The portal has one in every place that takes one: the environment, the settings, tokens, a source's
address, a task. It is then asked everything that its OpenAPI document has, runs tasks that complete
and that fail, and reads sources that refuse it. Every byte that left is searched afterwards: answers,
logs, the database, the index, mirrors, archives.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.attacks.running import READINESS
from tests.attacks.running import Json
from tests.attacks.running import RunningPortal
from tests.attacks.running import running_portal
from tests.conftest import repository_at
from tests.http_server import folder_server

#: It starts a portal of its own, as a process.
pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[2]
_ADMIN_TOKEN = "c4n4ry-of-the-service/Zebra+1="
_TASK_SECRET = 'c4n4ry-of-a-task "Zebra"\nsecond-line-of-c4n4ry'
_VARIABLES = {
    name: f"c4n4ry-of-{name.lower()}/Zebra+2="
    for name in ("SOURCE_TOKEN", "HOST_TOKEN", "FORGE_TOKEN", "HOOK_SECRET", "PROXY_TOKEN", "OTHER")
}
_TASK_KEY = "c4n4ry-of-the-task-key-that-is-long-enough"
_IN_ADDRESS = "c4n4ryOfAnAddress"
_SECRETS = (_ADMIN_TOKEN, _TASK_KEY, _TASK_SECRET, _IN_ADDRESS, *_VARIABLES.values())


def _template(name: str, action: str, given: Json) -> str:
    steps = [
        {
            "id": "say",
            "name": "say",
            "action": "debug:log",
            "input": {"message": "${{ secrets.t }}"},
        },
        {"id": "last", "name": "last", "action": action, "input": given},
    ]
    spec = {"type": "service", "owner": "guests", "parameters": {}, "steps": steps}
    return "---\n" + json.dumps(
        {
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": name},
            "spec": spec,
        }
    )


def _content() -> str:
    shop = (
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: shop}\n"
        "spec: {type: service, lifecycle: production, owner: guests}\n"
    )
    plain = {"url": "./skeleton", "targetPath": "out"}
    wrong = {"url": "https://nowhere.example/${{ secrets.t }}", "targetPath": "${{ secrets.t }}"}
    publish = {"remoteUrl": "http://127.0.0.1:9/acme/shop.git", "token": "${{ secrets.t }}"}
    return "\n".join(
        [
            shop,
            _template("good", "fetch:plain", plain),
            _template("bad", "fetch:plain", wrong),
            _template("ugly", "publish:git", publish),
        ]
    )


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """Return a portal with a secret in every place that takes one."""
    folder = tmp_path_factory.mktemp("canaries")
    content = repository_at(
        folder / "content", {"catalog-info.yaml": _content(), "skeleton/readme.txt": "hello\n"}
    )
    with folder_server(folder / "content") as host:
        sources = [
            {"name": "content", "url": str(content.path)},
            {"name": "private", "url": f"http://{host}/none.git", "token_env": "SOURCE_TOKEN"},
        ]
        forge = {"name": "forge", "type": "gitea", "api": f"http://{host}/api/v1", "owner": "acme"}
        proxy = {"name": "proxied", "target": f"http://{host}/", "token_env": "PROXY_TOKEN"}
        settings = {
            "sources": sources,
            "providers": [{**forge, "token_env": "FORGE_TOKEN"}],
            "proxies": [proxy],
            "host_tokens": {host: "HOST_TOKEN"},
            "location_hosts": [host],
            "publish_hosts": ["127.0.0.1:9"],
            "webhook_secrets": {"github": "HOOK_SECRET"},
            "service_token": _ADMIN_TOKEN,
            "task_key": _TASK_KEY,
        }
        with running_portal(folder / "portal", env=_VARIABLES, **settings) as portal:
            yield portal


def _examples(schema: Json) -> Json:
    """Return a body that a schema might take; not what it means."""
    given = {"string": "x", "integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
    return {
        name: given.get(part.get("type", "object"), {})
        for name, part in schema.get("properties", {}).items()
    }


def _tour(portal: RunningPortal, headers: dict[str, str]) -> Iterator[bytes]:
    """Ask everything that the document has; yield what comes back, headers included."""
    document = json.loads((_ROOT / "docs" / "reference" / "openapi.json").read_text())
    names = {"kind": "component", "namespace": "default", "name": "shop", "provider": "guest"}
    for path, methods in document["paths"].items():
        address = re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], "content"), path)
        for method in sorted(set(methods) & {"get", "post", "put", "delete"}):
            content = methods[method].get("requestBody", {}).get("content", {})
            schema: Json = next((each.get("schema", {}) for each in content.values()), {})
            name = schema.get("$ref", "").rpartition("/")[2]
            known = document["components"]["schemas"].get(name, schema)
            for body in [None] if method == "get" else [{}, _examples(known)]:
                answer = portal.ask(method.upper(), address, body, headers)
                yield json.dumps(answer.headers).encode()
                yield answer.body


_PAGES = ("/", "/catalog", "/catalog/default/component/shop", "/sources", "/problems", "/templates")


def _tasks(portal: RunningPortal, headers: dict[str, str]) -> Iterator[bytes]:
    for name, ending in (("good", "completed"), ("bad", "failed"), ("ugly", "failed")):
        body: Json = {
            "templateRef": f"template:default/{name}",
            "values": {},
            "secrets": {"t": _TASK_SECRET, "USER_OAUTH_TOKEN": _TASK_SECRET},
        }
        created = portal.ask("POST", "/api/scaffolder/v2/tasks", body, headers)
        assert created.status == 201, created.body
        path = f"/api/scaffolder/v2/tasks/{created.json['id']}"
        retry: Json = {"secrets": {"t": _TASK_SECRET}}
        for door in ("/eventstream", "/events", "/workspace.zip", ""):
            answer = portal.ask("GET", path + door, headers=headers)
            yield answer.body
        assert answer.json["status"] == ending
        yield portal.ask("GET", f"/tasks/{created.json['id']}", headers=headers).body
        yield portal.ask("POST", f"{path}/retry", retry, headers).body


def _registrations(portal: RunningPortal, headers: dict[str, str]) -> Iterator[bytes]:
    for address in (
        f"https://ada:{_IN_ADDRESS}@nowhere.example/o/r/blob/main/catalog-info.yaml",
        f"https://{_IN_ADDRESS}@nowhere.example/o/r",
    ):
        for door in ("locations", "locations?dryRun=true"):
            body = {"type": "url", "target": address}
            answer = portal.ask("POST", f"/api/catalog/{door}", body, headers)
            assert answer.status >= 400
            yield answer.body
        wanted: Json = {"location": {"type": "url", "target": address}}
        yield portal.ask("POST", "/api/catalog/analyze-location", wanted, headers).body


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yield bytes as they are, and what is compressed in them."""
    yield data
    for decompress in (gzip.decompress, zlib.decompress, bz2.decompress):
        with suppress(OSError, EOFError, ValueError, zlib.error):
            yield decompress(data)
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name.encode()
            yield archive.read(name)


def _forms(secret: str) -> set[bytes]:
    """Return what must not be found, in lower case: a secret in every usual notation."""
    parts = [part for part in re.split(r"\n", secret) if len(part) > 5]
    texts = {form for text in (secret, *parts) for form in (text, text[::-1])}
    for text in (secret, *parts):
        texts |= {json.dumps(text)[1:-1], json.dumps(json.dumps(text))[3:-3], quote(text, "")}
        texts |= {quote(text), repr(text)[1:-1], text.encode().hex()}
        # In base64, what surrounds a text decides its letters: three places are possible.
        for before in ("", "a", "ab"):
            encoded = base64.b64encode(f"{before}{text}".encode()).decode()
            texts.add(encoded[4 : len(encoded) // 4 * 4 - 4])
    return {text.lower().encode() for text in texts}


def test_no_secret_of_the_operator_leaves_in_any_form(portal: RunningPortal) -> None:
    admin = {"Authorization": f"Bearer {_ADMIN_TOKEN}"}
    left = [*_tasks(portal, admin), *_registrations(portal, admin)]
    for headers in (admin, {}, {"Authorization": f"Bearer {_ADMIN_TOKEN}x"}):
        left += _tour(portal, headers)
        left += (portal.ask("GET", page, headers=headers).body for page in _PAGES)
        left.append(portal.ask("GET", READINESS, headers=headers).body)
    assert sum(map(len, left)) > 100_000
    left.append(portal.log.encode())
    # What may hold secrets: nothing. The key of the data folder is made by the portal itself.
    files = [path for path in (portal.folder / "data").rglob("*") if path.is_file()]
    left += (path.read_bytes() for path in files)
    everything = [part.lower() for data in left for part in _unpacked(data)]
    found = {
        (secret, form)
        for secret in _SECRETS
        for form in _forms(secret)
        if any(form in part for part in everything)
    }
    assert found == set()
    assert "portal.db" in {path.name for path in files}
