"""Every route that is costly says of which kind its requests are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug.test import create_environ
from werkzeug.test import run_wsgi_app

from portal.app import create_app
from portal.config.quotas import Quota
from portal.kernel.blocking import WouldBlockError
from portal.kernel.blocking import nonblocking
from portal.permission.permissions import PERMISSIONS
from portal.web.doors import doors_of
from portal.web.doors import quota_of
from tests.conftest import MakePortal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

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


def test_a_request_that_is_tried_again_in_a_thread_is_counted_once(
    make_portal: MakePortal,
) -> None:
    portal = make_portal({}, quotas={"requests": 64}, quotas_in_all={})
    app = create_app(portal.services)

    def answer(environ: WSGIEnvironment) -> str:
        return run_wsgi_app(app, environ)[1]

    for _ in range(63):
        assert answer(create_environ("/api/catalog/entities")) == "200 OK"
    last = create_environ("/api/search/query?term=nobody-asked-this")
    with pytest.raises(WouldBlockError):
        nonblocking(lambda: answer(last))
    assert not answer(last).startswith("429")
    assert answer(create_environ("/api/catalog/entities")).startswith("429")
