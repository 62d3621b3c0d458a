"""The answers of a project for the form that its template has now, and what that asks anew."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.kernel.json_text import Json
from portal.scaffolder.forms.form import fields
from portal.scaffolder.forms.form import names
from portal.scaffolder.forms.form import secret_names
from portal.scaffolder.forms.form import with_defaults
from portal.scaffolder.forms.parameters import ValuesError
from portal.scaffolder.forms.parameters import check_values
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.updating.rules import Migration
from portal.scaffolder.updating.rules import renamed

#: What stands for a secret: notes hold none.
_MASK = "********"
_SHOWN = ("title", "description", "type", "enum", "default")


@dataclass(frozen=True, slots=True)
class NewAnswers:
    """Answers for the form of now.

    Attributes:
        values: Valid answers; as far as they are known, if there are errors.
        questions: The fields that the project has no answer for, with title, type, default.
        errors: Why the answers are not enough, as of a form.
    """

    values: Mapping[str, Json]
    questions: tuple[Mapping[str, Json], ...] = ()
    errors: tuple[Mapping[str, Json], ...] = field(default=())


def with_masks(spec: TemplateSpec, values: Mapping[str, Json]) -> dict[str, Json]:
    """Return answers with asterisks for the secrets that they lack."""
    return {**dict.fromkeys(_secrets(spec), _MASK), **values}


def _secrets(spec: TemplateSpec) -> set[str]:
    return {name for page in spec.pages for name in secret_names(page)}


def new_answers(
    spec: TemplateSpec,
    old: Mapping[str, Json],
    migrations: tuple[Migration, ...],
    given: Mapping[str, Json],
    asked: Collection[str],
) -> NewAnswers:
    """Return a project's answers for the newest form.

    Args:
        spec: The template as it is now.
        old: The answers in the project's note.
        migrations: What was renamed since.
        given: Answers to new questions; they count before the old ones.
        asked: The fields that the form had then: left empty, they are no new questions.
    """
    known = {name for page in spec.pages for name in names(page)}
    before = {name: one for name, one in renamed(old, migrations).items() if name in known}
    # That a note has no secret does not mean that it was left empty.
    left_empty = set(asked).difference(before, given, _secrets(spec))
    completed = with_defaults(spec.pages, with_masks(spec, {**before, **given}))
    values = {name: one for name, one in completed.items() if name not in left_empty}
    questions = tuple(_questions(spec, values, {*before, *given, *left_empty}))
    try:
        return NewAnswers(check_values(spec, values), questions)
    except ValuesError as error:
        return NewAnswers(values, questions, tuple(error.errors))


def _questions(
    spec: TemplateSpec, values: Mapping[str, Json], answered: set[str]
) -> list[Mapping[str, Json]]:
    found: list[Mapping[str, Json]] = []
    for page in spec.pages:
        secret = secret_names(page)
        for one in fields(page, values):
            if one.name not in answered and one.name not in secret:
                shown = {name: one.schema[name] for name in _SHOWN if name in one.schema}
                found.append({"name": one.name, "required": one.is_required, **shown})
    return found


def without_secrets(spec: TemplateSpec, values: Mapping[str, Json]) -> dict[str, Json]:
    """Return answers as a note has them."""
    secret = _secrets(spec)
    return {name: one for name, one in values.items() if name not in secret}


def asked_by(spec: TemplateSpec, migrations: tuple[Migration, ...]) -> set[str]:
    """Return the fields of a form, under the names that they have now."""
    return set(
        renamed(dict.fromkeys(name for page in spec.pages for name in names(page)), migrations)
    )
