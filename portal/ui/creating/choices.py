"""The choices of pickers: entities of the catalog, and what a forge lists."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.auth.identity import Principal
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.queries import EntitiesRequest
from portal.integrations.hosts import Integrations
from portal.kernel.errors import PortalError
from portal.kernel.json_text import Json
from portal.model.entity import Entity
from portal.model.entity import display_name
from portal.model.entity import ref_of
from portal.scaffolder.forms.controls import Choice
from portal.scaffolder.forms.controls import Control
from portal.scaffolder.forms.submitted import REPO_PARTS
from portal.scaffolder.forms.submitted import repo_url_parts
from portal.scaffolder.service import Scaffolder

#: More entities than that are not listed: the page asks for a part of their name.
MOST_LISTED = 300
_FIELDS = ("kind", "metadata.name", "metadata.namespace", "metadata.title", "spec.profile")
#: What a picker without a filter of its own offers, by ``ui:field``.
_KINDS: Mapping[str, list[str]] = {
    "OwnerPicker": ["Group", "User"],
    "MyGroupsPicker": ["Group"],
}
#: The forge's list for a part of a repository's address: github and gitea, gitlab.
_LISTS: Mapping[str, tuple[str, ...]] = {
    "owner": ("owners", "groups"),
    "repo": ("repositories",),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of a picker.

    Attributes:
        items: The first ones.
        is_cut: Whether there are more.
        is_closed: Whether only these values are allowed.
    """

    items: tuple[Choice, ...]
    is_cut: bool = False
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class RepoPart:
    """A part of a repository's address.

    Attributes:
        name: ``host``, ``owner``, ``repo`` and others of the forge.
        value: What was chosen or typed.
        choices: What may be chosen.
        is_closed: Whether nothing else may be typed.
        is_required: Whether the forge needs it.
    """

    name: str
    value: str
    choices: tuple[str, ...]
    is_closed: bool
    is_required: bool


class Pickers:
    """Finds the choices of pickers.

    Args:
        catalog: The entities.
        integrations: The forges.
        scaffolder: Asks forges for completions.
    """

    def __init__(
        self, catalog: EntitiesCatalog, integrations: Integrations, scaffolder: Scaffolder
    ) -> None:
        self._catalog = catalog
        self._integrations = integrations
        self._scaffolder = scaffolder

    def entities(self, control: Control, who: Principal) -> Choices:
        """Return the entities that a control offers."""
        predicate = _predicate(control, who)
        request = EntitiesRequest(predicate, limit=MOST_LISTED + 1)
        key = ("choices", json.dumps(predicate, sort_keys=True))
        body, _after = self._catalog.entities(key, request, _FIELDS)
        chosen = control.value if isinstance(control.value, list) else [control.value]
        items = sorted(
            (_choice(entity, chosen) for entity in json.loads(body)),
            key=lambda one: one.label.casefold(),
        )
        is_closed = control.options.get("allowArbitraryValues") is False
        return Choices(tuple(items[:MOST_LISTED]), len(items) > MOST_LISTED, is_closed)

    def tags(self, control: Control) -> Choices:
        """Return the tags that entities of the catalog have."""
        kinds = control.options.get("kinds")
        predicate = {"kind": {"$in": kinds}} if isinstance(kinds, list) and kinds else None
        key = ("choices of tags", json.dumps(predicate))
        body = json.loads(self._catalog.facets(key, ["metadata.tags"], predicate))
        found = body["facets"]["metadata.tags"]
        return Choices(tuple(Choice(one["value"], one["value"]) for one in found[:MOST_LISTED]))

    def repo_parts(
        self, control: Control, listed: Mapping[str, Iterable[str]]
    ) -> tuple[RepoPart, ...]:
        """Return the parts of a repository's address.

        Args:
            control: The control.
            listed: What the forge listed, by part.
        """
        given = repo_url_parts(control.text)
        hosts = self.hosts(control)
        host = given.get("host") or (hosts[0] if hosts else "")
        ways = self._integrations.forge_of(host).repo_url_parts
        asked = {name for way in ways[:1] for name in way} | {"repo"}
        if ("project",) in ways and len(ways) == 1:
            asked = {"project", *asked}
        found = [RepoPart("host", host, hosts, is_closed=bool(hosts), is_required=True)]
        for name in REPO_PARTS[1:]:
            allowed = _texts(control.options.get(_ALLOWED.get(name, "")))
            if name not in asked and not allowed and name not in given:
                continue
            choices = allowed or tuple(listed.get(name, ()))
            found.append(RepoPart(name, given.get(name, ""), choices, bool(allowed), name in asked))
        return tuple(found)

    def hosts(self, control: Control) -> tuple[str, ...]:
        """Return the hosts that a repository may be at."""
        allowed = _texts(control.options.get("allowedHosts"))
        return allowed or tuple(dict.fromkeys(one.host for one in self._integrations.configured))

    def completions(self, control: Control, token: str) -> tuple[dict[str, list[str]], str]:
        """Return what the forge lists for the parts of an address, and why it does not.

        Args:
            control: The control, with the host and perhaps the owner.
            token: The person's token for the forge.
        """
        given = repo_url_parts(control.text)
        host = given.get("host") or next(iter(self.hosts(control)), "")
        known = self._integrations.find(host)
        if known is None:
            return {}, ""
        context = {**given, "host": host}
        found: dict[str, list[str]] = {}
        problem = ""
        for part, resources in _LISTS.items():
            if part == "repo" and not given.get("owner"):
                continue
            for resource in resources:
                try:
                    rows = self._scaffolder.autocomplete(known.type, resource, token, context)
                except PortalError as error:
                    problem = problem or error.message
                    continue
                found[part] = [str(row.get("title") or row["id"]) for row in rows]
                problem = ""
                break
        return found, problem

    def is_there(self, ref: str) -> bool:
        """Return whether the catalog has an entity of a ref."""
        body = json.loads(self._catalog.by_refs(("is there", ref), [ref], None, ("kind",)))
        return body["items"][0] is not None


_ALLOWED: Mapping[str, str] = {
    "owner": "allowedOwners",
    "organization": "allowedOrganizations",
    "project": "allowedProjects",
    "repo": "allowedRepos",
}


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _choice(entity: Entity, chosen: Iterable[Json]) -> Choice:
    ref = str(ref_of(entity))
    return Choice(ref, display_name(entity), ref in set(map(str, chosen)))


def _predicate(control: Control, who: Principal) -> Any:
    """Return which entities a picker offers, as a predicate of the catalog."""
    options = control.options
    filters = options.get("catalogFilter")
    rows = filters if isinstance(filters, list) else [filters] if filters else []
    conditions = [_conditions(row) for row in rows if isinstance(row, dict)]
    kinds = _texts(options.get("allowedKinds")) or _KINDS.get(control.ui_field, ())
    found: list[Any] = []
    if conditions:
        found.append(conditions[0] if len(conditions) == 1 else {"$any": conditions})
    elif kinds:
        found.append({"kind": {"$in": list(kinds)}})
    owned = _OWNED.get(control.ui_field)
    if owned and who.subject:
        found.append({owned: {"$in": [who.subject, *getattr(who, "owned", ())]}})
    return {"$all": found} if len(found) > 1 else found[0] if found else None


#: The relation to the person by which a picker offers only their own.
_OWNED: Mapping[str, str] = {"OwnedEntityPicker": "relations.ownedBy"}


def _conditions(row: Mapping[str, Json]) -> dict[str, Any]:
    return {key: _condition(value) for key, value in row.items()}


def _condition(value: Json) -> Any:
    if isinstance(value, list):
        return {"$in": value}
    if isinstance(value, dict) and "exists" in value:
        return {"$exists": bool(value["exists"])}
    return value
