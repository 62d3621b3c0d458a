"""The command line of the portal, run in this process, and the folders it is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from click.testing import Result

from portal.cli import main


def run(*arguments: object, **options: Any) -> Result:
    """Run ``portal`` with arguments; ``options`` are those of click's runner."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder, and return the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
