"""The documentation of extension filters and values (``GET /v2/templating-extensions``)."""

from __future__ import annotations

from collections.abc import Mapping

from portal.kernel.json_text import Json
from portal.scaffolder.language.extensions import Extensions

_DRAFT = {"$schema": "http://json-schema.org/draft-07/schema#"}
_TEXT = {"type": "string"}
_REPO_URL = {**_TEXT, "description": "A repository, as a repository picker writes it", **_DRAFT}


def _names(*names: str, required: tuple[str, ...], description: str) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": dict.fromkeys(names, _TEXT),
        "required": list(required),
        "additionalProperties": False,
        "description": description,
    }


def _log_step(expression: str) -> str:
    return f"- action: debug:log\n  input:\n    message: ${{{{ {expression} }}}}\n"


_ENTITY_REF = ("kind", "namespace", "name")
_DEFAULTS = {
    "type": "object",
    "properties": {
        "defaultKind": {**_TEXT, "description": "The kind of a ref that has none"},
        "defaultNamespace": {**_TEXT, "description": "The namespace of a ref that has none"},
    },
    "additionalProperties": False,
}

FILTER_DOCUMENTS: Mapping[str, Mapping[str, Json]] = {
    "parseRepoUrl": {
        "description": "Takes a repository's address apart: host, owner, name and the like.",
        "schema": {
            "input": _REPO_URL,
            "output": {
                **_names(
                    "repo",
                    "host",
                    "owner",
                    "organization",
                    "workspace",
                    "project",
                    required=("repo", "host"),
                    description="The parts that are there",
                ),
                **_DRAFT,
            },
        },
        "examples": [
            {
                "example": _log_step("parameters.repoUrl | parseRepoUrl"),
                "notes": "`github.com?owner=acme&repo=shop` becomes "
                '`{"host": "github.com", "owner": "acme", "repo": "shop"}`.',
            }
        ],
    },
    "parseEntityRef": {
        "description": "Takes an entity reference apart: kind, namespace and name.",
        "schema": {
            "input": {
                "anyOf": [
                    {**_TEXT, "description": "A reference as text"},
                    _names(*_ENTITY_REF, required=("name",), description="Or its parts"),
                ],
                **_DRAFT,
            },
            "arguments": [{"anyOf": [{"not": {}}, _DEFAULTS], **_DRAFT}],
            "output": {
                **_names(*_ENTITY_REF, required=_ENTITY_REF, description="All three parts"),
                **_DRAFT,
            },
        },
        "examples": [
            {
                "description": "A full reference",
                "example": _log_step("parameters.owner | parseEntityRef"),
                "notes": "`group:techdocs` becomes "
                '`{"kind": "group", "namespace": "default", "name": "techdocs"}`.',
            },
            {
                "description": "With a kind for references without one",
                "example": _log_step("parameters.owner | parseEntityRef({defaultKind: 'group'})"),
                "notes": "`techdocs` becomes the same.",
            },
        ],
    },
    "pick": {
        "description": "Returns one member of an object, by its path.",
        "schema": {
            "input": _DRAFT,
            "arguments": [{**_TEXT, "description": "The path, such as `a.b[0]`", **_DRAFT}],
            "output": {"description": "What stands there", **_DRAFT},
        },
        "examples": [
            {
                "example": _log_step("parameters.owner | parseEntityRef | pick('name')"),
                "notes": "`group:default/techdocs` becomes `techdocs`.",
            }
        ],
    },
    "projectSlug": {
        "description": "Returns owner and name of a repository, as forges write them.",
        "schema": {"input": _REPO_URL, "output": {**_TEXT, **_DRAFT}},
        "examples": [
            {
                "example": _log_step("parameters.repoUrl | projectSlug"),
                "notes": "`github.com?owner=acme&repo=shop` becomes `acme/shop`.",
            }
        ],
    },
}
_VALUE_DESCRIPTIONS = {"portalUrl": "The address of this portal, without a slash at its end."}


def extensions_document(extensions: Extensions) -> dict[str, Json]:
    """Return the extensions as JSON: description, schema and examples by name."""
    values = {
        name: {"value": value, "description": _VALUE_DESCRIPTIONS.get(name, "")}
        for name, value in extensions.values.items()
    }
    return {
        "filters": {name: FILTER_DOCUMENTS.get(name, {}) for name in extensions.filters},
        "globals": {"functions": {}, "values": values},
    }
