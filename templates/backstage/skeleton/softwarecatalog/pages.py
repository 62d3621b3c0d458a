"""Pages: entities and their status go in; one page a service comes out, with all its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from softwarecatalog import messages
from softwarecatalog.checks import KUBERNETES, SLUG
from softwarecatalog.entities import Entity
from softwarecatalog.status import Build, Deployment, Status, Unknown

ENGINE = Environment(
    loader=PackageLoader("softwarecatalog"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Operation:
    """One thing an API can be asked."""

    method: str
    path: str
    summary: str


@dataclass(frozen=True)
class ServicePage:
    """The five answers about a service, and who is next to it."""

    service: Entity
    owner: Entity | None
    members: list[Entity]
    repository: str
    build: Build | Unknown
    deployments: list[Deployment] | Unknown
    apis: Mapping[str, list[Operation]]
    uses: list[Entity]

    @property
    def answers(self) -> Mapping[str, bool]:
        """Say of each of the five questions whether the page has an answer to it."""
        return {
            "owner": self.owner is not None and bool(self.members),
            "repository": bool(self.repository),
            "build": isinstance(self.build, Build),
            "deployment": isinstance(self.deployments, list),
            "api": bool(self.apis) and all(self.apis.values()),
        }

    @property
    def is_healthy(self) -> bool:
        """Say whether the last build passed and all copies run."""
        built = isinstance(self.build, Build) and self.build.outcome == "success"
        deployments = self.deployments
        return built and isinstance(deployments, list) and all(d.is_healthy for d in deployments)


def service_pages(entities: Sequence[Entity], status: Status) -> list[ServicePage]:
    """Gather the answers for every service of the catalog."""
    known = {entity.ref: entity for entity in entities}
    return [_page(entity, known, status) for entity in entities if entity.is_service]


def write(pages: Sequence[ServicePage], folder: Path) -> None:
    """Write an index, and for each service a page of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "index.html", "index.html", pages=pages)
    for page in pages:
        _write(folder / page.service.name / "index.html", "service.html", page=page)


def _page(service: Entity, known: Mapping[str, Entity], status: Status) -> ServicePage:
    owner = next((known.get(ref) for _, ref in service.references("owner")), None)
    slug = service.annotation(SLUG)
    provided = [known[ref] for _, ref in service.references("providesApis") if ref in known]
    used = [known.get(ref) for _, ref in service.references("consumesApis", "dependsOn")]
    return ServicePage(
        service,
        owner,
        [entity for entity in known.values() if owner and _is_member(entity, owner)],
        f"https://github.com/{slug}" if slug else "",
        status.build(slug) if slug else Unknown(SLUG),
        status.deployments(service.annotation(KUBERNETES)),
        {api.name: operations(api) for api in provided},
        [entity for entity in used if entity],
    )


def _is_member(user: Entity, group: Entity) -> bool:
    return ("memberOf", group.ref) in user.references("memberOf")


def operations(api: Entity) -> list[Operation]:
    """Read from an OpenAPI document what can be asked."""
    document = yaml.safe_load(str(api.spec.get("definition"))) or {}
    return [
        Operation(method.upper(), path, str(operation.get("summary", "")))
        for path, methods in (document.get("paths") or {}).items()
        for method, operation in methods.items()
    ]


def _write(file: Path, template: str, **values: object) -> None:
    file.parent.mkdir(exist_ok=True)
    text = ENGINE.get_template(template).render(
        text=messages.PAGE, outcomes=messages.OUTCOMES, language=messages.LANGUAGE, **values
    )
    file.write_text(text, encoding="utf-8", newline="\n")
