"""Checks: a catalog goes in; what Backstage, or a colleague, would miss in it comes out."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from softwarecatalog.entities import Entity
from softwarecatalog.node import run_tool
from softwarecatalog.settings import ROOT

SLUG = "github.com/project-slug"
KUBERNETES = "backstage.io/kubernetes-id"
TECHDOCS = "backstage.io/techdocs-ref"


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with which entity of which file; "said" is the detail."""

    file: str
    entity: str
    rule: str
    said: str


def problems(entities: Sequence[Entity], services: Path = ROOT / "services") -> list[Problem]:
    """Judge a catalog as a whole. An empty list says that every question has an answer."""
    found = [*_by_backstage(entities), *_unresolved(entities), *_twice(entities)]
    found += [_problem(entity, *gap) for entity in entities for gap in _gaps(entity)]
    registered = {entity.file.parent for entity in entities if entity.is_service}
    for folder in sorted(path for path in services.iterdir() if path.is_dir()):
        if folder not in registered and not folder.name.startswith(("_", ".")):
            found.append(Problem(f"services/{folder.name}", folder.name, "unregistered", ""))
    return sorted(found)


def _by_backstage(entities: Sequence[Entity]) -> Iterator[Problem]:
    """Ask Backstage's own model package."""
    ended = run_tool("validate.mjs", given=json.dumps([entity.data for entity in entities]))
    if ended.returncode:
        raise RuntimeError(f"tools/validate.mjs: {ended.stderr.strip()}")
    for entity, said in zip(entities, json.loads(ended.stdout), strict=True):
        yield from (_problem(entity, "model", text) for text in said)


def _unresolved(entities: Sequence[Entity]) -> Iterator[Problem]:
    known = {entity.ref for entity in entities}
    for entity in entities:
        for field, ref in entity.references():
            if ref not in known:
                yield _problem(entity, "unresolved", f"{field}: {ref}")


def _twice(entities: Sequence[Entity]) -> Iterator[Problem]:
    count = Counter(entity.ref for entity in entities)
    return (_problem(entity, "twice", entity.ref) for entity in entities if count[entity.ref] > 1)


def _gaps(entity: Entity) -> Iterator[tuple[str, str]]:
    """Say what a page about the entity would have to leave open."""
    if entity.kind == "API" and entity.spec.get("type") == "openapi":
        document = yaml.safe_load(str(entity.spec.get("definition")))
        errors = OpenAPIV31SpecValidator(document).iter_errors()
        yield from (("openapi", error.message) for error in errors)
    if entity.is_service:
        for rule, annotation in (("no-repository", SLUG), ("no-deployment", KUBERNETES)):
            if not entity.annotation(annotation):
                yield rule, annotation
        if not entity.annotation(TECHDOCS) or not (entity.file.parent / "mkdocs.yml").is_file():
            yield "no-docs", TECHDOCS
        if not entity.spec.get("providesApis"):
            yield "no-api", "spec.providesApis"


def _problem(entity: Entity, rule: str, said: str) -> Problem:
    file = entity.file.relative_to(ROOT) if entity.file.is_relative_to(ROOT) else entity.file
    return Problem(file.as_posix(), entity.ref, rule, said)
