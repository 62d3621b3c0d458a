"""Servers with the APIs of forges, as far as publishing asks them."""

from __future__ import annotations

import json
from abc import ABC
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import ClassVar
from urllib.parse import parse_qs
from urllib.parse import urlsplit

from portal.config.sources import Integration
from tests.conftest import Forge
from tests.conftest import ForgeAnswer
from tests.conftest import MakeSteps
from tests.conftest import Steps
from tests.conftest import Workspace
from tests.scaffolder.remotes import json_answer

TOKEN = "t0ken-of-the-user"
OPERATOR = "t0ken-of-the-operator"
FILES = {"README.md": "# Shop\n"}

#: What a step leaves in ``output``.
Output = Mapping[str, Any]
#: A status, and the JSON behind it.
Written = tuple[int, Any]


@dataclass
class Api(ABC):
    """What the servers have in common: repositories, requests, and who asks."""

    kind: ClassVar[str]
    base: ClassVar[str]
    welcome: ClassVar[tuple[str, ...]]
    forge: Forge
    repositories: dict[str, Any] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, str, dict[str, Any], str]] = field(default_factory=list)

    def get(self, path: str, headers: Mapping[str, str]) -> ForgeAnswer:
        if headers.get("authorization") not in self.welcome:
            return json_answer(401, {"message": "401 Unauthorized"})
        parts = urlsplit(path.removeprefix(self.base))
        found = self.read(parts.path, parse_qs(parts.query))
        return (
            json_answer(404, {"message": "404 Not Found"})
            if found is None
            else json_answer(200, found)
        )

    def change(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> ForgeAnswer:
        if headers.get("authorization") not in self.welcome:
            return json_answer(401, {"message": "401 Unauthorized"})
        where, content = path.removeprefix(self.base), json.loads(body or b"null")
        self.sent.append((method, where, content, headers["authorization"]))
        return json_answer(*self.write(where, content))

    @abstractmethod
    def read(self, path: str, query: Mapping[str, list[str]], /) -> Any:
        """Return the JSON at a path; ``None`` where nothing is."""

    @abstractmethod
    def write(self, path: str, content: dict[str, Any]) -> Written:
        """Do what a change asks for."""

    def bodies(self, ending: str) -> list[dict[str, Any]]:
        return [body for _, path, body, _ in self.sent if path.endswith(ending)]

    def address(self, name: str) -> str:
        return f"http://{self.forge.host}/{name}.git"


def steps_at(make_steps: MakeSteps, forge: Forge, api: Api, **more: Any) -> Steps:
    """Return what runs steps that publish to a server with an API."""
    forge.api, forge.change, forge.password = api.get, api.change, TOKEN
    integration = Integration(forge.host, api.kind, f"http://{forge.host}{api.base}", **more)
    return make_steps(publish_hosts=(forge.host,), integrations=(integration,))


@dataclass
class Publisher:
    """Runs steps that publish to one repository.

    Attributes:
        steps: What runs them.
        action: The action to run if no other is named.
        given: Its input, as far as a test does not say otherwise.
    """

    steps: Steps
    action: str
    given: dict[str, Any]

    def __call__(self, name: str = "", tree: Workspace = FILES, /, **given: Any) -> Output:
        """Run a step; return its output."""
        named = {key: value for key, value in {**self.given, **given}.items() if value is not None}
        return self.steps.run(name or self.action, tree, **named).output
