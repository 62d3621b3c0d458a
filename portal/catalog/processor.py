"""One descriptor becomes one entity, or the reasons why not.

The steps stand in the order of Backstage's pipeline: envelope, placeholders,
policies, kind, relations. Each is a function from an entity to what is wrong
with it; the first that finds something ends the run, with all it found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from portal.catalog.flatten import casing_clash
from portal.catalog.parser import Descriptor
from portal.catalog.placeholders import PlaceholderError
from portal.catalog.placeholders import Placeholders
from portal.model.entity import EDIT_URL
from portal.model.entity import MANAGED_BY
from portal.model.entity import MANAGED_BY_ORIGIN
from portal.model.entity import SOURCE_LOCATION
from portal.model.entity import VIEW_URL
from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import Relation
from portal.model.entity import StatusItem
from portal.model.entity import ref_of
from portal.model.formats import format_errors
from portal.model.kinds import KINDS
from portal.model.kinds.kind import Kind
from portal.model.kinds.kind import relations_of
from portal.model.refs import DEFAULT_NAMESPACE
from portal.model.refs import LocationRef
from portal.model.refs import is_script_url
from portal.model.schema import Violation
from portal.model.schema import entity_violations
from portal.model.schema import envelope_violations
from portal.model.schema import violations

#: What a ``javascript:`` address in an annotation is replaced by, in Backstage too.
REJECTED_URL = "https://backstage.io/annotation-rejected-for-security-reasons"
#: How many broken rules of one descriptor are told; each costs a look at the file.
_MAX_ITEMS = 10
#: Lists of refs whose order says nothing; Backstage stores them sorted.
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
class Origin:
    """Where a descriptor comes from.

    Attributes:
        location: The file, as a location ref.
        root: The configured location that led to it.
        allow: The kinds it may define, lower case; empty allows all.
    """

    location: LocationRef
    root: LocationRef
    allow: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProcessingResult:
    """What became of a descriptor.

    Attributes:
        ref: Its identity; empty when it has none.
        entity: The entity without uid, etag, relations and status; ``None`` when
            something is wrong.
        relations: Both directions of all it says about others.
        items: What is wrong.
    """

    ref: str
    entity: Entity | None
    relations: tuple[Relation, ...] = ()
    items: tuple[StatusItem, ...] = ()


def process(descriptor: Descriptor, origin: Origin, placeholders: Placeholders) -> ProcessingResult:
    """Judge and complete one descriptor."""
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
    kind = KINDS.get(entity["kind"])
    for step in (_policies, _recognized, _kind_rules, _casing, _allowed):
        items = tuple(islice(step(descriptor, entity, ref, kind, origin), _MAX_ITEMS))
        if items:
            return ProcessingResult(ref, None, items=items)
    assert kind is not None
    relations, errors = relations_of(kind, entity)
    if errors:
        items = tuple(_ref_item(descriptor, ref, e.path, e.message) for e in errors[:_MAX_ITEMS])
        return ProcessingResult(ref, None, items=items)
    return ProcessingResult(ref, entity, tuple(relations))


def complete(entity: Entity, origin: Origin) -> Entity:
    """Fill in what the backend knows: namespace, annotations, sorted lists."""
    completed = dict(entity)
    metadata = dict(entity["metadata"])
    metadata.setdefault("namespace", DEFAULT_NAMESPACE)
    annotations = metadata.get("annotations")
    if annotations is None or isinstance(annotations, dict):
        metadata["annotations"] = _annotations(annotations or {}, origin)
    completed["metadata"] = metadata
    spec = entity.get("spec")
    if isinstance(spec, dict):
        completed["spec"] = {key: _sorted(key, value) for key, value in spec.items()}
    return completed


def _annotations(given: dict[str, Any], origin: Origin) -> dict[str, Any]:
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
        if isinstance(value, str) and is_script_url(value):
            annotations[key] = REJECTED_URL
    return annotations


def _forge_annotations(target: str) -> dict[str, str]:
    """Return where people edit and browse a file, for addresses of known forges."""
    for view, edit, tree in (("/-/blob/", "/-/edit/", "/-/tree/"), ("/blob/", "/edit/", "/tree/")):
        if view in target:
            folder = target.replace(view, tree, 1).rpartition("/")[0]
            return {
                EDIT_URL: target.replace(view, edit, 1),
                SOURCE_LOCATION: f"url:{folder}/",
            }
    return {}


def _sorted(key: str, value: Any) -> Any:
    is_texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return sorted(value) if key in _SORTED and is_texts else value


def _policies(
    descriptor: Descriptor, entity: Entity, ref: str, _kind: Kind | None, _origin: Origin
) -> Iterator[StatusItem]:
    """Check what all kinds share, in the words of Backstage's entity policies."""
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
    descriptor: Descriptor, entity: Entity, ref: str, kind: Kind | None, _origin: Origin
) -> Iterator[StatusItem]:
    """Check that kind and apiVersion are ones the catalog understands."""
    if kind is not None and entity["apiVersion"] in kind.api_versions:
        return
    if kind is None:
        path: JsonPath = ("kind",)
        hint = f"Known kinds (mind the letter case): {', '.join(KINDS)}."
    else:
        path = ("apiVersion",)
        hint = f"A {kind.name} has apiVersion {' or '.join(kind.api_versions)}."
    message = (
        f"No processor recognized the entity {ref} as valid, possibly caused by a "
        "foreign kind or apiVersion"
    )
    yield StatusItem("kind", message, descriptor.position(path), path, hint, ref=ref)


def _kind_rules(
    descriptor: Descriptor, entity: Entity, ref: str, kind: Kind | None, _origin: Origin
) -> Iterator[StatusItem]:
    """Check the kind's own schema."""
    assert kind is not None
    for violation in violations(kind.schema, entity):
        message = (
            f"Processor {kind.validator} threw an error while validating the entity "
            f"{ref}; caused by TypeError: {violation}"
        )
        yield StatusItem(
            "schema",
            message,
            descriptor.position(violation.path),
            violation.path,
            cause=("TypeError", str(violation)),
            ref=ref,
        )


def _casing(
    descriptor: Descriptor, entity: Entity, ref: str, _kind: Kind | None, _origin: Origin
) -> Iterator[StatusItem]:
    """Check that no two keys would be one in the search rows."""
    key = casing_clash(entity)
    if key is not None:
        message = f"Entity has duplicate keys that vary only in casing, '{key}'"
        yield StatusItem("casing", message, descriptor.position(), ref=ref)


def _allowed(
    descriptor: Descriptor, entity: Entity, ref: str, _kind: Kind | None, origin: Origin
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
    descriptor: Descriptor, rule: str, violation: Violation, message: str, error: str
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
        "Placeholders read files of the same repository and commit.",
        cause=("Error", str(error)),
        ref=ref,
    )


def _ref_item(descriptor: Descriptor, ref: str, path: JsonPath, message: str) -> StatusItem:
    text = (
        "Processor BuiltinKindsEntityProcessor threw an error while postprocessing; "
        f"caused by Error: {message}"
    )
    return StatusItem(
        "reference",
        text,
        descriptor.position(path),
        path,
        "Write [kind:][namespace/]name.",
        cause=("Error", message),
        ref=ref,
    )
