"""An index that was built anew says that it has no pages yet, to every process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.kernel.cache import GenerationCache
from portal.kernel.errors import MissingIndexError
from portal.permission.policy import AllowAllPermissionPolicy
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchQuery
from portal.search.engines.whoosh_engine import WhooshEngine
from portal.search.indexing.page_states import FolderStates
from portal.search.indexing.pending_pages import PendingPages
from portal.search.service import Search
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.faults.running import CONTENT


@pytest.fixture
def engine(tmp_path: Path) -> WhooshEngine:
    return WhooshEngine(tmp_path / "index")


def test_without_an_index_no_pages_are_pending(engine: WhooshEngine, tmp_path: Path) -> None:
    assert not PendingPages(FolderStates(tmp_path / "pages"), engine).are_pending()


def test_pages_are_pending_until_those_of_every_source_were_tried(
    engine: WhooshEngine, tmp_path: Path
) -> None:
    engine.rebuild(1, ())
    worker, web = (PendingPages(FolderStates(tmp_path / "pages"), engine) for _ in range(2))
    worker.tried("one", engine.build)
    worker.check(lambda: {"one", "two"})
    assert web.are_pending()
    worker.tried("two", engine.build)
    worker.check(lambda: {"one", "two"})
    assert not web.are_pending()
    engine.update(2, (), ())
    assert not web.are_pending()


def test_a_new_build_has_no_pages(engine: WhooshEngine, tmp_path: Path) -> None:
    engine.rebuild(1, ())
    worker, web = (PendingPages(FolderStates(tmp_path / "pages"), engine) for _ in range(2))
    before = engine.build
    worker.tried("one", before)
    worker.check(lambda: {"one"})
    engine.rebuild(1, ())
    worker.tried("one", before)
    worker.check(lambda: {"one"})
    assert web.are_pending()
    assert worker.are_pending()


PAGE = IndexableDocument("techdocs", "page", {"title": "Welcome", "text": "A wombat."})


def test_a_process_that_has_not_opened_the_index_with_the_pages_yet_waits_for_it(
    tmp_path: Path,
) -> None:
    folder, noted = tmp_path / "index", tmp_path / "pages"
    worker, web = WhooshEngine(folder), WhooshEngine(folder)
    worker.rebuild(1, ())
    assert web.generation == 1
    pages = PendingPages(FolderStates(noted), worker)
    worker.update(1, [PAGE], ())
    pages.tried("one", worker.build)
    pages.check(lambda: {"one"})
    search = Search(
        web,
        GenerationCache(1_000),
        AllowAllPermissionPolicy(),
        lambda _condition: (1, frozenset()),
        PendingPages(FolderStates(noted), web).are_pending,
    )
    with ThreadPoolExecutor() as pool:
        with web._opening:  # as a thread does that opens it
            asked = pool.submit(search.search, SearchQuery("wombat"))
            with pytest.raises(TimeoutError):
                asked.result(timeout=0.2)
        assert [hit.ref for hit in asked.result(timeout=10).hits] == ["page"]


class TestSearches:
    @pytest.fixture
    def portal(self, make_portal: MakePortal) -> Portal:
        portal = make_portal(CONTENT)
        engine = portal.services.search_engine
        documents = list(portal.services.change_feed.entities())
        assert documents
        engine.rebuild(engine.generation, (), engine.catalog)
        return portal

    @pytest.mark.parametrize("query", ["term=wombat", "term=wombat&types[0]=techdocs"])
    def test_nothing_found_is_said_later(self, portal: Portal, query: str) -> None:
        answer = portal.client.get(f"/api/search/query?{query}")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.get_json()["error"]["name"] == "MissingIndexError"

    def test_entities_alone_are_not_waited_for(self, portal: Portal) -> None:
        assert (
            portal.get("/api/search/query?term=wombat&types[0]=software-catalog")["results"] == []
        )

    @pytest.mark.parametrize(("language", "said"), [("en", "indexed"), ("ko", "색인")])
    def test_the_page_says_so(self, portal: Portal, language: str, said: str) -> None:
        page = portal.client.get(f"/search?q=wombat&lang={language}")
        assert page.status_code == 503
        assert said in page.text

    def test_the_next_sync_adds_them(self, portal: Portal) -> None:
        portal.sync()
        assert portal.get("/api/search/query?term=wombat")["numberOfResults"] == 1
        assert portal.get("/api/search/query?term=nowhere")["numberOfResults"] == 0

    def test_suggestions_do_not_say_there_are_none(self, portal: Portal) -> None:
        with pytest.raises(MissingIndexError):
            portal.services.search.search(SearchQuery("wombat"))
        assert portal.client.get("/api/search/suggest?term=wel").status_code == 503
