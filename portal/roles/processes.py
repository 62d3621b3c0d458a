"""The commands with which one process of the portal starts the next."""

from __future__ import annotations

import sys
from pathlib import Path

from portal.config.settings import Config
from portal.kernel.jobs import WorkerProcess


def worker_command(config: Config, config_file: Path | None, *flags: str) -> list[str]:
    """Return the command of a worker's process, with the settings of this one.

    It ends with the option that takes the number of the file for signs of life.
    """
    command = [sys.executable, "-m", "portal", "worker", "--follow-input", *flags]
    # The address is known here: the command line, or the system, may have chosen it.
    command += ["--data-dir", str(config.data_dir)]
    command += ["--host", config.host, "--port", str(config.port)]
    if config_file is not None:
        command += ["--config", str(config_file)]
    return [*command, "--alive-file"]


def task_process(config: Config, config_file: Path | None) -> WorkerProcess | None:
    """Return the process that runs tasks; ``None`` if ``tasks_at_once`` is 0."""
    if not config.tasks_at_once:
        return None
    return WorkerProcess(worker_command(config, config_file, "--tasks"))
