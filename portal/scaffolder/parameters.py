"""What a template asks for, and whether an answer will do."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from portal.kernel.errors import InputError
from portal.scaffolder.json_schema import violations
from portal.scaffolder.template import TemplateSpec

_UNTITLED = "Please enter the following information"


class ValuesError(InputError):
    """The values, or the secrets, do not fit what the template asks for.

    ``errors`` says why, as Backstage's clients expect it.
    """

    def __init__(self, message: str = "", errors: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.errors = list(errors)


def check_values(spec: TemplateSpec, values: Mapping[str, Any]) -> None:
    """Refuse values that a page of the form would not take.

    Raises:
        ValuesError: With the errors of the first page that has any.
    """
    for page in spec.pages:
        errors = violations(page, dict(values))
        if errors:
            raise _refusal(errors)


def check_secrets(spec: TemplateSpec, secrets: Mapping[str, str]) -> None:
    """Refuse secrets that the template's schema for them would not take.

    Raises:
        ValuesError: With the errors; no secret is among them.
    """
    errors = violations(spec.secrets_schema, dict(secrets))
    if errors:
        raise _refusal([_without_secret(error) for error in errors])


def _refusal(errors: list[dict[str, Any]]) -> ValuesError:
    reasons = (f"{error['property']} {error['message']}" for error in errors)
    return ValuesError("; ".join(reasons), errors)


def _without_secret(error: dict[str, Any]) -> dict[str, Any]:
    if error["name"] == "required":
        where, message = "secrets", f"secrets.{error['argument']} is required"
    else:
        where = "secrets" + str(error["property"]).removeprefix("instance")
        message = f"{where} {error['message']}"
    return {**error, "property": where, "message": message, "instance": {}}


def form(spec: TemplateSpec) -> dict[str, Any]:
    """Return the template's form, as a frontend draws it."""
    entity, metadata = spec.entity, spec.entity.get("metadata", {})
    presentation = entity.get("spec", {}).get("presentation")
    return {
        "title": metadata.get("title") or metadata.get("name"),
        **({"presentation": presentation} if presentation else {}),
        **_given(metadata, "description", "ui:options"),
        "steps": [_page(page) for page in spec.pages],
        **_decorators(entity),
    }


def _given(source: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: source[name] for name in names if name in source}


def _page(page: Mapping[str, Any]) -> dict[str, Any]:
    title = page.get("title") or _UNTITLED
    return {"title": title, **_given(page, "description"), "schema": page}


def _decorators(entity: Mapping[str, Any]) -> dict[str, Any]:
    decorators = entity.get("spec", {}).get("EXPERIMENTAL_formDecorators")
    return {"formDecorators": decorators} if decorators else {}
