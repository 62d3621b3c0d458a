"""Provenance: a note on the template and task that files come from.

The same task gives the same note, byte for byte; it contains no secrets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from portal import __version__
from portal.scaffolder.forms.form import secret_names
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.redaction import Redactor
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.yaml_text import to_yaml

#: The path of the note in the file tree.
PATH = ".portal/provenance.yaml"
_HEAD = "# Which template made these files, and with which answers. Written by the portal.\n"


def with_provenance(tree: Tree, task: TaskInfo, path: str = PATH) -> dict[str, File]:
    """Return a tree with the note of a task, replacing an existing one.

    Args:
        tree: The files that are published or downloaded.
        task: The run that made them.
        path: The path of the note.
    """
    return {**tree, path: File(provenance(task))}


def path_of_change(task: TaskInfo) -> str:
    """Return the path of the note in a repository with files of several tasks."""
    return f".portal/provenance/{task.id}.yaml"


def provenance(task: TaskInfo) -> bytes:
    """Return the note of a task, as YAML."""
    template = {
        "ref": task.template_ref,
        **({"repository": task.template_repository} if task.template_repository else {}),
        **({"commit": task.template_commit} if task.template_commit else {}),
        **({"version": task.template_version} if task.template_version else {}),
    }
    created = task.created_at.astimezone(UTC).isoformat(timespec="seconds")
    note = {
        "template": template,
        "portal": {"version": __version__},
        "task": {"id": task.id, "createdAt": created.replace("+00:00", "Z")},
        "parameters": dict(task.parameters),
    }
    return (_HEAD + to_yaml(note)).encode("utf-8", "replace")


def key_of(note: bytes) -> str:
    """Return the name under which the files that a note describes are kept."""
    return hashlib.sha256(note).hexdigest()[:40]


def public_parameters(
    spec: TemplateSpec, values: Mapping[str, Any], secrets: Mapping[str, str]
) -> dict[str, Any]:
    """Return the values of a template's form without secrets.

    Secret fields are left out; secrets in other values are masked.
    """
    hidden = frozenset(name for page in spec.pages for name in secret_names(page))
    redactor = Redactor(secrets)
    shown: dict[str, Any] = _public(dict(values), hidden, redactor)
    return shown


def _public(value: Any, hidden: Collection[str], redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.shown(value)
    if isinstance(value, list):
        return [_public(item, hidden, redactor) for item in value]
    if isinstance(value, dict):
        return {
            redactor.shown(key): _public(item, hidden, redactor)
            for key, item in value.items()
            if key not in hidden
        }
    return value
