"""The table of actions: Backstage's schemas, further packages, and the smaller families."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.scaffolder.actions.installed import GROUP
from portal.scaffolder.actions.installed import installed_actions
from portal.scaffolder.actions.table import ACTIONS
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.workspace.tree import File
from tests.conftest import MakeSteps
from tests.conftest import Steps
from tests.conftest import Workspace
from tests.tables import each

#: Backstage's schemas without their descriptions.
SCHEMAS = json.loads((Path(__file__).parent / "data/action-schemas.json").read_text("utf-8"))
#: Actions that only the portal has, and those of Backstage's community.
OURS = {
    "catalog:annotate",
    "catalog:scaffolded-from",
    "catalog:template:version",
    "catalog:timestamping",
    "publish:azure:pull-request",
    "publish:git",
    "publish:gitea:pull-request",
}


def _bare(schema: Any) -> Any:
    """Return a schema without descriptions; a property of that name is none."""
    if isinstance(schema, dict):
        return {
            name: _bare(value)
            for name, value in schema.items()
            if not (name == "description" and isinstance(value, str))
        }
    return [_bare(item) for item in schema] if isinstance(schema, list) else schema


def test_every_action_of_backstage_or_ours_is_known() -> None:
    assert set(ACTIONS) == set(SCHEMAS) | OURS


@each(sorted(SCHEMAS))
def test_inputs_are_those_of_backstage(name: str) -> None:
    assert _bare(ACTIONS[name].input) == SCHEMAS[name].get("input")


@each(sorted(SCHEMAS))
def test_outputs_are_those_of_backstage(name: str) -> None:
    assert _bare(ACTIONS[name].output) == SCHEMAS[name].get("output")


@each(sorted(SCHEMAS))
def test_what_can_be_tried_out_can_be_tried_out_here(name: str) -> None:
    assert ACTIONS[name].supports_dry_run == SCHEMAS[name]["supportsDryRun"]


@each(sorted(ACTIONS))
def test_every_action_and_member_is_described(name: str) -> None:
    action = ACTIONS[name]
    assert action.description.endswith(".")
    alternatives = action.input.get("anyOf", [action.input])
    for schema in (*alternatives, action.output or {}):
        for member, one in schema.get("properties", {}).items():
            assert one.get("description") or member in ("branches", "projectVariables"), member


def test_an_example_of_an_output_has_all_its_members() -> None:
    assert ACTIONS["publish:github"].example_output() == {
        "remoteUrl": "<example>",
        "repoContentsUrl": "<example>",
        "commitHash": "<example>",
    }
    assert ACTIONS["debug:log"].example_output() == {}


# --- workspace:* ------------------------------------------------------------------


@pytest.fixture
def steps(make_steps: MakeSteps) -> Steps:
    return make_steps()


TEMPLATES: Workspace = {
    "in/${{ values.name }}.txt": "Hello ${{ values.name }}",
    "in/raw.txt": "${{ kept }}",
    "in/run.sh": File(b"#!/bin/sh\n", True),
    "other": "other",
}


def test_templates_of_the_workspace_are_rendered_beside_them(steps: Steps) -> None:
    result = steps.run(
        "workspace:template",
        TEMPLATES,
        sourcePath="./in",
        targetPath="out",
        values={"name": "shop"},
        copyWithoutTemplating=["raw.txt"],
    )
    made = {path: file for path, file in result.tree.items() if path.startswith("out/")}
    assert made == {
        "out/shop.txt": File(b"Hello shop"),
        "out/raw.txt": File(b"${{ kept }}"),
        "out/run.sh": File(b"#!/bin/sh\n", True),
    }
    assert set(TEMPLATES) <= set(result.tree)


@pytest.mark.parametrize("target", ["in", "in/deeper", "./in/."])
def test_templates_are_not_rendered_into_themselves(steps: Steps, target: str) -> None:
    with pytest.raises(InputError, match="targetPath must not be within template path"):
        steps.run(
            "workspace:template",
            TEMPLATES,
            sourcePath="in",
            targetPath=target,
            copyWithoutTemplating=[],
        )


@pytest.mark.parametrize("name", ["workspace:template", "workspace:template:file"])
def test_templates_of_the_workspace_stay_inside_of_it(steps: Steps, name: str) -> None:
    more: dict[str, Any] = {} if name.endswith("file") else {"copyWithoutTemplating": []}
    for source, target in (("../x", "out"), ("in", "../out"), ("/in", "out")):
        with pytest.raises(NotAllowedError):
            steps.run(name, TEMPLATES, sourcePath=source, targetPath=target, **more)
    with pytest.raises(ActionError, match="'none'"):
        steps.run(name, TEMPLATES, sourcePath="none", targetPath="out", **more)


def test_one_file_of_the_workspace_is_rendered(steps: Steps) -> None:
    given = {"sourcePath": "in/t", "targetPath": "out/t", "values": {"n": "shop"}}
    tree = {"in/t": "Hello ${{ values.n }}"}
    result = steps.run("workspace:template:file", tree, **given)
    assert result.tree["out/t"] == File(b"Hello shop")
    again = steps.run("workspace:template:file", {**tree, "out/t": "old"}, **given)
    assert again.tree["out/t"] == File(b"old")


def test_templates_know_the_address_of_the_portal(make_steps: MakeSteps) -> None:
    steps = make_steps(base_url="https://portal.example.org")
    given = {"sourcePath": "t", "targetPath": "o"}
    result = steps.run("workspace:template:file", {"t": "${{ portalUrl }}/x"}, **given)
    assert result.tree["o"].data == b"https://portal.example.org/x"


# --- debug:wait -------------------------------------------------------------------


def test_waiting_ends_soon_after_the_task_is_cancelled(steps: Steps) -> None:
    is_cancelled = threading.Event()
    threading.Timer(0.2, is_cancelled.set).start()
    began = time.monotonic()
    replace(steps, is_cancelled=is_cancelled.is_set).run("debug:wait", {}, seconds=60)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("given", [{"minutes": 11}, {"seconds": -1}])
def test_nobody_waits_longer_than_ten_minutes(steps: Steps, given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="10 minutes"):
        steps.run("debug:wait", {}, **given)


# --- actions of other packages -----------------------------------------------------

MODULE = """
from portal.scaffolder.running.action import Action, ActionResult, an_object, text

def _greet(context):
    context.log(f"Hello {context.input['name']}")
    return ActionResult(context.tree, {"greeting": "Hello " + context.input["name"]})

GREETING = Action(
    "acme:greet", "Greets.", _greet,
    an_object(("name",), name=text("Who")), an_object(greeting=text("What was said")),
)
SEVERAL = (GREETING, Action("fetch:plain", "Clashes.", _greet, an_object()))
NEITHER = {"acme:none": 1}
NO_SCHEMA = Action("acme:wrong", "Wrong.", _greet, {"type": "nothing"})
NO_ID = Action("../x", "Wrong.", _greet, an_object())
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ENTRY_POINTS = f"[{GROUP}]\ngreeting = acme_actions_test:GREETING\nbroken = acme_actions_test:NO\n"


def _wheel(folder: Path) -> Path:
    """Write a package as a wheel, which needs neither network nor build tools."""
    files = {
        "acme_actions_test.py": MODULE,
        "acme_actions-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme-actions\nVersion: 1.0\n",
        "acme_actions-1.0.dist-info/WHEEL": WHEEL,
        "acme_actions-1.0.dist-info/entry_points.txt": ENTRY_POINTS,
    }
    files["acme_actions-1.0.dist-info/RECORD"] = "".join(f"{name},,\n" for name in files)
    path = folder / "acme_actions-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def _points(*names: str) -> list[EntryPoint]:
    return [EntryPoint(name, f"acme_actions_test:{name}", GROUP) for name in names]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "acme_actions_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("acme_actions_test", None)


@pytest.mark.usefixtures("module")
def test_a_package_adds_an_action() -> None:
    found = installed_actions(_points("GREETING"))
    assert found.problems == ()
    assert set(found.actions) == set(ACTIONS) | {"acme:greet"}
    assert list(found.actions) == sorted(found.actions)


@pytest.mark.usefixtures("module")
def test_a_name_that_is_taken_stays_with_who_has_it() -> None:
    found = installed_actions(_points("SEVERAL"))
    assert found.actions["fetch:plain"] is ACTIONS["fetch:plain"]
    assert "acme:greet" in found.actions
    (problem,) = found.problems
    assert "there is an action fetch:plain already" in problem


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("NEITHER", "neither an Action"),
        ("NO_SCHEMA", "a schema of acme:wrong is no JSON Schema"),
        ("NO_ID", "family:name"),
        ("MISSING", "it cannot be loaded (AttributeError)"),
    ],
)
@pytest.mark.usefixtures("module")
def test_a_broken_package_costs_its_own_actions_only(
    caplog: pytest.LogCaptureFixture, name: str, reason: str
) -> None:
    found = installed_actions([*_points(name), *_points("GREETING")])
    assert set(found.actions) == set(ACTIONS) | {"acme:greet"}
    (problem,) = found.problems
    assert reason in problem
    assert problem in caplog.text


def test_a_package_that_cannot_be_imported_is_told_without_a_path() -> None:
    found = installed_actions([EntryPoint("x", "no_such_module_here:X", GROUP)])
    assert found.actions == ACTIONS
    assert found.problems == (
        "entry point x of package unknown: it cannot be loaded (ModuleNotFoundError)",
    )


@pytest.mark.slow
def test_an_installed_package_is_found_by_the_portal(tmp_path: Path) -> None:
    target = tmp_path / "installed"
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index")
    subprocess.run(
        (sys.executable, *pip, "--target", str(target), str(_wheel(tmp_path))), check=True
    )
    script = (
        f"import sys; sys.path.insert(0, {str(target)!r})\n"
        "from portal.scaffolder.actions.installed import installed_actions\n"
        "found = installed_actions()\n"
        "print('acme:greet' in found.actions, *found.problems)"
    )
    done = subprocess.run(
        (sys.executable, "-c", script), check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == (
        "True entry point broken of package acme-actions: it cannot be loaded (AttributeError)"
    )
