"""The published description of the catalog's API, for judging answers by it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

_ROOT = Path(__file__).parent.parent.parent
#: It is not part of the project: Backstage publishes it with its catalog plugin.
_DESCRIPTION = Path(
    os.environ.get(
        "PORTAL_TEST_OPENAPI",
        _ROOT.parent / "shared" / "contract" / "openapi-1.57" / "catalog.openapi.yaml",
    )
)
_PREFIX = "/api/catalog"


class Description:
    """An OpenAPI document.

    Args:
        document: Its content.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._paths = [(_pattern(path), methods) for path, methods in document["paths"].items()]

    def violations(self, method: str, url: str, status: int, body: Any) -> list[str]:
        """Return what is wrong with an answer; nothing when the request is not described."""
        operation = self._operation(method, url.partition("?")[0].removeprefix(_PREFIX))
        if operation is None:
            return []
        responses = operation["responses"]
        response = self._resolved(responses.get(str(status), responses.get("default")))
        if response is None:
            return [f"{method} {url}: status {status} is not described"]
        content = response.get("content", {}).get("application/json")
        if content is None or "schema" not in content:
            return []
        schema = {**content["schema"], "components": self._document["components"]}
        found = jsonschema.Draft202012Validator(schema).iter_errors(body)
        return [f"{method} {url}: {error.json_path} breaks {error.validator}" for error in found]

    def _operation(self, method: str, path: str) -> Any:
        for pattern, methods in self._paths:
            if pattern.fullmatch(path) and method.lower() in methods:
                return methods[method.lower()]
        return None

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict) and "$ref" in value:
            place: Any = self._document
            for part in value["$ref"].removeprefix("#/").split("/"):
                place = place[part]
            return place
        return value


def _pattern(path: str) -> re.Pattern[str]:
    """Return what a path matches; those without parameters go before the others."""
    return re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)))


@pytest.fixture(scope="session")
def violations() -> Callable[..., list[str]]:
    """Return a function that says what of an answer is not as described."""
    if not _DESCRIPTION.exists():
        pytest.skip("the published description is not here: set PORTAL_TEST_OPENAPI to it")
    document = yaml.safe_load(_DESCRIPTION.read_text(encoding="utf-8"))
    paths = sorted(document["paths"].items(), key=lambda item: "{" in item[0])
    return Description(document | {"paths": dict(paths)}).violations
