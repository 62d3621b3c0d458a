"""``portal evidence``: what a working tree shows, by the rules the portal itself applies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import portal
from portal.authoring.commands import errors
from portal.catalog.ingestion.ingested import Known
from portal.catalog.ingestion.targets import Roots
from portal.catalog.ingestion.walk import ingest
from portal.evidence.checks.criteria import Criteria
from portal.evidence.formats import FORMATS
from portal.evidence.formats import Report
from portal.evidence.judging import Status
from portal.evidence.judging import judge
from portal.evidence.scanning.scan import scan
from portal.kernel.errors import InputError
from portal.model.entity import IMPLEMENTS
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.kinds.checks import LEVELS
from portal.model.refs import LocationRef
from portal.model.refs import parse_ref
from portal.roles.bundle import glossary_folder
from portal.scm.snapshot import FileTree
from portal.scm.worktree import WorkingTree

_DESCRIPTORS = ("catalog-info.yaml", "catalog-info.yml")


@dataclass(frozen=True, slots=True)
class Concepts:
    """The concepts of a glossary: what they say about evidence, and their titles by language."""

    criteria: Criteria
    titles: dict[str, dict[str, str]]


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(FORMATS)),
    default="text",
    show_default=True,
    help="How to print what was found.",
)
@click.option(
    "--rules",
    "glossary",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of a glossary (default: the one that comes with the portal).",
)
@click.option(
    "--lang",
    type=click.Choice(("ko", "en")),
    default="ko",
    show_default=True,
    help="The language of the sentences.",
)
@click.option(
    "--level",
    type=click.IntRange(min(LEVELS), max(LEVELS)),
    help="End with code 1 when a declared concept does not reach this level.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="End with code 1 when a declared concept has less confidence than this.",
)
def evidence(
    path: Path,
    form: str,
    glossary: Path | None,
    lang: str,
    level: int | None,
    threshold: float | None,
) -> None:
    """Say which concepts the working tree at PATH implements, and by which lines.

    PATH is the folder of a component. What its catalog-info.yaml declares is verified or
    not; what is found beside that is suggested. Nothing is sent anywhere.
    """
    with errors():
        concepts = load_concepts(glossary or glossary_folder())
    root, folder = _repository(path.resolve())
    tree = WorkingTree(root)
    declared = frozenset(declared_concepts(tree, folder))
    found = scan(tree, folder, concepts.criteria.rules)
    judged = judge(found.findings, declared)
    titles = {name: by.get(lang, name) for name, by in concepts.titles.items()}
    grades = {one.concept: concepts.criteria.grade(one.concept, found) for one in judged}
    report = Report(judged, titles, grades, found.gaps, lang, portal.__version__)
    click.echo(FORMATS[form](report))
    sys.exit(1 if _falls_short(report, declared, threshold, level) else 0)


def _falls_short(
    report: Report, declared: frozenset[str], confidence: float | None, level: int | None
) -> bool:
    """Return whether something declared is not found, or below a threshold that is asked for."""
    if confidence is None and level is None:
        return False
    graded = {name for name, found in report.grades.items() if found.results}
    return any(
        one.status is Status.DECLARED
        or one.confidence < (confidence or 0)
        or (one.concept in graded and report.level(one.concept) < (level or 0))
        for one in report.judgements
        if one.concept in declared
    )


def load_concepts(folder: Path) -> Concepts:
    """Read the concepts of a glossary in a folder.

    Raises:
        InputError: When there is none.
    """
    entities = concepts_in(folder)
    if not entities:
        msg = "there is no concept in the folder of the rules: expected are catalog-info.yaml files"
        raise InputError(msg)
    titles = {one["metadata"]["name"]: _titles(one) for one in entities}
    return Concepts(Criteria.of(entities), titles)


def concepts_in(folder: Path) -> list[Entity]:
    """Return the concepts that the descriptors of a folder define."""
    return [one for one in _entities(WorkingTree(folder)) if one["kind"] == "Concept"]


def _titles(entity: Entity) -> dict[str, str]:
    return {language: one["preferred"] for language, one in entity["spec"]["labels"].items()}


def _entities(tree: WorkingTree) -> Iterator[Entity]:
    targets = tuple(name for name in _DESCRIPTORS if name in tree.entries) or (
        "**/catalog-info.yaml",
    )
    targets = tuple(target for target in targets if tree.glob(target))
    ingested = ingest(tree, Roots(LocationRef("file", "."), targets), Known(""))
    return (one.entity for one in ingested.entities.values() if one.entity)


def _repository(path: Path) -> tuple[Path, str]:
    """Return the root of the repository a folder is in, and its path there."""
    root = next((one for one in (path, *path.parents) if (one / ".git").exists()), path)
    inner = path.relative_to(root).as_posix()
    return root, "" if inner == "." else inner


def declared_concepts(tree: FileTree, folder: str) -> Iterator[str]:
    """Yield the names of the concepts that the descriptor of a folder declares."""
    paths = [f"{folder}/{name}".lstrip("/") for name in _DESCRIPTORS]
    found = tuple(path for path in paths if path in tree.entries)
    ingested = ingest(tree, Roots(LocationRef("file", "."), found), Known(""))
    for one in ingested.entities.values():
        if one.entity and one.path in found:
            for ref in _claims(one.entity):
                yield parse_ref(ref, "Concept", ref_of(one.entity).namespace).name


def _claims(entity: Entity) -> list[str]:
    claims: Any = entity["spec"].get("implementsConcepts") or []
    annotated = (entity["metadata"].get("annotations") or {}).get(IMPLEMENTS, "")
    return [*claims, *(name.strip() for name in annotated.split(",") if name.strip())]
