"""New frontends: a name goes in; a git repository made from the React template comes out."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from softwarecatalog.node import run_tool
from softwarecatalog.settings import ROOT

TEMPLATE = ROOT / "templates" / "react-frontend" / "template.yaml"
IDENTITY = ("-c", "user.name=backstage", "-c", "user.email=backstage@localhost")
UNSIGNED = ("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null")
MISFIT = 2


class InvalidParameters(Exception):  # noqa: N818 - it is an answer, not an accident
    """The template's own schema does not let the parameters pass."""


class Taken(Exception):  # noqa: N818 - it is an answer, not an accident
    """A repository of this name is there already."""


def create(parameters: Mapping[str, object], folder: Path) -> Path:
    """Make a repository in a folder, with one commit on "main", and give its path.

    Raises:
        InvalidParameters: Nothing was made.
        Taken: Nothing was overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as temporary:
        work = Path(temporary) / "work"
        ended = run_tool("create.mjs", str(TEMPLATE), str(work), given=json.dumps(parameters))
        if ended.returncode == MISFIT:
            raise InvalidParameters(ended.stderr.strip())
        if ended.returncode:
            raise RuntimeError(f"tools/create.mjs: {ended.stderr.strip()}")
        bare = _commit(work, str(parameters["name"]))
        target = folder / f"{parameters['name']}.git"
        # In one step: of two who ask at once, only one wins.
        try:
            return bare.rename(target)
        except OSError as error:
            if not target.exists():
                raise
            raise Taken(target.name) from error


def clone(repository: Path, folder: Path) -> Path:
    """Fetch a repository, as a developer or CI would."""
    _git("clone", "--quiet", str(repository), str(folder))
    return folder


def _commit(work: Path, name: str) -> Path:
    bare = work.with_name("bare")
    _git("init", "--quiet", "--initial-branch=main", str(work))
    _git("-C", str(work), "add", "--all", "--force")
    _git("-C", str(work), *IDENTITY, *UNSIGNED, "commit", "--quiet", "--message", f"Begin {name}")
    _git("clone", "--quiet", "--bare", "--no-hardlinks", str(work), str(bare))
    _git("-C", str(bare), "remote", "remove", "origin")
    return bare


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)
