"""TechDocs: a service's Markdown goes in, the pages Backstage shows come out."""

import subprocess
import sys
from pathlib import Path


def build(folder: Path, site: Path) -> None:
    """Build the documentation of a component with the plugin TechDocs itself uses.

    Raises:
        RuntimeError: A page or a link is missing; the text is what MkDocs said.
    """
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    ended = subprocess.run(
        [*command, "--config-file", str(folder / "mkdocs.yml"), "--site-dir", str(site)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{folder.name}: {ended.stderr.strip()}")
