"""What clients send about tasks, and what the answers look like."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.web import BodyObject
from portal.web import BodySchema
from portal.web import QuerySchema
from portal.web import QueryTexts
from portal.web import QueryWhole


class TaskBody(BodySchema):
    """A template to be run, and the answers to its form."""

    templateRef = Text(required=True, min_length=0)
    values = BodyObject(required=True)
    secrets = MapOf(Text(min_length=0))


class RetryBody(BodySchema):
    """The secrets of a task that is run again: those it had are forgotten."""

    secrets = MapOf(Text(min_length=0))


class TaskParameters(QuerySchema):
    """Which tasks are listed, and in which order."""

    createdBy = QueryTexts()
    status = QueryTexts()
    order = QueryTexts()
    limit = QueryWhole()
    offset = QueryWhole()


class EventParameters(QuerySchema):
    """Which events are wanted: those behind an id."""

    after = QueryWhole()


class CreatedTask(DescriptorSchema):
    """The id of a task."""

    id = Text(required=True)


class TaskAnswer(DescriptorSchema):
    """A task: the template as it was, the values, and how far it is."""

    id = Text(required=True)
    spec = MapOf(Anything(), required=True)
    status = Text(required=True)
    createdAt = Text(required=True)
    lastHeartbeatAt = Text()
    createdBy = Text()


class TaskList(DescriptorSchema):
    """Tasks, and how many there are on all pages."""

    tasks = ListOf(MapOf(Anything()), required=True)
    totalTasks = Whole(required=True)


class CancelAnswer(DescriptorSchema):
    """Says that the task was asked to end."""

    status = Text(required=True)


class TaskEventAnswer(DescriptorSchema):
    """Something a task told."""

    id = Whole(required=True)
    isTaskRecoverable = Anything()
    taskId = Text(required=True)
    body = MapOf(Anything(), required=True)
    type = Text(required=True)
    createdAt = Text(required=True)
