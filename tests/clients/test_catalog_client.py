"""Backstage's own catalog client, through all its methods, against a running portal.

``catalog_client.mjs`` calls; here stands what it must have got. The portal is a
process of its own with its worker beside, and reads repositories over HTTP.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.node_clients import install_packages
from tests.clients.node_clients import run_client
from tests.descriptors import COMPONENT
from tests.descriptors import component
from tests.descriptors import descriptor

pytestmark = pytest.mark.slow

#: Methods of the class that are not for callers.
_PRIVATE = re.compile(r"request(Ignored|Required|Optional)|\w+ByPredicate|getFilterValue")


#: What the portal reads itself.
CONTENT = {
    "catalog-info.yaml": component("web", providesApis=["pay"])
    + component("desk")
    + component("zoo")
    + descriptor("API", "pay", {**COMPONENT, "definition": "{}"})
}
#: What is registered.
SHOP = {
    "catalog-info.yaml": component("registered"),
    "other.yaml": component("other"),
    "second.yaml": component("second"),
}


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory, make_shared_serving: Callable[[Path], Any]
) -> dict[str, Any]:
    """Return what each call of the client returned."""
    install_packages()
    folder = tmp_path_factory.mktemp("client")
    serving = make_shared_serving(folder)
    content = serving.repository("content", CONTENT)
    serving.publish(serving.repository("shop", SHOP), "acme/shop.git")
    config = {
        "port": 0,
        "data_dir": str(folder / "data"),
        "sync_interval": 3600,
        "sources": [{"name": "content", "url": str(content.path)}],
        "location_hosts": [serving.host],
    }
    (folder / "portal.yaml").write_text(json.dumps(config))
    with running_portal(folder) as port:
        page = f"http://{serving.host}/acme/shop/blob/main/"
        found = run_client("catalog_client.mjs", f"http://127.0.0.1:{port}/api/catalog", page)
    return found | {"page": page}


class running_portal:  # noqa: N801 - used as a statement
    """``portal serve`` with the configuration of a folder; gives its port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> int:
        """Start it and wait until the first catalog is served."""
        log = self._folder / "log"
        command = [sys.executable, "-m", "portal", "serve", "--config", "portal.yaml"]
        with log.open("w") as file:
            self._process = subprocess.Popen(command, stderr=file, cwd=self._folder)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text())
            if found and "source content at" in log.read_text():
                return int(found[1])
            time.sleep(0.05)
        self.__exit__()
        pytest.fail(f"the portal did not start:\n{log.read_text()}")

    def __exit__(self, *_error: object) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(15)


def names(entities: Iterable[dict[str, Any] | None]) -> list[str]:
    """Return the names of entities, generated Locations left out; empty where none is."""
    found = [entity["metadata"]["name"] if entity else "" for entity in entities]
    return [name for name in found if not name.startswith("generated-")]


class TestReading:
    def test_lists(self, answers: dict[str, Any]) -> None:
        everything = answers["getEntities"]["items"]
        assert sorted(names(everything)) == ["desk", "pay", "web", "zoo"]
        assert {entity["kind"] for entity in everything} == {"Component", "API", "Location"}
        assert names(answers["getEntities filtered"]["items"]) == ["zoo", "web", "pay", "desk"]
        # By ref: api:…/pay, component:…/desk, component:…/web, …
        assert names(answers["getEntities limited"]["items"]) == ["desk", "web"]

    def test_batches(self, answers: dict[str, Any]) -> None:
        assert names(answers["getEntitiesByRefs"]["items"]) == ["web", "", "pay"]
        assert names(answers["getEntitiesByRefs filtered"]["items"]) == ["", "pay"]
        assert names(answers["getEntitiesByRefs query"]["items"]) == ["", "pay"]

    def test_single_entities(self, answers: dict[str, Any]) -> None:
        entity = answers["getEntityByRef"]
        assert entity["metadata"]["name"] == "web"
        assert {"type": "providesApi", "targetRef": "api:default/pay"} in entity["relations"]
        assert answers["getEntityByRef compound"] == entity
        assert answers["getEntityByName"] == entity
        assert answers["getEntityByRef missing"] is None

    def test_ancestors(self, answers: dict[str, Any]) -> None:
        found = answers["getEntityAncestors"]
        assert found["rootEntityRef"] == "component:default/web"
        assert [item["entity"]["kind"] for item in found["items"]] == ["Component", "Location"]

    def test_facets(self, answers: dict[str, Any]) -> None:
        assert answers["getEntityFacets"]["facets"] == {
            "kind": [{"value": "Component", "count": 3}],
            "spec.type": [{"value": "service", "count": 3}],
        }
        assert answers["getEntityFacets query"]["facets"] == {
            "kind": [{"value": "Component", "count": 3}]
        }

    def test_pages_forth_and_back(self, answers: dict[str, Any]) -> None:
        one, two = answers["queryEntities 1"], answers["queryEntities 2"]
        assert names(one["items"]) == ["desk", "web"]
        assert one["totalItems"] == two["totalItems"] == 3
        assert one["pageInfo"].keys() == {"nextCursor"}
        assert names(two["items"]) == ["zoo"]
        assert names(answers["queryEntities back"]["items"]) == ["desk", "web"]

    def test_pages_of_a_predicate(self, answers: dict[str, Any]) -> None:
        assert names(answers["queryEntities predicate 1"]["items"]) == ["desk"]
        assert names(answers["queryEntities predicate 2"]["items"]) == ["zoo"]
        assert names(answers["queryEntities predicate back"]["items"]) == ["desk"]

    def test_text_and_counts(self, answers: dict[str, Any]) -> None:
        assert names(answers["queryEntities text"]["items"]) == ["web"]
        assert answers["queryEntities count"] == {"items": [], "totalItems": 3, "pageInfo": {}}
        assert answers["queryEntities uncounted"]["totalItems"] == 0

    def test_streams(self, answers: dict[str, Any]) -> None:
        batches = answers["streamEntities"]
        assert sorted(names([e for batch in batches for e in batch])) == ["desk", "web", "zoo"]
        assert [len(batch) for batch in batches] == [2, 1]


class TestLocations:
    def test_a_dry_run_shows_what_would_come(self, answers: dict[str, Any]) -> None:
        found = answers["addLocation dry"]
        target = f"{answers['page']}catalog-info.yaml"
        assert not found["exists"]
        assert found["location"]["id"] == f"url:{target}"
        assert [e["kind"] for e in found["entities"]] == ["Location", "Component"]
        assert answers["getLocations none"] == {"items": []}

    def test_a_location_is_registered_and_read_by_the_worker(self, answers: dict[str, Any]) -> None:
        location = answers["addLocation"]["location"]
        assert location["target"] == f"{answers['page']}catalog-info.yaml"
        assert answers["addLocation"]["entities"] == []
        assert answers["the worker reads it"]
        assert answers["registered"]["metadata"]["name"] == "registered"

    def test_it_is_found_in_every_way(self, answers: dict[str, Any]) -> None:
        location = answers["addLocation"]["location"]
        assert answers["getLocations"] == {"items": [location]}
        for way in ("getLocationById", "getLocationByRef", "getLocationByEntity"):
            assert answers[way] == location
            assert answers[f"{way} missing"] is None

    def test_pages_and_streams(self, answers: dict[str, Any]) -> None:
        both = [answers[name]["location"] for name in ("addLocation", "addLocation second")]
        both.sort(key=lambda location: str(location["id"]))
        one, two = answers["queryLocations 1"], answers["queryLocations 2"]
        assert [*one["items"], *two["items"]] == both
        assert one["totalItems"] == 2
        assert [x for batch in answers["streamLocations"] for x in batch] == both

    def test_errors_have_the_names_callers_switch_on(self, answers: dict[str, Any]) -> None:
        again = answers["addLocation again"]["error"]["body"]
        assert again["error"]["name"] == "ConflictError"
        assert again["response"]["statusCode"] == 409
        refused = answers["addLocation refused"]["error"]["body"]["error"]
        assert refused["name"] == "InputError"
        assert "is not allowed" in refused["message"]
        for name in ("refreshEntity missing", "removeLocationById missing"):
            assert answers[name]["error"]["body"]["error"]["name"] == "NotFoundError"

    def test_another_target_replaces_what_the_first_brought(self, answers: dict[str, Any]) -> None:
        before = answers["addLocation"]["location"]
        target = f"{answers['page']}other.yaml"
        assert answers["updateLocation"] == before | {"target": target}
        assert answers["the worker reads the other"]
        assert answers["registered after update"] is None

    def test_refresh(self, answers: dict[str, Any]) -> None:
        assert answers["refreshEntity"] is None

    def test_analysis(self, answers: dict[str, Any]) -> None:
        found = answers["analyzeLocation"]
        assert found["existingEntityFiles"] == []
        assert found["generateEntities"][0]["entity"]["metadata"]["name"] == "new"


class TestJudging:
    def test_a_valid_entity(self, answers: dict[str, Any]) -> None:
        assert answers["validateEntity"] == {"valid": True}

    def test_a_wrong_entity(self, answers: dict[str, Any]) -> None:
        found = answers["validateEntity wrong"]
        assert not found["valid"]
        assert [error["name"] for error in found["errors"]] == ["InputError"]
        assert found["errors"][0]["message"].endswith(
            "/spec must have required property 'lifecycle' - missingProperty: lifecycle"
        )


class TestRemoving:
    def test_an_entity_comes_back_as_another(self, answers: dict[str, Any]) -> None:
        assert answers["removeEntityByUid"] is None
        assert answers["it comes back as another"]

    def test_a_location_takes_its_entities_along(self, answers: dict[str, Any]) -> None:
        assert answers["removeLocationById"] is None
        assert answers["other after removal"] is None
        assert answers["getLocations at last"] == {"items": []}


def test_every_method_was_called(answers: dict[str, Any]) -> None:
    assert [name for name in answers["not called"] if not _PRIVATE.fullmatch(name)] == []
