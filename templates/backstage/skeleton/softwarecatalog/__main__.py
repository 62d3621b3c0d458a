"""The catalog at the command line: validate, site and create NAME."""

import os
import sys

from softwarecatalog import backstage, checks, entities, frontend, messages, pages, techdocs
from softwarecatalog.settings import VAR
from softwarecatalog.status import Status


def validate() -> int:
    """Judge the catalog, and let a running Backstage judge it, too, where BACKSTAGE_URL is set."""
    catalog = entities.load()
    found = checks.problems(catalog)
    for problem in found:
        said = messages.RULES[problem.rule].format(said=problem.said)
        print(f"{problem.file}: {problem.entity}: {said}")
    refused = {}
    if url := os.environ.get("BACKSTAGE_URL"):
        refused = backstage.refusals(catalog, url, os.environ.get("BACKSTAGE_TOKEN", ""))
        for ref, said in refused.items():
            print(f"{ref}: {said}")
    print(messages.JUDGED.format(entities=len(catalog), problems=len(found) + len(refused)))
    return 1 if found or refused else 0


def site() -> int:
    """Write the pages, with what GitHub and the cluster say right now."""
    catalog = entities.load()
    pages.write(pages.service_pages(catalog, Status()), VAR / "site")
    for entity in catalog:
        if entity.is_service:
            techdocs.build(entity.file.parent, VAR / "site" / entity.name / "docs")
    print(VAR / "site" / "index.html")
    return 0


def create(name: str = "") -> int:
    """Make a new frontend's repository in var/git."""
    try:
        print(frontend.create({"name": name}, VAR / "git"))
    except frontend.InvalidParameters as error:
        print(messages.INVALID.format(said=error))
        return 1
    except frontend.Taken as error:
        print(messages.TAKEN.format(said=error))
        return 1
    return 0


COMMANDS = {"validate": validate, "site": site, "create": create}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:  # noqa: PLR2004
        sys.exit(f"python -m softwarecatalog {' | '.join(COMMANDS)}")
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
