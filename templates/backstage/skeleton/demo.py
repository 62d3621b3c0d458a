"""Plays both use cases on this machine: make run."""

import dataclasses
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from softwarecatalog import checks, entities, frontend, pages, settings, stand_in, techdocs
from softwarecatalog.entities import Entity
from softwarecatalog.messages import DEMO, OUTCOMES, PAGE, RULES, TITLES
from softwarecatalog.node import npm
from softwarecatalog.pages import ServicePage
from softwarecatalog.stand_in import StandIn
from softwarecatalog.status import Build, Status, Unknown

FOLDER = settings.VAR / "demo"
COPIES = 2
Verdict = tuple[bool, str]


def manage_services() -> Verdict:
    """Use case 1: everything about each service on one page, as it is right now."""
    print(DEMO["services"])
    catalog = entities.load()
    found = checks.problems(catalog)
    print(DEMO["valid"].format(entities=len(catalog), problems=len(found)))
    caught = show_wrong_owner(catalog)
    services = FOLDER / "services"
    shutil.copytree(settings.ROOT / "services", services)
    with stand_in.running(settings.load().organization, services) as (forge, url):
        status = Status({"GITHUB_API": url, "KUBERNETES_API": url})
        bring_up(forge, catalog)
        first = pages.service_pages(catalog, status)
        for page in first:
            print(DEMO["page"].format(service=page.service.title, **summary(page)))
        break_two(forge, services)
        second = {page.service.name: page for page in pages.service_pages(catalog, status)}
    orders, payments = summary(second["orders"]), summary(second["payments"])
    print(DEMO["after"].format(ready=orders["ready"], build=payments["build"]))
    show_site(list(second.values()))
    answers = [answer for page in first for answer in page.answers.values()]
    before = {page.service.name: page.is_healthy for page in first}
    noticed = [name for name, page in second.items() if before[name] and not page.is_healthy]
    fact = DEMO["fact_1"].format(
        services=len(first),
        answers=sum(answers),
        all=len(answers),
        problems=len(found),
        noticed=len(noticed),
    )
    seen = caught and not found and all(answers) and all(before.values())
    return seen and noticed == ["orders", "payments"], fact


def show_wrong_owner(catalog: list[Entity]) -> bool:
    """Give a service to a team that does not exist, and show what the checks say."""
    at = next(i for i, entity in enumerate(catalog) if entity.is_service)
    spec = {**catalog[at].spec, "owner": "nobody"}
    wrong = dataclasses.replace(catalog[at], data={**catalog[at].data, "spec": spec})
    found = checks.problems([*catalog[:at], wrong, *catalog[at + 1 :]])
    for problem in found:
        print(DEMO["wrong"].format(said=RULES[problem.rule].format(said=problem.said)))
    return [problem.rule for problem in found] == ["unresolved"]


def bring_up(forge: StandIn, catalog: list[Entity]) -> None:
    """Run every service's pipeline and put it into production."""
    for service in (entity.name for entity in catalog if entity.is_service):
        outcome = forge.run_pipeline(service)
        print(DEMO["pipeline"].format(service=service, outcome=OUTCOMES[outcome]))
        forge.deploy(service, COPIES)
        print(DEMO["deployed"].format(copies=COPIES, service=service))


def break_two(forge: StandIn, services: Path) -> None:
    """Lose a copy of one service, and break the code of another."""
    print(DEMO["broken"])
    forge.copies["orders"][0].kill()
    code = services / "payments" / "service.py"
    code.write_text(code.read_text(encoding="utf-8").replace("order in PAID", "True"))
    forge.run_pipeline("payments")


def summary(page: ServicePage) -> dict[str, str]:
    """Say what a page says, in a line."""
    build = page.build.outcome if isinstance(page.build, Build) else PAGE["unknown"]
    ready = (
        PAGE["unknown"]
        if isinstance(page.deployments, Unknown)
        else PAGE["ready"].format(ready=page.deployments[0].ready, wanted=COPIES)
    )
    asked = [f"{o.method} {o.path}" for operations in page.apis.values() for o in operations]
    return {
        "owner": page.owner.title if page.owner else PAGE["unknown"],
        "repository": page.repository,
        "build": OUTCOMES.get(build, build),
        "ready": ready,
        "api": ", ".join(asked),
    }


def show_site(final: list[ServicePage]) -> None:
    """Write the pages and the documentation next to them."""
    site = FOLDER / "site"
    pages.write(final, site)
    for page in final:
        techdocs.build(page.service.file.parent, site / page.service.name / "docs")
    print(DEMO["site"].format(site=(site / "index.html").relative_to(settings.ROOT)))


def create_project() -> Verdict:
    """Use case 2: from nothing but a name to a frontend that is tested and builds."""
    print(f"\n{DEMO['frontend']}")
    print(DEMO["enter"].format(name="checkout-web"))
    repository = frontend.create({"name": "checkout-web"}, FOLDER / "git")
    folder = frontend.clone(repository, FOLDER / "checkout-web")
    files = sum(path.is_file() for path in folder.rglob("*") if ".git" not in path.parts)
    print(DEMO["made"].format(files=files))
    begun = time.monotonic()
    run(folder, "ci")
    print(DEMO["install"].format(seconds=f"{time.monotonic() - begun:.0f}"))
    said = run(folder, "test")
    tests = _number(r"Tests\s+(\d+) passed", said)
    covered = _number(r"All files(?:\s*\|[^|]*){3}\|\s*([\d.]+)", said)
    floor = settings.load().coverage
    print(DEMO["tests"].format(tests=f"{tests:g}", covered=f"{covered:g}", floor=floor))
    found = build(folder)
    code = leave_design_system(folder)
    fact = DEMO["fact_2"].format(
        files=files,
        tests=f"{tests:g}",
        covered=f"{covered:g}",
        color=settings.load().brand_color,
    )
    return tests > 0 and covered >= floor and found and code != 0, fact


def build(folder: Path) -> bool:
    """Build the bundle, and say whether the company's colour is in it."""
    run(folder, "run", "build")
    color = settings.load().brand_color
    bundle = [path for path in (folder / "dist").rglob("*") if path.is_file()]
    found = any(color in path.read_text(encoding="utf-8") for path in bundle)
    print(DEMO["build"].format(files=len(bundle), color=color, found="OK" if found else "-"))
    return found


def leave_design_system(folder: Path) -> int:
    """Write a control by hand, as somebody in a hurry would, and give how the tests end."""
    page = folder / "src" / "App.tsx"
    good = page.read_text(encoding="utf-8")
    page.write_text(good.replace("<p role", "<button>!</button>\n      <p role"), encoding="utf-8")
    code = npm(folder, "test").returncode
    page.write_text(good, encoding="utf-8")
    print(DEMO["raw"].format(code=code))
    return code


def run(folder: Path, *arguments: str) -> str:
    """Run npm and give what it said.

    Raises:
        RuntimeError: It failed.
    """
    ended = npm(folder, *arguments)
    if ended.returncode:
        raise RuntimeError(f"npm {' '.join(arguments)}: {ended.stdout[-2000:]}")
    return ended.stdout


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else 0.0


def play(scene: Callable[[], Verdict]) -> Verdict:
    """Play one use case; one that breaks off has not shown anything."""
    try:
        return scene()
    except Exception as error:
        return False, f"{type(error).__name__}: {error}"


def main() -> int:
    """Play, then say for each use case whether the phenomenon was seen."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(FOLDER, ignore_errors=True)
    verdicts = [play(manage_services), play(create_project)]
    print()
    for number, (title, (seen, fact)) in enumerate(zip(TITLES, verdicts, strict=True), 1):
        print(f"[{number}/2] {'OK' if seen else 'FAILED'} {title}: {fact}")
    return 0 if all(seen for seen, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
