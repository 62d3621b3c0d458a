"""The pages of a form: filled in, reviewed, tried, sent off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from flask import Blueprint
from flask import Response
from flask import request

from portal.config.quotas import Quota
from portal.kernel.errors import PortalError
from portal.kernel.json_text import Json
from portal.scaffolder.forms.controls import controls
from portal.scaffolder.forms.controls import flat
from portal.scaffolder.forms.parameters import ValuesError
from portal.scaffolder.forms.submitted import Fault
from portal.scaffolder.forms.submitted import Submission
from portal.scaffolder.tasks.serving.service import Tasks
from portal.scaffolder.tasks.serving.trials import Trial
from portal.scaffolder.tasks.serving.trials import Trials
from portal.ui.creating.choices import Pickers
from portal.ui.creating.form_view import FormView
from portal.ui.creating.form_view import ReviewedPage
from portal.ui.creating.form_view import review
from portal.ui.creating.preview import preview_of
from portal.ui.creating.session import Session
from portal.ui.creating.session import Sessions
from portal.ui.frame import reader
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.web.doors import asks
from portal.web.doors import counts

_FORM = "/create/<namespace>/<name>"
_DRAFT = f"{_FORM}/<uuid:draft>"
_SEE_OTHER = 303


@dataclass(frozen=True)
class FormPages:
    """The pages of forms.

    Attributes:
        sessions: Opens and stores forms.
        pickers: Finds choices.
        tasks: Runs templates.
        trials: Tries templates.
    """

    sessions: Sessions
    pickers: Pickers
    tasks: Tasks
    trials: Trials

    # --- a page ------------------------------------------------------------------

    def show(self, session: Session, number: int) -> Response:
        """Return a page of the form with the answers so far."""
        return self._page(session, number, self._view(session, number))

    def _view(self, session: Session, number: int, **more: Any) -> FormView:
        reads = reader.reader_of(request)
        schema, values = session.page(number), session.draft.values
        return FormView(schema, values, reads, session.who, self.pickers, **more)

    def _page(self, session: Session, number: int, view: FormView, status: int = 200) -> Response:
        visible = session.visible
        return page(
            "creating/form",
            view.reads,
            status,
            session=session,
            template=session.spec.entity,
            form=view,
            number=number,
            visible=visible,
            at=visible.index(number) + 1 if number in visible else 1,
            title=session.title(number, view.reads.text("form.secrets")),
            titles={one: session.title(one, view.reads.text("form.secrets")) for one in visible},
            before=session.before(number),
        )

    def take(self, session: Session, number: int) -> Response:
        """Answer a submitted page: keep the answers and go on, or show what is wrong."""
        read = self.sessions.read(session, number)
        session = session.with_answers(read)
        go, _, key = request.form.get("go", "next").partition(":")
        answer = _BUTTONS.get(go, FormPages._next)
        return answer(self, _Submitted(session, number, read, key))

    def _next(self, sent: _Submitted) -> Response:
        faults = self._faults(sent)
        if faults:
            view = self._view(sent.session, sent.number, texts=sent.read.texts, faults=faults)
            return self._page(sent.session, sent.number, view, 422)
        return _seen(self.sessions.save(sent.session).after(sent.number))

    def _back(self, sent: _Submitted) -> Response:
        saved = self.sessions.save(sent.session)
        return _seen(saved.before(sent.number) or saved.place(sent.number))

    def _check(self, sent: _Submitted) -> Response:
        view = self._view(
            sent.session, sent.number, texts=sent.read.texts, faults=self._faults(sent)
        )
        return self._page(sent.session, sent.number, view)

    def _refresh(self, sent: _Submitted) -> Response:
        view = self._view(sent.session, sent.number, texts=sent.read.texts)
        return self._page(sent.session, sent.number, view)

    def _change_list(self, sent: _Submitted, change: Callable[[list[Json], str], None]) -> Response:
        """Show the page with another number of items in a list."""
        path = sent.key.split("/")[1:]
        values = _changed(dict(sent.session.draft.values), path, change)
        draft = replace(sent.session.draft, values=values)
        session = replace(sent.session, draft=draft)
        view = self._view(session, sent.number, texts=sent.read.texts)
        return self._page(session, sent.number, view)

    def _add(self, sent: _Submitted) -> Response:
        return self._change_list(sent, lambda items, _at: items.append(""))

    def _remove(self, sent: _Submitted) -> Response:
        def remove(items: list[Json], at: str) -> None:
            if at.isdecimal() and int(at) < len(items):
                del items[int(at)]

        return self._change_list(sent, remove)

    def _complete(self, sent: _Submitted) -> Response:
        """Show the page with what a forge lists for an address."""
        found = flat(controls(sent.session.page(sent.number), sent.session.draft.values))
        control = next((one for one in found if one.key == sent.key), None)
        if control is None:
            return self._refresh(sent)
        token = request.form.get(f"{sent.key}#token", "")
        listed, problem = self.pickers.completions(control, token)
        view = self._view(
            sent.session,
            sent.number,
            texts=sent.read.texts,
            listed={sent.key: listed},
            problem=problem,
        )
        return self._page(sent.session, sent.number, view)

    def _faults(self, sent: _Submitted) -> tuple[Fault, ...]:
        typed = sent.read.faults
        wrong = {one.key for one in typed}
        found = self.sessions.faults(sent.session, sent.number)
        return (*typed, *(one for one in found if one.key not in wrong))

    # --- the review --------------------------------------------------------------

    def review(self, session: Session, problem: str = "", status: int = 200) -> Response:
        """Return the page with all answers."""
        reads = reader.reader_of(request)
        pages = [
            ReviewedPage(
                number,
                session.title(number, reads.text("form.secrets")),
                answers,
                tuple(
                    self._view(
                        session, number, faults=self.sessions.faults(session, number)
                    ).summary
                ),
            )
            for number, answers in review(session.pages, session.draft.values, reads)
        ]
        return page(
            "creating/review",
            reads,
            status,
            session=session,
            template=session.spec.entity,
            pages=pages,
            names={one.number: one.title for one in pages},
            problem=problem,
            before=session.before(len(session.pages) + 1),
        )

    def create(self, session: Session) -> Response:
        """Run the template with the answers, and go to the task."""
        draft = session.draft
        try:
            task = self.tasks.create(
                session.request(), draft.caller, f"{draft.id}-{draft.updated_at}"
            )
        except ValuesError as error:
            return self.review(session, error.message, 422)
        return _seen(f"/tasks/{task}")

    def attempt(self, session: Session) -> Response:
        """Return the page with what a run would do."""
        reads = reader.reader_of(request)
        try:
            trial = self.trials.run(session.request())
        except ValuesError as error:
            return self.review(session, error.message, 422)
        except PortalError as error:
            trial = Trial({}, session.spec.steps, error=error.message)
        shown = preview_of(trial, request.args.get("file", ""))
        return page(
            "creating/trial",
            reads,
            session=session,
            template=session.spec.entity,
            preview=shown,
        )


@dataclass(frozen=True, slots=True)
class _Submitted:
    """A submitted page: the session with its answers, and the button that was pressed."""

    session: Session
    number: int
    read: Submission
    key: str


#: What the buttons of a page do, by the beginning of their value.
_BUTTONS: dict[str, Callable[[FormPages, _Submitted], Response]] = {
    "next": FormPages._next,
    "back": FormPages._back,
    "check": FormPages._check,
    "refresh": FormPages._refresh,
    "add": FormPages._add,
    "remove": FormPages._remove,
    "complete": FormPages._complete,
}


def _seen(path: str) -> Response:
    """Answer a form with the address of the next page, so that reloading sends nothing again."""
    reads = reader.reader_of(request)
    return Response(status=_SEE_OTHER, headers={"Location": reads.url(path)})


def _changed(value: Any, path: list[str], change: Callable[[list[Json], str], None]) -> Any:
    """Return a value with a list in it changed.

    Args:
        value: The value.
        path: The keys that lead to the list, and what of it is changed.
        change: Changes the list, given the last key.
    """
    head = path[0].replace("~1", "/").replace("~0", "~") if path else ""
    if len(path) == 2 and isinstance(value, dict) and not isinstance(value.get(head), dict):
        items = list(value.get(head) or [])
        change(items, path[1])
        return {**value, head: items}
    if isinstance(value, dict) and path:
        return {**value, head: _changed(value.get(head) or {}, path[1:], change)}
    if isinstance(value, list) and head.isdecimal() and int(head) < len(value):
        inner = _changed(value[int(head)] or {}, path[1:], change)
        return [inner if at == int(head) else item for at, item in enumerate(value)]
    return value


def form_pages(pages: FormPages) -> AddPages:
    """Return the pages of forms."""

    def add(bp: Blueprint) -> None:
        _add_form(bp, pages)
        _add_review(bp, pages)

    return add


def _add_form(bp: Blueprint, pages: FormPages) -> None:
    @bp.get(_FORM)
    @asks("catalog.entity.read", "scaffolder.template.parameter.read")
    def get_form(namespace: str, name: str) -> Response:
        """Show the first page of a template's form."""
        session = pages.sessions.open(namespace, name)
        if not session.visible:
            return _seen(pages.sessions.save(session).after(0))
        return pages.show(session, session.visible[0])

    @bp.post(_FORM)
    @asks("catalog.entity.read", "scaffolder.template.parameter.read")
    def post_form(namespace: str, name: str) -> Response:
        """Take the first page of a form."""
        session = pages.sessions.open(namespace, name)
        return pages.take(session, session.visible[0])

    @bp.get(f"{_DRAFT}/<int:number>")
    @asks("catalog.entity.read", "scaffolder.template.parameter.read")
    def get_form_page(namespace: str, name: str, draft: object, number: int) -> Response:
        """Show a page of a form with the answers so far."""
        return pages.show(pages.sessions.open(namespace, name, str(draft)), number)

    @bp.post(f"{_DRAFT}/<int:number>")
    @asks("catalog.entity.read", "scaffolder.template.parameter.read")
    def post_form_page(namespace: str, name: str, draft: object, number: int) -> Response:
        """Take a page of a form."""
        return pages.take(pages.sessions.open(namespace, name, str(draft)), number)


def _add_review(bp: Blueprint, pages: FormPages) -> None:
    @bp.get(f"{_DRAFT}/review")
    @asks("catalog.entity.read", "scaffolder.template.parameter.read")
    def get_review(namespace: str, name: str, draft: object) -> Response:
        """Show all answers."""
        return pages.review(pages.sessions.open(namespace, name, str(draft)))

    @bp.post(f"{_DRAFT}/create")
    @asks("scaffolder.task.create", "scaffolder.template.use", "catalog.entity.read")
    @counts(Quota.TASKS)
    def post_create(namespace: str, name: str, draft: object) -> Response:
        """Run the template."""
        return pages.create(pages.sessions.open(namespace, name, str(draft)))

    @bp.get(f"{_DRAFT}/try")
    @asks("scaffolder.template.use", "catalog.entity.read")
    @counts(Quota.DRY_RUNS)
    def get_trial(namespace: str, name: str, draft: object) -> Response:
        """Show what a run would do."""
        return pages.attempt(pages.sessions.open(namespace, name, str(draft)))
