"""A Template entity parsed: the pages of its form, its steps and its output."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from portal.kernel.errors import InputError
from portal.kernel.errors import RenderingError
from portal.model.kinds.platform import TEMPLATE
from portal.model.schema import entity_violations
from portal.model.schema import violations

API_VERSION = TEMPLATE.api_versions[0]


class MalformedTemplateError(RenderingError):
    """The ``spec`` of a template entity has the wrong shape."""

    name = "TypeError"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a template; its input is not rendered yet.

    ``condition`` (the step's ``if``) and ``each`` are ``None`` when absent; ``document``
    is the step as written.
    """

    id: str
    name: str
    action: str
    input: Mapping[str, Any]
    condition: bool | str | None = None
    each: Any = None
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """The parts of a template entity that the scaffolder uses."""

    entity: Mapping[str, Any]
    pages: tuple[Mapping[str, Any], ...]
    steps: tuple[Step, ...]
    output: Mapping[str, Any]
    secrets_schema: Mapping[str, Any] | None

    @property
    def version(self) -> str:
        """The version the template says it has in an annotation; empty if it says none."""
        return version_of(self.entity)


def version_of(entity: Mapping[str, Any]) -> str:
    """Return the version of a template entity, as its annotation has it; empty if it has none."""
    annotations = entity["metadata"].get("annotations") or {}
    return str(annotations.get("backstage.io/template-version") or "")


def read_template(entity: Mapping[str, Any]) -> TemplateSpec:
    """Parse a template entity.

    Raises:
        InputError: When its kind or ``apiVersion`` is not a template's.
        MalformedTemplateError: When its ``spec`` has the wrong shape.
    """
    if entity.get("apiVersion") != API_VERSION or entity.get("kind") != "Template":
        raise InputError("Input template is not a template")
    for fault in _faults(entity):
        raise MalformedTemplateError(fault)
    spec = entity["spec"]
    parameters = spec.get("parameters")
    pages = parameters if isinstance(parameters, list) else [parameters] if parameters else []
    return TemplateSpec(
        entity,
        tuple(page for page in pages if isinstance(page, dict)),
        tuple(_step(step, index) for index, step in enumerate(spec["steps"], 1)),
        spec.get("output") or {},
        (spec.get("secrets") or {}).get("schema"),
    )


def _step(step: Mapping[str, Any], index: int) -> Step:
    named = {
        "id": step.get("id") or f"step-{index}",
        "name": step.get("name") or step["action"],
    }
    return Step(
        **named,
        action=step["action"],
        input=step.get("input") or {},
        condition=step.get("if"),
        each=step.get("each"),
        document={**step, **named},
    )


# --- the shape of a template; messages are those of its JSON schema ------------

_TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "object": dict,
    "string": str,
}
_STEP = {"input": "object", "if": "string,boolean"}
_LINK = dict.fromkeys(("url", "entityRef", "title", "icon"), "string")
_TEXT = dict.fromkeys(("title", "icon", "content"), "string")


def _is(value: Any, types: str) -> bool:
    return any(isinstance(value, _TYPES[name]) for name in types.split(","))


def _wrong(path: str, types: str) -> str:
    return f"{path} must be {types} - type: {types}"


def _faults(entity: Mapping[str, Any]) -> Iterator[str]:
    yield from map(str, entity_violations(dict(entity)))
    yield from map(str, violations(TEMPLATE.schema, entity))
    spec = entity["spec"]
    for name in ("secrets", "presentation"):
        if not _is(spec.get(name) or {}, "object"):
            yield _wrong(f"/spec/{name}", "object")
    yield from _step_faults(spec["steps"])
    yield from _output_faults(spec.get("output", {}))


def _step_faults(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for index, step in enumerate(steps):
        yield from _member_faults(f"/spec/steps/{index}", step, _STEP)


def _member_faults(path: str, owner: Mapping[str, Any], types: Mapping[str, str]) -> Iterator[str]:
    for name, wanted in types.items():
        if name in owner and not _is(owner[name], wanted):
            yield _wrong(f"{path}/{name}", wanted)


def _output_faults(output: Any) -> Iterator[str]:
    if not isinstance(output, dict):
        yield _wrong("/spec/output", "object")
        return
    for name, value in output.items():
        path = f"/spec/output/{name}"
        if name in ("links", "text"):
            yield from _list_faults(path, value, _LINK if name == "links" else _TEXT)
        elif not isinstance(value, str):
            yield _wrong(path, "string")


def _list_faults(path: str, value: Any, types: Mapping[str, str]) -> Iterator[str]:
    if not isinstance(value, list):
        yield _wrong(path, "array")
        return
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            yield _wrong(f"{path}/{index}", "object")
        else:
            yield from _member_faults(f"{path}/{index}", item, types)


def documents(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return steps as JSON for clients: as written, with ``id`` and ``name``."""
    return [dict(step.document) for step in steps]
