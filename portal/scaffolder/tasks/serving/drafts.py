"""Drafts: forms that are being filled in on a page, kept between its requests.

So nothing typed is lost by an error, by going back or by reloading. A draft is found by who
began it only, is encrypted, and is removed some days after the last change.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

from portal.kernel.errors import NotFoundError
from portal.kernel.json_text import Json
from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.model.secret_box import SealError
from portal.scaffolder.tasks.model.secret_box import SecretBox
from portal.scaffolder.tasks.model.task import now

_c = t.drafts.c
#: How long a draft is kept after its last change, in microseconds.
_KEPT = 7 * 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """Answers to a template's form so far.

    Attributes:
        id: A UUID; empty for one that is not stored yet.
        template: The ref of the template.
        caller: Who fills it in.
        values: The answers; asterisks stand for secrets.
        secrets: The secrets by field.
        updated_at: The last change, in microseconds since the epoch.
    """

    id: str
    template: str
    caller: str
    values: Mapping[str, Json]
    secrets: Mapping[str, str] = field(repr=False)
    updated_at: int = 0


class Drafts:
    """Stores drafts.

    Args:
        database: The database of the tasks.
        secret_box: Encrypts them.
    """

    def __init__(self, database: Database, secret_box: SecretBox) -> None:
        self._database = database
        self._secret_box = secret_box

    def save(self, draft: Draft) -> str:
        """Store a draft, and return its id; old ones of anybody are removed."""
        name, changed_at = draft.id or str(uuid.uuid4()), now()
        content = {"values": dict(draft.values), "secrets": dict(draft.secrets)}
        row = {
            "template": draft.template,
            "caller": draft.caller,
            "sealed": self._secret_box.seal(content, _about(name)),
            "updated_at": changed_at,
        }
        with self._database.begin() as connection:
            own = (_c.id == name, _c.caller == draft.caller)
            if connection.execute(sa.update(t.drafts).where(*own).values(row)).rowcount == 0:
                connection.execute(sa.insert(t.drafts).values({"id": name, **row}))
            connection.execute(sa.delete(t.drafts).where(_c.updated_at < changed_at - _KEPT))
        return name

    def get(self, name: str, template: str, caller: str) -> Draft:
        """Return a draft.

        Raises:
            NotFoundError: When there is none of that id, template and caller.
        """
        own = (_c.id == name, _c.template == template, _c.caller == caller)
        with self._database.connect() as connection:
            row = connection.execute(sa.select(t.drafts).where(*own)).first()
        try:
            content = None if row is None else self._secret_box.open(row.sealed, _about(name))
        except SealError:
            content = None
        if row is None or content is None:
            raise NotFoundError("The answers are not kept any more; begin anew")
        return Draft(name, template, caller, content["values"], content["secrets"], row.updated_at)

    def forget_secrets(self, draft: Draft) -> None:
        """Keep a draft without its secrets: they were handed on."""
        self.save(
            Draft(draft.id, draft.template, draft.caller, _without(draft.values, draft.secrets), {})
        )


def _without(values: Mapping[str, Json], secrets: Mapping[str, str]) -> dict[str, Json]:
    return {name: value for name, value in values.items() if name not in secrets}


def _about(name: str) -> str:
    return f"draft {name}"
