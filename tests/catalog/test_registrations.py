"""Registered locations, from the request to the entities: real repositories over real HTTP."""

from __future__ import annotations

import os
from typing import Any

import pytest

from portal.catalog.reading.cursors import decode_location_cursor
from portal.catalog.reading.cursors import encode_location_cursor
from portal.config.sources import Integration
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.model.refs import LocationRef
from tests.conftest import MakePortal
from tests.conftest import MakeRepository
from tests.conftest import Portal
from tests.conftest import Repository
from tests.conftest import Serving
from tests.descriptors import component
from tests.descriptors import descriptor
from tests.descriptors import location
from tests.tables import each

HEAD = "apiVersion: backstage.io/v1alpha1\n"


MAIN = {"catalog-info.yaml": component("main")}
SHOP = {
    "catalog-info.yaml": location("shop", "./web/catalog-info.yaml", "./api/*.yaml"),
    "web/catalog-info.yaml": component("web", system="shop"),
    "api/pay.yaml": component("pay", subcomponentOf="main"),
}


@pytest.fixture
def portal(make_portal: MakePortal, serving: Serving) -> Portal:
    """Return a portal that may read from the test's server."""
    return make_portal(MAIN, location_hosts=(serving.host,))


@pytest.fixture
def shop(make_repository: MakeRepository, serving: Serving) -> Repository:
    """Return a repository that is served as ``acme/shop``."""
    repository = make_repository(SHOP, "shop")
    serving.publish(repository, "acme/shop.git")
    return repository


def address(serving: Serving, path: str = "catalog-info.yaml", ref: str = "main") -> str:
    """Return the address of a file of ``acme/shop``, as GitHub writes it."""
    return f"http://{serving.host}/acme/shop/blob/{ref}/{path}"


def entity(portal: Portal, ref: str) -> Any:
    """Return an entity by its ref, ``None`` when there is none."""
    answer = portal.client.post("/api/catalog/entities/by-refs", json={"entityRefs": [ref]})
    return answer.get_json()["items"][0]


def refs(portal: Portal) -> set[str]:
    """Return the refs of all entities that are not generated."""
    found = portal.get("/api/catalog/entities")
    names = {f"{e['kind']}:{e['metadata']['name']}".lower() for e in found}
    return {name for name in names if "generated-" not in name}


def add(portal: Portal, target: str) -> Any:
    """Register a location and let the worker read it."""
    found = portal.services.registrations.add("url", target, False)
    portal.sync()
    return found


class TestRegistering:
    @pytest.mark.usefixtures("shop")
    def test_what_the_location_leads_to_is_in_the_catalog_after_the_next_run(
        self, portal: Portal, serving: Serving
    ) -> None:
        found = add(portal, address(serving))
        assert refs(portal) == {
            "component:main",
            "location:shop",
            "component:web",
            "component:pay",
        }
        ref = LocationRef("url", address(serving))
        assert found.entity_ref == f"location:default/{ref.entity_name}"
        assert entity(portal, found.entity_ref)["spec"] == {
            "type": "url",
            "target": address(serving),
        }

    @pytest.mark.usefixtures("shop")
    def test_an_entity_knows_its_own_file_and_the_location_that_led_to_it(
        self, portal: Portal, serving: Serving
    ) -> None:
        add(portal, address(serving))
        annotations = entity(portal, "component:default/web")["metadata"]["annotations"]
        page = f"http://{serving.host}/acme/shop"
        assert annotations == {
            "backstage.io/managed-by-location": f"url:{page}/blob/main/web/catalog-info.yaml",
            "backstage.io/managed-by-origin-location": f"url:{address(serving)}",
            "backstage.io/view-url": f"{page}/blob/main/web/catalog-info.yaml",
            "backstage.io/edit-url": f"{page}/edit/main/web/catalog-info.yaml",
            "backstage.io/source-location": f"url:{page}/tree/main/web/",
        }

    @pytest.mark.usefixtures("shop")
    def test_it_is_found_by_the_search_too(self, portal: Portal, serving: Serving) -> None:
        location = add(portal, address(serving))
        assert found_titles(portal, "pay") == ["pay"]
        portal.services.registrations.remove(location.id)
        portal.sync()
        assert found_titles(portal, "pay") == []

    def test_a_later_commit_is_followed(
        self, portal: Portal, shop: Repository, serving: Serving
    ) -> None:
        add(portal, address(serving))
        shop.commit({"api/pay.yaml": None, "api/bill.yaml": component("bill")})
        portal.sync(confirm=shop.git("rev-parse", "HEAD").strip())
        assert refs(portal) >= {"component:bill"}
        assert "component:pay" not in refs(portal)

    @pytest.mark.usefixtures("shop")
    def test_a_location_cannot_be_registered_twice(self, portal: Portal, serving: Serving) -> None:
        first = add(portal, address(serving))
        with pytest.raises(ConflictError, match=f"Location url:{address(serving)} already exists"):
            portal.services.registrations.add("url", address(serving), False)
        assert portal.services.registrations.add("url", address(serving), True) == first
        assert len(portal.services.registrations.all()) == 1

    @pytest.mark.usefixtures("shop")
    def test_registering_asks_for_the_location_to_be_read(
        self, portal: Portal, serving: Serving
    ) -> None:
        found = portal.services.registrations.add("url", address(serving), False)
        assert [*portal.services.refresh_queue.take()] == [found.source_name]
        portal.services.registrations.add("url", address(serving), True)
        assert [*portal.services.refresh_queue.take()] == [found.source_name]

    def test_kinds_that_are_not_allowed_are_told_and_the_rest_is_there(
        self, portal: Portal, shop: Repository, serving: Serving
    ) -> None:
        group = descriptor("Group", "team", {"type": "t", "children": []})
        shop.commit({"api/pay.yaml": component("pay") + group})
        add(portal, address(serving))
        assert "component:pay" in refs(portal)
        assert entity(portal, "group:default/team") is None
        problems = portal.get("/api/catalog/problems")["items"]
        file = f"url:{address(serving, 'api/pay.yaml')}"
        assert [p["message"] for p in problems] == [
            (
                f"Entity group:default/team at {file}, originated at url:{address(serving)}, "
                "is not of an allowed kind for that location"
            )
        ]

    def test_all_kinds_may_be_allowed(
        self, make_portal: MakePortal, shop: Repository, serving: Serving
    ) -> None:
        shop.commit(
            {
                "web/catalog-info.yaml": f"{HEAD}kind: Group\nmetadata: {{name: g}}\n"
                "spec: {type: t, children: []}\n"
            }
        )
        portal = make_portal(MAIN, location_hosts=(serving.host,), location_kinds=())
        add(portal, address(serving))
        assert entity(portal, "group:default/g") is not None


def found_titles(portal: Portal, term: str) -> list[str]:
    """Return the titles of what a search finds."""
    answer = portal.get(f"/api/search/query?term={term}&types=software-catalog")
    return [result["document"]["title"] for result in answer["results"]]


REFUSED = {
    "another type": ("file", "/etc/passwd", 'must be of an allowed type \\["url"\\]'),
    "a host that is not allowed": (
        "url",
        "https://git.example.test/acme/shop/blob/main/a.yaml",
        (
            "Reading from 'https://git.example.test/acme/shop/blob/main/a.yaml' is not allowed. You "
            "may need to configure an integration for the target host, or add it to the configured "
            "list of allowed hosts at 'backend.reading.allow'$"
        ),
    ),
    "a host that only begins alike": (
        "url",
        "https://github.com.example.test/acme/shop/blob/main/a.yaml",
        "is not allowed",
    ),
    "a name before the host": (
        "url",
        "https://github.com@git.example.test/acme/shop/blob/main/a.yaml",
        "must not hold credentials",
    ),
    "credentials": (
        "url",
        "https://me:s3cret@github.com/acme/shop/blob/main/a.yaml",
        "^((?!s3cret).)*must not hold credentials",
    ),
    "an ssh host that is not allowed": ("url", "git@git.example.test:a/b.git//c.yaml", "not allow"),
    "no address": ("url", "x", "It is not the address of a file"),
    "half an address": ("url", "https://[::1", "is not allowed"),
}


def test_what_may_not_be_registered(portal: Portal) -> None:
    registrations = portal.services.registrations

    @each(REFUSED)
    def is_refused(name: str) -> None:
        kind, target, text = REFUSED[name]
        with pytest.raises(InputError, match=text):
            registrations.add(kind, target, False)
        with pytest.raises(InputError, match=text):
            registrations.dry_run(kind, target)

    is_refused()
    assert registrations.all() == []


class TestForms:
    """The address forms whose remotes differ, each read over HTTP."""

    FORMS = (
        ("acme/shop.git", "acme/shop/blob/{ref}/catalog-info.yaml"),
        ("acme/team/shop.git", "acme/team/shop/-/blob/{ref}/catalog-info.yaml"),
        ("acme/shop.git", "acme/shop/src/{ref}/catalog-info.yaml"),
        ("acme/shop.git", "acme/shop/src/branch/{ref}/catalog-info.yaml"),
        ("scm/shop/web.git", "projects/SHOP/repos/web/browse/catalog-info.yaml?at={ref}"),
        ("acme/web/_git/shop", "acme/web/_git/shop?path=/catalog-info.yaml&version=GB{ref}"),
        ("acme/shop", "acme/shop/+/refs/heads/{ref}/catalog-info.yaml"),
        ("shop.git", "shop.git//catalog-info.yaml?ref={ref}"),
    )

    @pytest.mark.parametrize(("path", "form"), FORMS, ids=[form for _, form in FORMS])
    def test_a_location_is_read_and_its_files_keep_the_form(
        self,
        portal: Portal,
        make_repository: MakeRepository,
        serving: Serving,
        path: str,
        form: str,
    ) -> None:
        serving.publish(make_repository(SHOP, "content"), path)
        add(portal, f"http://{serving.host}/{form.format(ref='main')}")
        annotations = entity(portal, "component:default/web")["metadata"]["annotations"]
        place = form.format(ref="main").replace("catalog-info.yaml", "web/catalog-info.yaml")
        assert (
            annotations["backstage.io/managed-by-location"] == f"url:http://{serving.host}/{place}"
        )

    def test_a_branch_may_have_slashes_in_its_name(
        self, portal: Portal, shop: Repository, serving: Serving
    ) -> None:
        shop.git("checkout", "-q", "-b", "feature/login")
        shop.commit({"web/catalog-info.yaml": component("login")})
        add(portal, address(serving, ref="feature/login"))
        assert "component:login" in refs(portal)

    @pytest.mark.usefixtures("shop")
    def test_a_branch_that_is_not_there_is_the_locations_problem(
        self, portal: Portal, serving: Serving
    ) -> None:
        portal.services.registrations.add("url", address(serving, ref="gone"), False)
        report = {r.source: r for r in portal.sync()}
        assert [r.error for name, r in report.items() if name != "content"] == [
            "it has no branch or tag 'gone'"
        ]
        assert refs(portal) == {"component:main"}


class TestTokens:
    @pytest.mark.usefixtures("shop")
    def test_a_hosts_token_lets_a_private_repository_be_read(
        self, make_portal: MakePortal, serving: Serving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        serving.password = "s3cret"
        monkeypatch.setitem(os.environ, "SHOP_TOKEN", "s3cret")
        portal = make_portal(
            MAIN, location_hosts=(serving.host,), host_tokens={serving.host: "SHOP_TOKEN"}
        )
        add(portal, address(serving))
        assert "component:web" in refs(portal)

    @pytest.mark.usefixtures("shop")
    def test_it_goes_to_no_other_host(
        self, make_portal: MakePortal, serving: Serving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(os.environ, "SHOP_TOKEN", "s3cret")
        other = f"localhost:{serving.port}"
        portal = make_portal(
            MAIN, location_hosts=(serving.host,), host_tokens={other: "SHOP_TOKEN"}
        )
        add(portal, address(serving))
        assert "component:web" in refs(portal)
        assert {authorization for _, authorization in serving.seen} == {""}

    @pytest.mark.usefixtures("shop")
    def test_a_variable_that_is_not_set_is_said_without_reading(
        self, make_portal: MakePortal, serving: Serving
    ) -> None:
        portal = make_portal(
            MAIN, location_hosts=(serving.host,), host_tokens={serving.host: "NOT_SET_HERE"}
        )
        with pytest.raises(InputError, match="NOT_SET_HERE"):
            portal.services.registrations.dry_run("url", address(serving))
        assert serving.seen == []


class TestDryRun:
    @pytest.mark.usefixtures("shop")
    def test_it_shows_what_would_come_and_keeps_nothing(
        self, portal: Portal, serving: Serving
    ) -> None:
        found = portal.services.registrations.dry_run("url", address(serving))
        assert not found.exists
        assert found.location.id == f"url:{address(serving)}"
        names = [e["metadata"]["name"] for e in found.entities]
        generated = LocationRef("url", address(serving)).entity_name
        assert names == [generated, "shop", "web", "pay"]
        for shown in found.entities:
            assert not {"uid", "etag"} & shown["metadata"].keys()
            assert "relations" not in shown
        assert refs(portal) == {"component:main"}
        assert portal.services.registrations.all() == []

    @pytest.mark.usefixtures("shop")
    def test_it_says_when_the_location_is_registered_already(
        self, portal: Portal, serving: Serving
    ) -> None:
        add(portal, address(serving))
        assert portal.services.registrations.dry_run("url", address(serving)).exists

    @pytest.mark.usefixtures("shop")
    def test_a_file_that_is_not_there(self, portal: Portal, serving: Serving) -> None:
        target = address(serving, "none.yaml")
        text = f"^NotFoundError: Unable to read url, no matching files found for {target}$"
        with pytest.raises(InputError, match=text):
            portal.services.registrations.dry_run("url", target)

    def test_a_repository_that_is_not_there(self, portal: Portal, serving: Serving) -> None:
        serving.status = 404
        with pytest.raises(InputError, match=r"^Error: Unable to read url, http"):
            portal.services.registrations.dry_run("url", address(serving))

    def test_every_error_is_told(self, portal: Portal, shop: Repository, serving: Serving) -> None:
        shop.commit({"web/catalog-info.yaml": "a: [", "api/pay.yaml": f"{HEAD}kind: Component\n"})
        with pytest.raises(InputError) as caught:
            portal.services.registrations.dry_run("url", address(serving))
        assert "web/catalog-info.yaml" in caught.value.message
        assert "<root> must have required property 'metadata'" in caught.value.message


class TestChanging:
    @pytest.mark.usefixtures("shop")
    def test_what_the_old_target_defined_goes_at_once_and_the_new_comes(
        self, portal: Portal, serving: Serving
    ) -> None:
        found = add(portal, address(serving))
        target = address(serving, "api/pay.yaml")
        changed = portal.services.registrations.change(found.id, "url", target)
        assert (changed.id, changed.target) == (found.id, target)
        assert changed.entity_ref == found.entity_ref
        assert refs(portal) == {"component:main"}
        portal.sync()
        assert refs(portal) == {"component:main", "component:pay"}

    @pytest.mark.usefixtures("shop")
    def test_the_locations_entity_keeps_its_name(self, portal: Portal, serving: Serving) -> None:
        found = add(portal, address(serving))
        portal.services.registrations.change(found.id, "url", address(serving, "api/pay.yaml"))
        portal.sync()
        kept = entity(portal, found.entity_ref)
        assert kept["spec"]["target"] == address(serving, "api/pay.yaml")

    @pytest.mark.usefixtures("shop")
    def test_the_same_target_again_changes_nothing(self, portal: Portal, serving: Serving) -> None:
        found = add(portal, address(serving))
        generation = portal.services.catalog.generation()
        assert portal.services.registrations.change(found.id, "url", found.target) == found
        portal.sync()
        assert portal.services.catalog.generation() == generation

    @pytest.mark.usefixtures("shop")
    def test_another_locations_target_cannot_be_taken(
        self, portal: Portal, serving: Serving
    ) -> None:
        one = add(portal, address(serving))
        two = add(portal, address(serving, "api/pay.yaml"))
        with pytest.raises(ConflictError, match="already exists"):
            portal.services.registrations.change(two.id, "url", one.target)

    def test_it_must_be_there(self, portal: Portal) -> None:
        with pytest.raises(NotFoundError, match="Found no location with ID none"):
            portal.services.registrations.change("none", "url", "http://x")


class TestRemoving:
    @pytest.mark.usefixtures("shop")
    def test_all_that_only_it_defines_goes_at_once(self, portal: Portal, serving: Serving) -> None:
        found = add(portal, address(serving))
        assert ("hasPart", "component:default/pay") in relations(portal, "main")
        portal.services.registrations.remove(found.id)
        assert refs(portal) == {"component:main"}
        assert entity(portal, found.entity_ref) is None
        assert relations(portal, "main") == {("ownedBy", "group:default/team")}
        assert portal.get("/api/catalog/problems")["items"] == []
        portal.sync()
        assert refs(portal) == {"component:main"}

    @pytest.mark.usefixtures("shop")
    def test_the_history_tells_it(self, portal: Portal, serving: Serving) -> None:
        found = add(portal, address(serving))
        portal.services.registrations.remove(found.id)
        newest = portal.get("/api/catalog/entities/by-name/component/default/pay/history")
        newest = newest["items"][0]
        assert newest["operation"] == "removed"
        assert newest["commit"]["subject"] == "removed on request"
        assert newest["tombstone"]["metadata"]["name"] == "pay"

    @pytest.mark.usefixtures("shop")
    def test_what_another_location_defines_too_stays_with_that_one(
        self, portal: Portal, serving: Serving
    ) -> None:
        one = add(portal, address(serving))
        add(portal, address(serving, "api/pay.yaml"))
        portal.services.registrations.remove(one.id)
        portal.sync()
        assert refs(portal) == {"component:main", "component:pay"}

    def test_it_must_be_there(self, portal: Portal) -> None:
        with pytest.raises(NotFoundError, match="Found no location with ID none"):
            portal.services.registrations.remove("none")

    @pytest.mark.usefixtures("shop")
    def test_an_entity_that_is_deleted_comes_back_as_another(
        self, portal: Portal, serving: Serving
    ) -> None:
        add(portal, address(serving))
        old = entity(portal, "component:default/pay")["metadata"]["uid"]
        portal.services.registrations.remove_entity(old)
        assert entity(portal, "component:default/pay") is None
        assert ("hasPart", "component:default/pay") not in relations(portal, "main")
        portal.sync()
        new = entity(portal, "component:default/pay")["metadata"]["uid"]
        assert new != old
        assert ("hasPart", "component:default/pay") in relations(portal, "main")
        assert found_titles(portal, "pay") == ["pay"]


def relations(portal: Portal, name: str) -> set[tuple[str, str]]:
    """Return the relations of a component."""
    found = entity(portal, f"component:default/{name}")["relations"]
    return {(relation["type"], relation["targetRef"]) for relation in found}


class TestReadonly:
    @pytest.mark.usefixtures("shop")
    def test_nothing_can_be_registered_changed_or_removed(
        self, make_portal: MakePortal, serving: Serving
    ) -> None:
        portal = make_portal(MAIN, location_hosts=(serving.host,), readonly=True)
        registrations = portal.services.registrations
        for action in (
            lambda: registrations.add("url", address(serving), False),
            lambda: registrations.change("x", "url", address(serving)),
            lambda: registrations.remove("x"),
        ):
            with pytest.raises(
                NotAllowedError, match="This operation not allowed in readonly mode"
            ):
                action()
        assert registrations.dry_run("url", address(serving)).entities


class TestOfAnEntity:
    @pytest.mark.usefixtures("shop")
    def test_it_is_found_by_its_origin(self, portal: Portal, serving: Serving) -> None:
        found = add(portal, address(serving))
        for ref in ("Component:default/WEB", found.entity_ref, "location:default/shop"):
            kind, _, rest = ref.partition(":")
            namespace, _, name = rest.partition("/")
            assert (
                portal.services.registrations.of_entity(EntityRef(kind, namespace, name)) == found
            )

    def test_what_comes_from_elsewhere_has_none(self, portal: Portal) -> None:
        text = "Found no location with type file and target content/catalog-info.yaml"
        with pytest.raises(NotFoundError, match=text):
            portal.services.registrations.of_entity(EntityRef("component", "default", "main"))
        with pytest.raises(NotFoundError, match="found no entity for ref component:default/none"):
            portal.services.registrations.of_entity(EntityRef("component", "default", "none"))


class TestAnalyzing:
    def test_a_repository_without_a_descriptor_gets_one_to_begin_with(self, portal: Portal) -> None:
        found = portal.services.registrations.analyze("https://github.com/acme/shop", "x.yaml")
        assert found["existingEntityFiles"] == []
        entity = found["generateEntities"][0]["entity"]
        assert entity["metadata"] == {
            "name": "shop",
            "annotations": {"github.com/project-slug": "acme/shop"},
        }

    def test_the_annotation_is_that_of_the_kind_the_operator_named(
        self, make_portal: MakePortal
    ) -> None:
        lab, tea = Integration("git.acme.test", "gitlab"), Integration("bitbucket.test", "gitea")
        registrations = make_portal(MAIN, integrations=(lab, tea)).services.registrations
        for host, wanted in (
            ("git.acme.test", {"gitlab.com/project-slug": "acme/shop"}),
            ("bitbucket.test", None),
            ("other.test", None),
        ):
            found = registrations.analyze(f"https://{host}/acme/shop", "x.yaml")
            metadata = found["generateEntities"][0]["entity"]["metadata"]
            assert metadata.get("annotations") == wanted

    @pytest.mark.usefixtures("shop")
    def test_the_descriptors_of_a_repository_are_shown(
        self, portal: Portal, serving: Serving
    ) -> None:
        target = f"http://{serving.host}/acme/shop"
        found = portal.services.registrations.analyze(target, "web/catalog-info.yaml")
        assert found["generateEntities"] == []
        (file,) = found["existingEntityFiles"]
        assert file["location"] == {
            "type": "url",
            "target": f"{target}/blob/HEAD/web/catalog-info.yaml",
        }
        assert not file["isRegistered"]
        assert file["entity"]["metadata"]["name"] == "web"

    def test_a_repository_that_cannot_be_read_is_taken_for_an_empty_one(
        self, portal: Portal, serving: Serving
    ) -> None:
        serving.status = 500
        found = portal.services.registrations.analyze(f"http://{serving.host}/a/b", "c.yaml")
        assert found["generateEntities"][0]["entity"]["metadata"]["name"] == "b"

    @pytest.mark.parametrize("target", ["nope", "https://github.com", "https://[::1"])
    def test_what_is_no_address_is_refused(self, portal: Portal, target: str) -> None:
        with pytest.raises(InputError, match=r"The given location\.target is not a URL"):
            portal.services.registrations.analyze(target, "catalog-info.yaml")


class TestValidating:
    def test_placeholders_are_read(
        self, portal: Portal, shop: Repository, serving: Serving
    ) -> None:
        shop.commit({"web/openapi.yaml": "openapi: 3.1.0\n"})
        api: dict[str, Any] = {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "API",
            "metadata": {"name": "a"},
            "spec": {
                "type": "openapi",
                "lifecycle": "production",
                "owner": "o",
                "definition": {"$text": "./openapi.yaml"},
            },
        }
        at = f"url:{address(serving, 'web/catalog-info.yaml')}"
        assert portal.services.registrations.validate(api, at) == []
        api["spec"]["definition"] = {"$text": "../none.yaml"}
        (item,) = portal.services.registrations.validate(api, at)
        assert "Placeholder $text could not read location ../none.yaml" in item.message
        api["spec"]["definition"] = {"$text": "/web/openapi.yaml"}
        assert portal.services.registrations.validate(api, at) == []
        api["spec"]["definition"] = {"$text": "../../passwd"}
        (item,) = portal.services.registrations.validate(api, at)
        assert "may only reference files from the same repository" in item.message

    @pytest.mark.usefixtures("shop")
    def test_the_targets_of_a_location_are_read(self, portal: Portal, serving: Serving) -> None:
        entity: dict[str, Any] = {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Location",
            "metadata": {"name": "t"},
            "spec": {"targets": ["./web/catalog-info.yaml", "./none.yaml"]},
        }
        (item,) = portal.services.registrations.validate(entity, f"url:{address(serving)}")
        assert item.error == "NotFoundError"
        assert item.message == (
            f"Unable to read url, no matching files found for {address(serving, 'none.yaml')}"
        )
        entity["spec"]["presence"] = "optional"
        assert portal.services.registrations.validate(entity, f"url:{address(serving)}") == []


def test_cursors_of_locations_are_opened_as_they_were_made() -> None:
    text = encode_location_cursor(2, "an-id", {"type": "url"})
    assert decode_location_cursor(text) == {
        "limit": 2,
        "afterId": "an-id",
        "query": {"type": "url"},
    }
    for bad in ("", "e30=", "zzz", "WzFd", "eyJsaW1pdCI6IngifQ=="):
        with pytest.raises(InputError, match="Malformed cursor"):
            decode_location_cursor(bad)


def test_a_permanent_link_stays_at_its_commit(
    portal: Portal, shop: Repository, serving: Serving
) -> None:
    commit = shop.git("rev-parse", "HEAD").strip()
    shop.commit({"api/pay.yaml": component("renamed")}, "Later")
    target = address(serving, "api/pay.yaml", commit)
    portal.services.registrations.add("url", target, refresh_existing=False)
    portal.sync()
    assert portal.get("/api/catalog/entities/by-name/component/default/pay")
