"""Rules of templates that are checked without rendering."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from portal.authoring.finding import RuleViolation
from portal.authoring.folder import TemplateFolder
from portal.authoring.offline import known_actions
from portal.authoring.rules.form_rules import page_faults
from portal.authoring.rules.references import Reading
from portal.authoring.rules.references import readings
from portal.authoring.rules.skeletons import SkeletonUse
from portal.authoring.rules.skeletons import skeletons
from portal.authoring.rules.snapshot import descriptor_findings
from portal.kernel.json_text import Json
from portal.scaffolder.expressions.statements import parse_template
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.expressions.syntax import TemplateLimitError
from portal.scaffolder.forms.form import names
from portal.scaffolder.forms.form import secret_names
from portal.scaffolder.forms.form import triggers
from portal.scaffolder.forms.template import Step
from portal.scaffolder.forms.visible_pages import condition_of
from portal.scaffolder.forms.visible_pages import condition_template

_Path = tuple[str | int, ...]
#: The variables that all texts of steps and output can read.
_EVERYWHERE = frozenset(
    {"parameters", "steps", "user", "context", "environment", "portalUrl", "always", "failure"}
)
_PLACE = re.compile(r"^Template error at line (\d+), column (\d+): ")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of the template: its path, the variables it may read, the ids of earlier steps."""

    path: _Path
    source: str
    allowed: frozenset[str]
    earlier: frozenset[str]


@dataclass(frozen=True)
class _Judged:
    """A template, and its texts and readings, computed once."""

    template: TemplateFolder

    @cached_property
    def texts(self) -> list[_Text]:
        """The texts of pages, steps and output that may have expressions."""
        return [
            *_page_texts(self.template),
            *_step_texts(self.template),
            *_output_texts(self.template),
        ]

    @cached_property
    def skeletons(self) -> list[SkeletonUse]:
        """The skeletons of the template."""
        return list(skeletons(self.template))

    @cached_property
    def readings(self) -> list[tuple[_Text, Reading]]:
        """The readings of the texts; texts that cannot be parsed have none."""
        found = []
        for text in self.texts:
            try:
                body = parse_template(text.source)
            except (TemplateError, TemplateLimitError):
                continue
            found += [(text, reading) for reading in readings(body)]
        return found

    def place(self, path: _Path) -> str:
        """Return ``file:line:column`` of a member of the descriptor."""
        line, column = self.template.position(path)
        return f"{self.template.descriptor}:{line}:{column}"


def template_findings(template: TemplateFolder) -> Iterator[RuleViolation]:
    """Yield the violations of a template, rule by rule."""
    judged = _Judged(template)
    for rule in _RULES:
        yield from rule(judged)


def _entity(judged: _Judged) -> Iterator[RuleViolation]:
    template = judged.template
    files = {template.descriptor: template.files[template.descriptor]}
    yield from descriptor_findings(files, (template.descriptor,), "template")


def _forms(judged: _Judged) -> Iterator[RuleViolation]:
    for index, page in enumerate(judged.template.spec.pages):
        for path, reason in page_faults(page):
            place = judged.place((*_page_path(judged.template, index), *path))
            yield RuleViolation("form", place, reason)


def _actions(judged: _Judged) -> Iterator[RuleViolation]:
    for index, step in enumerate(judged.template.spec.steps):
        if step.action not in known_actions():
            place = judged.place(("spec", "steps", index, "action"))
            yield RuleViolation("action", place, f"there is no action '{step.action}'")


def _expressions(judged: _Judged) -> Iterator[RuleViolation]:
    for text in judged.texts:
        try:
            parse_template(text.source)
        except (TemplateError, TemplateLimitError) as error:
            message = _PLACE.sub("", error.message)
            yield RuleViolation("expression", judged.place(text.path), f"{message}: {text.source}")
    for skeleton in judged.skeletons:
        for fault in skeleton.faults:
            yield RuleViolation("expression", fault.place, fault.message)


def _names(judged: _Judged) -> Iterator[RuleViolation]:
    for text, reading in judged.readings:
        reason = _unreadable(judged.template, text, reading)
        if reason:
            yield RuleViolation("name", judged.place(text.path), reason)
    for skeleton in judged.skeletons:
        for place, name in skeleton.unknown():
            yield RuleViolation("name", place, f"'{name}' is not among the values it is given")


def _unreadable(template: TemplateFolder, text: _Text, reading: Reading) -> str:
    """Return why a reading is invalid; empty when it is valid."""
    pages = template.spec.pages
    if reading.name not in text.allowed:
        return f"there is no '{reading.name}' here"
    if not reading.member:
        return ""
    if reading.name == "parameters" and not any("patternProperties" in page for page in pages):
        known = {name for page in pages for name in names(page)}
        return "" if reading.member in known else f"no page asks for '{reading.member}'"
    if reading.name == "steps" and reading.member not in text.earlier:
        return f"there is no step '{reading.member}' before it"
    return ""


def _unused_parameters(judged: _Judged) -> Iterator[RuleViolation]:
    found = {(reading.name, reading.member) for _, reading in judged.readings}
    if ("parameters", "") in found:
        return
    for index, page in enumerate(judged.template.spec.pages):
        secrets = secret_names(page)
        for name in sorted(names(page) - triggers(page)):
            as_secret = name in secrets and found & {("secrets", name), ("secrets", "")}
            if ("parameters", name) not in found and not as_secret:
                page_path = _page_path(judged.template, index)
                place = judged.place((*page_path, "properties", name))
                yield RuleViolation(
                    "unused-parameter", place, f"nothing reads the parameter '{name}'"
                )


def _page_path(template: TemplateFolder, index: int) -> _Path:
    is_list = isinstance(template.spec.entity["spec"].get("parameters"), list)
    return ("spec", "parameters", *((index,) if is_list else ()))


def _unused_values(judged: _Judged) -> Iterator[RuleViolation]:
    used = {name for skeleton in judged.skeletons for name in skeleton.used}
    for skeleton in judged.skeletons:
        for name in skeleton.values:
            if name not in used:
                path = ("spec", "steps", skeleton.step, "input", "values", name)
                message = f"no file of its skeleton reads the value '{name}'"
                yield RuleViolation("unused-value", judged.place(path), message)


def _encodings(judged: _Judged) -> Iterator[RuleViolation]:
    for skeleton in judged.skeletons:
        for path, reason in skeleton.unrendered():
            yield RuleViolation("encoding", path, f"it cannot be rendered: {reason}")


_RULES = (
    _entity,
    _forms,
    _actions,
    _expressions,
    _encodings,
    _names,
    _unused_parameters,
    _unused_values,
)


# --- texts -----------------------------------------------------------------------


def _page_texts(template: TemplateFolder) -> Iterator[_Text]:
    for index, page in enumerate(template.spec.pages):
        source = condition_template(condition_of(page))
        path = (*_page_path(template, index), "when")
        yield _Text(path, source, frozenset({"parameters"}), frozenset())


def _step_texts(template: TemplateFolder) -> Iterator[_Text]:
    earlier: set[str] = set()
    for index, step in enumerate(template.spec.steps):
        path: _Path = ("spec", "steps", index)
        before = frozenset(earlier)
        for member, source, more in _members(step):
            allowed = _EVERYWHERE | more
            for inner, text in _texts(source):
                yield _Text((*path, member, *inner), text, allowed, before)
        earlier.add(step.id)


def _members(step: Step) -> Iterator[tuple[str, Json, frozenset[str]]]:
    each = frozenset({"each"} if step.each is not None else ())
    yield "if", step.condition, each
    yield "each", step.each, frozenset({"secrets"})
    yield "input", step.input, each | {"secrets"}


def _output_texts(template: TemplateFolder) -> Iterator[_Text]:
    steps = frozenset(step.id for step in template.spec.steps)
    for inner, text in _texts(template.spec.output):
        yield _Text(("spec", "output", *inner), text, _EVERYWHERE, steps)


def _texts(value: Json, path: _Path = ()) -> Iterator[tuple[_Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
