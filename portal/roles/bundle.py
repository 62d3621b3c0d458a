"""The glossary the portal came with: what is read when no source is configured."""

from __future__ import annotations

from pathlib import Path

import portal
from portal.catalog.sources.opening import Location
from portal.catalog.sources.registry import OpenLocation
from portal.config.sources import Source
from portal.kernel.files import cache_folder
from portal.scm.command import Git
from portal.scm.commit import commit_files

_PACKAGE = Path(portal.__file__).parent
_CHECKOUT = _PACKAGE.parent
_BUNDLE = _PACKAGE / "bundled"
#: The repository in the data folder that holds the packaged glossary.
_REPOSITORY = "bundled.git"
#: The name of the source that is read when none is configured.
DEFAULT_SOURCE = "glossary"
_TARGETS = ("catalog-info.yaml",)


def is_checkout() -> bool:
    """Whether the portal runs from a checkout of its own repository."""
    return (_CHECKOUT / ".git").exists() and (_CHECKOUT / "catalog-info.yaml").exists()


def glossary_folder() -> Path:
    """Return the folder of the glossary that the portal came with."""
    return _CHECKOUT if is_checkout() else _BUNDLE


def default_source(data_dir: Path) -> Source:
    """Return the source that is read when none is configured.

    In a checkout it is the checkout; for an installed package it is the repository that
    ``open_unpacked`` makes of the glossary in the package.
    """
    if is_checkout():
        return Source(DEFAULT_SOURCE, str(_CHECKOUT), targets=_TARGETS)
    bundle = data_dir / "git" / _REPOSITORY
    return Source(DEFAULT_SOURCE, str(bundle.resolve()), ref="main", targets=_TARGETS)


def open_unpacked(open_it: OpenLocation, data_dir: Path, timeout: float) -> Location:
    """Open the packaged glossary, after committing it to a repository as other content is.

    Args:
        open_it: Opens the source.
        data_dir: The folder that holds the mirrors.
        timeout: How long git may take, in seconds.

    Raises:
        SourceError: When git fails.
    """
    home = cache_folder(data_dir / "git").resolve()
    message = f"The glossary of glossary-portal {portal.__version__}"
    commit_files(home / _REPOSITORY, _files(), message, Git(home, timeout))
    return open_it()


def _files() -> dict[str, bytes]:
    """Return the files of the glossary in the installed package, by path."""
    return {
        path.relative_to(_BUNDLE).as_posix(): path.read_bytes()
        for path in sorted(_BUNDLE.rglob("*"))
        if path.is_file()
    }
