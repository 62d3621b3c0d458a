"""Use case 2: from nothing but a name to a React frontend with design system and tests."""

import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from softwarecatalog import checks, entities, frontend
from softwarecatalog.node import npm

NAME = "checkout-web"


@pytest.fixture(scope="session")
def repository(tmp_path_factory):
    return frontend.create({"name": NAME}, tmp_path_factory.mktemp("git"))


@pytest.fixture(scope="session")
def installed(repository, tmp_path_factory):
    """A clone whose packages are installed from the lock, once for all tests."""
    folder = frontend.clone(repository, tmp_path_factory.mktemp("work") / NAME)
    ended = npm(folder, "ci")
    assert ended.returncode == 0, ended.stdout
    return folder


@pytest.fixture
def project(installed, repository, tmp_path):
    """A clone a test may change."""
    folder = frontend.clone(repository, tmp_path / NAME)
    (folder / "node_modules").symlink_to(installed / "node_modules")
    return folder


def edit(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_name_is_all_the_template_asks_for():
    template = yaml.safe_load(frontend.TEMPLATE.read_text(encoding="utf-8"))
    assert [page.get("required") for page in template["spec"]["parameters"]] == [["name"]]
    assert template["metadata"]["title"] == "React Frontend Template"


def test_a_repository_comes_out_with_nothing_left_to_fill_in(repository, tmp_path):
    folder = frontend.clone(repository, tmp_path / "clone")
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
    promised = {"src/design-system/index.ts", "src/App.test.tsx", ".github/workflows/ci.yml"}
    assert promised <= set(texts)
    assert [path for path, text in texts.items() if "${{" in text or "{%" in text] == []
    assert json.loads(texts["package.json"])["name"] == NAME
    assert json.loads(texts["package-lock.json"])["packages"][""]["name"] == NAME
    log = ["git", "-C", str(folder), "log", "--format=%s", "main"]
    assert subprocess.check_output(log, text=True).strip() == f"Begin {NAME}"


def test_its_own_tests_pass_and_cover_what_was_agreed(installed, company):
    ended = npm(installed, "test")
    assert ended.returncode == 0, ended.stdout
    assert int(re.search(r"Tests\s+(\d+) passed", ended.stdout)[1]) >= 10
    covered = re.search(r"All files(?:\s*\|[^|]*){3}\|\s*([\d.]+)", ended.stdout)[1]
    assert float(covered) >= company.coverage


def test_it_builds_with_the_companys_colour(installed, company):
    ended = npm(installed, "run", "build")
    assert ended.returncode == 0, ended.stdout
    bundles = list((installed / "dist" / "assets").glob("*.js"))
    assert any(company.brand_color in bundle.read_text(encoding="utf-8") for bundle in bundles)
    assert "ds-button" in next((installed / "dist/assets").glob("*.css")).read_text()


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        ("conventions", ("<p role", "<button>!</button><p role"), "takes its controls and colours"),
        ("App", ("setGreeted(name)", "setGreeted('')"), "whoever says a name is greeted"),
    ],
)
def test_its_tests_turn_red_when_it_breaks(project, file, change, complaint):
    edit(project / "src" / "App.tsx", *change)
    ended = npm(project, "exec", "--", "vitest", "run", f"src/{file}.test")
    assert ended.returncode != 0
    assert re.search(rf"(FAIL|×).*{complaint}", ended.stdout)


def test_its_tests_turn_red_when_too_little_is_covered(project):
    lines = "\n".join(f"  if (n === {n}) return {n};" for n in range(200))
    code = f"export function untested(n: number): number {{\n{lines}\n  return -1;\n}}\n"
    (project / "src" / "untested.ts").write_text(code)
    ended = npm(project, "test")
    assert ended.returncode != 0
    assert "does not meet" in ended.stdout


def test_what_the_types_forbid_is_not_built(project):
    edit(project / "src" / "App.tsx", 'disabled={name === ""}', "disabled={name}")
    assert npm(project, "run", "build").returncode != 0


def test_the_lock_names_no_registry(repository, tmp_path):
    folder = frontend.clone(repository, tmp_path / "clone")
    lock = json.loads((folder / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_the_new_frontend_fits_into_the_catalog(repository, catalog, tmp_path):
    folder = frontend.clone(repository, tmp_path / "clone")
    new = entities.load(folder / "catalog-info.yaml")
    assert [entity.ref for entity in new] == [f"component:default/{NAME}"]
    assert checks.problems([*catalog, *new]) == []


@pytest.mark.parametrize("name", ["Checkout", "a", "../web", "web\n", "", 7, None])
def test_a_bad_name_makes_nothing(tmp_path, name):
    with pytest.raises(frontend.InvalidParameters):
        frontend.create({"name": name}, tmp_path / "git")
    assert list((tmp_path / "git").iterdir()) == []


def test_a_parameter_nobody_asked_for_is_refused(tmp_path):
    with pytest.raises(frontend.InvalidParameters, match="additional"):
        frontend.create({"name": NAME, "color": "red"}, tmp_path)


def test_of_several_who_ask_for_one_name_at_once_one_gets_it(tmp_path):
    def ask(_):
        try:
            return frontend.create({"name": NAME}, tmp_path).name
        except frontend.Taken:
            return "taken"

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(ask, range(3))) == [f"{NAME}.git", "taken", "taken"]
    assert shutil.which("git")
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.git"]
