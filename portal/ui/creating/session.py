"""A form that is being filled in: the template, the draft of answers, and who fills it in."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from flask import request

from portal.auth.gate import principal
from portal.auth.identity import Principal
from portal.kernel.errors import NotFoundError
from portal.kernel.json_text import Json
from portal.kernel.json_text import parse_json
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.scaffolder.forms.controls import Control
from portal.scaffolder.forms.controls import Widget
from portal.scaffolder.forms.controls import controls
from portal.scaffolder.forms.controls import flat
from portal.scaffolder.forms.form import with_defaults
from portal.scaffolder.forms.secrets_page import asked_pages
from portal.scaffolder.forms.secrets_page import without_secrets
from portal.scaffolder.forms.submitted import Fault
from portal.scaffolder.forms.submitted import Submission
from portal.scaffolder.forms.submitted import faults_of
from portal.scaffolder.forms.submitted import submitted
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.forms.visible_pages import visible_pages
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.tasks.serving.drafts import Draft
from portal.scaffolder.tasks.serving.drafts import Drafts
from portal.scaffolder.tasks.serving.service import TaskRequest
from portal.ui.creating.choices import Pickers

_SHOWN = "~shown"
_LARGEST_PREFILL = 20_000


@dataclass(frozen=True, slots=True)
class Session:
    """A form that is being filled in.

    Attributes:
        ref: The template's ref.
        spec: The template.
        draft: The answers so far.
        who: Who fills it in.
    """

    ref: EntityRef
    spec: TemplateSpec
    draft: Draft
    who: Principal

    @property
    def path(self) -> str:
        """The address of the form."""
        return f"/create/{self.ref.namespace}/{self.ref.name}"

    @property
    def address(self) -> str:
        """The address of the draft; that of the form before it is stored."""
        return f"{self.path}/{self.draft.id}" if self.draft.id else self.path

    @property
    def visible(self) -> list[int]:
        """The numbers of the visible pages, from 1."""
        return [index + 1 for index in visible_pages(self.pages, self.draft.values).pages]

    @property
    def pages(self) -> tuple[Mapping[str, Json], ...]:
        """The pages of the form; the last one may be that of secrets."""
        return asked_pages(self.spec)

    def title(self, number: int, of_secrets: str) -> str:
        """Return the title of a page; ``of_secrets`` is that of the page of secrets."""
        is_added = number > len(self.spec.pages)
        return str(self.page(number).get("title") or (of_secrets if is_added else ""))

    def page(self, number: int) -> Mapping[str, Json]:
        """Return the schema of a page.

        Raises:
            NotFoundError: When there is none of that number.
        """
        if not 1 <= number <= len(self.pages):
            raise NotFoundError(f"The form has no page {number}")
        return self.pages[number - 1]

    def place(self, number: int) -> str:
        """Return the address of a page."""
        return f"{self.address}/{number}"

    def after(self, number: int) -> str:
        """Return the address of what follows a page: another page, or the review."""
        following = next((one for one in self.visible if one > number), None)
        return self.place(following) if following else f"{self.address}/review"

    def before(self, number: int) -> str:
        """Return the address of the page before one; empty for the first."""
        found = [one for one in self.visible if one < number]
        return self.place(found[-1]) if found else ""

    def with_answers(self, read: Submission) -> Session:
        """Return the session with the answers of a page."""
        draft = replace(self.draft, values=read.values, secrets=read.secrets)
        return replace(self, draft=draft)

    def request(self) -> TaskRequest:
        """Return the request to run the template with the answers."""
        values = without_secrets(self.spec, self.draft.values)
        return TaskRequest.by(self.who, self.ref, values, self.draft.secrets)


class Sessions:
    """Opens and stores forms.

    Args:
        scaffolder: Provides templates.
        drafts: Stores answers.
        pickers: Tells whether an entity exists.
    """

    def __init__(self, scaffolder: Scaffolder, drafts: Drafts, pickers: Pickers) -> None:
        self._scaffolder = scaffolder
        self._drafts = drafts
        self._pickers = pickers

    def open(self, namespace: str, name: str, draft_id: str = "") -> Session:
        """Return a form; without a draft a new one, with defaults and the address's answers.

        Raises:
            NotFoundError: When there is no such template or draft.
        """
        ref = EntityRef("template", namespace.lower(), name.lower())
        spec, who = self._scaffolder.template(ref), principal()
        caller = f"{who.kind} {who.subject}"
        if draft_id:
            draft = self._drafts.get(draft_id, str(ref), caller)
        else:
            values = with_defaults(spec.pages, _prefilled())
            draft = Draft("", str(ref), caller, values, {})
        return Session(ref, spec, draft, who)

    def save(self, session: Session) -> Session:
        """Store the answers."""
        name = self._drafts.save(session.draft)
        return replace(session, draft=replace(session.draft, id=name))

    def forget_secrets(self, session: Session) -> None:
        """Keep the answers without secrets."""
        self._drafts.forget_secrets(session.draft)

    def read(self, session: Session, number: int) -> Submission:
        """Return the answers of the request, to a page."""
        page = session.page(number)
        given = {key: request.form.getlist(key) for key in request.form}
        was_shown = request.form.getlist(_SHOWN)
        draft = session.draft
        read = submitted(page, draft.values, draft.secrets, given, was_shown)
        tokens = dict(_tokens(controls(page, read.values)))
        filled = _with_new_defaults(page, read.values, was_shown)
        return replace(read, values=filled, secrets={**read.secrets, **tokens})

    def faults(self, session: Session, number: int) -> tuple[Fault, ...]:
        """Return what is wrong with the answers of a page."""
        page, draft = session.page(number), session.draft
        found = list(faults_of(page, draft.values, draft.secrets))
        wrong = {one.key for one in found}
        for control in flat(controls(page, draft.values)):
            if control.key not in wrong and control.widget in {Widget.ENTITY, Widget.ENTITIES}:
                found += self._reference_faults(control)
        return tuple(found)

    def _reference_faults(self, control: Control) -> Iterator[Fault]:
        """Yield the refs that are none, or that are not in the catalog where they have to be."""
        values = control.value if isinstance(control.value, list) else [control.value]
        is_open = control.options.get("allowArbitraryValues") is not False
        for value in values:
            if not value or not isinstance(value, str):
                continue
            kind = str(control.options.get("defaultKind") or "") or None
            try:
                ref = str(parse_ref(value, kind or "group", "default"))
            except ValueError:
                yield Fault(control.key, "ref", f"'{value}' is no entity ref", value)
                continue
            if not is_open and not self._pickers.is_there(ref):
                yield Fault(control.key, "missing", f"'{value}' is not in the catalog", value)


def _prefilled() -> dict[str, Json]:
    """Return the answers in the address (Backstage's ``formData``); empty if there are none."""
    text = request.args.get("formData", "")
    try:
        found = parse_json(text) if text and len(text) <= _LARGEST_PREFILL else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _with_new_defaults(
    page: Mapping[str, Json], values: Mapping[str, Json], was_shown: Sequence[str]
) -> dict[str, Json]:
    """Return values with the defaults of fields that were not shown before."""
    asked = {one.field.name for one in controls(page, values) if one.key in set(was_shown)}
    filled = with_defaults([page], values)
    return {name: value for name, value in filled.items() if name in values or name not in asked}


def _tokens(found: Sequence[Control]) -> Iterator[tuple[str, str]]:
    """Yield the tokens for forges that were typed beside addresses of repositories."""
    for one in flat(found):
        wanted = one.options.get("requestUserCredentials")
        name = wanted.get("secretsKey") if isinstance(wanted, dict) else None
        token = request.form.get(f"{one.key}#token", "")
        if name and token:
            yield str(name), token
