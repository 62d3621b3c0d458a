"""Terraform: variables go in, a plan comes out, and a plan that was judged is applied."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selfservice.settings import ROOT

# The output that is there once the database is.
MADE = "made"
EMBEDDED = [sys.executable, "-m", "selfservice.embedded_terraform"]


class TerraformError(Exception):
    """Terraform broke off; the text is what it said."""


class Terraform:
    """One state of terraform/: that of one database."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Take the folder of the state, and the environment psql finds the server by."""
        self.folder = folder
        binary = os.environ.get("TERRAFORM")
        self._command = [binary] if binary else EMBEDDED
        self._environment = {
            **os.environ,
            **environment,
            "PYTHONPATH": str(ROOT),
            "TF_DATA_DIR": str(folder / "data"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
        }
        self._environment.pop("TF_CLI_CONFIG_FILE", None)

    def plan(self, variables: Mapping[str, object], *, destroy: bool = False) -> dict[str, Any]:
        """Say what would happen; the plan is kept for apply().

        Raises:
            TerraformError: The variables break a rule of the module, or the state is in use.
        """
        begun = self.folder / "initialized"
        if not begun.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._run("init", f"-backend-config=path={self.folder / 'terraform.tfstate'}")
            # Only now: an init that broke off is done again.
            begun.touch()
        flags = ["-destroy"] if destroy else []
        self._run("plan", *flags, f"-out={self.folder / 'plan'}", variables=variables)
        shown: dict[str, Any] = json.loads(self._run("show", "-json", str(self.folder / "plan")))
        return shown

    def apply(self, variables: Mapping[str, object]) -> None:
        """Make the last plan happen. Ephemeral variables are in no plan, so they come again.

        Raises:
            TerraformError: Something the plan could not foresee.
        """
        ephemeral = {"verifiers": variables["verifiers"]}
        self._run("apply", str(self.folder / "plan"), variables=ephemeral)

    def outputs(self) -> dict[str, Any]:
        """Give what is known of the database; empty when none was made.

        What was asked for is in the state as soon as Terraform began; that alone is no database.
        """
        if not (self.folder / "terraform.tfstate").exists():
            return {}
        shown = json.loads(self._run("output", "-json"))
        known = {name: output["value"] for name, output in shown.items()}
        return known if known.pop(MADE, None) else {}

    def _run(self, command: str, *flags: str, variables: Mapping[str, object] | None = None) -> str:
        given = {f"TF_VAR_{name}": json.dumps(value) for name, value in (variables or {}).items()}
        ended = subprocess.run(
            [*self._command, f"-chdir={ROOT / 'terraform'}", command, "-no-color", *flags],
            env={**self._environment, **given},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise TerraformError(f"terraform {command}: {ended.stderr.strip()}")
        return ended.stdout


def changes(plan: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give what a plan does, by resource, leaving out what it leaves alone."""
    return {
        resource["address"]: resource["change"]["actions"]
        for resource in plan.get("resource_changes", ())
        if resource["change"]["actions"] != ["no-op"]
    }
