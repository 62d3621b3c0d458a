"""Updates of projects from their templates, one by one and in campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from portal.catalog.processing.engine import Engine
from portal.kernel.errors import NotFoundError
from portal.kernel.json_text import Json
from portal.kernel.processes.presence import Presence
from portal.model.refs import EntityRef
from portal.notifications.service import Notifications
from portal.notifications.store import NotificationStore
from portal.roles.composition.scaffolder import ScaffolderServices
from portal.scaffolder.campaigns.following import ProjectFollower
from portal.scaffolder.campaigns.instances import Instances
from portal.scaffolder.campaigns.job import CampaignJob
from portal.scaffolder.campaigns.proposals import ProposedUpdate
from portal.scaffolder.campaigns.proposals import ProposedUpdates
from portal.scaffolder.campaigns.service import Campaigns
from portal.scaffolder.campaigns.watching import RequestWatch
from portal.scaffolder.forms.template import version_of
from portal.scaffolder.updating.rendering import Templates
from portal.scaffolder.updating.requests import RequestReader
from portal.scaffolder.updating.service import Updates

#: As what the portal tells users of updates.
_ORIGIN = "plugin:scaffolder"


class UpdateServices(ScaffolderServices):
    """Updates of projects from their templates, one by one and in campaigns."""

    @cached_property
    def proposed_updates(self) -> ProposedUpdates:
        """Remembers which updates were proposed."""
        return ProposedUpdates(self.database)

    @cached_property
    def instances(self) -> Instances:
        """Finds the projects that templates made."""
        return Instances(
            self.source_status,
            self.openers,
            self.entity_reader.document_at,
            self.catalog.by_name,
            self.entity_reader.placed,
            self.proposed_updates.of,
        )

    @cached_property
    def updates(self) -> Updates:
        """Plans and proposes updates of projects."""
        templates = Templates(self.entity_reader.document_at, self.open_template)
        services, note = self.scaffolder.runner_services, self.proposed_updates.note
        return Updates(self.catalog.by_name, templates.open, services, note)

    @cached_property
    def request_watch(self) -> RequestWatch:
        """Asks forges what became of requests."""
        environment = self.scaffolder.runner_services.environment
        reader = RequestReader(self.catalog.by_name, environment)
        return RequestWatch(self.proposed_updates, reader.state, self.failure_log)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Starts campaigns, and shows them."""
        return Campaigns(self.database, self.instances, self._check_template, self.audit.record)

    @cached_property
    def campaign_job(self) -> CampaignJob:
        """Carries out campaigns."""
        return CampaignJob(
            self.database,
            self.updates.propose,
            self._standing,
            self._check_template,
            self.auth.creator,
            Presence(self.config.data_dir / "campaigns"),
            self.failure_log,
        )

    @cached_property
    def notifications(self) -> Notifications:
        """What programs, and the portal itself, tell users."""
        store, config = NotificationStore(self.database), self.config
        find, days = self.entity_reader.documents, config.notification_retention
        return Notifications(store, find, config.public_url, days)

    @cached_property
    def project_follower(self) -> ProjectFollower:
        """Relates projects to their templates, and tells owners of new versions."""
        return ProjectFollower(
            self.database,
            self.instances,
            self._version_of,
            Engine(self.database, self.config.removal_share).replace_relations,
            self._tell_owners,
            self.failure_log,
        )

    def _version_of(self, template: EntityRef) -> str:
        found = self.entity_reader.document_at(str(template))
        return version_of(found[0]) if found else ""

    def _tell_owners(self, ref: str, payload: Mapping[str, Json]) -> None:
        self.notifications.send(_ORIGIN, {"type": "entity", "entityRef": ref}, dict(payload))

    def _standing(self, project: EntityRef, template: EntityRef) -> ProposedUpdate | None:
        """Return the update that was proposed to a project, if it is that to the newest version."""
        found = self.request_watch.fresh(project)
        if found is None or found.template != str(template):
            return None
        return found if self.instances.is_newest(template, found.commit) else None

    def _check_template(self, ref: EntityRef) -> None:
        """Refuse a caller who may not use a template.

        Raises:
            NotFoundError: When the caller sees no such template.
            NotAllowedError: When the policy denies its use.
        """
        found = self.entity_reader.document_at(str(ref))
        if found is None or ref.kind.lower() != "template":
            raise NotFoundError(f"Template {ref} not found")
        self.scaffolder.permissions.require_template(found[0])
