"""Registered files: broken ones are seen by Backstage's clients, shared ones are no conflict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import component
from tests.http_server import folder_server

API = "/api/catalog"
LOCATION = (
    "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: roads}\n"
    "spec: {targets: [./shop.yaml]}\n"
)


class Web:
    """A web server with files, and a portal that they are registered with."""

    def __init__(self, folder: Path, address: str, portal: Portal) -> None:
        self._folder = folder
        self.url = f"http://{address}"
        self.portal = portal

    def write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text)

    def register(self, name: str) -> str:
        body = {"type": "url", "target": f"{self.url}/{name}"}
        location = self.portal.client.post(f"{API}/locations", json=body).get_json()["location"]
        self.portal.sync(self._source(location["id"]))
        return str(location["id"])

    def sync(self, location_id: str) -> None:
        self.portal.sync(self._source(location_id))

    def remove(self, location_id: str) -> None:
        self.portal.client.delete(f"{API}/locations/{location_id}")

    def _source(self, location_id: str) -> str:
        return self.portal.services.registrations.get(location_id).source_name

    def failed(self) -> dict[str, list[dict[str, Any]]]:
        found = self.portal.get(f"{API}/entities/unprocessed/failed")["entities"]
        return {each["entity_ref"]: each["errors"] for each in found}

    def location(self, name: str) -> dict[str, Any]:
        """Return the Location entity of a registered file."""
        query = f"filter=spec.target={self.url}/{name}"
        (entity,) = self.portal.get(f"{API}/entities?{query}")
        assert isinstance(entity, dict)
        return entity


@pytest.fixture
def web(make_portal: MakePortal, tmp_path: Path) -> Iterator[Web]:
    with folder_server(tmp_path) as address:
        portal = make_portal(sources=[], sync=False, reading_allow=(address,))
        yield Web(tmp_path, address, portal)


BROKEN = {
    "no YAML": ("kind: [\n", "Error", "YAML error at bad.yaml, "),
    "no object": ("hello\n", "Error", "Expected object at root, got string"),
    "no name": (
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {}\n",
        "TypeError",
        "/metadata must have required property 'name' - missingProperty: name",
    ),
    "broken below a good one": (
        component("good") + "---\nkind: [\n",
        "Error",
        "YAML error at bad.yaml, ",
    ),
}


@pytest.mark.parametrize(("text", "name", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_the_location_of_a_broken_file_has_its_errors(
    web: Web, text: str, name: str, message: str
) -> None:
    web.write("bad.yaml", text)
    web.register("bad.yaml")
    location = web.location("bad.yaml")
    (item,) = location["status"]["items"]
    assert (item["type"], item["level"]) == ("backstage.io/catalog-processing", "error")
    assert item["error"]["name"] == name
    assert item["error"]["message"].startswith(message)
    ref = f"location:default/{location['metadata']['name']}"
    assert web.failed()[ref] == [item["error"]]


def test_a_file_that_breaks_later_is_told_at_its_location_and_at_what_it_defined(web: Web) -> None:
    web.write("bad.yaml", component("shop"))
    location_id = web.register("bad.yaml")
    assert "status" not in web.location("bad.yaml")
    assert web.failed() == {}
    web.write("bad.yaml", "kind: [\n")
    web.sync(location_id)
    ref = f"location:default/{web.location('bad.yaml')['metadata']['name']}"
    assert web.failed().keys() == {ref, "component:default/shop"}
    web.write("bad.yaml", component("shop"))
    web.sync(location_id)
    assert "status" not in web.location("bad.yaml")
    assert web.failed() == {}


def test_a_location_entity_has_the_errors_of_the_files_it_names(web: Web) -> None:
    web.write("roads.yaml", LOCATION)
    web.write("shop.yaml", "kind: [\n")
    web.register("roads.yaml")
    assert web.failed().keys() == {"location:default/roads"}


@pytest.mark.parametrize("names", [("roads.yaml", "shop.yaml"), ("shop.yaml", "roads.yaml")])
def test_a_file_reached_by_two_roads_is_in_no_conflict_with_itself(
    web: Web, names: tuple[str, str]
) -> None:
    web.write("roads.yaml", LOCATION)
    web.write("shop.yaml", component("shop"))
    first, second = (web.register(name) for name in names)
    web.sync(first)
    web.sync(second)
    assert web.portal.get(f"{API}/problems")["items"] == []
    by_name = f"{API}/entities/by-name/component/default/shop"
    ways = web.portal.get(f"{by_name}/ancestry")["items"][0]["parentEntityRefs"]
    generated = f"location:default/{web.location('shop.yaml')['metadata']['name']}"
    assert set(ways) == {"location:default/roads", generated}
    web.remove(first)
    web.sync(second)
    assert web.portal.client.get(by_name).status_code == 200
    web.remove(second)
    assert web.portal.client.get(by_name).status_code == 404


def test_another_file_with_the_same_ref_is_in_conflict(web: Web) -> None:
    web.write("roads.yaml", LOCATION)
    web.write("shop.yaml", component("shop"))
    web.write("other.yaml", component("shop"))
    web.register("roads.yaml")
    web.register("other.yaml")
    (problem,) = web.portal.get(f"{API}/problems")["items"]
    assert (problem["rule"], problem["file"]) == ("conflict", "other.yaml")
