"""Processes a descriptor into an entity, or into the problems that prevent it.

The steps are in the order of Backstage's pipeline: envelope, placeholders, policies, kind,
relations. Each yields the problems it finds in the entity; the first step that finds any
ends the processing, with all it found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from itertools import islice
from typing import Any

from portal.catalog.ingestion.limits import MetadataLimits
from portal.catalog.ingestion.parser import Descriptor
from portal.catalog.ingestion.placeholders import PlaceholderError
from portal.catalog.ingestion.placeholders import Placeholders
from portal.catalog.search_rows import casing_clash
from portal.model.entity import EDIT_URL
from portal.model.entity import MANAGED_BY
from portal.model.entity import MANAGED_BY_ORIGIN
from portal.model.entity import OWN_SECTIONS
from portal.model.entity import SOURCE_LOCATION
from portal.model.entity import TECHDOCS_ENTITY
from portal.model.entity import TECHDOCS_REF
from portal.model.entity import VIEW_URL
from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import Relation
from portal.model.entity import StatusItem
from portal.model.entity import ref_of
from portal.model.formats import format_errors
from portal.model.formats import is_safe_link
from portal.model.kinds import KINDS
from portal.model.kinds import Kinds
from portal.model.kinds.kind import Kind
from portal.model.kinds.kind import RefError
from portal.model.kinds.kind import relations_of
from portal.model.refs import DEFAULT_NAMESPACE
from portal.model.refs import LocationRef
from portal.model.schema import SchemaViolation
from portal.model.schema import entity_violations
from portal.model.schema import envelope_violations
from portal.model.schema import violations

#: Replaces addresses in annotations that run a script; in Backstage only ``javascript:``.
REJECTED_URL = "https://backstage.io/annotation-rejected-for-security-reasons"
#: The greatest number of problems of one descriptor; each costs a parse for its position.
_MAX_ITEMS = 10
#: Lists of refs whose order has no meaning; Backstage stores them sorted.
_SORTED = (
    "providesApis",
    "consumesApis",
    "dependsOn",
    "dependencyOf",
    "memberOf",
    "children",
    "members",
)


@dataclass(frozen=True, slots=True)
class DescriptorOrigin:
    """The origin of a descriptor.

    Attributes:
        location: The location ref of the file.
        root: The configured location that led to it.
        allow: The kinds it may define, in lower case; empty allows all.
        limits: How much its metadata may hold.
        kinds: The kinds there are.
    """

    location: LocationRef
    root: LocationRef
    allow: frozenset[str] = frozenset()
    limits: MetadataLimits = field(default_factory=MetadataLimits)
    kinds: Kinds = field(default_factory=lambda: KINDS)

    def row_of(self, entity: Entity) -> Kind | None:
        """Return the row of the table of kinds that an entity is held to."""
        kind = self.kinds.get(entity["kind"])
        return kind.row_of(entity) if kind else None


@dataclass(frozen=True, slots=True)
class ProcessingResult:
    """The result of processing a descriptor.

    Attributes:
        ref: Its ref; empty when the envelope is invalid.
        entity: The entity without uid, etag, relations and status; ``None`` when there
            are problems.
        relations: Its relations, both directions.
        items: The problems.
    """

    ref: str
    entity: Entity | None
    relations: tuple[Relation, ...] = ()
    items: tuple[StatusItem, ...] = ()


def process(
    descriptor: Descriptor, origin: DescriptorOrigin, placeholders: Placeholders
) -> ProcessingResult:
    """Validate and complete one descriptor."""
    found = [
        _item(descriptor, "envelope", violation, str(violation), "TypeError")
        for violation in envelope_violations(descriptor.document)[:_MAX_ITEMS]
    ]
    if found:
        return ProcessingResult("", None, items=tuple(found))
    ref = str(ref_of(descriptor.document))
    try:
        entity = placeholders.fill(descriptor.document)
    except PlaceholderError as error:
        item = _placeholder_item(descriptor, ref, error)
        return ProcessingResult(ref, None, items=(item,))
    entity = complete(entity, origin)
    kind = origin.row_of(entity)
    for step in (_within_limits, _policies, _recognized, _kind_rules, _casing, _allowed):
        items = tuple(islice(step(descriptor, entity, ref, kind, origin), _MAX_ITEMS))
        if items:
            return ProcessingResult(ref, None, items=items)
    assert kind is not None
    relations, errors = relations_of(kind, entity)
    if errors:
        items = tuple(_ref_item(descriptor, ref, kind, e) for e in errors[:_MAX_ITEMS])
        return ProcessingResult(ref, None, items=items)
    return ProcessingResult(ref, entity, tuple(relations))


def complete(entity: Entity, origin: DescriptorOrigin) -> Entity:
    """Return the entity with namespace, annotations and sorted lists filled in."""
    completed = dict(entity)
    metadata = dict(entity["metadata"])
    metadata.setdefault("namespace", DEFAULT_NAMESPACE)
    annotations = metadata.get("annotations")
    if annotations is None or isinstance(annotations, dict):
        given = _documented(entity["kind"], annotations or {})
        metadata["annotations"] = _annotations(given, origin)
    completed["metadata"] = metadata
    spec = entity.get("spec")
    if isinstance(spec, dict):
        kind = origin.row_of(entity)
        unordered = {*_SORTED, *(kind.unordered if kind else ())}
        completed["spec"] = {
            key: _sorted(value) if key in unordered else value for key, value in spec.items()
        }
    return completed


def _documented(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return annotations with one for the documentation of a concept: its own sections."""
    has_own = kind != "Concept" or TECHDOCS_REF in given or TECHDOCS_ENTITY in given
    return given if has_own else {**given, TECHDOCS_REF: OWN_SECTIONS}


def _annotations(given: dict[str, Any], origin: DescriptorOrigin) -> dict[str, Any]:
    known = {}
    if origin.location.type == "url":
        known[VIEW_URL] = origin.location.target
        known |= _forge_annotations(origin.location.target)
    annotations = {
        **known,
        **given,
        MANAGED_BY: str(origin.location),
        MANAGED_BY_ORIGIN: str(origin.root),
    }
    for key in (VIEW_URL, EDIT_URL):
        value = annotations.get(key)
        if isinstance(value, str) and not is_safe_link(value):
            annotations[key] = REJECTED_URL
    for key in (SOURCE_LOCATION, TECHDOCS_REF):
        kind, _, target = str(annotations.get(key, "")).partition(":")
        if not is_safe_link(kind + ":") or not is_safe_link(target):
            annotations[key] = f"url:{REJECTED_URL}"
    return annotations


def _forge_annotations(target: str) -> dict[str, str]:
    """Return the annotations of a file's edit and source addresses, for known forges."""
    for view, edit, tree in (("/-/blob/", "/-/edit/", "/-/tree/"), ("/blob/", "/edit/", "/tree/")):
        if view in target:
            folder = target.replace(view, tree, 1).rpartition("/")[0]
            return {
                EDIT_URL: target.replace(view, edit, 1),
                SOURCE_LOCATION: f"url:{folder}/",
            }
    return {}


def _sorted(value: Any) -> Any:
    is_texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return sorted(value) if is_texts else value


def _within_limits(
    descriptor: Descriptor, entity: Entity, ref: str, _kind: Kind | None, origin: DescriptorOrigin
) -> Iterator[StatusItem]:
    """Check that the metadata does not hold too much."""
    for error in origin.limits.errors(entity):
        yield StatusItem(
            "limit",
            f"{ref} is too large: {error.message}",
            descriptor.position(error.path),
            error.path,
            "Shorten it; the settings metadata_bytes and metadata_members set the limits.",
            ref=ref,
        )


def _policies(
    descriptor: Descriptor, entity: Entity, ref: str, _kind: Kind | None, _origin: DescriptorOrigin
) -> Iterator[StatusItem]:
    """Check the members that all kinds have, with the messages of Backstage's policies."""
    found: list[tuple[JsonPath, str]] = [
        (violation.path, f"Malformed envelope, {violation.envelope_text}")
        for violation in entity_violations(entity)
    ]
    if not found:
        found = [
            ((key,), f"Unknown field {key}") for key in entity if key in {"relations", "status"}
        ]
    if not found:
        found = [(error.path, error.message) for error in format_errors(entity)]
    for path, text in found:
        yield StatusItem(
            "policy",
            f"Policy check failed for {ref}; caused by Error: {text}",
            descriptor.position(path),
            path,
            cause=("Error", text),
            ref=ref,
        )


def _recognized(
    descriptor: Descriptor, entity: Entity, ref: str, kind: Kind | None, origin: DescriptorOrigin
) -> Iterator[StatusItem]:
    """Check that kind and apiVersion are supported."""
    if kind is not None and entity["apiVersion"] in kind.api_versions:
        return
    if kind is None:
        path: JsonPath = ("kind",)
        hint = f"Known kinds (mind the letter case): {', '.join(origin.kinds)}."
    else:
        path = ("apiVersion",)
        hint = f"A {kind.name} has apiVersion {' or '.join(kind.api_versions)}."
    message = (
        f"No processor recognized the entity {ref} as valid, possibly caused by a "
        "foreign kind or apiVersion"
    )
    yield StatusItem("kind", message, descriptor.position(path), path, hint, ref=ref)


def _kind_rules(
    descriptor: Descriptor, entity: Entity, ref: str, kind: Kind | None, _origin: DescriptorOrigin
) -> Iterator[StatusItem]:
    """Check the kind's own schema."""
    assert kind is not None
    for violation in violations(kind.schema, entity):
        text = f"{kind.preface}{violation}"
        message = (
            f"Processor {kind.validator} threw an error while validating the entity "
            f"{ref}; caused by TypeError: {text}"
        )
        yield StatusItem(
            "schema",
            message,
            descriptor.position(violation.path),
            violation.path,
            cause=("TypeError", text),
            ref=ref,
        )


def _casing(
    descriptor: Descriptor, entity: Entity, ref: str, _kind: Kind | None, _origin: DescriptorOrigin
) -> Iterator[StatusItem]:
    """Check that no two keys differ in letter case only."""
    key = casing_clash(entity)
    if key is not None:
        message = f"Entity has duplicate keys that vary only in casing, '{key}'"
        yield StatusItem("casing", message, descriptor.position(), ref=ref)


def _allowed(
    descriptor: Descriptor, entity: Entity, ref: str, _kind: Kind | None, origin: DescriptorOrigin
) -> Iterator[StatusItem]:
    """Check that the source may define this kind."""
    if not origin.allow or entity["kind"].lower() in origin.allow:
        return
    message = (
        f"Entity {ref} at {origin.location}, originated at {origin.root}, is not of an "
        "allowed kind for that location"
    )
    yield StatusItem(
        "allow",
        message,
        descriptor.position(("kind",)),
        ("kind",),
        f"The source allows: {', '.join(sorted(origin.allow))}.",
        error="NotAllowedError",
        ref=ref,
    )


def _item(
    descriptor: Descriptor, rule: str, violation: SchemaViolation, message: str, error: str
) -> StatusItem:
    position = descriptor.position(violation.path)
    return StatusItem(rule, message, position, violation.path, error=error)


def _placeholder_item(descriptor: Descriptor, ref: str, error: PlaceholderError) -> StatusItem:
    message = (
        "Processor PlaceholderProcessor threw an error while preprocessing; "
        f"caused by Error: {error}"
    )
    return StatusItem(
        "placeholder",
        message,
        descriptor.position(error.path),
        error.path,
        error.hint,
        cause=("Error", str(error)),
        ref=ref,
    )


def _ref_item(descriptor: Descriptor, ref: str, kind: Kind, error: RefError) -> StatusItem:
    text = (
        f"Processor {kind.validator} threw an error while postprocessing; "
        f"caused by Error: {error.message}"
    )
    return StatusItem(
        "reference",
        text,
        descriptor.position(error.path),
        error.path,
        "Write [kind:][namespace/]name.",
        cause=("Error", error.message),
        ref=ref,
    )
