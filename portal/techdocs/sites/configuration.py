"""``mkdocs.yml``: the few keys that describe a documentation; nothing in it is executed.

Tags such as ``!ENV`` and ``!!python/name:`` stand in most of these files; they are ignored,
like themes, plugins, hooks and extensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from portal.kernel import yaml12
from portal.kernel.errors import PortalError
from portal.kernel.files import relative_path
from portal.scm.snapshot import FileTree
from portal.techdocs.sites.site import SiteProblem

NAMES = ("mkdocs.yml", "mkdocs.yaml")
DEFAULT_FOLDER = "docs"
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class SiteConfiguration:
    """What a ``mkdocs.yml`` says.

    Attributes:
        path: The file; empty when there is none.
        text: Its content.
        title, description: ``site_name`` and ``site_description``.
        root: The folder of the pages, in the repository.
        nav: ``nav`` as written; ``None`` without one.
        repo_url, edit_uri: Where pages are edited; empty when not set.
        problems: What cannot be read.
    """

    path: str
    text: str
    title: str
    description: str
    root: str
    nav: Any
    repo_url: str
    edit_uri: str
    problems: tuple[SiteProblem, ...] = field(default=())

    def line_of(self, text: str) -> int:
        """Return the first line that has a text, from 1; 0 when none has."""
        lines = enumerate(self.text.splitlines(), 1)
        return next((number for number, line in lines if text and text in line), 0)


def read_configuration(home: str, tree: FileTree) -> SiteConfiguration:
    """Return what the ``mkdocs.yml`` of a folder says; defaults where there is none.

    Raises:
        InputError: When its ``docs_dir`` is outside of the repository.
        SourceError: When the repository cannot be read.
    """
    path = next((one for one in (_below(home, name) for name in NAMES) if _is_file(one, tree)), "")
    data = tree.read(path).data if path else b""
    values, problems = _values(path, data)
    root = relative_path(home, _text(values, "docs_dir") or DEFAULT_FOLDER)
    return SiteConfiguration(
        path,
        data.decode("utf-8", "replace"),
        _text(values, "site_name"),
        _text(values, "site_description"),
        root,
        values.get("nav"),
        _text(values, "repo_url"),
        _text(values, "edit_uri"),
        tuple(problems),
    )


def _values(path: str, data: bytes) -> tuple[Mapping[str, Any], list[SiteProblem]]:
    problems: list[SiteProblem] = []
    for one in yaml12.read(data, ignore_tags=True):
        if isinstance(one, yaml12.Fault):
            problems.append(SiteProblem(path, one.line, one.message, one.hint))
        elif isinstance(one.value, dict):
            return one.value, problems
        elif one.value is not None:
            problems.append(SiteProblem(path, 1, "it is no mapping", "Write site_name: …"))
    return {}, problems


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return " ".join(value.split())[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_file(path: str, tree: FileTree) -> bool:
    entry = tree.entries.get(tree.names.find(path))
    return entry is not None and not entry.why_left_out


def read_yaml(path: str, tree: FileTree) -> Any:
    """Return the first document of a YAML file; ``None`` when it cannot be read."""
    try:
        data = tree.read(path).data
    except PortalError:
        return None
    found = yaml12.read(data, ignore_tags=True)
    return next((one.value for one in found if isinstance(one, yaml12.Document)), None)
