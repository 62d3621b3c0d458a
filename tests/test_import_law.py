"""The law of the house: imports point back up the road, dangers have one address."""

from __future__ import annotations

import os
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent


def test_every_contract_of_setup_cfg_is_kept(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(os.fspath(ROOT))
    status = lint_imports(config_filename="setup.cfg", no_cache=True)
    assert status == 0, capsys.readouterr().out
