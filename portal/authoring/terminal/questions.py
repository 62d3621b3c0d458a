"""A form on a terminal: page by page, every question until its answer is valid."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from portal.kernel.errors import RenderingError
from portal.kernel.json_text import Json
from portal.scaffolder.forms.answers import Pages
from portal.scaffolder.forms.answers import fault_text
from portal.scaffolder.forms.answers import parsed
from portal.scaffolder.forms.answers import shown
from portal.scaffolder.forms.form import FormField
from portal.scaffolder.forms.form import fields
from portal.scaffolder.forms.json_schema import violations
from portal.scaffolder.forms.visible_pages import visible_pages

#: Hints for fields that the frontend has a picker for, by ``ui:field``.
_HINTS: Mapping[str, str] = {
    "RepoUrlPicker": "host?owner=OWNER&repo=NAME",
    "EntityPicker": "kind:namespace/name",
    "OwnerPicker": "group:default/name",
    "OwnedEntityPicker": "kind:namespace/name",
    "MultiEntityPicker": "kind:namespace/name, …",
    "EntityTagsPicker": "tag, tag",
}
_KINDS: Mapping[str, str] = {
    "array": "separated by commas",
    "boolean": "yes or no",
    "integer": "a whole number",
    "number": "a number",
    "object": "as JSON",
}


@dataclass(frozen=True, slots=True)
class Terminal:
    """Input and output of a terminal.

    Args:
        say: Prints a line.
        ask: Prints a prompt and returns the typed text; a secret is not echoed.
    """

    say: Callable[[str], None]
    ask: Callable[[str, bool], str]


def ask_all(
    pages: Pages, given: Mapping[str, Json], terminal: Terminal, *, only_needed: bool
) -> dict[str, Json]:
    """Ask for the answers to a form and return them with those given already.

    Args:
        pages: The pages of the form.
        given: Answers that are not asked for.
        terminal: The terminal.
        only_needed: Whether optional fields and those with a default are skipped.
    """
    values = dict(given)
    for number, page in enumerate(pages, 1):
        if number - 1 in visible_pages(pages[:number], values).pages:
            _ask_page(page, f"{number}/{len(pages)}", values, terminal, only_needed=only_needed)
    return values


def _ask_page(
    page: Mapping[str, Json],
    number: str,
    values: dict[str, Json],
    terminal: Terminal,
    *,
    only_needed: bool,
) -> None:
    passed: set[str] = set()
    is_told = False
    while question := _next(page, values, passed):
        passed.add(question.name)
        is_asked = _is_asked(question) and not (only_needed and _is_settled(question))
        if not is_asked:
            if "const" in question.schema or "default" in question.schema:
                values[question.name] = question.schema.get("const", question.schema.get("default"))
            continue
        if not is_told:
            is_told = True
            for line in _heading(page, number):
                terminal.say(line)
        answer = _answer(question, terminal)
        if answer is not None:
            values[question.name] = answer


def _next(
    page: Mapping[str, Json], values: Mapping[str, Json], passed: set[str]
) -> FormField | None:
    open_fields = fields(page, values)
    waiting = (one for one in open_fields if one.name not in values and one.name not in passed)
    return next(waiting, None)


def _is_asked(question: FormField) -> bool:
    """Return whether a frontend would show the field."""
    schema = question.schema
    is_hidden = schema.get("ui:widget") == "hidden" or schema.get("readOnly") is True
    return not is_hidden and "const" not in schema and schema.get("type") != "null"


def _is_settled(question: FormField) -> bool:
    return "default" in question.schema or not question.is_required


def _heading(page: Mapping[str, Json], number: str) -> Iterator[str]:
    yield ""
    yield f"[{number}] {page.get('title') or ''}".rstrip()
    if page.get("description"):
        yield str(page["description"])


def _answer(question: FormField, terminal: Terminal) -> Json:
    """Ask until the answer is valid; ``None`` when the field is left out."""
    for line in _question(question):
        terminal.say(line)
    while True:
        text = terminal.ask(_prompt(question), question.is_secret).strip()
        if not text:
            if "default" in question.schema:
                return question.schema["default"]
            if not question.is_required:
                return None
            terminal.say("  an answer is required")
            continue
        try:
            value = parsed(question.schema, _chosen(question, text))
        except ValueError as error:
            terminal.say(f"  {error}")
            continue
        faults = _faults(question, value)
        if not faults:
            return value
        for fault in faults:
            terminal.say(f"  {fault}")


def _faults(question: FormField, value: Json) -> list[str]:
    schema = {"type": "object", "properties": {question.name: question.schema}}
    try:
        return [fault_text(error) for error in violations(schema, {question.name: value})]
    except RenderingError as error:
        return [error.message]


def _question(question: FormField) -> Iterator[str]:
    yield ""
    yield f"{question.title}{'' if question.is_required else ' (may be left empty)'}"
    if question.schema.get("description"):
        yield f"  {question.schema['description']}"
    for number, (value, name) in enumerate(_choices(question.schema), 1):
        yield f"  {number}) {shown(value)}{f' · {name}' if name != shown(value) else ''}"


def _prompt(question: FormField) -> str:
    schema = question.schema
    hint = _HINTS.get(str(schema.get("ui:field"))) or _KINDS.get(str(schema.get("type"))) or ""
    if schema.get("enum"):
        hint = "number or value"
    default = f" [{shown(schema['default'])}]" if "default" in schema else ""
    return f"  {question.name}{f' ({hint})' if hint else ''}{default}: "


def _choices(schema: Mapping[str, Json]) -> list[tuple[Json, str]]:
    """Return the allowed values of a field, or of its items, with their names."""
    items = schema.get("items")
    source = items if schema.get("type") == "array" and isinstance(items, dict) else schema
    values = source.get("enum")
    if not isinstance(values, list):
        return []
    names = source.get("enumNames") or []
    return [
        (value, str(names[index]) if index < len(names) else shown(value))
        for index, value in enumerate(values)
    ]


def _chosen(question: FormField, text: str) -> str:
    """Return a typed text with numbers of choices replaced by their values."""
    choices = [shown(value) for value, _ in _choices(question.schema)]
    if not choices:
        return text
    parts = text.split(",") if question.schema.get("type") == "array" else [text]
    return ",".join(_choice(part.strip(), choices) for part in parts)


def _choice(text: str, choices: list[str]) -> str:
    if text not in choices and text.isdecimal() and 1 <= int(text) <= len(choices):
        return choices[int(text) - 1]
    return text
