"""The page of a form that asks for the secrets of a template's ``secrets.schema``.

Backstage leaves it to frontends to ask for them; the portal's pages have one more page of the
form, whose fields are secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.kernel.json_text import Json
from portal.scaffolder.forms.form import secret_names
from portal.scaffolder.forms.template import TemplateSpec

Page = Mapping[str, Json]
_SECRET = {"ui:field": "Secret"}
#: The members of the schema that are those of the page, too.
_KEPT = ("title", "description", "required")


def secrets_page(spec: TemplateSpec) -> Page | None:
    """Return the page; ``None`` when other pages ask for all of the secrets."""
    schema = spec.secrets_schema or {}
    properties = schema.get("properties")
    asked = {name for page in spec.pages for name in secret_names(page)}
    asked |= {name for page in spec.pages for name in _tokens(page)}
    missing = {
        name: {**(one if isinstance(one, dict) else {}), **_SECRET}
        for name, one in (properties.items() if isinstance(properties, dict) else ())
        if name not in asked
    }
    if not missing:
        return None
    page: dict[str, Any] = {key: schema[key] for key in _KEPT if key in schema}
    required = page.get("required")
    if isinstance(required, list):
        page["required"] = [name for name in required if name in missing]
    return {**page, "type": "object", "properties": missing}


def asked_pages(spec: TemplateSpec) -> tuple[Page, ...]:
    """Return all pages that a person fills in: those of the form, and that of secrets."""
    last = secrets_page(spec)
    return (*spec.pages, *([last] if last else []))


def without_secrets(spec: TemplateSpec, values: Mapping[str, Json]) -> dict[str, Json]:
    """Return values without those of the page of secrets, which are no parameters."""
    page = secrets_page(spec)
    names = secret_names(page) if page else set()
    return {name: value for name, value in values.items() if name not in names}


def _tokens(schema: Json) -> set[str]:
    """Return the secrets that fields for the address of a repository keep a token as."""
    if isinstance(schema, list):
        return {name for item in schema for name in _tokens(item)}
    if not isinstance(schema, Mapping):
        return set()
    wanted = schema.get("requestUserCredentials")
    name = wanted.get("secretsKey") if isinstance(wanted, Mapping) else None
    own = {name} if isinstance(name, str) else set()
    return own | {one for item in schema.values() for one in _tokens(item)}
