"""The processes beside those that serve, and how one process of the portal starts the next."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from portal.config.settings import Config
from portal.kernel.jobs import WorkerProcess
from portal.kernel.jobs import command
from portal.server.forked import forked

#: Runs the program with arguments, as if they were typed.
RunProgram = Callable[[list[str]], None]


def worker_arguments(config: Config, config_file: Path | None, role: str) -> list[str]:
    """Return the arguments of the program for a worker's process, with the settings of this one.

    They end with the option that takes the number of the file for signs of life.

    Args:
        config: The settings in force.
        config_file: Where they were read, and are read again.
        role: The option for what it does: ``--sync`` or ``--tasks``.
    """
    arguments = ["worker", "--follow-input", role]
    # The address is known here: the command line, or the system, may have chosen it.
    arguments += ["--data-dir", str(config.data_dir)]
    arguments += ["--host", config.host, "--port", str(config.port)]
    if config_file is not None:
        arguments += ["--config", str(config_file)]
    return [*arguments, "--alive-file"]


def task_process(config: Config, config_file: Path | None) -> WorkerProcess | None:
    """Return the process that runs tasks beside a worker; ``None`` if ``tasks_at_once`` is 0."""
    if not config.tasks_at_once:
        return None
    arguments = worker_arguments(config, config_file, "--tasks")
    return WorkerProcess(command([sys.executable, "-m", "portal", *arguments]))


class WorkerProcesses:
    """The children of the process that serves: one reads sources, one runs tasks.

    Args:
        config_file: Where settings were read; each process reads them again.
        run_program: Runs the program with arguments, as if they were typed.
    """

    def __init__(self, config_file: Path | None, run_program: RunProgram) -> None:
        self._config_file = config_file
        self._run_program = run_program
        self._running: dict[str, WorkerProcess] = {}

    def use(self, config: Config) -> None:
        """Make the processes what settings say: new ones start with the next look."""
        wanted = {"--sync": "portal-worker"}
        if config.tasks_at_once:
            wanted["--tasks"] = "portal-tasks"
        for role in self._running.keys() - wanted.keys():
            self._running.pop(role).stop()
        for running in self._running.values():
            running.restart()
        for role in wanted.keys() - self._running.keys():
            arguments = worker_arguments(config, self._config_file, role)
            run = partial(_run_worker, self._run_program, arguments)
            self._running[role] = WorkerProcess(forked(wanted[role], run))

    def look(self) -> None:
        """Start those that do not run."""
        for each in self._running.values():
            each.look()

    def wake(self) -> None:
        """Ask all of them to look for work now."""
        for each in self._running.values():
            each.wake()

    def stop(self) -> None:
        """End all of them, at the same time, and wait for it."""
        for each in self._running.values():
            each.restart()
        for each in self._running.values():
            each.stop()


def _run_worker(run_program: RunProgram, arguments: list[str], signs: int) -> None:
    run_program([*arguments, str(signs)])
