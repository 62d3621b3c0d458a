"""The folder a template lives in, read from its repository at a commit."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.config.settings import Config
from portal.config.sources import Source
from portal.kernel.errors import ConfigError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.roles.access import remote_access
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.template_files import RepositoryFiles
from portal.scaffolder.running.template_files import open_template_files
from portal.scaffolder.workspace.tree import File
from tests.conftest import MakeRepository
from tests.conftest import Repository
from tests.conftest import Serving

TEMPLATE = "templates/shop/template.yaml"
FILES = {
    "README.md": "root",
    TEMPLATE: "kind: Template",
    "templates/shop/skeleton/a.txt": "a",
    "templates/shop/skeleton/b/c.txt": "c",
    "templates/shared/run.sh": "#!/bin/sh\n",
}


def _entity(location: str) -> dict[str, Any]:
    annotations = {"backstage.io/managed-by-location": location}
    return {"kind": "Template", "metadata": {"name": "shop", "annotations": annotations}}


def opened_files(
    entity: Mapping[str, Any],
    config: Config,
    sources: Iterable[Source] | None = None,
    commit: str = "",
) -> RepositoryFiles:
    known = config.sources if sources is None else sources
    return open_template_files(entity, remote_access(config), known, commit)


@pytest.fixture
def repository(make_repository: MakeRepository) -> Repository:
    repository = make_repository(FILES)
    path = repository.path
    (path / "templates/shared/run.sh").chmod(0o755)
    (path / "templates/shop/skeleton/link").symlink_to("/etc/passwd")
    repository.commit({}, "A program and a link")
    return repository


@pytest.fixture
def config(tmp_path: Path, repository: Repository) -> Config:
    return Config(data_dir=tmp_path / "data", sources=(Source("content", str(repository.path)),))


@pytest.fixture
def entity() -> dict[str, Any]:
    return _entity(f"file:content/{TEMPLATE}")


def test_a_template_of_a_local_repository_reads_its_own_folder(
    repository: Repository, config: Config, entity: dict[str, Any]
) -> None:
    files = opened_files(entity, config)
    assert files.commit == repository.git("rev-parse", "HEAD").strip()
    assert files.folder("./skeleton").files == {"a.txt": File(b"a"), "b/c.txt": File(b"c")}
    assert set(files.folder(".").files) == {"template.yaml", "skeleton/a.txt", "skeleton/b/c.txt"}
    assert files.file("skeleton/b/c.txt") == File(b"c")


def test_links_are_left_out_and_programs_stay_programs(
    config: Config, entity: dict[str, Any]
) -> None:
    files = opened_files(entity, config)
    found = files.folder("skeleton")
    assert "link" not in found.files
    assert found.left_out == {"link": "it is a symbolic link, which is not followed"}
    with pytest.raises(ActionError, match="skeleton/link' cannot be used: it is a symbolic link"):
        files.file("skeleton/link")
    assert files.folder("../shared").files == {"run.sh": File(b"#!/bin/sh\n", is_executable=True)}


def test_a_name_that_is_not_utf8_is_left_out_and_told(
    repository: Repository, config: Config, entity: dict[str, Any]
) -> None:
    folder = TEMPLATE.rpartition("/")[0]
    name = os.fsdecode(b"caf\xe9")
    repository.commit({f"{folder}/skeleton/{name}": "lost"})
    files = opened_files(entity, config)
    found = files.folder("skeleton")
    assert set(found.files) == {"a.txt", "b/c.txt"}
    assert found.left_out[r"caf\xe9"] == "its name is not UTF-8: rename it"
    with pytest.raises(ActionError, match="cannot be used: its name is not UTF-8"):
        files.file(r"skeleton/caf\xe9")


@pytest.mark.parametrize("path", ["../../..", "../../../x", "skeleton/../../../../x"])
def test_an_address_never_leads_out_of_the_repository(
    config: Config, entity: dict[str, Any], path: str
) -> None:
    files = opened_files(entity, config)
    for read in (files.folder, files.file):
        with pytest.raises(NotAllowedError, match="outside of the repository"):
            read(path)


def test_an_address_may_lead_to_the_root_of_the_repository(
    config: Config, entity: dict[str, Any]
) -> None:
    files = opened_files(entity, config)
    assert files.file("/README.md").data == b"root"
    assert files.file("../../README.md").data == b"root"


def test_what_is_not_there_is_said_without_a_path_of_the_host(
    config: Config, entity: dict[str, Any], tmp_path: Path
) -> None:
    files = opened_files(entity, config)
    for read in (files.folder, files.file):
        with pytest.raises(ActionError, match="'templates/shop/none'") as caught:
            read("none")
        assert str(tmp_path) not in caught.value.message


def test_a_template_is_read_at_the_commit_it_was_asked_for(
    repository: Repository, config: Config, entity: dict[str, Any]
) -> None:
    before = repository.git("rev-parse", "HEAD").strip()
    repository.commit({"templates/shop/skeleton/a.txt": "newer"})
    assert opened_files(entity, config).file("skeleton/a.txt").data == b"newer"
    old = opened_files(entity, config, commit=before)
    assert (old.commit, old.file("skeleton/a.txt").data) == (before, b"a")


def test_a_commit_that_is_gone_is_an_error(config: Config, entity: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="no commit 111111111111 any more"):
        opened_files(entity, config, commit="1" * 40)


def test_a_commit_that_is_known_needs_no_repository_any_more(
    repository: Repository, config: Config, entity: dict[str, Any], tmp_path: Path
) -> None:
    commit = opened_files(entity, config).commit
    repository.path.rename(tmp_path / "away")
    files = opened_files(entity, config, commit=commit)
    assert files.file("skeleton/a.txt").data == b"a"


def test_sources_that_are_not_configured_can_be_given(
    config: Config, entity: dict[str, Any]
) -> None:
    found = config.sources
    files = opened_files(entity, replace(config, sources=()), found)
    assert files.file("skeleton/a.txt").data == b"a"


def _without_token(url: str) -> Source:
    return Source("locked", url, token_env="NOBODY_SETS_THIS")


def test_a_source_that_cannot_be_opened_does_not_matter_to_templates_of_others(
    config: Config, entity: dict[str, Any]
) -> None:
    locked = _without_token("https://forge.test/acme/locked")
    for sources in ((locked, *config.sources), (*config.sources, locked)):
        files = opened_files(entity, config, sources)
        assert files.file("skeleton/a.txt").data == b"a"


def test_the_source_of_a_template_that_cannot_be_opened_is_named(config: Config) -> None:
    locked = _without_token("https://forge.test/acme/locked")
    entity = _entity(f"url:https://forge.test/acme/locked/blob/HEAD/{TEMPLATE}")
    with pytest.raises(ConfigError, match=r"source locked: .*NOBODY_SETS_THIS"):
        opened_files(entity, config, (*config.sources, locked))


def test_another_source_of_the_same_repository_stands_in(hosted: Config, serving: Serving) -> None:
    url = f"http://{serving.host}/acme/shop.git"
    sources = (replace(_without_token(url), ref="main"), Source("shop", url, ref="main"))
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    files = opened_files(_entity(f"url:{address}"), hosted, sources)
    assert files.file("skeleton/a.txt").data == b"a"


def test_an_entity_without_a_place_is_refused(config: Config) -> None:
    with pytest.raises(PortalError, match="managed-by-location"):
        opened_files({"metadata": {}}, config)
    with pytest.raises(PortalError):
        opened_files(_entity("file:/etc/passwd"), config)


# --- over HTTP -------------------------------------------------------------------


@pytest.fixture
def hosted(serving: Serving, repository: Repository, config: Config) -> Config:
    """The same repository as a forge shows it, on a host that may be read."""
    serving.publish(repository, "acme/shop.git")
    return replace(config, sources=(), location_hosts=(serving.host,))


def test_a_registered_template_is_read_through_its_forge(
    hosted: Config, serving: Serving, repository: Repository
) -> None:
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    files = opened_files(_entity(f"url:{address}"), hosted)
    assert files.file("skeleton/a.txt").data == b"a"
    assert files.commit == repository.git("rev-parse", "HEAD").strip()


def test_a_configured_source_needs_no_allowed_host(hosted: Config, serving: Serving) -> None:
    source = Source("shop", f"http://{serving.host}/acme/shop.git", ref="main")
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    config = replace(hosted, sources=(source,), location_hosts=())
    files = opened_files(_entity(f"url:{address}"), config)
    assert files.file("skeleton/a.txt").data == b"a"


def test_a_branch_may_have_a_slash_in_its_name(
    hosted: Config, serving: Serving, repository: Repository
) -> None:
    repository.git("checkout", "--quiet", "-b", "feature/x")
    repository.commit({"templates/shop/skeleton/a.txt": "on the branch"})
    address = f"http://{serving.host}/acme/shop/blob/feature/x/{TEMPLATE}"
    files = opened_files(_entity(f"url:{address}"), hosted)
    assert files.file("skeleton/a.txt").data == b"on the branch"


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("/tree/main/templates/shop/skeleton", {"a.txt", "b/c.txt"}),
        ("/tree/main/templates/shop/skeleton/", {"a.txt", "b/c.txt"}),
        ("/-/tree/main/templates/shared", {"run.sh"}),
    ],
)
def test_folders_at_other_places_of_the_host_are_read(
    hosted: Config, serving: Serving, tail: str, expected: set[str]
) -> None:
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    files = opened_files(_entity(f"url:{address}"), hosted)
    assert set(files.folder(f"http://{serving.host}/acme/shop{tail}").files) == expected


@pytest.mark.parametrize("tail", ["", "/", "/tree/main", "/tree/main/"])
def test_a_whole_repository_is_a_folder(hosted: Config, serving: Serving, tail: str) -> None:
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    files = opened_files(_entity(f"url:{address}"), hosted)
    found = files.folder(f"http://{serving.host}/acme/shop{tail}").files
    assert {"README.md", TEMPLATE} <= set(found)


def test_files_at_other_places_of_the_host_are_read(hosted: Config, serving: Serving) -> None:
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    files = opened_files(_entity(f"url:{address}"), hosted)
    other = f"http://{serving.host}/acme/shop/blob/main/README.md"
    assert files.file(other).data == b"root"


@pytest.mark.parametrize(
    "address",
    ["https://evil.test/o/r/tree/main/x", "https://user:pw@github.com/x", "file:///etc", "x://"],
)
def test_other_hosts_are_refused(config: Config, entity: dict[str, Any], address: str) -> None:
    files = opened_files(entity, config)
    for read in (files.folder, files.file):
        with pytest.raises(NotAllowedError):
            read(address)
