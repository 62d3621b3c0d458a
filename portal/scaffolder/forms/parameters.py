"""A template's form for frontends, and validation of its values and secrets."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from portal.kernel.errors import InputError
from portal.scaffolder.forms.form import secret_names
from portal.scaffolder.forms.json_schema import violations
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.forms.visible_pages import condition_of
from portal.scaffolder.forms.visible_pages import visible_pages

_UNTITLED = "Please enter the following information"


class ValuesError(InputError):
    """The values or the secrets are invalid for the template.

    ``errors`` is the list that the response has, in the format of npm's ``jsonschema``.
    """

    def __init__(self, message: str = "", errors: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.errors = list(errors)


def check_values(
    spec: TemplateSpec, values: Mapping[str, Any], secrets: Mapping[str, str] = {}
) -> dict[str, Any]:
    """Validate values against the form, page by page; return them without those of hidden pages.

    Args:
        spec: The template.
        values: The answers to its form. Backstage's form sends asterisks for a secret field.
        secrets: The secrets by field; they are judged in place of their asterisks.

    Raises:
        ValuesError: With the errors of the first page that has any.
        UnusableSchemaError: When a page cannot be used.
    """
    shown = visible_pages(spec.pages, values)
    for index, page in shown.pages.items():
        _refuse(page_errors(page, values, secrets, f"schema of page {index + 1}"))
    return shown.values


def page_errors(
    page: Mapping[str, Any],
    values: Mapping[str, Any],
    secrets: Mapping[str, str],
    name: str = "schema",
) -> list[dict[str, Any]]:
    """Return the errors of values by the schema of one page, without secrets.

    Args:
        page: The schema.
        values: The values; asterisks stand for secrets.
        secrets: The secrets by field.
        name: What the schema is called in messages.

    Raises:
        UnusableSchemaError: When the schema cannot be used.
    """
    names = secret_names(page)
    known = {name: secret for name, secret in secrets.items() if name in names}
    errors = violations(page, _unmasked(dict(values), known), name)
    return [_hidden(error, known.values()) for error in errors]


def _unmasked(value: Any, secrets: Mapping[str, str]) -> Any:
    """Return values with the secrets of fields that hold nothing but asterisks."""
    if isinstance(value, list):
        return [_unmasked(item, secrets) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: secrets[key] if key in secrets and _is_mask(item) else _unmasked(item, secrets)
        for key, item in value.items()
    }


def _is_mask(value: Any) -> bool:
    return isinstance(value, str) and not value.strip("*")


def _hidden(value: Any, secrets: Collection[str]) -> Any:
    """Return a part of an error without the secrets that stand in it."""
    if isinstance(value, str):
        for secret in filter(None, secrets):
            value = value.replace(secret, "***")
    elif isinstance(value, list):
        return [_hidden(item, secrets) for item in value]
    elif isinstance(value, dict):
        return {key: _hidden(item, secrets) for key, item in value.items()}
    return value


def check_secrets(spec: TemplateSpec, secrets: Mapping[str, str]) -> None:
    """Validate secrets against the template's ``secrets.schema``.

    Raises:
        ValuesError: With the errors, which contain no secret.
        UnusableSchemaError: When the schema cannot be used.
    """
    errors = violations(spec.secrets_schema, dict(secrets), "schema of the secrets")
    _refuse([_without_secret(error) for error in errors])


def _refuse(errors: list[dict[str, Any]]) -> None:
    if errors:
        reasons = (f"{error['property']} {error['message']}" for error in errors)
        raise ValuesError("; ".join(reasons), errors)


def _without_secret(error: dict[str, Any]) -> dict[str, Any]:
    if error["name"] == "required":
        where, message = "secrets", f"secrets.{error['argument']} is required"
    else:
        where = "secrets" + str(error["property"]).removeprefix("instance")
        message = f"{where} {error['message']}"
    return {**error, "property": where, "message": message, "instance": {}}


def form(spec: TemplateSpec) -> dict[str, Any]:
    """Return the template's form as JSON for a frontend: title and steps, one per page."""
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
    condition = condition_of(page)
    return {
        "title": title,
        **_given(page, "description"),
        **({} if condition is None else {"when": condition}),
        "schema": {name: value for name, value in page.items() if name != "when"},
    }


def _decorators(entity: Mapping[str, Any]) -> dict[str, Any]:
    spec = entity.get("spec", {})
    decorators = spec.get("formDecorators") or spec.get("EXPERIMENTAL_formDecorators")
    return {"formDecorators": decorators} if decorators else {}
