"""The law of the house: imports point back up the road, dangers have one address."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: In a process of its own: import-linter sets logging up anew for whoever runs it.
PROGRAM = """
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(config_filename="setup.cfg", no_cache=True))
"""


def test_every_contract_of_setup_cfg_is_kept() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
