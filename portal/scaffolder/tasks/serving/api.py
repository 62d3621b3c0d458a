"""The routes of tasks under ``/api/scaffolder``, as Backstage's frontend uses them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from flask import Response
from flask import request

from portal.auth.gate import principal
from portal.auth.identity import Principal
from portal.config.quotas import Quota
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.model.refs import parse_ref
from portal.permission.policy import Decision
from portal.scaffolder.forms.parameters import ValuesError
from portal.scaffolder.tasks.model.task import CANCELLED
from portal.scaffolder.tasks.model.task import Task
from portal.scaffolder.tasks.serving import schemas as s
from portal.scaffolder.tasks.serving.access import CANCEL
from portal.scaffolder.tasks.serving.access import CREATE
from portal.scaffolder.tasks.serving.access import READ
from portal.scaffolder.tasks.serving.access import TaskAccess
from portal.scaffolder.tasks.serving.feed import EventFeed
from portal.scaffolder.tasks.serving.idempotency import read_key
from portal.scaffolder.tasks.serving.listing import ORDERS
from portal.scaffolder.tasks.serving.listing import TaskQuery
from portal.scaffolder.tasks.serving.service import TaskRequest
from portal.scaffolder.tasks.serving.service import Tasks
from portal.scaffolder.tasks.serving.service import missing
from portal.scaffolder.tasks.serving.streams import EventPoll
from portal.scaffolder.tasks.serving.streams import EventStream
from portal.scaffolder.workspace.archive import to_zip
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.openapi import Blueprint
from portal.web.requests import MAX_FILES_BODY
from portal.web.responses import CLIENT_GONE
from portal.web.responses import JSON
from portal.web.responses import json_response

_TASK = "/v2/tasks/<task_id>"


def task_blueprint(tasks: Tasks, feed: EventFeed, access: TaskAccess) -> Blueprint:
    """Return the routes of tasks."""
    bp = Blueprint("tasks", __name__, url_prefix="/api/scaffolder", description=__doc__)
    bp.allow_bodies(MAX_FILES_BODY)
    _add_errors(bp)
    _add_creation(bp, tasks)
    _add_tasks(bp, tasks, access)
    _add_changes(bp, tasks, access)
    _add_events(bp, tasks, feed, access)
    return bp


def _add_errors(bp: Blueprint) -> None:
    @bp.errorhandler(ValuesError)  # type: ignore[untyped-decorator]
    def answer_values_error(error: ValuesError) -> Response:
        """Respond with the errors of each value, and status 400."""
        return json_response({"errors": error.errors}, 400)


def _add_creation(bp: Blueprint, tasks: Tasks) -> None:
    @bp.post("/v2/tasks")
    @bp.arguments(s.TaskBody())
    @bp.response(201, s.CreatedTask)
    @asks("scaffolder.task.create", "scaffolder.template.use", "catalog.entity.read")
    @counts(Quota.TASKS)
    def post_task(args: dict[str, Any]) -> Response:
        """Run a template; ``Idempotency-Key`` makes it safe to send the request again."""
        who = principal()
        header = request.headers.get("Idempotency-Key")
        key = "" if header is None else read_key(header)
        wanted = _wanted(args, who)
        caller = f"{who.kind} {who.subject}"
        return json_response({"id": tasks.create(wanted, caller, key)}, 201)


def _add_tasks(bp: Blueprint, tasks: Tasks, access: TaskAccess) -> None:
    @bp.get("/v2/tasks")
    @bp.arguments(s.TaskParameters(), location="query")
    @bp.response(200, s.TaskList)
    @asks("scaffolder.task.read")
    def get_tasks(args: dict[str, Any]) -> Response:
        """Return tasks, the newest first."""
        found, total = tasks.find(_query(args, access.visible()))
        return json_response({"tasks": [task.to_json() for task in found], "totalTasks": total})

    @bp.get(_TASK)
    @bp.response(200, s.TaskAnswer)
    @asks("scaffolder.task.read")
    def get_task(task_id: str) -> Response:
        """Return a task, without its secrets."""
        return json_response(_task(tasks, access, task_id).to_json())

    @bp.get(f"{_TASK}/workspace.zip")
    @bp.response(200, content_type="application/zip")
    @asks("scaffolder.task.read")
    def get_workspace(task_id: str) -> Response:
        """Return the files of a task that has ended; if it failed, those made so far."""
        try:
            _task(tasks, access, task_id)
        except NotFoundError as error:
            raise NotFoundError(f"{error.message}{tasks.retention.about_tasks}") from None
        return _download(f"{task_id}.zip", to_zip(tasks.files(task_id)))


def _download(name: str, data: bytes) -> Response:
    response = Response(data, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _add_changes(bp: Blueprint, tasks: Tasks, access: TaskAccess) -> None:
    @bp.post(f"{_TASK}/cancel")
    @bp.response(200, s.CancelAnswer)
    @asks("scaffolder.task.cancel", "scaffolder.task.read")
    def post_cancel(task_id: str) -> Response:
        """Cancel a task; it ends before its next step."""
        _task(tasks, access, task_id, CANCEL)
        tasks.cancel(task_id)
        return json_response({"status": CANCELLED})

    @bp.post(f"{_TASK}/retry")
    @bp.arguments(s.RetryBody())
    @bp.response(201, s.CreatedTask)
    @asks("scaffolder.task.create", "scaffolder.template.use", "scaffolder.task.read")
    @counts(Quota.TASKS)
    def post_retry(args: dict[str, Any], task_id: str) -> Response:
        """Retry a task that has ended, from the failed step."""
        _task(tasks, access, task_id, CREATE)
        tasks.retry(task_id, args.get("secrets") or {})
        return json_response({"id": task_id}, 201)


def _add_events(bp: Blueprint, tasks: Tasks, feed: EventFeed, access: TaskAccess) -> None:
    @bp.get(f"{_TASK}/events")
    @bp.arguments(s.EventParameters(), location="query")
    @bp.response(200, s.TaskEventAnswer(many=True))
    @asks("scaffolder.task.read")
    def get_events(args: dict[str, Any], task_id: str) -> Response:
        """Return a task's events; when there are none, wait for new ones, 30 seconds at most."""
        task = _task(tasks, access, task_id)
        after = args.get("after", 0)
        if found := feed.events(task_id, after):
            known = task.is_recoverable
            return json_response([event.to_json(is_recoverable=known) for event in found])
        watch = feed.enter(task_id, after)
        body = EventPoll(feed, watch, task.is_recoverable, _is_gone())
        return Response(body, content_type=JSON)

    @bp.get(f"{_TASK}/eventstream")
    @bp.arguments(s.EventParameters(), location="query")
    @bp.response(200, content_type="text/event-stream")
    @asks("scaffolder.task.read")
    def get_event_stream(args: dict[str, Any], task_id: str) -> Response:
        """Stream a task's events (server-sent events) until the task is completed."""
        task = _task(tasks, access, task_id)
        watch = feed.enter(task_id, args.get("after", 0))
        body = EventStream(feed, watch, task.is_recoverable, _is_gone())
        response = Response(body, content_type="text/event-stream")
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Accel-Buffering"] = "no"
        return response


def _task(tasks: Tasks, access: TaskAccess, task_id: str, permission: str = READ) -> Task:
    """Return a task after checking the caller's access.

    Raises:
        NotFoundError: When it does not exist, or the caller may not read it.
        NotAllowedError: When the caller may read it, but not do what ``permission`` names.
    """
    task = tasks.get(task_id)
    if not access.may(READ, task.created_by):
        raise missing(task_id)
    if not access.may(permission, task.created_by):
        raise NotAllowedError
    return task


def _is_gone() -> Callable[[], bool]:
    """Return a function that tells whether the client has disconnected, if the server knows."""
    found: Callable[[], bool] = request.environ.get(CLIENT_GONE, bool)
    return found


def _wanted(args: dict[str, Any], who: Principal) -> TaskRequest:
    try:
        ref = parse_ref(args["templateRef"], "template")
    except ValueError as error:
        raise InputError(str(error)) from None
    return TaskRequest.by(who, ref, args["values"], args.get("secrets") or {})


def _query(args: dict[str, Any], visible: Decision) -> TaskQuery:
    return TaskQuery(
        args.get("createdBy") or (),
        args.get("status") or (),
        _order(args.get("order") or ()),
        args.get("limit"),
        args.get("offset") or 0,
        visible,
    )


def _order(texts: Sequence[str]) -> list[tuple[str, bool]]:
    found = []
    for text in texts:
        direction, colon, name = text.partition(":")
        if not colon or direction not in {"asc", "desc"}:
            msg = f'Invalid order parameter "{text}", expected "<asc or desc>:<field name>"'
            raise InputError(msg)
        if name not in ORDERS:
            raise InputError(f'Invalid order field "{name}"')
        found.append((name, direction == "desc"))
    return found
