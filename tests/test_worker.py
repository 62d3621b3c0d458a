"""The background role: every source gets its run, and the index follows the catalog."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import pytest

from portal.catalog.processing.engine import Engine
from portal.catalog.processing.run_report import RunReport
from portal.config.sources import Source
from portal.kernel.errors import ConfigError
from portal.roles.services import Services
from portal.roles.sync import SourceSync
from portal.search.indexing.builder import IndexBuilder
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import system


def sources(*names: str) -> list[tuple[Source, dict[str, str]]]:
    return [(Source(name, ""), {"catalog-info.yaml": system(name)}) for name in names]


def outcomes(portal: Portal, *names: str) -> dict[str, str]:
    return {report.source: report.outcome for report in portal.sync(*names)}


def found(portal: Portal, term: str) -> list[str]:
    hits = portal.get(f"/api/search/query?term={term}")["results"]
    return sorted(hit["document"]["title"] for hit in hits)


def test_every_source_is_read(make_portal: MakePortal) -> None:
    portal = make_portal(sources=sources("one", "two"), sync=False)
    assert outcomes(portal) == {"one": "changed", "two": "changed"}
    assert outcomes(portal) == {"one": "unchanged", "two": "unchanged"}


def test_named_sources_are_read_alone(make_portal: MakePortal) -> None:
    portal = make_portal(sources=sources("one", "two"), sync=False)
    assert outcomes(portal, "two") == {"two": "changed"}


def test_a_name_that_is_none_is_refused(make_portal: MakePortal) -> None:
    portal = make_portal(sources=sources("one"), sync=False)
    with pytest.raises(ConfigError, match="there is no source 'x'; there are: one"):
        portal.sync("x")


def test_a_source_that_cannot_be_read_does_not_stop_the_rest(make_portal: MakePortal) -> None:
    portal = make_portal(sources=sources("one", "two", "three"), sync=False)
    shutil.rmtree(portal.repositories["one"].path)
    assert outcomes(portal) == {"one": "failed", "two": "changed", "three": "changed"}


def test_a_source_that_is_configured_wrong_does_not_stop_the_rest(make_portal: MakePortal) -> None:
    portal = make_portal(sources=sources("one", "two"), sync=False)
    first, second = portal.services.sources
    wrong = replace(first, ref="--output=x")
    portal.services.__dict__["sources"] = (wrong, second)
    object.__setattr__(portal.config, "sources", (wrong, second))
    assert outcomes(portal) == {"one": "failed", "two": "changed"}


def test_what_nobody_foresaw_costs_one_source_one_run(
    make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = make_portal(sources=sources("one", "two"), sync=False)
    real = Engine.refresh

    def failing(self: Engine, location: Any, *rest: Any) -> Any:
        if location.name == "one":
            raise RuntimeError("s3cr3t")
        return real(self, location, *rest)

    monkeypatch.setattr(Engine, "refresh", failing)
    reports = {report.source: report for report in portal.sync()}
    assert reports["two"].outcome == "changed"
    assert reports["one"].outcome == "failed"
    assert reports["one"].error == "internal error: RuntimeError"


def test_an_index_that_was_lost_is_built_anew(make_portal: MakePortal) -> None:
    portal = make_portal(sources=sources("one"))
    assert found(portal, "one") == ["one"]
    shutil.rmtree(portal.config.data_dir / "index", ignore_errors=True)
    again = type(portal)(portal.config, type(portal.services)(portal.config), portal.repositories)
    assert outcomes(again) == {"one": "unchanged"}
    assert found(again, "one") == ["one"]


def test_an_index_that_missed_a_generation_catches_up(
    make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = make_portal(sources=sources("one"))
    with monkeypatch.context() as patch:  # as when the process dies between the two
        patch.setattr(IndexBuilder, "follow", lambda _self, _catalog, _number: False)
        portal.repository.commit({"catalog-info.yaml": system("renamed")})
        assert outcomes(portal) == {"one": "changed"}
    assert outcomes(portal) == {"one": "unchanged"}
    assert found(portal, "renamed") == ["renamed"]
    assert found(portal, "one") == []


def test_what_any_worker_has_asked_is_not_due_for_the_others(make_portal: MakePortal) -> None:
    portal = make_portal(sources=sources("one", "two"), sync=False)
    status = Services(portal.config).source_status
    assert status.unread(["one", "two"], 60) == ["one", "two"]
    portal.sync("two")
    assert status.unread(["one", "two"], 60) == ["one"]
    assert status.unread(["one", "two"], -1) == ["one", "two"]


def test_an_engine_of_jobs_is_refused_where_search_is_of_one_machine(
    make_portal: MakePortal,
) -> None:
    portal = make_portal(sources=sources("one"), sync=False, jobs="procrastinate")
    with pytest.raises(ConfigError, match="needs search_engine: postgresql"):
        portal.services.worker  # noqa: B018


class TestSourcesThatAreNotConfiguredAnyMore:
    def _portal(self, make_portal: MakePortal, *, other_entities: int) -> Portal:
        many = "".join(system(f"c{n}") for n in range(other_entities))
        return make_portal(
            sources=[
                (Source("kept", ""), {"catalog-info.yaml": many}),
                (Source("dropped", ""), {"catalog-info.yaml": system("gone")}),
            ]
        )

    def _without(self, portal: Portal, name: str) -> SourceSync:
        sources = tuple(source for source in portal.config.sources if source.name != name)
        return Services(replace(portal.config, sources=sources)).source_sync

    def test_what_a_small_one_defined_goes(self, make_portal: MakePortal) -> None:
        portal = self._portal(make_portal, other_entities=20)
        reports = list(self._without(portal, "dropped").sync())
        assert any("system:default/gone" in report.removed for report in reports)
        assert portal.services.source_status.refs_of("dropped") == []

    def test_what_a_large_one_defined_waits_until_it_is_confirmed(
        self, make_portal: MakePortal
    ) -> None:
        portal = self._portal(make_portal, other_entities=20)
        sync = self._without(portal, "kept")
        reports = [one for one in sync.sync() if isinstance(one, RunReport)]
        assert [one.confirm for one in reports if one.outcome == "held"] == ["kept"]
        assert len(portal.services.source_status.refs_of("kept")) == 21
        list(sync.sync(confirm="kept"))
        assert portal.services.source_status.refs_of("kept") == []
