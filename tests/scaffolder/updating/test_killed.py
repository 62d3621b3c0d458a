"""A process that carries out a campaign is killed at every moment that the forge can see.

Killed for real (``SIGKILL``), before and after what it asks of the forge; the next process
ends with one branch and one request, whatever was done before.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections.abc import Mapping

import pytest

from tests.conftest import ForgeAnswer
from tests.scaffolder.remotes import json_answer
from tests.scaffolder.updating.conftest import MakeWorld
from tests.scaffolder.updating.conftest import World

#: Carries out campaigns, as the process of tasks does; its settings come in.
_WORK = """
import pickle, sys
from portal.roles.services import Services
services = Services(pickle.load(sys.stdin.buffer))
while services.campaign_job.do_one():
    pass
services.database.dispose()
"""


class Killer:
    """Kills a process at one of the moments that the forge can see.

    They are counted: before each request of its API is answered, and after each that changes
    something, when it is done but not answered.

    Args:
        world: Whose forge it is.
        at: The number of the moment, from 1.
    """

    def __init__(self, world: World, at: int) -> None:
        self._left = at
        self.process: subprocess.Popen[bytes] | None = None
        self._get, self._change = world.api.get, world.api.change
        world.api.forge.api, world.api.forge.change = self.get, self.change

    def get(self, path: str, headers: Mapping[str, str]) -> ForgeAnswer:
        return self._gone() or self._get(path, headers)

    def change(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> ForgeAnswer:
        gone = self._gone()
        if gone:
            return gone
        answer = self._change(method, path, headers, body)
        return self._gone() or answer

    def _gone(self) -> ForgeAnswer | None:
        """Return an answer to nobody, if it was the moment."""
        self._left -= 1
        if self._left or self.process is None:
            return None
        self.process.kill()
        return json_answer(500, {})


def run(world: World, killer: Killer | None = None) -> int:
    """Run the process to its end, and return its exit code."""
    process = subprocess.Popen((sys.executable, "-c", _WORK), stdin=subprocess.PIPE)
    assert process.stdin is not None
    if killer is not None:
        killer.process = process
    process.stdin.write(pickle.dumps(world.portal.config))
    process.stdin.close()
    return process.wait()


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_no_half_request(make_world: MakeWorld) -> None:
    world = make_world()
    where = "/api/scaffolder/v2/templates/default/template/service/campaigns"
    moments = 0
    killed = True
    while killed:
        world.change_template({"app/new.py": f"NEW = {moments}\n"})
        started = world.portal.client.post(where, json={"perHour": 1000})
        assert started.status_code == 201, started.text
        campaign = f"/api/scaffolder/v2/campaigns/{started.get_json()['id']}"
        opened = len(world.api.pulls)
        killer = Killer(world, moments + 1)
        code = run(world, killer)
        assert code in {0, -signal.SIGKILL}, code
        killed = code != 0
        if killed:
            assert world.portal.get(campaign)["counts"]["running"] == 1
            assert run(world) == 0
        found = world.portal.get(campaign)
        assert (found["state"], found["counts"]["proposed"]) == ("done", 1), found
        [pull] = world.api.pulls[opened:]
        assert world.content("app/new.py", pull["head"]["ref"]) == f"NEW = {moments}\n"
        world.merge(pull["head"]["ref"])
        world.api.forge.api, world.api.forge.change = world.api.get, world.api.change
        world.portal.sync()
        moments += 1
    assert moments > 4
