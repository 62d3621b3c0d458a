"""Schemas of the requests and responses for tasks."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.web.requests import BodyObject
from portal.web.requests import BodySchema
from portal.web.requests import QuerySchema
from portal.web.requests import QueryTexts
from portal.web.requests import QueryWhole


class TaskBody(BodySchema):
    """The template to run, the values of its form, and secrets."""

    templateRef = Text(required=True, min_length=0)
    values = BodyObject(required=True)
    secrets = MapOf(Text(min_length=0))


class RetryBody(BodySchema):
    """The secrets of a retried task; its former ones were deleted at its end."""

    secrets = MapOf(Text(min_length=0))


class TaskParameters(QuerySchema):
    """The filters, the order and the page of a list of tasks."""

    createdBy = QueryTexts()
    status = QueryTexts()
    order = QueryTexts()
    limit = QueryWhole()
    offset = QueryWhole()


class EventParameters(QuerySchema):
    """Selects the events with ids greater than ``after``."""

    after = QueryWhole()


class CreatedTask(DescriptorSchema):
    """The id of a new task."""

    id = Text(required=True)


class TaskAnswer(DescriptorSchema):
    """A task: the template at the time of its start, the values, and the status."""

    id = Text(required=True)
    spec = MapOf(Anything(), required=True)
    status = Text(required=True)
    createdAt = Text(required=True)
    lastHeartbeatAt = Text()
    createdBy = Text()


class TaskList(DescriptorSchema):
    """A page of tasks, and the total number of all pages."""

    tasks = ListOf(MapOf(Anything()), required=True)
    totalTasks = Whole(required=True)


class CancelAnswer(DescriptorSchema):
    """The status of a task whose cancellation was requested."""

    status = Text(required=True)


class TaskEventAnswer(DescriptorSchema):
    """An event of a task: a line of its log, or its completion."""

    id = Whole(required=True)
    isTaskRecoverable = Anything()
    taskId = Text(required=True)
    body = MapOf(Anything(), required=True)
    type = Text(required=True)
    createdAt = Text(required=True)
