"""A portal with a template, a forge with the project that it made, and both may go on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest

from portal.config.sources import Integration
from portal.config.sources import Source
from tests.conftest import Forge
from tests.conftest import ForgeAnswer
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.conftest import Repository
from tests.scaffolder.remotes import Remote
from tests.scaffolder.remotes import json_answer
from tests.task_bench import run_all

TOKEN = "t0ken-of-the-operator"
NOTE = ".portal/provenance.yaml"
UPDATE = "/api/scaffolder/v2/projects/default/component/shop/update"
TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: service}
spec:
  owner: guests
  type: service
  parameters:
    required: [name]
    properties:
      name: {type: string}
      port: {type: integer, default: 8000}
  steps:
    - {id: fetch, action: "fetch:template", input: {url: ./skeleton, values: {VALUES}}}
    - id: publish
      action: publish:gitea
      input: {repoUrl: "REPO_URL", description: x}
  updates: {}
"""
VALUES = 'name: "${{ parameters.name }}", port: "${{ parameters.port }}"'
COMPONENT = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: "${{ values.name }}"}
spec: {type: service, lifecycle: production, owner: guests}
"""
SKELETON: dict[str, str | bytes | None] = {
    "catalog-info.yaml": COMPONENT.lstrip(),
    "README.md": "# ${{ values.name }}\n\nLine one\nLine two\nLine three\nLine four\n",
    "app/main.py": "PORT = ${{ values.port }}\n\n\ndef main():\n    return 'hello'\n",
    "app/old.py": "# goes away later\nVALUE = 1\n",
    "logo.bin": b"\x00\x01\x02",
}
ANSWERS = {"name": "shop"}
Plan = dict[str, Any]


@dataclass
class GiteaApi:
    """The API of a Gitea, as far as updates ask it.

    Attributes:
        pulls: The pull requests that were opened.
        asked: Method and path of each request.
    """

    forge: Forge
    pulls: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    repositories: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str, headers: Mapping[str, str]) -> ForgeAnswer:
        self.asked.append(("GET", path))
        assert headers["authorization"] == f"token {TOKEN}"
        parts = urlsplit(path).path.removeprefix("/api/v1/").split("/")
        if parts[0] == "orgs":
            return json_answer(200, {"id": 1})
        if parts[-2] == "pulls":
            asked = [one for one in self.pulls if str(one["number"]) == parts[-1]]
            return json_answer(200, asked[0]) if asked else json_answer(404, {})
        if parts[-1] == "pulls":
            assert parse_qs(urlsplit(path).query)["state"] == ["open"]
            return json_answer(200, [one for one in self.pulls if one["state"] == "open"])
        found = self.repositories.get("/".join(parts[1:]))
        return json_answer(200, found) if found else json_answer(404, {})

    def change(
        self, method: str, path: str, _headers: Mapping[str, str], body: bytes
    ) -> ForgeAnswer:
        self.asked.append((method, path))
        content = json.loads(body)
        if path.endswith("/pulls"):
            number = len(self.pulls) + 1
            pull = {**content, "number": number, "state": "open", "html_url": f"http://x/{number}"}
            pull |= {side: {"ref": content[side]} for side in ("head", "base")}
            self.pulls.append(pull)
            return json_answer(201, pull)
        name = f"{path.split('/')[-2]}/{content['name']}"
        self.forge.make_empty(name)
        self.repositories[name] = {
            "clone_url": f"http://{self.forge.host}/{name}.git",
            "default_branch": "main",
            "created_at": "2999-01-01T00:00:00Z",
        }
        return json_answer(201, self.repositories[name])


@dataclass
class World:
    """A portal, the repository of its template, and the project it made at a forge.

    Attributes:
        portal: The portal.
        template: The repository of the template.
        remote: The project's repository at the forge.
        api: The forge's API.
    """

    portal: Portal
    template: Repository
    remote: Remote
    api: GiteaApi

    def change_template(self, files: Mapping[str, str | bytes | None], **entity: str) -> None:
        """Commit changes of the skeleton, and of texts in the descriptor; the portal reads it."""
        named = {f"service/skeleton/{path}": content for path, content in files.items()}
        if entity:
            path = self.template.path / "service/template.yaml"
            text = path.read_text()
            for before, after in entity.items():
                text = text.replace(before, after)
            named["service/template.yaml"] = text
        self.template.commit(named)
        self.portal.sync("templates")

    def describe(self, old: str, new: str) -> None:
        """Change a text of the template's descriptor."""
        self.change_template({}, **{old: new})

    def change_project(self, files: Mapping[str, str | bytes | None]) -> Repository:
        """Commit to the project, as its owners do, and push it."""
        folder = self.remote.serving.root.parent / "work"
        if not folder.exists():
            folder.mkdir()
            Repository(folder).git("clone", "--quiet", str(self.remote.path), ".")
        work = Repository(folder)
        work.git("pull", "--quiet", "--ff-only", "origin", "main")
        work.commit(files)
        work.git("push", "--quiet", str(self.remote.path), "HEAD:main")
        return work

    def preview(self) -> Plan:
        return dict(self.portal.get(UPDATE))

    def update(self, status: int = 200, **body: Any) -> Plan:
        answer = self.portal.client.post(UPDATE, json=body)
        assert answer.status_code == status, answer.text
        return dict(answer.get_json())

    def merge(self, branch: str) -> None:
        """Merge a branch of the project, as the forge's button does."""
        self.remote.git("update-ref", "refs/heads/main", branch)
        self.delete(branch)
        for pull in self.api.pulls:
            pull |= {"state": "closed", "merged": True}

    def delete(self, branch: str) -> None:
        """Delete a branch of the project."""
        self.remote.git("update-ref", "-d", f"refs/heads/{branch}")

    def files(self, branch: str = "main") -> dict[str, str]:
        found = self.remote.git("ls-tree", "-r", "-z", "--name-only", branch).split("\0")
        return {path: self.content(path, branch) for path in found if path}

    def content(self, path: str, branch: str = "main") -> str:
        done = subprocess.run(
            ("git", "show", f"{branch}:{path}"),
            cwd=self.remote.path,
            check=True,
            capture_output=True,
        )
        return done.stdout.decode("latin-1")


MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(make_portal: MakePortal, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> MakeWorld:
    """Return a function that makes a world, given files of the skeleton and more of the template."""

    def make(
        skeleton: Mapping[str, str | bytes | None] = SKELETON,
        values: Mapping[str, Any] = ANSWERS,
        **replaced: str,
    ) -> World:
        monkeypatch.setenv("FORGE_TOKEN", TOKEN)
        api = GiteaApi(forge)
        forge.api, forge.change, forge.password = api.get, api.change, TOKEN
        text = TEMPLATE.replace("REPO_URL", f"{forge.host}?owner=acme&repo=shop")
        text = text.replace("VALUES", VALUES)
        for before, after in replaced.items():
            text = text.replace(before, after)
        files = {f"service/skeleton/{path}": content for path, content in skeleton.items()}
        integration = Integration(forge.host, "gitea", f"http://{forge.host}/api/v1", "FORGE_TOKEN")
        portal = make_portal(
            sources=[
                (
                    Source("templates", "", targets=("*/template.yaml",)),
                    {"service/template.yaml": text, **files},
                )
            ],
            integrations=(integration,),
            host_tokens={forge.host: "FORGE_TOKEN"},
            publish_hosts=(forge.host,),
            location_hosts=(forge.host,),
        )
        task = portal.client.post(
            "/api/scaffolder/v2/tasks",
            json={"templateRef": "template:default/service", "values": dict(values)},
        )
        assert task.status_code == 201, task.text
        run_all(portal.services)
        done = portal.get(f"/api/scaffolder/v2/tasks/{task.get_json()['id']}")
        assert done["status"] == "completed", portal.get(
            f"/api/scaffolder/v2/tasks/{task.get_json()['id']}/events"
        )
        target = f"http://{forge.host}/acme/shop/src/branch/main/catalog-info.yaml"
        added = portal.client.post("/api/catalog/locations", json={"type": "url", "target": target})
        assert added.status_code == 201, added.text
        portal.sync()
        return World(portal, portal.repositories["templates"], Remote(forge, "acme/shop"), api)

    return make
