"""Installs the newest packages of a Backstage backend from npm, and a Node to run them."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SCOPE = "@backstage/"
#: What the backend is made of, without the scope; all but the first are its features.
PLUGINS = (
    "plugin-auth-backend",
    "plugin-auth-backend-module-guest-provider",
    "plugin-catalog-backend",
    "plugin-catalog-backend-module-scaffolder-entity-model",
    "plugin-catalog-backend-module-unprocessed",
    "plugin-events-backend",
    "plugin-notifications-backend",
    "plugin-permission-backend",
    "plugin-permission-backend-module-allow-all-policy",
    "plugin-scaffolder-backend",
    "plugin-scaffolder-backend-module-github",
    "plugin-search-backend",
    "plugin-search-backend-module-catalog",
    "plugin-search-backend-module-techdocs",
    "plugin-signals-backend",
    "plugin-techdocs-backend",
    "plugin-user-settings-backend",
)
_FRAMEWORK = ("backend-defaults",)
#: Before 13 this one aborts with a newer Node 24, and has to be compiled.
_SQLITE = {"better-sqlite3": "^13.0.0"}
#: The oldest Node that Backstage's templating engine runs on, and the one installed otherwise.
_OLDEST_NODE, _NODE = 22, "node@24"
_NPM = ("npm", "install", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error")


@dataclass(frozen=True, slots=True)
class Installed:
    """A folder with the packages.

    Attributes:
        folder: It, absolute.
        node: The program that runs them.
        versions: What was installed, by name.
    """

    folder: Path
    node: str
    versions: dict[str, str]


def install(scratch: Path) -> Installed:
    """Install the newest packages.

    Args:
        scratch: An empty folder, or one of an earlier run: then what is newer is fetched.

    Raises:
        RuntimeError: When npm is not here, or fails.
    """
    if not shutil.which("npm"):
        msg = "npm is needed to install the packages of Backstage"
        raise RuntimeError(msg)
    folder = scratch / "backend"
    names = [f"{_SCOPE}{name}" for name in (*_FRAMEWORK, *PLUGINS)]
    manifest = {
        "name": "drift",
        "private": True,
        "dependencies": dict.fromkeys(names, "latest") | _SQLITE,
        "overrides": _SQLITE,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package-lock.json").unlink(missing_ok=True)
    (folder / "package.json").write_text(json.dumps(manifest, indent=2))
    # The scripts of packages compile what is not needed here; the database comes compiled.
    _run([*_NPM, "--ignore-scripts"], folder)
    return Installed(folder, _node(scratch), {name: _version(folder, name) for name in names})


def _node(scratch: Path) -> str:
    """Return a Node that is new enough, installing one if there is none."""
    here = shutil.which("node")
    if (
        here
        and int(_run([here, "--version"], scratch).lstrip("v").partition(".")[0]) >= _OLDEST_NODE
    ):
        return here
    folder = scratch / "node"
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    _run([*_NPM, _NODE], folder)
    return str(folder / "node_modules" / "node" / "bin" / "node")


def _version(folder: Path, name: str) -> str:
    text = (folder / "node_modules" / name / "package.json").read_text(encoding="utf-8")
    return str(json.loads(text)["version"])


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"{' '.join(command[:2])} failed: {done.stderr.strip()[-2_000:]}"
        raise RuntimeError(msg)
    return done.stdout.strip()
