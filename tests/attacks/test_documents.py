"""A repository of an attacker (cases A1 to A13, A17, B9, B11, C6, C7, H1, H3 to H5, H7).

Every file stands beside a sound one, is read by a running portal, and is told as a problem of its
own: nothing else suffers. The number of the case is in the name of the test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests.attacks.running import Json
from tests.attacks.running import RunningPortal
from tests.attacks.running import running_portal
from tests.conftest import repository_at
from tests.http_server import http_server

#: It starts a portal of its own, as a process.
pytestmark = pytest.mark.slow

_CANARY = "c4n4ry-of-the-host"
_HEAD = "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
_SPEC = "spec: {type: service, lifecycle: production, owner: guests}\n"
_ENTITIES = "/api/catalog/entities"


def _component(name: str, more: str = "") -> str:
    return f"{_HEAD}metadata:\n  name: {name}\n{more}{_SPEC}"


def _bomb(merged: bool) -> str:
    levels = ["a0: &a0 {k: v}"]
    for level in range(1, 9):
        before = ", ".join([f"*a{level - 1}"] * 9)
        content = f"{{<<: [{before}]}}" if merged else f"[{before}]"
        levels.append(f"a{level}: &a{level} {content}")
    return "\n".join(levels)


_LOOPS = "&loop [*loop]"
#: What stands in the file of each case.
_HOSTILE: dict[str, str | bytes] = {
    "a01": f"{_HEAD}{_bomb(merged=True)}\n",
    "a02": f"{_HEAD}{_bomb(merged=False)}\n",
    "a03": "[" * 30_000 + "]" * 30_000,
    "a04": "[" + "a," * 300_000 + "a]",
    "a05": f"{_HEAD}metadata: {{name: a5}}\nspec: {{count: {'9' * 5_000}}}\n",
    "a06": f"{_HEAD}metadata: {{name: a6}}\nspec: {{count: .nan}}\n",
    "a07": f"{_HEAD}metadata: !!python/object/apply:os.system [id]\n",
    "a08": f"{_HEAD}metadata: {{name: a8}}\nspec: {_LOOPS}\n",
    "a09": f"{_HEAD}metadata: {{name: a9}}\nmetadata: {{name: other}}\n{_SPEC}",
    "a11": "---\n".join(["kind: x\n"] * 20_000),
    "a12": "\ufeffkind: x".encode("utf-16"),
    "a13": _component("../../etc/passwd"),
    "a17": _component("a17", "  description: {$text: file:///etc/hostname}\n"),
}
_HOSTS_FILE = "/etc/passwd"
_MARKDOWN = f"""# Shop

<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1))
<iframe srcdoc="<script>alert(1)</script>"></iframe>

--8<-- "{_HOSTS_FILE}"
--8<-- "../../secret.md"

![picture](http://$HOST/picture.png) <img src="http://$HOST/raw.png">
"""
_MKDOCS = """
site_name: shop
docs_dir: ../../
hooks: [hook.py]
INHERIT: /etc/passwd
plugins: [{exec: {url: "http://$HOST/plugin"}}]
markdown_extensions: [{pymdownx.snippets: {base_path: [/], url_download: true}}]
extra: !!python/name:os.system
"""


_MODULES = """
[submodule "../../evil"]
	path = evil
	url = ext::sh -c 'touch evil'
[include]
	path = /etc/passwd
"""


class _Counting(BaseHTTPRequestHandler):
    """Counts what it is asked for."""

    asked: list[str]

    def log_message(self, *_args: Any) -> None: ...

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(_CANARY.encode())


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Return the paths that the server was asked for."""
    return []


@pytest.fixture(scope="module")
def host(asked: list[str]) -> Iterator[str]:
    """Return a server of the attacker's choice, inside the network."""
    handler = type("_Handler", (_Counting,), {"asked": asked})
    with http_server(handler) as port:
        yield f"127.0.0.1:{port}"


def _content(host: str) -> dict[str, str | bytes]:
    targets = "".join(f"---\n{_location(name)}" for name in [*_HOSTILE, "link"])
    annotated = "  annotations: {backstage.io/techdocs-ref: 'dir:./shop'}\n"
    return {
        "catalog-info.yaml": f"{_component('shop', annotated)}{targets}",
        **{f"{name}.yaml": text for name, text in _HOSTILE.items()},
        "shop/mkdocs.yml": "site_name: shop\n",
        "shop/docs/index.md": _MARKDOWN.replace("$HOST", host),
        "other/mkdocs.yml": _MKDOCS.replace("$HOST", host),
        "other/docs/index.md": "# Other",
        "other.yaml": _component("other", annotated.replace("./shop", "./other")),
        ".gitmodules": _MODULES,
    }


def _location(name: str) -> str:
    return (
        "apiVersion: backstage.io/v1alpha1\nkind: Location\n"
        f"metadata: {{name: to-{name}}}\nspec: {{type: url, targets: [./{name}.yaml]}}\n"
    )


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, host: str) -> Iterator[RunningPortal]:
    """Return a portal that reads the repository."""
    folder = tmp_path_factory.mktemp("attacked")
    content = repository_at(folder / "content", _content(host))
    for path, target in (("link.yaml", _HOSTS_FILE), ("shop/docs/link.md", _HOSTS_FILE)):
        (content.path / path).symlink_to(target)
    content.commit()
    targets = ["catalog-info.yaml", "other.yaml"]
    source = {"name": "content", "url": str(content.path), "targets": targets}
    with running_portal(folder / "portal", sources=[source]) as portal:
        yield portal


@pytest.fixture(scope="module")
def problems(portal: RunningPortal) -> Json:
    """Return what the portal says is wrong."""
    return portal.ask("GET", "/api/catalog/problems").json


def _told(problems: Json, name: str) -> list[str]:
    items = problems["items"] if isinstance(problems, dict) else problems
    return [json.dumps(item) for item in items if f"{name}.yaml" in json.dumps(item)]


@pytest.mark.parametrize("name", list(_HOSTILE))
def test_a01_to_a17_a_hostile_file_is_a_problem_of_its_own(problems: Json, name: str) -> None:
    told = _told(problems, name)
    assert told
    assert all(len(text) < 4_000 for text in told)


def test_a01_to_a17_what_is_sound_is_there_and_nothing_else(portal: RunningPortal) -> None:
    found = portal.ask("GET", f"{_ENTITIES}?filter=kind=component").json
    assert {entity["metadata"]["name"] for entity in found} == {"shop", "other"}
    assert portal.ask("GET", "/api/search/query?term=shop").status == 200
    assert "Traceback" not in portal.log


def test_b09_submodules_are_neither_read_nor_listed(portal: RunningPortal) -> None:
    answer = portal.ask("GET", "/api/catalog/sources/content")
    assert answer.status == 200
    assert "evil" not in answer.body.decode() + portal.log
    assert not [path for path in (portal.folder / "data").rglob("*") if "evil" in path.name]


def test_b11_a_link_to_a_file_of_the_host_is_not_read(
    portal: RunningPortal, problems: Json
) -> None:
    assert _told(problems, "link")
    assert "root:" not in json.dumps(problems)
    assert "root:x" not in portal.log


def _page(portal: RunningPortal, name: str, path: str = "index.html") -> bytes:
    prefix = f"/api/techdocs/static/docs/default/component/{name}"
    return portal.ask("GET", f"{prefix}/{path}").body


def test_c06_rendering_documentation_asks_nobody(portal: RunningPortal, asked: list[str]) -> None:
    assert b"Shop" in _page(portal, "shop")
    for name in ("shop", "other"):
        portal.ask("GET", f"/api/techdocs/sync/default/component/{name}")
        portal.ask("GET", f"/docs/default/component/{name}")
        _page(portal, name)
    assert asked == []


@pytest.mark.parametrize("kind", ["/api/catalog/locations", "/api/catalog/locations?dryRun=true"])
def test_c07_what_listens_inside_is_not_told(
    portal: RunningPortal, host: str, kind: str, asked: list[str]
) -> None:
    told = set()
    for place in (host, "127.0.0.1:9", "10.255.255.1:80"):  # listens, is closed, is silent
        body = {"type": "url", "target": f"http://{place}/catalog-info.yaml"}
        answer = portal.ask("POST", kind, body)
        told.add((answer.status, answer.body.decode().replace(place, "<host>")))
    assert len(told) == 1
    assert asked == []


def test_h01_no_markup_runs(portal: RunningPortal) -> None:
    for body in (_page(portal, "shop"), portal.ask("GET", "/docs/default/component/shop").body):
        page = body.decode().lower()
        for mark in ("<script>alert", "onerror=", "<iframe", 'href="javascript', "href='javasc"):
            assert mark not in page


def test_h03_a_configuration_is_no_code_and_no_folder_of_the_host(portal: RunningPortal) -> None:
    assert b"root:" not in _page(portal, "other")
    assert b"root:" not in _page(portal, "other", "passwd")
    assert portal.ask("GET", f"{_ENTITIES}/by-name/component/default/other").status == 200


def test_h04_and_h07_no_file_of_the_host_is_shown(portal: RunningPortal) -> None:
    for path in ("index.html", "link/index.html", "link.md"):
        assert b"root:" not in _page(portal, "shop", path)


@pytest.mark.parametrize(
    "path",
    ["../other/index.html", "..%2fother/index.html", "%2e%2e/other/", "..%5cother", "//etc/passwd"],
)
def test_h05_no_path_leads_to_another_entity(portal: RunningPortal, path: str) -> None:
    prefix = "/api/techdocs/static/docs/default/component/shop"
    answer = portal.ask("GET", f"{prefix}/{path}")
    assert answer.status in {301, 404}
    assert b"Other" not in answer.body
