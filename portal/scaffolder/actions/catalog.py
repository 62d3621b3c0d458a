"""``catalog:*``: fetch entities, write a descriptor, register a location."""

from __future__ import annotations

from collections.abc import Sequence

from portal.integrations.pages import address_in
from portal.kernel.errors import PortalError
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import parse_ref
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import a_list
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import members
from portal.scaffolder.running.action import text
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import inside
from portal.scaffolder.workspace.yaml_text import to_yaml

_SOURCE = "backstage.io/source-template"
_DESCRIPTOR = "/catalog-info.yaml"
#: Prefix of the names of generated Location entities.
_GENERATED = "generated-"


def _fetch(context: ActionContext) -> ActionResult:
    given = context.input
    if not given.get("entityRef") and not given.get("entityRefs"):
        if given.get("optional"):
            return ActionResult(context.tree)
        raise ActionError("Missing entity reference or references")
    one = bool(given.get("entityRef"))
    texts = [given["entityRef"]] if one else given["entityRefs"]
    refs = [_whole(context, ref) for ref in texts]
    found = context.entities.find(refs)
    for ref, entity in zip(refs, found, strict=True):
        if entity is None and not given.get("optional"):
            raise ActionError(f"Entity {ref} not found")
    output = {"entity": found[0]} if one else {"entities": found}
    return ActionResult(context.tree, output)


def _whole(context: ActionContext, ref: str) -> str:
    kind = context.input.get("defaultKind") or ""
    namespace = context.input.get("defaultNamespace") or "default"
    try:
        return str(parse_ref(ref, kind, namespace))
    except ValueError as error:
        raise ActionError(str(error)) from None


def _write(context: ActionContext) -> ActionResult:
    path = context.input.get("filePath") or "catalog-info.yaml"
    context.log(f"Writing {path}")
    entity = dict(context.input["entity"])
    metadata = dict(entity.get("metadata") or {})
    annotations = {**(metadata.get("annotations") or {}), _SOURCE: context.task.template_ref}
    entity["metadata"] = {**metadata, "annotations": annotations}
    file = File(to_yaml(entity).encode("utf-8", "replace"))
    return ActionResult({**context.tree, inside(path): file})


def _register(context: ActionContext) -> ActionResult:
    given = context.input
    address = given.get("catalogInfoUrl") or address_in(
        given["repoContentsUrl"], given.get("catalogInfoPath") or _DESCRIPTOR
    )
    context.log(f"Registering {address} in the catalog")
    try:
        ref = _registered(context, address)
    except PortalError as error:
        if not given.get("optional"):
            raise
        context.log(f"It could not be registered, which is optional: {error.message}")
        return ActionResult(context.tree, {"catalogInfoUrl": address})
    return ActionResult(
        context.tree, {**({"entityRef": ref} if ref else {}), "catalogInfoUrl": address}
    )


def _registered(context: ActionContext, address: str) -> str:
    """Register a location after a dry run, and return the ref of its main entity.

    A location that is registered already is refreshed, so a step may run twice.
    """
    registrations = context.environment.registrations
    entities = registrations.dry_run("url", address).entities
    registrations.add("url", address, refresh_existing=True)
    return _main_ref(entities)


def _main_ref(entities: Sequence[Entity]) -> str:
    """Return the ref of the first Component, else of the first entity not generated."""
    refs = [ref_of(entity) for entity in entities]
    written = [ref for ref in refs if not ref.name.startswith(_GENERATED)]
    components = [ref for ref in written if ref.kind.lower() == "component"]
    return str(next(iter((*components, *written, *refs)), ""))


_OPTIONAL = flag("Whether it is no error when it fails")

CATALOG = (
    Action(
        "catalog:fetch",
        "Returns entities of the catalog by their refs.",
        _fetch,
        an_object(
            entityRef=text("The ref of one entity"),
            entityRefs=a_list({"type": "string"}, "The refs of several entities"),
            optional=_OPTIONAL,
            defaultKind=text("The kind of a ref that has none"),
            defaultNamespace=text("The namespace of a ref that has none"),
        ),
        an_object(
            entity={"description": "The entity, when one was asked for"},
            entities={"type": "array", "description": "The entities otherwise"},
        ),
    ),
    Action(
        "catalog:register",
        "Registers a descriptor with the catalog.",
        _register,
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "anyOf": [
                members(
                    {
                        "catalogInfoUrl": text("The address of the descriptor"),
                        "optional": _OPTIONAL,
                    },
                    ("catalogInfoUrl",),
                ),
                members(
                    {
                        "repoContentsUrl": text("The address of the repository's files"),
                        "catalogInfoPath": text(
                            "The descriptor's path; /catalog-info.yaml if not given"
                        ),
                        "optional": _OPTIONAL,
                    },
                    ("repoContentsUrl",),
                ),
            ],
        },
        supports_dry_run=False,
    ),
    Action(
        "catalog:write",
        "Writes an entity's descriptor into the workspace.",
        _write,
        an_object(
            ("entity",),
            filePath=text("The descriptor's path; catalog-info.yaml if not given"),
            entity={
                "type": "object",
                "additionalProperties": {},
                "description": "The entity",
            },
        ),
    ),
)
