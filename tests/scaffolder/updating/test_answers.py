"""The answers of a project for the form of now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.scaffolder.forms.template import read_template
from portal.scaffolder.updating.answers import asked_by
from portal.scaffolder.updating.answers import new_answers
from portal.scaffolder.updating.answers import with_masks


def _form(properties: Mapping[str, Any]) -> Any:
    return read_template(
        {
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": "one"},
            "spec": {
                "type": "service",
                "parameters": {"required": ["key"], "properties": properties},
                "steps": [],
            },
        }
    )


def test_a_secret_is_the_same_mask_in_the_old_rendering_and_in_the_new_one() -> None:
    form = _form(
        {
            "name": {"type": "string"},
            "size": {"type": "integer", "default": 3},
            "key": {"type": "string", "ui:field": "Secret"},
        }
    )
    note = {"name": "shop"}
    found = new_answers(form, note, (), {}, asked_by(form, ()))
    assert found.errors == ()
    assert found.questions == ()
    assert found.values == with_masks(form, note) == {"name": "shop", "key": "********"}
