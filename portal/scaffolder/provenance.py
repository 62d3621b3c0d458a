"""Where files came from: a note that goes with everything a template makes.

The same task writes the same note, byte for byte; there is no secret in it.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from portal import __version__
from portal.scaffolder.action import TaskInfo
from portal.scaffolder.redaction import Redactor
from portal.scaffolder.template import TemplateSpec
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree
from portal.scaffolder.yaml_text import to_yaml

#: Where the note is, from the root of what was made.
PATH = ".portal/provenance.yaml"
_HEAD = "# Which template made these files, and with which answers. Written by the portal.\n"
#: How a form marks what is not to be shown.
_SECRET = (("ui:field", "Secret"), ("ui:widget", "password"), ("format", "password"))


def with_provenance(tree: Tree, task: TaskInfo, path: str = PATH) -> dict[str, File]:
    """Return a tree with the note of a task in it; one that was there is replaced.

    Args:
        tree: The files, from the root of what is published or downloaded.
        task: The run they are of.
        path: Where the note goes.
    """
    return {**tree, path: File(provenance(task))}


def path_of_change(task: TaskInfo) -> str:
    """Return where the note goes in a repository whose files are not all of one task."""
    return f".portal/provenance/{task.id}.yaml"


def provenance(task: TaskInfo) -> bytes:
    """Return the note of a task, as YAML."""
    template = {
        "ref": task.template_ref,
        **({"repository": task.template_repository} if task.template_repository else {}),
        **({"commit": task.template_commit} if task.template_commit else {}),
    }
    created = task.created_at.astimezone(UTC).isoformat(timespec="seconds")
    note = {
        "template": template,
        "portal": {"version": __version__},
        "task": {"id": task.id, "createdAt": created.replace("+00:00", "Z")},
        "parameters": dict(task.parameters),
    }
    return (_HEAD + to_yaml(note)).encode("utf-8", "replace")


def public_parameters(
    spec: TemplateSpec, values: Mapping[str, Any], secrets: Mapping[str, str]
) -> dict[str, Any]:
    """Return the answers to a template's form that anybody may see.

    What its form asks for as a secret is left out; a secret that stands in another
    answer nevertheless is masked.
    """
    hidden = frozenset(name for page in spec.pages for name in _secret_names(page))
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


def _secret_names(schema: Any) -> Iterator[str]:
    """Yield the names of properties that are secrets, wherever a schema has them."""
    if isinstance(schema, list):
        for item in schema:
            yield from _secret_names(item)
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if isinstance(properties, dict):
        yield from (name for name, one in properties.items() if _is_secret(one))
    for item in schema.values():
        yield from _secret_names(item)


def _is_secret(schema: Any) -> bool:
    return isinstance(schema, dict) and any(schema.get(key) == mark for key, mark in _SECRET)
