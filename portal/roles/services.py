"""All services of the portal as one object; what each area adds stands in ``composition``."""

from __future__ import annotations

from portal.roles.composition.links import LinkServices
from portal.roles.composition.sync import SyncServices
from portal.roles.composition.updates import UpdateServices
from portal.roles.tasks import SharedJobs
from portal.roles.tasks import TaskRole


class Services(LinkServices, UpdateServices, SyncServices):
    """The services of the portal; each is created on first use.

    Its arguments are those of ``portal.roles.composition.foundation.Foundation``.
    """

    @property
    def task_role(self) -> TaskRole:
        """Runs tasks, scans services, updates projects."""
        shared = None
        if self.has_shared_jobs:
            tasks = self.open_dispatcher("tasks", self.config.tasks_at_once)
            shared = SharedJobs(tasks, self.open_dispatcher("evidence", 1))
        return TaskRole(
            self.task_broker,
            self.start_task_pool,
            self.task_janitor,
            self.failure_log,
            self.pulse.work,
            self.listen,
            self.link_job if self.config.evidence else None,
            shared,
            (self.campaign_job.run, self.project_follower.run, self.request_watch.run),
        )
