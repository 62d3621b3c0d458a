"""Which services and concepts the catalog has, as far as links need to know them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.evidence.checks.criteria import Criteria
from portal.links.link import KINDS
from portal.model.entity import IMPLEMENTS
from portal.model.entity import MANAGED_BY
from portal.model.entity import SOURCE_LOCATION
from portal.model.entity import Entity
from portal.model.refs import parse_ref

#: The member of a service's ``spec`` with what persons said of its links.
JUDGMENTS = "conceptLinks"
#: The members of a concept's ``spec`` that decide about links.
_DECISIVE = ("evidence", "checks", "expectations", "starter")


@dataclass(frozen=True, slots=True)
class Placed:
    """An entity, and where its descriptor is.

    Attributes:
        ref: Its ref.
        document: The entity.
        source: The name of its source.
        path: The path of its descriptor in the repository.
        line: The line at which its document begins.
        commit: The commit that the catalog is at.
    """

    ref: str
    document: Entity
    source: str
    path: str
    line: int
    commit: str

    @property
    def folder(self) -> str:
        """The folder of its descriptor; empty for the root."""
        return self.path.rpartition("/")[0]

    @property
    def is_component(self) -> bool:
        """Whether it is of the kind ``Component``: it owns the files of its folder."""
        return str(self.document["kind"]) == "Component"

    @property
    def source_location(self) -> str:
        """The address that its author gave for its files; empty when it is the default one."""
        annotations = self.document["metadata"].get("annotations") or {}
        given = str(annotations.get(SOURCE_LOCATION) or "")
        managed = str(annotations.get(MANAGED_BY) or "")
        folder = managed.replace("/blob/", "/tree/", 1).rpartition("/")[0]
        return "" if given.rstrip("/") == folder else given

    @property
    def declared(self) -> frozenset[str]:
        """The refs of the concepts that it claims to implement."""
        claims: Any = (self.document.get("spec") or {}).get("implementsConcepts") or []
        annotated = (self.document["metadata"].get("annotations") or {}).get(IMPLEMENTS, "")
        texts = [*claims, *filter(None, map(str.strip, str(annotated).split(",")))]
        return frozenset(filter(None, map(_concept_ref, texts)))


def _concept_ref(text: Any) -> str:
    try:
        return str(parse_ref(str(text), "Concept", "default"))
    except ValueError:
        return ""  # the catalog tells it of the descriptor


@dataclass(frozen=True)
class Concepts:
    """The concepts of the catalog, and the rules that show them.

    Attributes:
        placed: The concepts, by ref.
    """

    placed: Mapping[str, Placed]

    @cached_property
    def criteria(self) -> Criteria:
        """What they say about evidence: rules, checks, expectations."""
        return Criteria.of(one.document for one in self.placed.values())

    @cached_property
    def refs(self) -> Mapping[str, str]:
        """The refs of the concepts by the names that rules have for them."""
        return {one.document["metadata"]["name"]: ref for ref, one in self.placed.items()}

    @cached_property
    def starters(self) -> Mapping[str, str]:
        """The refs of the templates that make services of a concept, by concept."""
        found = {}
        for ref, concept in self.placed.items():
            named = (concept.document.get("spec") or {}).get("starter")
            if named:
                namespace = concept.document["metadata"].get("namespace") or "default"
                found[ref] = str(parse_ref(str(named), "Template", namespace))
        return found

    @cached_property
    def id(self) -> str:
        """A hash of all that decides about links; sentences are part of it."""
        texts = [
            [ref, *((one.document.get("spec") or {}).get(member) for member in _DECISIVE)]
            for ref, one in self.placed.items()
        ]
        written = json.dumps(texts, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(written.encode()).hexdigest()


def load_concepts(connection: Connection) -> Concepts:
    """Return the concepts of the catalog."""
    return Concepts({one.ref: one for one in _placed(connection, ("Concept",))})


def load_services(connection: Connection) -> list[Placed]:
    """Return the entities that may implement concepts, by ref."""
    return _placed(connection, KINDS)


def _placed(connection: Connection, kinds: tuple[str, ...]) -> list[Placed]:
    entities, sources = t.entities, t.sources
    columns = (entities.c.ref, entities.c.final, entities.c.source, entities.c.path)
    query = (
        sa.select(*columns, entities.c.line, sources.c.commit_id)
        .join(sources, sources.c.name == entities.c.source)
        .where(entities.c.kind.in_(kinds))
        .order_by(entities.c.ref)
    )
    return [
        Placed(row.ref, json.loads(row.final), row.source, row.path, row.line, row.commit_id)
        for row in connection.execute(query)
    ]
