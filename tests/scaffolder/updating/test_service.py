"""Updates of a project: previewed, proposed, merged; real git, a forge with Gitea's API."""

from __future__ import annotations

import shutil
import threading

import pytest
from werkzeug.serving import make_server

from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.scaffolder.updating.rendering import TemplateAt
from portal.scaffolder.updating.service import UpdateRequest
from portal.scaffolder.updating.service import Updates
from tests.command_line import run
from tests.scaffolder.updating.conftest import NOTE
from tests.scaffolder.updating.conftest import SKELETON
from tests.scaffolder.updating.conftest import UPDATE
from tests.scaffolder.updating.conftest import MakeWorld
from tests.scaffolder.updating.conftest import World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()


@pytest.mark.slow
def test_a_project_of_the_newest_template_is_current(world: World) -> None:
    plan = world.preview()
    assert (plan["state"], plan["files"], plan["base"]) == ("current", [], "rendered")
    assert world.update()["request"] is None
    assert not world.api.pulls


def test_a_change_of_the_template_is_proposed_by_a_pull_request(world: World) -> None:
    head = world.remote.commits()[0]
    world.change_template({"app/new.py": "NEW = 1\n", "app/old.py": None})
    plan = world.preview()
    assert plan["state"] == "ready"
    assert plan["files"] == [
        {"path": "app/new.py", "change": "added"},
        {"path": "app/old.py", "change": "removed"},
    ]
    assert not world.api.pulls
    done = world.update()
    branch = done["branch"]
    assert branch == f"portal/update-service-{done['to']['commit'][:12]}"
    assert done["request"] == {"number": 1, "url": "http://x/1"}
    assert world.remote.commits(branch)[1:] == [head]
    assert "app/old.py" not in world.files(branch)
    assert done["to"]["commit"] in world.content(NOTE, branch)
    assert world.api.pulls[0]["title"].startswith("Update from template service to ")


@pytest.mark.slow
def test_the_same_update_is_proposed_once_and_ends_with_its_merge(world: World) -> None:
    world.change_template({"app/new.py": "NEW = 1\n"})
    one, two = world.update(), world.update()
    assert two["request"] == one["request"]
    assert any("is there already" in note for note in two["notes"])
    assert len(world.api.pulls) == 1
    world.merge(one["branch"])
    world.portal.sync()
    assert world.preview()["state"] == "current"
    assert world.update()["request"] is None
    world.change_template({"app/new.py": "NEW = 2\n"})
    assert world.preview()["files"] == [{"path": "app/new.py", "change": "changed"}]


@pytest.mark.slow
def test_the_command_previews_and_proposes_at_a_portal(world: World) -> None:
    world.change_template({"app/new.py": "NEW = 1\n"})
    server = make_server("127.0.0.1", 0, world.portal.client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        at = ("template", "update", "shop", "--url", f"http://127.0.0.1:{server.server_port}")
        preview = run(*at, "--preview")
        assert preview.exit_code == 0
        assert preview.output.splitlines()[0].endswith(": ready")
        assert "  added    app/new.py" in preview.output
        assert not world.api.pulls
        patch = run(*at, "--patch")
        assert "+NEW = 1" in patch.stdout
        done = run(*at)
        assert (done.exit_code, len(world.api.pulls)) == (0, 1)
        assert "  request  http://x/1" in done.output
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.slow
def test_a_template_knows_its_projects_and_who_is_behind(world: World) -> None:
    where = "/api/scaffolder/v2/templates/default/template/service/instances"
    found = world.portal.get(where)
    [one] = found["instances"]
    assert one == {
        "project": "component:default/shop",
        "commit": found["commit"],
        "version": "",
        "isCurrent": True,
        "behindBy": 0,
        "request": None,
    }
    world.template.commit({"elsewhere.txt": "no part of the template\n"})
    world.portal.sync("templates")
    [one] = world.portal.get(where)["instances"]
    assert (one["isCurrent"], one["behindBy"]) == (True, 0)
    world.change_template({"app/new.py": "NEW = 1\n"})
    world.change_template({"app/new.py": "NEW = 2\n"})
    [one] = world.portal.get(where)["instances"]
    assert (one["isCurrent"], one["behindBy"], one["request"]) == (False, 2, None)
    done = world.update()
    [one] = world.portal.get(where)["instances"]
    assert one["request"] == {
        "state": "ready",
        "commit": done["to"]["commit"],
        "url": "http://x/1",
    }
    world.merge(done["branch"])
    world.portal.sync()
    [one] = world.portal.get(where)["instances"]
    assert (one["isCurrent"], one["request"]) == (True, None)
    assert world.portal.client.get(where.replace("service/", "no/")).status_code == 404


def test_what_only_the_project_changed_stays(world: World) -> None:
    mine = {
        "README.md": "# shop\n\nLine one\nLine two, ours\nLine three\nLine four\n",
        "app/main.py": None,
        "server/main.py": "PORT = \n\n\ndef main():\n    return 'hello'\n",
        "ours/data.txt": "ours\n",
        "logo.bin": b"\x00\x09",
    }
    world.change_project(mine)
    world.change_template({"app/old.py": "# goes away later\nVALUE = 2\n"})
    plan = world.preview()
    assert plan["files"] == [{"path": "app/old.py", "change": "changed"}]
    assert plan["leftAlone"]["changedByProject"] == ["README.md", "app/main.py", "logo.bin"]
    branch = world.update()["branch"]
    files = world.files(branch)
    assert files["README.md"] == mine["README.md"]
    assert files["ours/data.txt"] == "ours\n"
    assert "app/main.py" not in files


@pytest.mark.slow
def test_a_change_follows_a_file_that_the_project_moved(world: World) -> None:
    text = str(SKELETON["app/main.py"]).replace("${{ values.port }}", "")
    world.change_project({"app/main.py": None, "server/start.py": text})
    world.change_template({"app/main.py": str(SKELETON["app/main.py"]).replace("hello", "bye")})
    branch = world.update()["branch"]
    assert "bye" in world.content("server/start.py", branch)
    assert "app/main.py" not in world.files(branch)


def test_conflicts_are_a_draft_with_markers_and_a_list(world: World) -> None:
    world.change_project(
        {"README.md": "# shop\n\nLine one\nOURS\nLine three\nLine four\n", "app/old.py": None}
    )
    world.change_template(
        {
            "README.md": "# ${{ values.name }}\n\nLine one\nTHEIRS\nLine three\nLine four\n",
            "app/old.py": "VALUE = 3\n",
        }
    )
    plan = world.preview()
    assert plan["state"] == "conflicts"
    assert [(one["kind"], one["paths"]) for one in plan["conflicts"]] == [
        ("content", ["README.md"]),
        ("modify/delete", ["app/old.py"]),
    ]
    done = world.update()
    text = world.content("README.md", done["branch"])
    assert "<<<<<<< project\nOURS\n||||||| " in text
    assert "=======\nTHEIRS\n>>>>>>> template\n" in text
    pull = world.api.pulls[0]
    assert pull["title"].startswith("WIP: ")
    assert "content: `README.md`" in pull["body"]
    assert world.content("README.md") == "# shop\n\nLine one\nOURS\nLine three\nLine four\n"


@pytest.mark.slow
def test_only_new_questions_are_asked(world: World) -> None:
    world.change_template(
        {"app/team.txt": "${{ values.team }} ${{ values.size }}\n"},
        **{
            "required: [name]": "required: [name, team]",
            "port: {type: integer, default: 8000}": (
                "port: {type: integer, default: 8000}\n"
                "      team: {type: string, title: Team}\n"
                "      size: {type: integer, default: 3}"
            ),
            'port: "${{ parameters.port }}"': (
                'port: "${{ parameters.port }}", team: "${{ parameters.team }}", '
                'size: "${{ parameters.size }}"'
            ),
        },
    )
    plan = world.preview()
    assert plan["state"] == "questions"
    assert plan["questions"] == [
        {"name": "team", "required": True, "title": "Team", "type": "string"},
        {"name": "size", "required": False, "type": "integer", "default": 3},
    ]
    assert plan["errors"]
    assert world.update()["request"] is None
    assert world.update(answers={"team": 5})["state"] == "questions"
    done = world.update(answers={"team": "payments"})
    assert done["request"]
    assert world.content("app/team.txt", done["branch"]) == "payments 3\n"
    assert "team: payments" in world.content(NOTE, done["branch"])


@pytest.mark.slow
def test_a_preview_with_a_patch_changes_nothing(world: World) -> None:
    world.change_template({"logo.bin": b"\x00\x01\x03"})
    plan = world.update(preview=True, patch=True)
    assert "GIT binary patch" in plan["patch"]
    assert world.remote.git("for-each-ref", "--format=%(refname)", "refs/heads").split() == [
        "refs/heads/main"
    ]


@pytest.mark.slow
def test_files_may_be_managed_or_made_once(make_world: MakeWorld) -> None:
    world = make_world(
        {**SKELETON, "ci.yml": "one\n", "src/app.py": "one\n", "src/gone.py": "one\n"},
        **{"updates: {}": "updates: {managed: [ci.yml, lock], once: [src/*]}"},
    )
    world.change_project({"ci.yml": "ours\n", "src/app.py": "ours\n", "src/mine.py": "mine\n"})
    world.change_template(
        {
            "ci.yml": "two\n",
            "lock": "new\n",
            "src/app.py": "two\n",
            "src/gone.py": None,
            "src/mine.py": "template's\n",
            "src/more.py": "more\n",
        }
    )
    done = world.update()
    assert (done["state"], done["conflicts"]) == ("ready", [])
    files = world.files(done["branch"])
    assert {path: files.get(path) for path in ("ci.yml", "lock", "src/app.py")} == {
        "ci.yml": "two\n",
        "lock": "new\n",
        "src/app.py": "ours\n",
    }
    assert (files["src/gone.py"], files["src/mine.py"], files["src/more.py"]) == (
        "one\n",
        "mine\n",
        "more\n",
    )
    assert done["leftAlone"]["once"] == ["src/app.py", "src/gone.py"]


@pytest.mark.slow
def test_migrations_rename_answers_and_move_files(make_world: MakeWorld) -> None:
    world = make_world(
        **{"metadata: {name: service}": "metadata: {name: service, annotations: {V: '1.9.0'}}"}
        | {"V:": "backstage.io/template-version:"}
    )
    world.change_project({"app/main.py": "all of it is different here\n"})
    skeleton = {
        "app/main.py": None,
        "lib/main.py": "NAME = '${{ values.name }}'\nand nothing of the old file\n",
        "app/old.py": None,
        "lib/old.py": "something else\n",
    }
    world.change_template(
        skeleton,
        **{
            "'1.9.0'": "'2.0.0'",
            "required: [name]": "required: [title]",
            "name: {type: string}": "title: {type: string}",
            "parameters.name": "parameters.title",
            "updates: {}": (
                "updates: {migrations: [{before: '2.0.0', renamed: {name: title}, "
                "moved: {app: lib}}, {before: '1.0.0', renamed: {title: other}}]}"
            ),
        },
    )
    plan = world.preview()
    assert (plan["questions"], plan["errors"]) == ([], [])
    assert (plan["from"]["version"], plan["to"]["version"]) == ("1.9.0", "2.0.0")
    assert [(one["kind"], one["paths"]) for one in plan["conflicts"]] == [
        ("content", ["lib/main.py"])
    ]
    branch = world.update()["branch"]
    assert world.content("lib/old.py", branch) == "something else\n"
    assert "title: shop" in world.content(NOTE, branch)


@pytest.mark.slow
def test_a_request_that_failed_half_way_is_finished_by_the_next(world: World) -> None:
    world.change_template({"app/new.py": "NEW = 1\n"})
    change = world.api.forge.change
    world.api.forge.change = lambda *_what: (500, {}, b"{}")
    assert world.portal.client.post(UPDATE, json={}).status_code >= 400
    branch = world.preview()["branch"]
    pushed = world.remote.commits(branch)
    world.api.forge.change = change
    done = world.update()
    assert done["request"] == {"number": 1, "url": "http://x/1"}
    assert world.remote.commits(branch) == pushed


@pytest.mark.slow
def test_where_the_old_commit_is_gone_the_kept_copy_is_taken(make_world: MakeWorld) -> None:
    world = make_world(values={"name": "shop", "port": 8000})
    world.change_project({"README.md": "# shop\n\nOURS\nLine two\nLine three\nLine four\n"})
    world.template.git("checkout", "--quiet", "--orphan", "other")
    path = world.template.path / "service/skeleton/app/new.py"
    path.write_text("NEW = 1\n")
    world.template.git("add", "--all")
    world.template.git("commit", "--quiet", "-m", "History was rewritten")
    world.template.git("branch", "--quiet", "-M", "other", "main")
    world.template.git("reflog", "expire", "--expire=all", "--all")
    world.template.git("gc", "--quiet", "--prune=now")
    mirrors = world.portal.config.data_dir / "git/mirrors"
    assert mirrors.exists()
    shutil.rmtree(mirrors)
    world.portal.sync("templates")
    plan = world.preview()
    assert (plan["state"], plan["base"]) == ("ready", "kept")
    assert plan["files"] == [{"path": "app/new.py", "change": "added"}]
    for name in world.remote.git("for-each-ref", "--format=%(refname)", "refs/portal").split():
        world.remote.git("update-ref", "-d", name)
    refused = world.portal.client.get(UPDATE)
    assert refused.status_code >= 400
    assert "cannot be made again" in refused.text
    assert "nothing is overwritten" in refused.text


@pytest.mark.slow
def test_a_project_without_a_note_is_told(world: World) -> None:
    world.change_project({NOTE: None})
    answer = world.portal.client.get(UPDATE)
    assert answer.status_code == 404
    assert f"has no {NOTE}" in answer.text


@pytest.mark.slow
def test_what_is_not_in_the_catalog_or_may_not_be_published_to_is_refused(world: World) -> None:
    missing = world.portal.client.get(UPDATE.replace("shop", "other"))
    assert missing.status_code == 404
    environment = world.portal.services.scaffolder.runner_services
    object.__setattr__(environment.environment, "publish_hosts", ())
    refused = world.portal.client.get(UPDATE)
    assert refused.status_code == 403
    assert "is not allowed" in refused.text


@pytest.mark.slow
def test_a_template_that_the_caller_may_not_see_is_not_read(world: World) -> None:
    services = world.portal.services

    def find(ref: EntityRef) -> bytes:
        if ref.kind == "template":
            raise NotFoundError("no such template")
        return services.catalog.by_name(ref)

    def open_template(_ref: str, _commit: str) -> TemplateAt:
        pytest.fail("the template was read")

    updates = Updates(find, open_template, services.scaffolder.runner_services)
    with pytest.raises(NotFoundError, match="no such template"):
        updates.plan(UpdateRequest(EntityRef("component", "default", "shop")))
