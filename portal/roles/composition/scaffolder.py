"""Templates, and the tasks that run them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from portal.integrations.clients.completions import completions
from portal.kernel.errors import ConfigError
from portal.kernel.processes.presence import Presence
from portal.roles.access import action_environment
from portal.roles.composition.people import PeopleServices
from portal.scaffolder.actions.installed import Installed
from portal.scaffolder.actions.installed import installed_actions
from portal.scaffolder.running.template_files import open_template_files
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.tasks.model.file_store import IN_ROWS
from portal.scaffolder.tasks.model.file_store import FileStore
from portal.scaffolder.tasks.model.secret_box import SecretBox
from portal.scaffolder.tasks.model.secret_box import open_secret_box
from portal.scaffolder.tasks.running.broker import DatabaseBroker
from portal.scaffolder.tasks.running.execution import Execution
from portal.scaffolder.tasks.running.execution import PinnedFiles
from portal.scaffolder.tasks.running.pool import TaskPool
from portal.scaffolder.tasks.running.retention import Janitor
from portal.scaffolder.tasks.running.retention import Retention
from portal.scaffolder.tasks.serving.feed import EventFeed
from portal.scaffolder.tasks.serving.service import Tasks


class ScaffolderServices(PeopleServices):
    """Templates, and the tasks that run them."""

    @cached_property
    def scaffolder(self) -> Scaffolder:
        """Forms and dry runs of templates."""
        return Scaffolder(
            self.entity_reader.documents_by_ref,
            action_environment(self.config, self.registrations, issue_token=self.auth.issue_token),
            completions(self.integrations, self.config.git_timeout),
            self.installed_actions.actions,
            self.entity_reader.document_at,
            self.remote_access,
            self.access,
            self.audit.record,
        )

    @cached_property
    def installed_actions(self) -> Installed:
        """The actions of templates, and the problems of packages that add some."""
        return installed_actions()

    @cached_property
    def secret_box(self) -> SecretBox:
        """Encrypts the secrets of tasks.

        Raises:
            ConfigError: When there is neither a key nor a folder to keep one in.
        """
        try:
            return open_secret_box(self.config.data_dir, self.config.task_key)
        except ConfigError as error:
            msg = f"a node without a data folder needs task_key, the same on all nodes: {error}"
            raise ConfigError(msg) from error

    @cached_property
    def tasks(self) -> Tasks:
        """Creates, lists and cancels tasks."""
        made_of = (self.database, self.scaffolder, self.secret_box, self._wake_worker)
        return Tasks(*made_of, self.task_retention, self.audit.record, self.task_files)

    @cached_property
    def task_files(self) -> FileStore:
        """Keeps the files of tasks.

        Raises:
            ConfigError: When they are to be in a bucket, and the package for that is missing.
        """
        config = self.config
        if not config.files_bucket:
            return IN_ROWS
        if find_spec("boto3") is None:
            raise ConfigError("files_bucket needs the packages of 'glossary-portal[s3]'")
        from portal.scaffolder.tasks.model.object_store import ObjectStore

        return ObjectStore(config.files_bucket, config.files_endpoint, config.files_prefix)

    @cached_property
    def task_retention(self) -> Retention:
        """How many days tasks and their files are stored."""
        return Retention(self.config.task_retention, self.config.task_files_retention)

    @cached_property
    def task_janitor(self) -> Janitor:
        """Removes old tasks."""
        made_of = (self.database, self.task_retention, self.failure_log)
        return Janitor(*made_of, self.task_files)

    def start_task_pool(self) -> TaskPool:
        """Start the threads that run tasks."""
        config, log = self.config, self.failure_log
        limits = (config.tasks_at_once, config.task_timeout)
        claims = not self.has_shared_jobs
        return TaskPool(self.task_broker, self.task_execution, log, *limits, claims=claims)

    @cached_property
    def event_feed(self) -> EventFeed:
        """Streams the events of tasks to clients."""
        return EventFeed(self.database, self.config.streams_at_once)

    @cached_property
    def task_broker(self) -> DatabaseBroker:
        """Claims tasks; announces this process to the others of its data folder."""
        presence, mark = Presence(self.workers_folder), self.secret_box.mark
        return DatabaseBroker(self.database, presence, key_mark=mark)

    @property
    def workers_folder(self) -> Path:
        """The folder of the presence files of processes that run tasks."""
        return self.config.data_dir / "workers"

    @cached_property
    def task_execution(self) -> Execution:
        """Runs a task."""
        runs = self.scaffolder.runner_services, self.open_template
        judges = self.auth.creator, self.scaffolder.permissions.require_template
        made_of = (self.database, self.secret_box, *runs, *judges)
        return Execution(*made_of, self.audit.record, self.task_files)

    def open_template(self, entity: Mapping[str, Any], commit: str) -> PinnedFiles:
        """Return the folder of a template at a commit, or at the newest for ``""``."""
        sources = self.source_registry.operated()
        return open_template_files(entity, self.remote_access, sources, commit)
