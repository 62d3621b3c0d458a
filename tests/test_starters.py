"""The eleven starters keep the rules of their house; ``make starters`` proves the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import documented
import pytest
import readme
from extremes import Variant
from extremes import rendered
from werkzeug.routing import MapAdapter

from portal.app import create_app
from portal.authoring.proof.options import ProofOptions
from portal.authoring.proof.proof import prove
from portal.catalog.ingestion.checker import check
from portal.glossary.integrity import check_glossary
from portal.kernel import yaml12
from portal.scm.worktree import WorkingTree
from tests.conftest import MakePortal
from tests.test_deploy import lint

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
LANGUAGES = ("ko", "en")
#: Files that are the same in every starter.
HOUSE = (
    ".editorconfig",
    ".github/dependabot.yml",
    ".github/workflows/ci.yml",
    ".gitignore",
    ".gitlab-ci.yml",
    "LICENSE.njk",
    "Makefile",
    "catalog-info.yaml.njk",
)
#: What a project is made of, beside its own code.
PARTS = ("README.md.njk", "docs/index.md*", "docs/walkthrough.md*", "docs/*.svg*", "mkdocs.yml*")


def concepts() -> list[str]:
    """Return the concepts of the glossary, by name."""
    found = []
    for path in sorted(ROOT.glob("catalog/*/catalog-info.yaml")):
        entity = yaml12.read_one(path.read_bytes())
        if entity["kind"] == "Concept":
            found.append(path.parent.name)
    return found


CONCEPTS = concepts()


def entity_of(concept: str) -> dict[str, Any]:
    path = TEMPLATES / concept / "template.yaml"
    entity: dict[str, Any] = yaml12.read_one(path.read_bytes())
    return entity


def texts_of(folder: Path) -> dict[str, str]:
    """Return the text files below a folder, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {"__pycache__", ".venv"} & set(path.parts):
            data = path.read_bytes()
            if b"\0" not in data:
                found[path.relative_to(folder).as_posix()] = data.decode()
    return found


def test_there_are_eleven_and_each_is_for_a_concept() -> None:
    assert len(CONCEPTS) == 11
    assert sorted(path.parent.name for path in TEMPLATES.glob("*/template.yaml")) == CONCEPTS


@pytest.mark.parametrize("concept", CONCEPTS)
def test_concept_and_starter_name_each_other(concept: str) -> None:
    path = ROOT / "catalog" / concept / "catalog-info.yaml"
    spec = yaml12.read_one(path.read_bytes())["spec"]
    assert spec.get("starter") == f"template:default/{concept}"
    assert entity_of(concept)["metadata"]["name"] == concept


@pytest.mark.parametrize("concept", CONCEPTS)
def test_it_keeps_every_rule_of_templates_and_its_golden_files(concept: str) -> None:
    proof = prove(TEMPLATES / concept, ProofOptions(), lambda _line: None)
    found = [*proof.findings, *(one for case in proof.cases for one in case.findings)]
    assert [f"{one.place}: [{one.rule}] {one.message}" for one in found] == []
    assert sorted(case.name for case in proof.cases) == sorted(LANGUAGES)


def test_the_catalog_takes_all_templates() -> None:
    report = check(WorkingTree(ROOT), ("templates/*/template.yaml",), check_glossary)
    assert [f"{item.position}: {item.message}" for item in report.items] == []
    assert report.entities == len(CONCEPTS)


@pytest.fixture(scope="module")
def pages(make_shared_portal: MakePortal) -> MapAdapter:
    """Return the routes of a portal."""
    app = create_app(make_shared_portal({}, sync=False).services)
    return app.url_map.bind("localhost")


# --- images and workflows ------------------------------------------------------------------

#: By the name of a file, the schema that check-jsonschema has for it.
_SCHEMAS = {
    "compose.yaml": "vendor.compose-spec",
    "dependabot.yml": "vendor.dependabot",
    "ci.yml": "vendor.github-workflows",
}
#: A workflow inside a template inside a starter: no YAML before it is rendered.
_RENDERED = "golden-path"


def every(name: str) -> list[Path]:
    """Return the files of a name in all starters."""
    return sorted(path for path in TEMPLATES.rglob(name) if "skeleton" in path.parts)


@pytest.mark.parametrize("name", _SCHEMAS)
def test_a_file_of_another_tool_follows_its_schema(name: str) -> None:
    files = [path for path in every(name) if name != "ci.yml" or _RENDERED not in path.parts]
    assert len(files) >= len(CONCEPTS)
    assert lint("check-jsonschema", "--builtin-schema", _SCHEMAS[name], *files) == ""


def test_hadolint_has_nothing_against_the_images() -> None:
    files = every("Dockerfile")
    assert len(files) >= len(CONCEPTS) - 1
    assert lint("hadolint", *files) == ""


def test_images_are_of_one_set_with_exact_versions() -> None:
    texts = [path.read_text() for name in ("Dockerfile", "compose.yaml") for path in every(name)]
    images = {
        image
        for text in texts
        for image in re.findall(r"^(?:FROM| +image:) (\S+)", text, re.MULTILINE)
    }
    names = [image.partition(":")[0] for image in images]
    assert sorted(set(names)) == sorted(names), "two versions of one image"
    assert [image for image in images if not re.search(r":v?\d+\.\d+", image)] == []


def test_actions_are_pinned_to_commits() -> None:
    used = {
        line.strip()
        for path in every("ci.yml")
        for line in path.read_text().splitlines()
        if "uses:" in line
    }
    assert used
    assert [line for line in used if not re.search(r"@[0-9a-f]{40}  # v\d+\.\d+\.\d+$", line)] == []


# --- the frame ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOUSE)
def test_a_house_file_is_the_same_everywhere(name: str) -> None:
    contents = {(TEMPLATES / one / "skeleton" / name).read_bytes() for one in CONCEPTS}
    assert len(contents) == 1


@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_form_begins_and_ends_as_all_others_do(concept: str) -> None:
    first, *own, last = entity_of(concept)["spec"]["parameters"]
    example = entity_of(CONCEPTS[0])["spec"]["parameters"]
    assert first == example[0]
    assert last == example[-1]
    assert [2 <= len(page["properties"]) <= 5 for page in own] == [True]


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_parameter_of_its_own_has_limits_a_default_and_two_languages(concept: str) -> None:
    [page] = entity_of(concept)["spec"]["parameters"][1:-1]
    for name, schema in page["properties"].items():
        limits = {"enum", "pattern", "minimum", "maximum", "maxLength", "items", "format"}
        assert limits & set(schema) or schema["type"] == "boolean", name
        assert "default" in schema, name
        for text in (schema["title"], schema["description"]):
            korean, slash, english = text.partition(" / ")
            assert slash, f"{name}: {text}"
            assert HANGUL.search(korean), f"{name}: {text}"
            assert not HANGUL.search(english), f"{name}: {text}"


@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_steps_and_the_output_are_those_of_all_others(concept: str) -> None:
    spec, example = entity_of(concept)["spec"], entity_of(CONCEPTS[0])["spec"]
    own = [name for page in spec["parameters"][1:-1] for name in page["properties"]]
    assert frame(spec, concept, own) == frame(example, CONCEPTS[0], None)


def frame(spec: dict[str, Any], concept: str, own: list[str] | None) -> dict[str, Any]:
    """Return steps and output without what is a concept's own."""
    if own is None:
        own = [name for page in spec["parameters"][1:-1] for name in page["properties"]]
    text = json.dumps({"steps": spec["steps"], "output": spec["output"]}, ensure_ascii=False)
    found: dict[str, Any] = json.loads(text.replace(concept, "CONCEPT"))
    for step in found["steps"]:
        values = step["input"].get("values", {})
        # Only some say in their code which language they are in.
        values.pop("language", None)
        for name in own:
            assert values.pop(name, f"${{{{ parameters.{name} }}}}") == (
                f"${{{{ parameters.{name} }}}}"
            )
    return found


@pytest.mark.parametrize("concept", CONCEPTS)
def test_its_title_and_description_are_in_both_languages(concept: str) -> None:
    metadata = entity_of(concept)["metadata"]
    for text in (metadata["title"], metadata["description"]):
        assert HANGUL.search(text)
        assert re.search(r"[A-Za-z]{3}", text)
        assert "FILL IN" not in text


@pytest.mark.parametrize("concept", CONCEPTS)
def test_its_cases_are_one_of_each_language_with_other_values(concept: str) -> None:
    files = [TEMPLATES / concept / "cases" / f"{language}.yaml" for language in LANGUAGES]
    cases = [yaml12.read_one(file.read_bytes())["values"] for file in files]
    assert [case["language"] for case in cases] == list(LANGUAGES)
    assert cases[0]["name"] != cases[1]["name"]
    [page] = entity_of(concept)["spec"]["parameters"][1:-1]
    for name in page["properties"]:
        assert cases[0].get(name) != cases[1].get(name), name


# --- the contents ----------------------------------------------------------------------------


@pytest.mark.parametrize("concept", CONCEPTS)
def test_both_languages_have_the_same_texts(concept: str) -> None:
    found = [sorted(texts_of(TEMPLATES / concept / "text" / one)) for one in LANGUAGES]
    assert found[0] == found[1]
    for part in PARTS:
        assert list((TEMPLATES / concept / "text" / "ko").glob(part)), part


@pytest.mark.parametrize("concept", CONCEPTS)
def test_english_texts_have_no_hangul_and_korean_ones_have(concept: str) -> None:
    for path, text in texts_of(TEMPLATES / concept / "text" / "en").items():
        assert not HANGUL.search(text), path
    for path, text in texts_of(TEMPLATES / concept / "text" / "ko").items():
        if path.removesuffix(".njk").endswith((".md", ".svg", "messages.py", "messages.toml")):
            assert HANGUL.search(text), path


@pytest.mark.parametrize("concept", CONCEPTS)
def test_both_use_cases_have_tests_and_the_texts_lead_to_the_concept(
    concept: str, pages: MapAdapter
) -> None:
    skeleton = TEMPLATES / concept / "skeleton"
    for number in (1, 2):
        assert list(skeleton.glob(f"tests/test_use_case_{number}_*.py")), number
    assert (skeleton / "demo.py").is_file()
    for language in LANGUAGES:
        text = readme_of(concept, language)
        link = re.search(rf"\$\{{\{{ values\.portalUrl \}}\}}(/[a-z/]+/{concept})\b", text)
        assert link, "it does not lead back to the concept"
        assert pages.match(link.group(1))[0].startswith("ui."), link.group(1)


# --- the README, and the commands of all texts -----------------------------------------------


def readme_of(concept: str, language: str) -> str:
    return (TEMPLATES / concept / "text" / language / "README.md.njk").read_text()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_readme_has_the_same_headings_in_the_same_order(concept: str, language: str) -> None:
    text = readme_of(concept, language)
    beginning, _, rest = text.partition("\n## ")
    title, description, concept_told, *more = beginning.strip().split("\n\n")

    assert readme.headings(text) == readme.HEADINGS[language]
    assert [title, description] == ["# ${{ values.name }}", "${{ values.description }}"]
    assert f"${{{{ values.portalUrl }}}}/glossary/{concept})" in concept_told
    assert more == []
    assert rest


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_readme_tells_two_commands_and_what_the_first_call_costs(
    concept: str, language: str
) -> None:
    text = readme_of(concept, language)
    told = readme.section(text, readme.HEADINGS[language][0])
    block, paragraph, *more = told.strip().split("\n\n")

    assert re.fullmatch(r"```sh\nmake run +# \S.*\nmake test +# \S.*\n```", block)
    assert readme.stated_megabytes(text, language)
    assert readme.states_minutes(text, language)
    for word in ("Python 3.11", "`make`", "WSL", "`[1/2] OK …`"):
        assert word in " ".join(paragraph.split()), word
    assert more == []


@pytest.mark.parametrize("concept", CONCEPTS)
def test_both_languages_state_the_same_size_and_have_the_same_parts(concept: str) -> None:
    korean, english = (readme_of(concept, language) for language in LANGUAGES)
    parts = re.compile(r"^(#+ |```\w*$|\| `[^`|]+` \|)", re.MULTILINE)

    assert readme.stated_megabytes(korean, "ko") == readme.stated_megabytes(english, "en")
    assert parts.findall(korean) == parts.findall(english)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_settings_tell_every_value_of_the_form(concept: str, language: str) -> None:
    told = readme.section(readme_of(concept, language), readme.HEADINGS[language][3])
    [page] = entity_of(concept)["spec"]["parameters"][1:-1]

    assert f"{readme.SETTINGS_ROW[language]}\n| --- | --- | --- |\n" in told
    for name in page["properties"]:
        assert re.search(
            rf"^\| `[a-z._]+` \| \$\{{\{{ values\.{name} \}}\}} \| .+ \|$", told, re.MULTILINE
        )


@pytest.mark.parametrize(
    ("stated", "is_near"), [(74, False), (75, True), (125, True), (126, False)]
)
def test_a_size_may_be_off_by_a_quarter(stated: int, is_near: bool) -> None:
    assert readme.is_near(stated, 100) is is_near


def test_what_was_installed_is_measured_once_for_each_file(tmp_path: Path) -> None:
    first = tmp_path / ".venv" / "lib" / "first"
    first.parent.mkdir(parents=True)
    first.write_bytes(b"x" * 3 * 2**20)
    (tmp_path / ".venv" / "second").hardlink_to(first)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "third").write_bytes(b"x" * 2 * 2**20)
    (tmp_path / "var").write_bytes(b"x" * 2**20)

    assert readme.measured_megabytes(tmp_path) == 5


@pytest.fixture(scope="module", params=[(one, case) for one in CONCEPTS for case in LANGUAGES])
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """Return a concept, and its project in one language."""
    concept, case = request.param
    folder = tmp_path_factory.mktemp(f"{concept}-{case}")
    file = TEMPLATES / concept / "cases" / f"{case}.yaml"
    values = yaml12.read_one(file.read_bytes())["values"]
    assert rendered(Variant(concept, case, values, is_run=False), folder) == []
    return concept, folder


def test_every_documented_command_is_run_by_the_proof_or_has_a_reason(
    project: tuple[str, Path],
) -> None:
    concept, folder = project

    assert documented.faults(folder, concept) == []
    assert documented.unused(folder, concept) == set()


def test_the_tables_of_commands_are_of_starters_and_give_reasons() -> None:
    assert {*documented.ALSO_RUN, *documented.NOT_RUN} <= set(CONCEPTS)
    for concept, rows in documented.NOT_RUN.items():
        assert not rows.keys() & documented.ALSO_RUN.get(concept, {}).keys()
        for command, reason in rows.items():
            assert re.fullmatch(r"[A-Z].{15,}\.", reason), command


def a_project(folder: Path, text: str) -> Path:
    """Write a project whose README has a text."""
    (folder / "docs").mkdir()
    (folder / "README.md").write_text(text)
    (folder / "docs" / "more.md").write_text("```sh\nmake test\n```\n")
    (folder / "Makefile").write_text("FLAG := x\nrun test: .venv\n\tdemo\n")
    (folder / "project.mk").write_text("serve: ## Serve\n\tserve\n")
    (folder / "compose.yaml").write_text("services:\n  redis: {image: redis}\n")
    (folder / "requirements.txt").write_text("gunicorn==1\n")
    (folder / "shop").mkdir()
    (folder / "shop" / "load.py").touch()
    return folder


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ("```sh\nmake run   # plays\nmake test\n```", ""),
        ("```console\n$ make run\nmake nothing is what it prints\n```", ""),
        ("```text\nmake nothing\n```", ""),
        ("```sh\nmake serve\n```", "README.md:2: 'make serve' is run by nobody"),
        ("```sh\n# first\nmake serve  # not run here, because it serves\n```", ""),
        ("```sh\nmake serve  # 끝나지 않으므로 여기서는 실행하지 않습니다\n```", ""),
        (
            "```sh\nmake run\n\nA=1 \\\n  make run\n```",
            "README.md:4: 'A=1 make run' is run by nobody",
        ),
        ("```sh\nmake run other\n```", "is run by nobody"),
        ("Type `make nothing`.", "README.md:1: there is no target 'nothing'"),
        ("Type `make FLAG`.", "there is no target 'FLAG'"),
        ("Type `A=1 make serve B=2`.", ""),
        ("Type `python -m shop.load`.", ""),
        ("Type `python -m shop`.", "'python -m shop' has no such module to run"),
        ("Type `.venv/bin/python shop/store.py`.", "names shop/store.py, which is not there"),
        ("Type `.venv/bin/python shop/load.py var/x.csv > new.md`.", ""),
    ],
)
def test_a_command_that_nobody_runs_or_that_names_nothing_is_found(
    tmp_path: Path, told: str, fault: str
) -> None:
    found = documented.faults(a_project(tmp_path, f"{told}\n"), "none")

    assert fault in "\n".join(found)
    assert bool(found) is bool(fault)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ("docker compose up -d redis", ""),
        ("docker compose up -d kafka", "there is no service 'kafka' in compose.yaml"),
        (".venv/bin/gunicorn --workers 4", ""),
        (".venv/bin/waitress", "requirements.txt does not install 'waitress'"),
    ],
)
def test_a_service_or_program_that_is_not_there_is_found(
    tmp_path: Path, told: str, fault: str
) -> None:
    found = documented.faults(
        a_project(tmp_path, f"```sh\n{told}\n```\n"), "none", [told, "make test"]
    )

    assert found == ([f"README.md:2: {fault}"] if fault else [])


def test_the_proof_holds_the_commands_to_what_it_ran(tmp_path: Path) -> None:
    folder = a_project(tmp_path, "```sh\nmake run\n```\n")

    assert documented.faults(folder, "none", {"make run", "make test"}) == []
    [fault] = documented.faults(folder, "none", {"make run"})
    assert fault.startswith("docs/more.md:2: 'make test' is run by nobody")


# --- locks, images and machines --------------------------------------------------------------


@pytest.mark.parametrize("concept", CONCEPTS)
def test_its_lock_pins_every_package_with_hashes_and_names_no_index(concept: str) -> None:
    skeleton = TEMPLATES / concept / "skeleton"
    lock = (skeleton / "requirements.txt").read_text().replace("\\\n", " ")
    lines = [line for line in lock.splitlines() if line.strip() and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[A-Za-z0-9._\[\],-]+==[^ ]+ .*--hash=sha256:[0-9a-f]{64}", line), line
    for path in skeleton.rglob("package-lock.json"):
        packages = json.loads(path.read_text())["packages"]
        assert all("resolved" not in one for name, one in packages.items() if name), path


@pytest.mark.parametrize("concept", CONCEPTS)
def test_nothing_of_the_machine_it_was_written_on_is_left(concept: str) -> None:
    strange = re.compile(r"/home/[a-z]|/root/|index-url|FILL IN|TODO|FIXME")
    for path, text in texts_of(TEMPLATES / concept).items():
        found = strange.search(text)
        assert found is None, f"{path}: {found.group()}"


@pytest.mark.parametrize("concept", CONCEPTS)
def test_its_image_takes_neither_history_nor_environment_along(concept: str) -> None:
    folder = TEMPLATES / concept / "skeleton"
    ignored = (folder / ".dockerignore").read_text().splitlines()

    assert "*" in ignored or {".git", ".venv"} <= {line.rstrip("*") for line in ignored}


@pytest.mark.parametrize("concept", CONCEPTS)
def test_what_serves_in_its_containers_comes_up_again(concept: str) -> None:
    """A service that others reach, or that is somebody else's server."""
    found = yaml12.read_one((TEMPLATES / concept / "skeleton" / "compose.yaml").read_bytes())
    serving = {
        name: service.get("restart")
        for name, service in (
            (name, {**service.get("<<", {}), **service})
            for name, service in found["services"].items()
        )
        if "image" in service or "ports" in service
    }

    assert serving
    assert set(serving.values()) == {"unless-stopped"}


def test_the_systems_of_kafka_wait_for_their_topics_and_somebody_produces() -> None:
    """Reading creates no topic: without one, a system would end at once."""
    path = TEMPLATES / "apache-kafka" / "skeleton" / "compose.yaml"
    found = yaml12.read_one(path.read_bytes())
    waited = found["x-system"]["depends_on"]

    assert waited == {"topics": {"condition": "service_completed_successfully"}}
    assert {"topics", "produce", "relay"} <= {
        service["command"][0]
        for service in found["services"].values()
        if service.get("entrypoint") == ["python", "-m", "streaming.feed"]
    }
