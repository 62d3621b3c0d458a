"""Every route that is costly says of which kind its requests are."""

from __future__ import annotations

from portal.app import create_app
from portal.config.quotas import Quota
from portal.permission.permissions import PERMISSIONS
from portal.web.doors import doors_of
from portal.web.doors import quota_of
from tests.conftest import MakePortal

_KINDS = {
    "scaffolder.task.create": {Quota.TASKS, Quota.DRY_RUNS},
    "scaffolder.template.dry-run": {Quota.DRY_RUNS},
    "catalog.location.create": {Quota.REGISTRATIONS},
    "catalog.location.analyze": {Quota.REGISTRATIONS},
}
#: One asks a forge in the caller's own name; the others stop what is running.
_OTHERS = {"scaffolder.post_autocomplete", "campaigns.post_stop", "ui.post_campaign_stop"}


def test_no_costly_route_is_forgotten(make_portal: MakePortal) -> None:
    views = make_portal({}).client.application.view_functions
    asked = {
        endpoint: [_KINDS[name] for name in door.permissions if name in _KINDS]
        for endpoint, door in doors_of(views, PERMISSIONS).items()
        if endpoint not in _OTHERS
    }
    wrong = {
        endpoint: quota_of(views[endpoint])
        for endpoint, kinds in asked.items()
        for kind in kinds
        if quota_of(views[endpoint]) not in kind
    }
    assert wrong == {}
    counted = [quota_of(view) for view in views.values()]
    assert {quota: counted.count(quota) for quota in Quota if quota in counted} == {
        Quota.SEARCHES: 4,
        Quota.DRY_RUNS: 4,
        Quota.TASKS: 12,
        Quota.REGISTRATIONS: 3,
    }


def test_a_portal_that_only_this_machine_reaches_counts_nothing(make_portal: MakePortal) -> None:
    portal = make_portal({})
    assert not portal.services.limiter.limits_any
    create_app(portal.services)
    assert not (portal.config.data_dir / "quotas.db").exists()
