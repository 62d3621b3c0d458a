"""Which requests wait for what."""

from __future__ import annotations

import pytest

from portal.server.lanes import Lane
from portal.server.lanes import lane_of

_REQUESTS = [
    ("GET", "/.backstage/health/v1/liveness", Lane.HEALTH),
    ("GET", "/api/catalog/entities", Lane.READS),
    ("POST", "/api/catalog/entities/by-query", Lane.READS),
    ("POST", "/api/catalog/locations", Lane.CHANGES),
    ("GET", "/api/scaffolder/v2/tasks/x/eventstream", Lane.STREAMS),
    ("GET", "/api/auth/guest/refresh", Lane.READS),
    # A provider is asked, which may hang: readers do not wait for it.
    ("GET", "/api/auth/acme/start", Lane.CHANGES),
    ("GET", "/api/auth/acme/handler/frame", Lane.CHANGES),
]


@pytest.mark.parametrize(("method", "path", "lane"), _REQUESTS)
def test_a_request_has_the_lane_of_what_it_waits_for(method: str, path: str, lane: Lane) -> None:
    assert lane_of(method, path) is lane


def test_documentation_of_a_branch_waits_for_its_remote() -> None:
    home = "/docs/default/component/shop/"

    assert lane_of("GET", home, b"lang=ko") is Lane.READS
    assert lane_of("GET", home, b"lang=ko&at=main") is Lane.CHANGES
    assert lane_of("GET", "/search", b"at=main") is Lane.READS
