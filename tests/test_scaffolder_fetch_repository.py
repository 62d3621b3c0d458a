"""The folder a template lives in, read from its repository at a commit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.scaffolder.action import ActionError
from portal.scaffolder.template_files import open_template_files
from portal.scaffolder.tree import File

TEMPLATE = "templates/shop/template.yaml"
FILES = {
    "README.md": "root",
    TEMPLATE: "kind: Template",
    "templates/shop/skeleton/a.txt": "a",
    "templates/shop/skeleton/b/c.txt": "c",
    "templates/shared/run.sh": "#!/bin/sh\n",
}


def _entity(location):
    return {"metadata": {"annotations": {"backstage.io/managed-by-location": location}}}


@pytest.fixture
def repository(make_repository):
    repository = make_repository(FILES)
    path = repository.path
    (path / "templates/shared/run.sh").chmod(0o755)
    (path / "templates/shop/skeleton/link").symlink_to("/etc/passwd")
    repository.commit({}, "A program and a link")
    return repository


@pytest.fixture
def config(tmp_path, repository):
    return Config(data_dir=tmp_path / "data", sources=(Source("content", str(repository.path)),))


@pytest.fixture
def entity():
    return _entity(f"file:content/{TEMPLATE}")


def test_a_template_of_a_local_repository_reads_its_own_folder(repository, config, entity):
    files = open_template_files(entity, config)
    assert files.commit == repository.git("rev-parse", "HEAD").strip()
    assert files.folder("./skeleton") == {"a.txt": File(b"a"), "b/c.txt": File(b"c")}
    assert set(files.folder(".")) == {"template.yaml", "skeleton/a.txt", "skeleton/b/c.txt"}
    assert files.file("skeleton/b/c.txt") == File(b"c")


def test_links_are_left_out_and_programs_stay_programs(config, entity):
    files = open_template_files(entity, config)
    assert "link" not in files.folder("skeleton")
    with pytest.raises(ActionError, match="ENOENT"):
        files.file("skeleton/link")
    assert files.folder("../shared") == {"run.sh": File(b"#!/bin/sh\n", is_executable=True)}


@pytest.mark.parametrize("path", ["../../..", "../../../x", "skeleton/../../../../x"])
def test_an_address_never_leads_out_of_the_repository(config, entity, path):
    files = open_template_files(entity, config)
    for read in (files.folder, files.file):
        with pytest.raises(NotAllowedError, match="outside of the repository"):
            read(path)


def test_an_address_may_lead_to_the_root_of_the_repository(config, entity):
    files = open_template_files(entity, config)
    assert files.file("/README.md").data == b"root"
    assert files.file("../../README.md").data == b"root"


def test_what_is_not_there_is_said_without_a_path_of_the_host(config, entity, tmp_path):
    files = open_template_files(entity, config)
    for read in (files.folder, files.file):
        with pytest.raises(ActionError, match="'templates/shop/none'") as caught:
            read("none")
        assert str(tmp_path) not in caught.value.message


def test_a_template_is_read_at_the_commit_it_was_asked_for(repository, config, entity):
    before = repository.git("rev-parse", "HEAD").strip()
    repository.commit({"templates/shop/skeleton/a.txt": "newer"})
    assert open_template_files(entity, config).file("skeleton/a.txt").data == b"newer"
    old = open_template_files(entity, config, commit=before)
    assert (old.commit, old.file("skeleton/a.txt").data) == (before, b"a")


def test_a_commit_that_is_gone_is_an_error(config, entity):
    with pytest.raises(SourceError, match="no commit 111111111111 any more"):
        open_template_files(entity, config, commit="1" * 40)


def test_a_commit_that_is_known_needs_no_repository_any_more(repository, config, entity, tmp_path):
    commit = open_template_files(entity, config).commit
    repository.path.rename(tmp_path / "away")
    files = open_template_files(entity, config, commit=commit)
    assert files.file("skeleton/a.txt").data == b"a"


def test_sources_that_are_not_configured_can_be_given(config, entity):
    found = config.sources
    files = open_template_files(entity, replace(config, sources=()), found)
    assert files.file("skeleton/a.txt").data == b"a"


def test_an_entity_without_a_place_is_refused(config):
    with pytest.raises(PortalError, match="managed-by-location"):
        open_template_files({"metadata": {}}, config)
    with pytest.raises(PortalError):
        open_template_files(_entity("file:/etc/passwd"), config)


# --- over HTTP -------------------------------------------------------------------


@pytest.fixture
def hosted(serving, repository, config):
    """The same repository as a forge shows it, on a host that may be read."""
    serving.publish(repository, "acme/shop.git")
    return replace(config, sources=(), location_hosts=(serving.host,))


def test_a_registered_template_is_read_through_its_forge(hosted, serving, repository):
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    files = open_template_files(_entity(f"url:{address}"), hosted)
    assert files.file("skeleton/a.txt").data == b"a"
    assert files.commit == repository.git("rev-parse", "HEAD").strip()


def test_a_configured_source_needs_no_allowed_host(hosted, serving):
    source = Source("shop", f"http://{serving.host}/acme/shop.git", ref="main")
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    config = replace(hosted, sources=(source,), location_hosts=())
    files = open_template_files(_entity(f"url:{address}"), config)
    assert files.file("skeleton/a.txt").data == b"a"


def test_a_branch_may_have_a_slash_in_its_name(hosted, serving, repository):
    repository.git("checkout", "--quiet", "-b", "feature/x")
    repository.commit({"templates/shop/skeleton/a.txt": "on the branch"})
    address = f"http://{serving.host}/acme/shop/blob/feature/x/{TEMPLATE}"
    files = open_template_files(_entity(f"url:{address}"), hosted)
    assert files.file("skeleton/a.txt").data == b"on the branch"


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("/tree/main/templates/shop/skeleton", {"a.txt", "b/c.txt"}),
        ("/tree/main/templates/shop/skeleton/", {"a.txt", "b/c.txt"}),
        ("/-/tree/main/templates/shared", {"run.sh"}),
    ],
)
def test_folders_at_other_places_of_the_host_are_read(hosted, serving, tail, expected):
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    files = open_template_files(_entity(f"url:{address}"), hosted)
    assert set(files.folder(f"http://{serving.host}/acme/shop{tail}")) == expected


@pytest.mark.parametrize("tail", ["", "/", "/tree/main", "/tree/main/"])
def test_a_whole_repository_is_a_folder(hosted, serving, tail):
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    files = open_template_files(_entity(f"url:{address}"), hosted)
    found = files.folder(f"http://{serving.host}/acme/shop{tail}")
    assert {"README.md", TEMPLATE} <= set(found)


def test_files_at_other_places_of_the_host_are_read(hosted, serving):
    address = f"http://{serving.host}/acme/shop/blob/main/{TEMPLATE}"
    files = open_template_files(_entity(f"url:{address}"), hosted)
    other = f"http://{serving.host}/acme/shop/blob/main/README.md"
    assert files.file(other).data == b"root"


@pytest.mark.parametrize(
    "address",
    ["https://evil.test/o/r/tree/main/x", "https://user:pw@github.com/x", "file:///etc", "x://"],
)
def test_other_hosts_are_refused(config, entity, address):
    files = open_template_files(entity, config)
    for read in (files.folder, files.file):
        with pytest.raises(NotAllowedError):
            read(address)
