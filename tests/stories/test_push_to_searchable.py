"""From ``git push`` to searchable: a real remote, a real portal, a signed webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Forge
from tests.conftest import Repository

SECRET = "a secret of the two"
ENTITY = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: shop
  description: {word} for everybody
spec: {{type: service, lifecycle: production, owner: team}}
"""


class Serving:
    """A ``portal serve`` in a process of its own."""

    def __init__(self, folder: Path, config: str) -> None:
        file = folder / "portal.yaml"
        file.write_text(config)
        environment = {**os.environ, "HOOK_SECRET": SECRET, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "portal", "serve", "--config", str(file)]
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
        )
        self.log: list[str] = []
        self._told = threading.Event()
        self.url = ""
        threading.Thread(target=self._read, daemon=True).start()
        assert self._told.wait(30), self.log

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"listening on (http://\S+)", line):
                self.url = found[1]
                self._told.set()

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}") as answer:
            return json.load(answer)

    def finds(self, word: str) -> bool:
        try:
            results = self.get(f"/api/search/query?term={word}")["results"]
        except urllib.error.HTTPError:  # there is no index yet
            return False
        return any(f"{word} for everybody" in json.dumps(result) for result in results)

    def until_found(self, word: str, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not self.finds(word):
            assert time.monotonic() < end, "".join(self.log)
            time.sleep(0.005)

    def post(self, content: Any, delivery: str) -> int:
        body = json.dumps(content).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        url = f"{self.url}/api/events/http/github"
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return int(answer.status)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def clone(forge: Forge) -> Repository:
    return forge.make("team/shop", {"catalog-info.yaml": ENTITY.format(word="apples")})


@pytest.fixture
def serving(forge: Forge, tmp_path: Path) -> Iterator[Serving]:
    serving = Serving(
        tmp_path,
        f"""port: 0
sync_interval: 3600
sources: [{{name: shop, url: "http://{forge.host}/team/shop.git"}}]
webhook_secrets: {{github: HOOK_SECRET}}
""",
    )
    yield serving
    serving.stop()


def pushed(forge: Forge, commit: str) -> dict[str, Any]:
    return {
        "ref": "refs/heads/main",
        "after": commit,
        "deleted": False,
        "repository": {"clone_url": f"http://{forge.host}/team/shop.git", "default_branch": "main"},
    }


@pytest.mark.slow
@pytest.mark.alone
def test_a_push_is_searchable_in_less_than_a_second(
    forge: Forge, clone: Repository, serving: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    serving.until_found("apples")
    times = []
    for number, word in enumerate(("bananas", "cherries", "damsons", "elderberries", "figs")):
        commit = clone.commit({"catalog-info.yaml": ENTITY.format(word=word)})
        clone.git("push", "--quiet", "origin", "main")
        began = time.perf_counter()
        assert serving.post(pushed(forge, commit), f"delivery-{number}") == 202
        serving.until_found(word)
        times.append(time.perf_counter() - began)
    with capsys.disabled():
        shown = ", ".join(f"{1000 * each:.0f}" for each in times)
        print(f"\nfrom push to searchable, milliseconds: {shown}")  # noqa: T201
    assert sorted(times)[len(times) // 2] < 1


@pytest.mark.slow
@pytest.mark.alone
def test_many_pushes_at_once_make_few_runs_and_the_last_one_counts(
    forge: Forge, clone: Repository, serving: Serving
) -> None:
    serving.until_found("apples")
    looks = len(forge.seen)
    commit = clone.commit({"catalog-info.yaml": ENTITY.format(word="grapes")})
    clone.git("push", "--quiet", "origin", "main")
    for number in range(30):
        serving.post({**pushed(forge, commit), "number": number}, f"many-{number}")
    serving.until_found("grapes")
    time.sleep(0.3)
    assert len(forge.seen) - looks < 60
