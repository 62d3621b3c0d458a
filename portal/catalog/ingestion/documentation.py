"""Finds the documentation of an entity: the folder of Markdown pages in its repository.

Rule: Backstage's TechDocs. ``backstage.io/techdocs-ref: dir:.`` names the folder of an
``mkdocs.yml``, whose ``docs_dir`` names the folder of the pages; the default is ``docs``.
"""

from __future__ import annotations

from portal.catalog.ingestion.parser import Descriptor
from portal.kernel import yaml12
from portal.kernel.errors import PortalError
from portal.kernel.files import relative_path
from portal.model.entity import TECHDOCS_REF
from portal.model.entity import Entity
from portal.model.entity import StatusItem
from portal.model.entity import ref_of
from portal.scm.snapshot import FileTree

_CONFIGURATIONS = ("mkdocs.yml", "mkdocs.yaml")
_DEFAULT_FOLDER = "docs"
PAGE = ".md"
_CORRECT = "Correct backstage.io/techdocs-ref, or docs_dir in mkdocs.yml."
_RENAME = "Rename it with git mv."
_DIRECTORY = "dir:"


def docs_folder(entity: Entity, folder: str, tree: FileTree) -> str | None:
    """Return the folder of an entity's pages; ``None`` without such an annotation.

    Args:
        entity: The entity, with its annotations.
        folder: The folder of its descriptor in the repository; empty for the root.
        tree: The repository.

    Raises:
        InputError: When the folder is outside of the repository.
    """
    place = str((entity["metadata"].get("annotations") or {}).get(TECHDOCS_REF) or "")
    if not place.startswith(_DIRECTORY):
        return None
    home = relative_path(folder, place.removeprefix(_DIRECTORY) or ".")
    for path in (_below(home, name) for name in _CONFIGURATIONS):
        entry = tree.entries.get(tree.names.find(path))
        if entry and not entry.why_left_out:
            return relative_path(home, _configured(tree.read(path).data))
    return _below(home, _DEFAULT_FOLDER)


def documentation_problem(
    entity: Entity, descriptor: Descriptor, tree: FileTree
) -> tuple[StatusItem | None, dict[str, str]]:
    """Return the problem with the folder of an entity's pages, if any, and its dependencies.

    The second value is for ``KnownFile.dependencies``: the ids of blobs by path. A path that
    ends with ``/`` is a folder; its value is empty when it has no pages.
    """
    folder = descriptor.blob.path.rpartition("/")[0]
    try:
        root = docs_folder(entity, folder, tree)
    except PortalError as error:
        return _warning(entity, descriptor, error.message), {}
    if root is None:
        return None, {}
    state = state_of_pages(root, tree)
    depends = {f"{root}/": state, **_configurations(entity, folder, tree)}
    if raw := _raw_pages(root, tree):
        reason = f"{raw[0]} is left out: {tree.entries[raw[0]].why_left_out}"
        return _warning(entity, descriptor, reason, _RENAME), depends
    if state:
        return None, depends
    reason = "has no Markdown pages" if tree.names.holds(root) else "does not exist"
    return _warning(entity, descriptor, f"the folder '{root}' {reason}"), depends


def state_of_pages(root: str, tree: FileTree) -> str:
    """Return a text that changes when a folder gets its first page or loses its last.

    It is empty without pages, and names those whose names are not UTF-8.
    """
    return "".join([PAGE if tree.names.holds(root, PAGE) else "", *_raw_pages(root, tree)])


def _raw_pages(root: str, tree: FileTree) -> list[str]:
    start = f"{root}/" if root else ""
    return [
        path
        for path in tree.names.escaped
        if path.startswith(start) and path.endswith(PAGE) and tree.entries[path].has_raw_name
    ]


def _configurations(entity: Entity, folder: str, tree: FileTree) -> dict[str, str]:
    """Return the blob ids of the possible ``mkdocs.yml`` by path; empty for missing ones."""
    place = str(entity["metadata"]["annotations"][TECHDOCS_REF]).removeprefix(_DIRECTORY)
    home = relative_path(folder, place or ".")
    paths = [_below(home, name) for name in _CONFIGURATIONS]
    return {path: tree.entries[path].id if path in tree.entries else "" for path in paths}


def _warning(
    entity: Entity, descriptor: Descriptor, reason: str, hint: str = _CORRECT
) -> StatusItem:
    path = ("metadata", "annotations", TECHDOCS_REF)
    return StatusItem(
        "documentation",
        f"its documentation cannot be shown{' whole' if hint is _RENAME else ''}: {reason}",
        descriptor.position(path),
        path,
        hint,
        ref=str(ref_of(entity)),
        level="warning",
    )


def _configured(data: bytes) -> str:
    """Return ``docs_dir`` of a ``mkdocs.yml``; the default when it is not set.

    Most of these files have tags for MkDocs (``!ENV``, ``!!python/name:``): they are ignored.
    """
    for one in yaml12.read(data, ignore_tags=True):
        value = one.value if isinstance(one, yaml12.Document) else None
        named = value.get("docs_dir") if isinstance(value, dict) else None
        if isinstance(named, str) and named:
            return named
    return _DEFAULT_FOLDER


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder not in {"", "."} else name
