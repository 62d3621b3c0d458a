"""The golden path: a service's name goes in, all files of its repository come out.

Reads the same template Backstage reads, golden-path/template.yaml, so that there is one truth.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined
from jsonschema import Draft202012Validator

from selfservice import policy
from selfservice.settings import ROOT, Settings

TEMPLATE = ROOT / "golden-path" / "template.yaml"
# Backstage writes expressions as ${{ … }}. Nothing here is HTML, so nothing is escaped.
ENGINE = Environment(  # noqa: S701
    variable_start_string="${{",
    variable_end_string="}}",
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)

Files = Mapping[str, str]


class InvalidParameters(Exception):  # noqa: N818 - it is an answer, not an accident
    """The template's own schema does not let the parameters pass."""


def service_files(parameters: Mapping[str, Any], settings: Settings) -> Files:
    """Make the files of a new service, by path.

    Raises:
        InvalidParameters: A parameter is missing, unknown or of the wrong form.
        Refused: A policy forbids what would be deployed.
    """
    template = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    filled = _with_defaults(parameters, template["spec"]["parameters"][0])
    step = template["spec"]["steps"][0]["input"]
    values = {name: _evaluate(value, filled) for name, value in step["values"].items()}
    files = _render(TEMPLATE.parent / step["url"], values)
    for manifest in manifests(files):
        policy.enforce("kubernetes", manifest, settings.standard())
    return files


def manifests(files: Files) -> list[dict[str, Any]]:
    """Give the Kubernetes manifests among the files."""
    return [
        yaml.safe_load(text)
        for path, text in sorted(files.items())
        if path.startswith("deploy/") and path.endswith(".yaml")
    ]


def _with_defaults(parameters: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {k: v["default"] for k, v in schema["properties"].items() if "default" in v}
    filled = {**defaults, **parameters}
    problem = next(iter(Draft202012Validator(schema).iter_errors(filled)), None)
    if problem:
        raise InvalidParameters(problem.message)
    # "$" lets a line break at the end pass in Python, other than in JavaScript.
    if not all(str(value).isprintable() for value in filled.values()):
        raise InvalidParameters("a line break is not part of any parameter")
    return filled


def _evaluate(value: object, parameters: Mapping[str, Any]) -> object:
    if isinstance(value, str):
        return ENGINE.from_string(value).render(parameters=parameters)
    return value


def _render(skeleton: Path, values: Mapping[str, object]) -> Files:
    return {
        path.relative_to(skeleton).as_posix(): ENGINE.from_string(
            path.read_text(encoding="utf-8")
        ).render(values=values)
        for path in sorted(skeleton.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
