"""Descriptors: a catalog's YAML files go in, entities that know each other's names come out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from softwarecatalog.settings import ROOT

CATALOG = ROOT / "catalog" / "all.yaml"
# Which fields of spec name other entities, and of which kind when they do not say.
REFERENCES: Mapping[str, str] = {
    "owner": "group",
    "system": "system",
    "domain": "domain",
    "parent": "group",
    "children": "group",
    "members": "user",
    "memberOf": "group",
    "providesApis": "api",
    "consumesApis": "api",
    "dependsOn": "component",
}


@dataclass(frozen=True)
class Entity:
    """One entity, and the file it was read from."""

    data: Mapping[str, Any]
    file: Path

    @property
    def kind(self) -> str:
        """Give the kind, for instance "Component"."""
        return str(self.data.get("kind"))

    @property
    def name(self) -> str:
        """Give the name."""
        return str(self.metadata.get("name"))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Give what every kind has."""
        return dict(self.data.get("metadata") or {})

    @property
    def spec(self) -> Mapping[str, Any]:
        """Give what is the kind's own."""
        return dict(self.data.get("spec") or {})

    @property
    def title(self) -> str:
        """Give what a reader calls it."""
        profile = self.spec.get("profile") or {}
        return str(profile.get("displayName") or self.metadata.get("title") or self.name)

    @property
    def ref(self) -> str:
        """Give the reference others name it by, in full."""
        return full_ref(self.name, self.kind, str(self.metadata.get("namespace", "default")))

    @property
    def is_service(self) -> bool:
        """Say whether it is one of the company's microservices."""
        return self.kind == "Component" and self.spec.get("type") == "service"

    def annotation(self, name: str) -> str:
        """Give what an annotation says, nothing when it is not there."""
        return str((self.metadata.get("annotations") or {}).get(name, ""))

    def references(self, *fields: str) -> Iterator[tuple[str, str]]:
        """Give what it refers to: the field and the full reference; all fields or some."""
        for field, kind in REFERENCES.items():
            named = self.spec.get(field) if not fields or field in fields else None
            for ref in named if isinstance(named, list) else [named] if named else []:
                yield field, full_ref(str(ref), kind)


def full_ref(ref: str, kind: str, namespace: str = "default") -> str:
    """Write a reference in full and in lower case: "web" becomes "group:default/web"."""
    before, colon, rest = ref.partition(":")
    kind, rest = (before, rest) if colon else (kind, ref)
    before, slash, name = rest.partition("/")
    namespace, name = (before, name) if slash else (namespace, rest)
    return f"{kind}:{namespace}/{name}".lower()


def load(file: Path = CATALOG) -> list[Entity]:
    """Read a file of descriptors, and all those its Locations lead to.

    Raises:
        OSError: A file that is named is not there.
        yaml.YAMLError: A file is not YAML.
    """
    found = []
    for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
        entity = Entity(_with_texts(document, file.parent), file)
        found.append(entity)
        if entity.kind == "Location":
            for target in entity.spec.get("targets", ()):
                found += load((file.parent / target).resolve())
    return found


def _with_texts(value: Any, folder: Path) -> Any:  # noqa: ANN401 - YAML may be anything
    """Put in the texts of other files, as Backstage does with {$text: ./openapi.yaml}."""
    if isinstance(value, dict):
        if list(value) == ["$text"]:
            return (folder / value["$text"]).read_text(encoding="utf-8")
        return {key: _with_texts(member, folder) for key, member in value.items()}
    if isinstance(value, list):
        return [_with_texts(member, folder) for member in value]
    return value
