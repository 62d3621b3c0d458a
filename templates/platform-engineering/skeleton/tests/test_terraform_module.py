import shutil
import subprocess

import pytest

from selfservice.settings import ROOT
from selfservice.terraform import Terraform

MODULE = "modules/postgres-database"


@pytest.fixture
def terraform(tmp_path):
    """Runs a command of Terraform on a copy, as a platform engineer would at the keyboard."""
    shutil.copytree(ROOT / "terraform", tmp_path / "terraform")
    state = Terraform(tmp_path / "state", {})

    def run(folder, *arguments):
        command = [*state._command, f"-chdir={tmp_path / 'terraform' / folder}", *arguments]
        return subprocess.run(
            command, env=state._environment, capture_output=True, text=True, check=False
        )

    return run


def test_the_modules_own_tests_pass(terraform):
    assert terraform(MODULE, "init").returncode == 0
    ended = terraform(MODULE, "test", "-no-color")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "5 passed, 0 failed" in ended.stdout


def test_the_files_have_their_form_and_are_valid(terraform):
    assert terraform(".", "fmt", "-check", "-recursive").stdout == ""
    assert terraform(".", "init", "-backend=false").returncode == 0
    assert terraform(".", "validate").returncode == 0
