"""The pages of tasks: lists, progress, and what may be done with one."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask import Response
from flask import request

from portal.auth.gate import principal
from portal.auth.identity import USER
from portal.catalog.reading.entity_reader import EntityReader
from portal.config.quotas import Quota
from portal.kernel.errors import ConflictError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.model.refs import parse_ref
from portal.scaffolder.forms.form import secret_names
from portal.scaffolder.forms.parameters import ValuesError
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.tasks.model.spec import template_ref
from portal.scaffolder.tasks.model.task import Task
from portal.scaffolder.tasks.model.task import shown_time
from portal.scaffolder.tasks.serving.access import CANCEL
from portal.scaffolder.tasks.serving.access import CREATE
from portal.scaffolder.tasks.serving.access import READ
from portal.scaffolder.tasks.serving.access import TaskAccess
from portal.scaffolder.tasks.serving.feed import EventFeed
from portal.scaffolder.tasks.serving.listing import TaskQuery
from portal.scaffolder.tasks.serving.service import Tasks
from portal.scaffolder.tasks.serving.service import missing
from portal.scaffolder.tasks.serving.streams import EventStream
from portal.scaffolder.workspace.archive import to_zip
from portal.ui.creating.progress import progress_of
from portal.ui.frame import reader
from portal.ui.frame.names import names_of
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.page import page_number
from portal.ui.frame.paging import page_count
from portal.web.doors import asks
from portal.web.doors import counts

PAGE_SIZE = 30
STATES = ("open", "processing", "completed", "failed", "cancelled")
_TASK = "/tasks/<task_id>"


@dataclass(frozen=True, slots=True)
class Row:
    """A task in a list; ``created_at`` is ISO 8601."""

    id: str
    template: str
    title: str
    name: str
    status: str
    created_by: str
    created_at: str


@dataclass(frozen=True)
class TaskPages:
    """The pages of tasks.

    Attributes:
        tasks: Reads and changes them.
        feed: Their events.
        access: Who may do what.
        scaffolder: Their templates.
        reader: Names of people.
    """

    tasks: Tasks
    feed: EventFeed
    access: TaskAccess
    scaffolder: Scaffolder
    reader: EntityReader

    def list(self) -> Response:
        """Return the list of tasks: one's own, or all one may see."""
        who, reads = principal(), reader.reader_of(request)
        own = who.subject if who.kind == USER else ""
        is_mine = bool(own) and request.args.get("all") != "1"
        status = request.args.get("status", "")
        number = page_number()
        query = TaskQuery(
            created_by=(own,) if is_mine else (),
            status=(status,) if status in STATES else (),
            limit=PAGE_SIZE,
            offset=(number - 1) * PAGE_SIZE,
            visible=self.access.visible(),
        )
        found, total = self.tasks.find(query)
        return page(
            "creating/tasks",
            reads,
            rows=[_row(task) for task in found],
            names=names_of(self.reader, (task.created_by for task in found)),
            total=total,
            number=min(number, page_count(total, PAGE_SIZE)),
            pages=page_count(total, PAGE_SIZE),
            is_mine=is_mine,
            has_own=bool(own),
            chosen=status,
            states=STATES,
        )

    def find(self, task_id: str, permission: str = READ) -> Task:
        """Return a task the caller may do something with.

        Raises:
            NotFoundError: When there is none, or the caller may not read it.
            NotAllowedError: When the caller may read it only.
        """
        task = self.tasks.get(task_id)
        if not self.access.may(READ, task.created_by):
            raise NotFoundError(missing(task_id).message)
        if not self.access.may(permission, task.created_by):
            raise NotAllowedError
        return task

    def show(self, task: Task, problem: str = "", status: int = 200) -> Response:
        """Return the page of a task."""
        events = [
            event.to_json(is_recoverable=task.is_recoverable)
            for event in self.feed.events(task.id, 0)
        ]
        row = _row(task)
        return page(
            "creating/task",
            reader.reader_of(request),
            status,
            task=task,
            row=row,
            progress=progress_of(task.spec["steps"], events),
            names=names_of(self.reader, [task.created_by]),
            values=task.shown_values,
            has_files=task.is_over and self._has_files(task.id),
            may_cancel=self.access.may(CANCEL, task.created_by),
            may_retry=self.access.may(CREATE, task.created_by),
            secrets=self._secret_names(task),
            problem=problem,
        )

    def _has_files(self, task_id: str) -> bool:
        try:
            return bool(self.tasks.files(task_id))
        except (NotFoundError, ConflictError):
            return False

    def _secret_names(self, task: Task) -> tuple[str, ...]:
        """Return the secrets that a retry has to be given again: they are not kept."""
        try:
            spec = self.scaffolder.template(parse_ref(template_ref(task.spec)))
        except (NotFoundError, ValueError):
            return ()
        names = {name for each in spec.pages for name in secret_names(each)}
        schema: Mapping[str, Any] = spec.secrets_schema or {}
        return tuple(
            sorted(names & task.spec["parameters"].keys() | {*schema.get("properties", ())})
        )

    def retry(self, task: Task) -> Response:
        """Run a task again, and return to its page."""
        names = self._secret_names(task)
        given = {name: request.form.get(f"secret-{name}", "") for name in names}
        try:
            self.tasks.retry(task.id, {name: text for name, text in given.items() if text})
        except (ConflictError, ValuesError) as error:
            return self.show(task, error.message, 422)
        return _seen(f"/tasks/{task.id}")

    def stream(self, task: Task) -> Response:
        """Return the events of a task as they happen."""
        after = request.args.get("after", "")
        number = int(after) if after.isdecimal() and len(after) < 16 else 0
        watch = self.feed.enter(task.id, number)
        gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", bool)
        body = EventStream(self.feed, watch, is_recoverable=False, is_gone=gone)
        response = Response(body, content_type="text/event-stream")
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Accel-Buffering"] = "no"
        return response


def _row(task: Task) -> Row:
    info = task.spec["templateInfo"]["entity"]["metadata"]
    values = task.shown_values
    named = (values.get(key) for key in ("name", "component_id", "componentId", "repoName"))
    return Row(
        task.id,
        template_ref(task.spec),
        str(info.get("title") or info["name"]),
        next((text for text in named if isinstance(text, str)), ""),
        task.status,
        task.created_by,
        shown_time(task.created_at),
    )


def _seen(path: str) -> Response:
    return Response(status=303, headers={"Location": reader.reader_of(request).url(path)})


def task_pages(pages: TaskPages) -> AddPages:
    """Return the pages of tasks."""

    def add(bp: Blueprint) -> None:
        _add_reading(bp, pages)
        _add_changes(bp, pages)

    return add


def _add_reading(bp: Blueprint, pages: TaskPages) -> None:
    @bp.get("/tasks")
    @asks("scaffolder.task.read")
    def get_tasks() -> Response:
        """List tasks."""
        return pages.list()

    @bp.get(_TASK)
    @asks("scaffolder.task.read")
    def get_task(task_id: str) -> Response:
        """Show a task and its progress."""
        return pages.show(pages.find(task_id))

    @bp.get(f"{_TASK}/eventstream")
    @asks("scaffolder.task.read")
    def get_task_events(task_id: str) -> Response:
        """Stream the events of a task to its page."""
        return pages.stream(pages.find(task_id))

    @bp.get(f"{_TASK}/files.zip")
    @asks("scaffolder.task.read")
    def get_task_files(task_id: str) -> Response:
        """Download the files of a task."""
        task = pages.find(task_id)
        name = _row(task).name or task.id
        response = Response(to_zip(pages.tasks.files(task.id)), content_type="application/zip")
        response.headers.set("Content-Disposition", "attachment", filename=f"{name}.zip")
        return response


def _add_changes(bp: Blueprint, pages: TaskPages) -> None:
    @bp.post(f"{_TASK}/cancel")
    @asks("scaffolder.task.cancel", "scaffolder.task.read")
    def post_task_cancel(task_id: str) -> Response:
        """Cancel a task."""
        pages.tasks.cancel(pages.find(task_id, CANCEL).id)
        return _seen(f"/tasks/{task_id}")

    @bp.post(f"{_TASK}/retry")
    @asks("scaffolder.task.create", "scaffolder.template.use", "scaffolder.task.read")
    @counts(Quota.TASKS)
    def post_task_retry(task_id: str) -> Response:
        """Run a task that has ended again."""
        return pages.retry(pages.find(task_id, CREATE))
