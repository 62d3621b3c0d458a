"""The routes of tasks under ``/api/scaffolder``, as Backstage's frontend knows them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from flask import Response
from flask import request

from portal.auth.gate import principal
from portal.auth.identity import USER
from portal.auth.policy import require
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.model.refs import parse_ref
from portal.scaffolder.parameters import ValuesError
from portal.scaffolder.tasks import schemas as s
from portal.scaffolder.tasks.access import CANCEL
from portal.scaffolder.tasks.access import CREATE
from portal.scaffolder.tasks.access import READ
from portal.scaffolder.tasks.access import Sight
from portal.scaffolder.tasks.access import may
from portal.scaffolder.tasks.access import sight_of
from portal.scaffolder.tasks.archive import to_zip
from portal.scaffolder.tasks.feed import EventFeed
from portal.scaffolder.tasks.listing import ORDERS
from portal.scaffolder.tasks.listing import TaskQuery
from portal.scaffolder.tasks.requests import read_key
from portal.scaffolder.tasks.service import TaskRequest
from portal.scaffolder.tasks.service import Tasks
from portal.scaffolder.tasks.service import missing
from portal.scaffolder.tasks.streams import EventPoll
from portal.scaffolder.tasks.streams import EventStream
from portal.scaffolder.tasks.task import CANCELLED
from portal.scaffolder.tasks.task import Task
from portal.web import JSON
from portal.web import Blueprint
from portal.web import json_response

_TASK = "/v2/tasks/<task_id>"


def task_blueprint(tasks: Tasks, feed: EventFeed) -> Blueprint:
    """Return the routes of tasks."""
    bp = Blueprint("tasks", __name__, url_prefix="/api/scaffolder", description=__doc__)
    _add_errors(bp)
    _add_tasks(bp, tasks)
    _add_changes(bp, tasks)
    _add_events(bp, tasks, feed)
    return bp


def _add_errors(bp: Blueprint) -> None:
    @bp.errorhandler(ValuesError)  # type: ignore[untyped-decorator]
    def answer_values_error(error: ValuesError) -> Response:
        """Say field by field what is wrong with the values."""
        return json_response({"errors": error.errors}, 400)


def _add_tasks(bp: Blueprint, tasks: Tasks) -> None:
    @bp.post("/v2/tasks")
    @bp.arguments(s.TaskBody())
    @bp.response(201, s.CreatedTask)
    def post_task(args: dict[str, Any]) -> Response:
        """Run a template; ``Idempotency-Key`` makes it safe to send the request again."""
        who = principal()
        require(who, CREATE)
        header = request.headers.get("Idempotency-Key")
        key = "" if header is None else read_key(header)
        wanted = _wanted(args, who.subject if who.kind == USER else "")
        caller = f"{who.kind} {who.subject}"
        return json_response({"id": tasks.create(wanted, caller, key)}, 201)

    @bp.get("/v2/tasks")
    @bp.arguments(s.TaskParameters(), location="query")
    @bp.response(200, s.TaskList)
    def get_tasks(args: dict[str, Any]) -> Response:
        """Return tasks, the newest first."""
        found, total = tasks.find(_query(args, sight_of(principal())))
        return json_response({"tasks": [task.document() for task in found], "totalTasks": total})

    @bp.get(_TASK)
    @bp.response(200, s.TaskAnswer)
    def get_task(task_id: str) -> Response:
        """Return a task; secrets are in no answer."""
        return json_response(_task(tasks, task_id).document())

    @bp.get(f"{_TASK}/workspace.zip")
    @bp.response(200, content_type="application/zip")
    def get_workspace(task_id: str) -> Response:
        """Return the files a task made, once it is over; what there is of one that failed."""
        try:
            _task(tasks, task_id)
        except NotFoundError as error:
            raise NotFoundError(f"{error.message}{tasks.retention.about_tasks}") from None
        data = to_zip(tasks.files(task_id))
        response = Response(data, content_type="application/zip")
        name = f'attachment; filename="{task_id}.zip"'
        response.headers["Content-Disposition"] = name
        return response


def _add_changes(bp: Blueprint, tasks: Tasks) -> None:
    @bp.post(f"{_TASK}/cancel")
    @bp.response(200, s.CancelAnswer)
    def post_cancel(task_id: str) -> Response:
        """Ask a task to end; it does at its next step."""
        _task(tasks, task_id, CANCEL)
        tasks.cancel(task_id)
        return json_response({"status": CANCELLED})

    @bp.post(f"{_TASK}/retry")
    @bp.arguments(s.RetryBody())
    @bp.response(201, s.CreatedTask)
    def post_retry(args: dict[str, Any], task_id: str) -> Response:
        """Run a task again that is over, from the step that failed."""
        require(principal(), CREATE)
        _task(tasks, task_id, CREATE)
        tasks.retry(task_id, args.get("secrets") or {})
        return json_response({"id": task_id}, 201)


def _add_events(bp: Blueprint, tasks: Tasks, feed: EventFeed) -> None:
    @bp.get(f"{_TASK}/events")
    @bp.arguments(s.EventParameters(), location="query")
    @bp.response(200, s.TaskEventAnswer(many=True))
    def get_events(args: dict[str, Any], task_id: str) -> Response:
        """Return a task's events; when there are none, wait for some, half a minute at most."""
        task = _task(tasks, task_id)
        after = args.get("after", 0)
        if found := feed.events(task_id, after):
            known = task.is_recoverable
            return json_response([event.document(is_recoverable=known) for event in found])
        watch = feed.enter(task_id, after)
        body = EventPoll(feed, watch, task.is_recoverable, _is_gone())
        return Response(body, content_type=JSON)

    @bp.get(f"{_TASK}/eventstream")
    @bp.arguments(s.EventParameters(), location="query")
    @bp.response(200, content_type="text/event-stream")
    def get_event_stream(args: dict[str, Any], task_id: str) -> Response:
        """Send a task's events as they happen, until its end is told."""
        task = _task(tasks, task_id)
        watch = feed.enter(task_id, args.get("after", 0))
        body = EventStream(feed, watch, task.is_recoverable, _is_gone())
        response = Response(body, content_type="text/event-stream")
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Accel-Buffering"] = "no"
        return response


def _task(tasks: Tasks, task_id: str, action: str = READ) -> Task:
    """Return a task to one who may see it, and do with it what they ask for.

    Raises:
        NotFoundError: When there is none, or none that they may see: to them it is the same.
        NotAllowedError: When they may see it, but not do that.
    """
    task, who = tasks.get(task_id), principal()
    if not may(who, READ, task.id, task.created_by):
        raise missing(task_id)
    if not may(who, action, task.id, task.created_by):
        raise NotAllowedError
    return task


def _is_gone() -> Callable[[], bool]:
    """Return what tells whether the client is gone, where the server knows that."""
    found: Callable[[], bool] = request.environ.get("waitress.client_disconnected", bool)
    return found


def _wanted(args: dict[str, Any], user_ref: str) -> TaskRequest:
    try:
        ref = parse_ref(args["templateRef"], "template")
    except ValueError as error:
        raise InputError(str(error)) from None
    return TaskRequest(ref, args["values"], args.get("secrets") or {}, user_ref)


def _query(args: dict[str, Any], sight: Sight) -> TaskQuery:
    return TaskQuery(
        args.get("createdBy") or (),
        args.get("status") or (),
        _order(args.get("order") or ()),
        args.get("limit"),
        args.get("offset") or 0,
        sight,
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
