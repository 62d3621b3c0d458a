"""A page of a form as its template shows it: controls, choices, and what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from portal.auth.identity import Principal
from portal.kernel.json_text import Json
from portal.scaffolder.forms.answers import shown
from portal.scaffolder.forms.controls import Control
from portal.scaffolder.forms.controls import Widget
from portal.scaffolder.forms.controls import controls
from portal.scaffolder.forms.controls import flat
from portal.scaffolder.forms.form import triggers
from portal.scaffolder.forms.submitted import Fault
from portal.scaffolder.forms.visible_pages import visible_pages
from portal.ui.creating.choices import Choices
from portal.ui.creating.choices import Pickers
from portal.ui.creating.choices import RepoPart
from portal.ui.frame.reader import Reader
from portal.ui.texts.table import TEXTS

Page = Mapping[str, Json]


def field_id(key: str) -> str:
    """Return the id of a control's element: any key makes a valid one."""
    return f"f-{hashlib.sha256(key.encode()).hexdigest()[:10]}"


def fault_text(reads: Reader, fault: Fault) -> str:
    """Return a fault in the reader's language; unknown ones in English, as the schema says."""
    key = f"fault.{fault.rule}"
    if key not in TEXTS:
        return fault.message
    return reads.text(key, argument=fault.argument or "", message=fault.message)


@dataclass(frozen=True)
class FormView:
    """A page of a form.

    Attributes:
        page: Its schema.
        values: The values so far.
        reads: Who reads it.
        who: Who fills it in.
        pickers: Finds choices.
        texts: What was typed where no value could be made of it.
        faults: What is wrong.
        listed: What a forge listed: by control, by part of the address.
        problem: Why the forge lists nothing.
    """

    page: Page
    values: Mapping[str, Json]
    reads: Reader
    who: Principal
    pickers: Pickers
    texts: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    listed: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    problem: str = ""

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls of the page."""
        return controls(self.page, self.values)

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """What is wrong, for the top of the page: id of the control, its label, the reason."""
        known = {one.key: one for one in flat(self.controls)}
        return [
            (
                field_id(fault.key) if fault.key in known else "form",
                known[fault.key].title if fault.key in known else fault.key.rpartition("/")[2],
                fault_text(self.reads, fault),
            )
            for fault in self.faults
        ]

    def id(self, control: Control) -> str:
        """Return the id of a control's element."""
        return field_id(control.key)

    def text(self, control: Control) -> str:
        """Return the text in a control: as typed, if no value could be made of it."""
        return self.texts.get(control.key, control.text)

    def reasons(self, control: Control) -> list[str]:
        """Return what is wrong with a control's value."""
        keys = {control.key}
        if control.widget in {Widget.TAGS, Widget.ENTITIES, Widget.CHECKBOXES}:
            keys |= {one.key for one in self.faults if one.key.startswith(f"{control.key}/")}
        return [fault_text(self.reads, one) for one in self.faults if one.key in keys]

    def choices(self, control: Control) -> Choices:
        """Return what a picker offers."""
        if control.widget is Widget.TAGS:
            return self.pickers.tags(control)
        return self.pickers.entities(control, self.who)

    def parts(self, control: Control) -> tuple[RepoPart, ...]:
        """Return the parts of a repository's address."""
        return self.pickers.repo_parts(control, self.listed.get(control.key, {}))

    def token_name(self, control: Control) -> str:
        """Return the secret that a forge's token is kept as; empty when none is asked for."""
        wanted = control.options.get("requestUserCredentials")
        return str(wanted.get("secretsKey") or "") if isinstance(wanted, dict) else ""

    def shows_others(self, control: Control) -> bool:
        """Return whether other fields depend on a control."""
        path = control.key.split("/")[1:]
        return bool({*triggers(self.page), *_conditions(self.page)} & set(path)) or (
            control.widget is Widget.REPO_URL
        )


def _conditions(page: Page) -> set[str]:
    """Return the names that conditions of objects inside of the page depend on."""
    found: set[str] = set()
    members = page.get("properties")
    for schema in members.values() if isinstance(members, dict) else ():
        if isinstance(schema, dict):
            items = schema.get("items")
            for one in (schema, items if isinstance(items, dict) else {}):
                found |= triggers(one)
                if "properties" in one:
                    found |= _conditions(one)
    return found


# --- review --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the review shows it."""

    id: str
    title: str
    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class ReviewedPage:
    """The answers of a page, and what is wrong with them."""

    number: int
    title: str
    answers: tuple[Answer, ...]
    faults: tuple[tuple[str, str, str], ...]


def review(
    pages: Sequence[Page], values: Mapping[str, Json], reads: Reader
) -> Iterable[tuple[int, tuple[Answer, ...]]]:
    """Yield the visible pages: number and answers."""
    for index, page in visible_pages(pages, values).pages.items():
        found = (
            _answer(one, reads)
            for one in controls(page, values)
            if one.widget is not Widget.HIDDEN and _is_reviewed(one)
        )
        yield index + 1, tuple(found)


def _review_options(control: Control) -> Mapping[str, Json]:
    found = control.field.schema.get("ui:backstage")
    inner = found.get("review") if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def _is_reviewed(control: Control) -> bool:
    return _review_options(control).get("show") is not False


def _answer(control: Control, reads: Reader) -> Answer:
    mask = _review_options(control).get("mask")
    text = str(mask) if mask else _told(control, reads)
    is_code = control.widget in {Widget.JSON, Widget.OBJECT, Widget.LIST}
    return Answer(field_id(control.key), control.title, text, is_code)


def _told(control: Control, reads: Reader) -> str:
    value = control.value
    if value is None or value == "":
        return ""
    if control.widget is Widget.SECRET:
        return "••••••••"
    if isinstance(value, bool):
        return reads.text("form.yes" if value else "form.no")
    chosen = [one.label for one in control.choices if one.is_chosen]
    return ", ".join(chosen) if chosen else shown(value)
