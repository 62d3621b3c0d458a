"""Building the wheel: the glossary goes into the package, so that it works alone.

Only setuptools loads this module (``cmdclass`` in ``setup.cfg``); the portal
reads what it leaves in ``portal/bundled`` (``roles.bundle``).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

#: What the bundled glossary is made of, seen from the root of the repository.
CONTENT = ("catalog-info.yaml", "catalog", "templates", "docs/reference/openapi.json")
_FOLDER = Path("portal", "bundled")


class BuildWithGlossary(build_py):
    """Copies the descriptors beside the modules; an editable install needs no copy."""

    def run(self) -> None:
        """Build the package, then add the content."""
        super().run()
        if self.editable_mode:
            return
        for name in CONTENT:
            source, target = Path(name), Path(self.build_lib) / _FOLDER / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                shutil.copyfile(source, target)
