"""The note in a project, ``.portal/provenance.yaml``, parsed: which template, which answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime

from portal.kernel import yaml12
from portal.kernel.errors import InputError
from portal.kernel.json_text import Json
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.publishing.provenance import key_of
from portal.scm.urls import is_commit

_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Note:
    """What a project says of where it came from.

    Attributes:
        template: The ref of the template.
        commit: The commit the template was read at; empty if the note has none.
        version: The version the template had then; empty if it had none.
        task_id: The task that made the files.
        created_at: When that was asked for.
        parameters: The answers, without secrets.
        key: The name under which the rendering is kept: it changes with the note.
    """

    template: EntityRef
    commit: str
    version: str
    task_id: str
    created_at: datetime
    parameters: Mapping[str, Json] = field(default_factory=dict)
    key: str = ""


def read_note(data: bytes) -> Note:
    """Parse a note.

    Raises:
        InputError: When it is none.
    """  # noqa: DOC501 - _not_a_note makes that error
    try:
        document = yaml12.read_one(data) if len(data) <= _LARGEST else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise _not_a_note("it is no YAML mapping")
    template, task = _mapping(document, "template"), _mapping(document, "task")
    try:
        ref = parse_ref(str(template.get("ref") or ""), "template")
    except ValueError as error:
        raise _not_a_note(str(error)) from None
    commit = str(template.get("commit") or "")
    return Note(
        ref,
        commit if is_commit(commit) else "",
        str(template.get("version") or ""),
        str(task.get("id") or ""),
        _time(task.get("createdAt")),
        _mapping(document, "parameters"),
        key_of(data),
    )


def _mapping(document: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _time(text: Json) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _not_a_note(reason: str) -> InputError:
    return InputError(f"{PATH} of the project does not say which template made it: {reason}")
