"""Actions of installed packages, as the doctor and those who write templates meet them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.authoring.offline import known_actions
from portal.roles.doctor import Diagnosis
from portal.roles.doctor import checks_of
from portal.roles.doctor import examine
from tests.command_line import run
from tests.command_line import write_files
from tests.conftest import MakePortal
from tests.conftest import Portal

TEMPLATE = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: hello}
spec:
  type: service
  owner: team-a
  steps:
    - {id: greet, name: Greet, action: acme:greet, input: {}}
    - {id: make, name: Make, action: fetch:plain, input: {url: ./skeleton}}
"""


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal({"catalog-info.yaml": ""})


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Let what is installed be looked up anew, before and after."""
    known_actions.cache_clear()
    yield
    known_actions.cache_clear()


def found(portal: Portal) -> list[Diagnosis]:
    """Return what the doctor says of actions."""
    return [finding for finding in examine(checks_of(portal.services)) if finding.what == "actions"]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that installs a package whose actions are those of a Python text."""

    def install(actions: str) -> None:
        folder = tmp_path / "installed"
        metadata = folder / "acme_actions-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        entry = "[portal.scaffolder.actions]\nall = acme_installed_test:ALL\n"
        (metadata / "entry_points.txt").write_text(entry)
        (folder / "acme_installed_test.py").write_text(
            "from portal.scaffolder.running.action import Action, ActionResult, an_object\n"
            "def run(context):\n    return ActionResult(context.tree)\n"
            f"ALL = [Action(name, 'Of a test.', run, an_object()) for name in {actions}]\n"
        )
        monkeypatch.syspath_prepend(str(folder))

    monkeypatch.delitem(sys.modules, "acme_installed_test", raising=False)
    return install


def test_sound_packages_are_not_worth_a_line(
    portal: Portal, package: Callable[[str], None]
) -> None:
    package("['acme:greet']")
    assert found(portal) == []


@pytest.mark.parametrize(
    ("actions", "reason"),
    [
        ("['fetch:plain']", "there is an action fetch:plain already"),
        ("['none']", "an action's id must look like 'family:name'"),
        ("1/0", "it cannot be loaded (ZeroDivisionError)"),
    ],
)
def test_clashes_and_broken_packages_are_told(
    portal: Portal, package: Callable[[str], None], actions: str, reason: str
) -> None:
    package(actions)
    (finding,) = found(portal)
    assert not finding.is_good
    assert finding.detail == f"entry point all of package acme: {reason}"
    assert "remove that package" in finding.remedy


# --- templates on a terminal ----------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "template.yaml": TEMPLATE,
        "skeleton/a.txt": "a\n",
        "cases/one.yaml": "values: {}\n",
    }
    return write_files(tmp_path / "hello", files)


def test_a_template_that_uses_an_installed_action_passes(
    folder: Path, package: Callable[[str], None]
) -> None:
    package("['acme:greet']")
    done = run("template", "test", "--update", folder)
    assert "there is no action" not in done.output
    done = run("template", "test", folder)
    assert done.exit_code == 0, done.output


def test_one_whose_action_nobody_brings_does_not(folder: Path) -> None:
    done = run("template", "test", folder)
    assert done.exit_code != 0
    assert "there is no action 'acme:greet'" in done.output
