"""A Template entity, read: its form, its steps and what it says at the end."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from portal.kernel.errors import InputError
from portal.kernel.errors import RenderingError

API_VERSION = "scaffolder.backstage.io/v1beta3"


class MalformedTemplateError(RenderingError):
    """A template entity does not look like one."""

    name = "TypeError"


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a template, with its input still to be rendered.

    ``each`` and ``condition`` are ``None`` when they are not given.
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
    """What the scaffolder needs of a template entity."""

    entity: Mapping[str, Any]
    pages: tuple[Mapping[str, Any], ...]
    steps: tuple[Step, ...]
    output: Mapping[str, Any]
    secrets_schema: Mapping[str, Any] | None


def read_template(entity: Mapping[str, Any]) -> TemplateSpec:
    """Return what a template entity says.

    Raises:
        InputError: When it is no template.
        MalformedTemplateError: When its ``spec`` is not that of one.
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


# --- what a template has to look like; the words are those of its JSON schema --

_TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "object": dict,
    "string": str,
}
_STEP = {"id": "string", "name": "string", "input": "object", "if": "string,boolean"}
_LINK = dict.fromkeys(("url", "entityRef", "title", "icon"), "string")
_TEXT = dict.fromkeys(("title", "icon", "content"), "string")


def _is(value: Any, types: str) -> bool:
    return any(isinstance(value, _TYPES[name]) for name in types.split(","))


def _wrong(path: str, types: str) -> str:
    return f"{path} must be {types} - type: {types}"


def _missing(path: str, name: str) -> str:
    return f"{path or '<root>'} must have required property '{name}' - missingProperty: {name}"


def _faults(entity: Mapping[str, Any]) -> Iterator[str]:
    if "spec" not in entity:
        yield _missing("", "spec")
        return
    spec = entity["spec"]
    if not isinstance(spec, dict):
        yield _wrong("/spec", "object")
        return
    yield from (_missing("/spec", name) for name in ("type", "steps") if name not in spec)
    if not _is(spec.get("type", ""), "string"):
        yield _wrong("/spec/type", "string")
    parameters = spec.get("parameters", {})
    if not _is(parameters, "object,array"):
        yield "/spec/parameters must be object - type: object"
    yield from _step_faults(spec.get("steps", []))
    yield from _output_faults(spec.get("output", {}))


def _step_faults(steps: Any) -> Iterator[str]:
    if not isinstance(steps, list):
        yield _wrong("/spec/steps", "array")
        return
    for index, step in enumerate(steps):
        path = f"/spec/steps/{index}"
        if not isinstance(step, dict):
            yield _wrong(path, "object")
            continue
        if "action" not in step:
            yield _missing(path, "action")
        yield from _member_faults(path, step, {"action": "string", **_STEP})


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
    """Return steps as clients see them: as they were written, with id and name."""
    return [dict(step.document) for step in steps]
