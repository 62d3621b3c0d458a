"""What happens right now: builds from GitHub's API, deployments from Kubernetes' API.

These are the two questions Backstage's own plugins ask, found by the same annotations.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

PATIENCE = 5.0


@dataclass(frozen=True)
class Unknown:
    """No answer. It is never taken for a good one."""

    reason: str


@dataclass(frozen=True)
class Build:
    """The last run of the pipeline on the main branch: "success", "failure", "in_progress", …."""

    outcome: str
    commit: str
    url: str


@dataclass(frozen=True)
class Deployment:
    """What runs in one namespace: how many copies are ready, and how many should be."""

    namespace: str
    version: str
    ready: int
    wanted: int

    @property
    def is_healthy(self) -> bool:
        """Say whether all copies are ready."""
        return self.ready == self.wanted > 0


class Status:
    """Asks a forge and a cluster.

    GITHUB_API and KUBERNETES_API say where they are, GITHUB_TOKEN and KUBERNETES_TOKEN who asks.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._github = environment.get("GITHUB_API", "https://api.github.com")
        self._kubernetes = environment.get("KUBERNETES_API", "http://127.0.0.1:8001")
        self._tokens = {
            self._github: environment.get("GITHUB_TOKEN", ""),
            self._kubernetes: environment.get("KUBERNETES_TOKEN", ""),
        }

    def build(self, slug: str) -> Build | Unknown:
        """Give the last build of a repository "organization/name"."""
        path = f"/repos/{slug}/actions/runs"
        answer = self._get(self._github, path, branch="main", per_page="1")
        if isinstance(answer, Unknown):
            return answer
        runs = answer.get("workflow_runs") or []
        if not runs:
            return Unknown("no run")
        run = runs[0]
        return Build(run["conclusion"] or run["status"], run["head_sha"][:7], run["html_url"])

    def deployments(self, kubernetes_id: str) -> list[Deployment] | Unknown:
        """Give the deployments that carry a component's label."""
        label = f"backstage.io/kubernetes-id={kubernetes_id}"
        answer = self._get(self._kubernetes, "/apis/apps/v1/deployments", labelSelector=label)
        if isinstance(answer, Unknown):
            return answer
        return [_deployment(item) for item in answer.get("items", ())] or Unknown("no deployment")

    def _get(self, base: str, path: str, **query: str) -> dict[str, Any] | Unknown:
        request = Request(f"{base}{path}?{urlencode(query)}")  # noqa: S310 - http(s) by setting
        request.add_header("Accept", "application/json")
        if self._tokens[base]:
            request.add_header("Authorization", f"Bearer {self._tokens[base]}")
        try:
            with urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
                answer: dict[str, Any] = json.load(response)
                return answer
        except (URLError, OSError, ValueError) as error:
            return Unknown(str(getattr(error, "code", "") or getattr(error, "reason", error)))


def _deployment(item: Mapping[str, Any]) -> Deployment:
    image = item["spec"]["template"]["spec"]["containers"][0]["image"]
    return Deployment(
        item["metadata"]["namespace"],
        image.rpartition(":")[2],
        (item.get("status") or {}).get("readyReplicas", 0),
        item["spec"]["replicas"],
    )
