"""API definitions as pages: OpenAPI as operations, everything else as highlighted text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from portal.kernel import yaml12
from portal.model.entity import Entity
from portal.ui.frame.highlight import highlighted
from portal.ui.reference.document import Reference
from portal.ui.reference.document import read_reference

#: The language of a definition's text, by the API's type.
_LANGUAGES: Mapping[str, str] = {
    "openapi": "yaml",
    "asyncapi": "yaml",
    "graphql": "graphql",
    "grpc": "protobuf",
    "trpc": "typescript",
    "mcp-server": "yaml",
}
#: Longer definitions (in characters) are shown as text only.
_LONGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Definition:
    """The definition of an API.

    Attributes:
        type: The API's type.
        text: The definition.
        code: The definition, highlighted.
        reference: Its operations; ``None`` if it is not OpenAPI, or cannot be read.
    """

    type: str
    text: str
    code: Markup
    reference: Reference | None


def definition_of(entity: Entity) -> Definition | None:
    """Return the definition of an entity; ``None`` without one."""
    spec = entity.get("spec") or {}
    text = spec.get("definition")
    if not isinstance(text, str) or not text.strip():
        return None
    kind = str(spec.get("type") or "")
    language = "json" if text.lstrip().startswith("{") else _LANGUAGES.get(kind, "text")
    reference = _reference(text) if kind == "openapi" else None
    return Definition(kind, text, highlighted(text, language), reference)


def _reference(text: str) -> Reference | None:
    if len(text) > _LONGEST:
        return None
    try:
        document = yaml12.read_one(text.encode())
        return (
            read_reference(_with_tags(document), _server(document))
            if _is_openapi(document)
            else None
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # it is shown as text


def _is_openapi(document: Any) -> bool:
    return isinstance(document, dict) and str(document.get("openapi", "")).startswith("3.")


def _server(document: dict[str, Any]) -> str:
    """Return the address of the first server; empty when none is named."""
    servers = document.get("servers") or [{}]
    return str(servers[0].get("url") or "").rstrip("/")


def _with_tags(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document in which every operation has a tag, and every tag is listed."""
    tags = {tag["name"]: tag for tag in document.get("tags") or ()}
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and "responses" in operation:
                if not operation.get("tags"):
                    operation["tags"] = ["API"]
                for name in operation["tags"]:
                    tags.setdefault(name, {"name": name})
    return {**document, "tags": list(tags.values())}
