"""What a restricted caller must not learn, and every way to ask for it.

``DOORS`` are questions: each is put to a portal with something hidden and to the same portal in
which that is not there, and has to be answered alike. ``tests/test_doors.py`` looks whether they
cover every route that reads the catalog; ``ELSEWHERE`` says of the others why not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.links.link import link_id
from tests.ui.test_pages import concept

_COMPONENT = """
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: {name}
  description: moves payments
  labels: {{visibility: {visibility}}}
  annotations: {{acme/{name}: "yes", backstage.io/techdocs-ref: "dir:{name}-docs"}}
  tags: [{tag}]
spec: {{type: {type}, lifecycle: production, owner: {owner}, dependsOn: [{depends}],
  implementsConcepts: [{concepts}]}}
"""
_GROUP = """
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: shops}
spec: {type: team, children: []}
"""
_TEMPLATE = """
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {{name: {name}, labels: {{visibility: {visibility}}}, tags: [{tag}]}}
spec:
  type: service
  owner: shops
  parameters: {{properties: {{name: {{type: string}}}}}}
  steps: [{{id: log, action: debug:log, input: {{message: made}}}}]
"""
_API = """
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: vault-api, labels: {visibility: private}}
spec: {type: grpc, lifecycle: production, owner: spies, definition: "service Strongbox {}"}
"""
_NOTE = """
template: {ref: "template:default/maker", commit: %s}
task: {id: 11111111-1111-4111-8111-111111111111, createdAt: "2026-01-01T00:00:00Z"}
parameters: {name: vault}
"""


def component(name: str, visibility: str = "public", depends: str = "", **more: str) -> str:
    """Return the descriptor of a component."""
    values = {"tag": "java", "type": "service", "owner": "shops", "concepts": ""} | more
    return _COMPONENT.format(name=name, visibility=visibility, depends=depends, **values)


def template(name: str, visibility: str = "public", tag: str = "java") -> str:
    """Return the descriptor of a template."""
    return _TEMPLATE.format(name=name, visibility=visibility, tag=tag)


def _concept(name: str, title: str, visibility: str, **spec: Any) -> dict[str, Any]:
    labels = {"labels": {"visibility": visibility}}
    return concept(name, title, title, metadata=labels, **spec)


#: What everybody sees, and what only programs see: it leads to what everybody sees, has values
#: of its own, shares a label with an open concept, and was made by an open template.
OPEN = _GROUP + component("cart") + component("shop", depends="component:default/cart")
HIDDEN = component(
    "vault",
    "private",
    "component:default/cart",
    tag="secret-tag",
    type="strongbox",
    owner="spies",
    concepts="retrying",
)
OPEN_CONCEPTS = [_concept("retrying", "Retrying", "public")]
HIDDEN_CONCEPTS = [
    _concept("vaulting", "Vaulting", "private", related=["retrying"]),
    # The order of names decides which of two gets the problem: the later one.
    _concept(
        "again", "Strongbox again", "private", labels={"en": {"preferred": "Retrying"}}, order=1
    ),
]
MAKERS = template("maker")
HIDDEN_MAKERS = template("vault-maker", "private", "secret-tag") + _API
NOTE = _NOTE % ("0" * 40)
HIDDEN_DOCS = {"vault-docs/docs/index.md": "# The vault\n\nA strongbox full of payments.\n"}
OPEN_DOCS = {"cart-docs/docs/index.md": "# The cart\n\nMoves payments.\n"}


@dataclass(frozen=True)
class Question:
    """A request.

    Attributes:
        path: Where to.
        body: The JSON of a POST; ``None`` asks by GET.
        form: The fields of a form, instead of JSON.
    """

    path: str
    body: Any = None
    form: dict[str, str] | None = None

    @property
    def method(self) -> str:
        """The method."""
        return "GET" if self.body is None and self.form is None else "POST"


_BY_QUERY = "/api/catalog/entities/by-query"
_BY_NAME = "/api/catalog/entities/by-name/component/default"
_FACETS = (
    "kind",
    "metadata.tags",
    "spec.type",
    "relations.dependencyof",
    "relations.ownedby",
    "metadata.labels.visibility",
)
_NO_ID = "00000000-0000-4000-8000-000000000000"
_VAULT = "component:default/vault"
_CONTAINS = {"$contains": {"type": "dependencyOf", "targetRef": _VAULT}}
_PERMISSION = {"type": "resource", "resourceType": "catalog-entity"}
_FETCHING = {
    "apiVersion": "scaffolder.backstage.io/v1beta3",
    "kind": "Template",
    "metadata": {"name": "t"},
    "spec": {
        "type": "x",
        "steps": [{"id": "a", "action": "catalog:fetch", "input": {"entityRef": _VAULT}}],
    },
}
_NAMING = "The Vaulting of payments, Retrying again, Strongbox again."
#: Every question about the catalog.
DOORS: dict[str, Question] = {
    "list": Question("/api/catalog/entities"),
    "list by filter": Question("/api/catalog/entities?filter=metadata.tags=secret-tag"),
    "list by relation": Question(f"/api/catalog/entities?filter=relations.dependencyof={_VAULT}"),
    "list with a relation": Question("/api/catalog/entities?filter=relations.dependencyof"),
    "page": Question("/api/catalog/entities?limit=2&order=asc:metadata.name"),
    "in order": Question("/api/catalog/entities?order=asc:relations.dependencyOf"),
    "page in order": Question("/api/catalog/entities?limit=99&order=desc:relations.dependencyof"),
    "query": Question(f"{_BY_QUERY}?orderField=metadata.name"),
    "query without a limit": Question(f"{_BY_QUERY}?limit=0"),
    "query of all": Question(_BY_QUERY),
    "query in order of relations": Question(f"{_BY_QUERY}?orderField=relations.dependencyof"),
    "query by text": Question(
        f"{_BY_QUERY}?fullTextFilterTerm=vault&fullTextFilterFields=metadata.name"
    ),
    "query by text of relations": Question(
        f"{_BY_QUERY}?fullTextFilterTerm=vault&fullTextFilterFields=relations.dependencyof"
    ),
    "predicate": Question(_BY_QUERY, {"query": {"kind": "Component"}}),
    "not": Question(_BY_QUERY, {"query": {"$not": {"spec.type": "service"}}}),
    "contains": Question(_BY_QUERY, {"query": {"relations": _CONTAINS}}),
    "refs": Question(
        "/api/catalog/entities/by-refs",
        {"entityRefs": [_VAULT, "component:default/cart", "concept:default/retrying"]},
    ),
    "facets": Question(f"/api/catalog/entity-facets?facet={'&facet='.join(_FACETS)}"),
    "facets by predicate": Question(
        "/api/catalog/entity-facets", {"facets": list(_FACETS), "query": {"kind": "Component"}}
    ),
    "no such uid": Question(f"/api/catalog/entities/by-uid/{_NO_ID}"),
    "entity beside it": Question(f"{_BY_NAME}/cart"),
    "entity with a problem": Question("/api/catalog/entities/by-name/concept/default/retrying"),
    "entity": Question(f"{_BY_NAME}/vault"),
    "entity as it was": Question(f"{_BY_NAME}/vault?at=2999-01-01"),
    "ancestry": Question(f"{_BY_NAME}/vault/ancestry"),
    "history": Question(f"{_BY_NAME}/vault/history"),
    "explanation": Question(f"{_BY_NAME}/vault/explain"),
    "location": Question("/api/catalog/locations/by-entity/component/default/vault"),
    "refresh": Question("/api/catalog/refresh", {"entityRef": _VAULT}),
    "problems": Question("/api/catalog/problems"),
    "failed": Question("/api/catalog/entities/unprocessed/failed"),
    "pending": Question("/api/catalog/entities/unprocessed/pending"),
    "sources": Question("/api/catalog/sources"),
    "source": Question("/api/catalog/sources/made"),
    "decisions": Question(
        "/api/permission/authorize",
        {
            "items": [
                {
                    "id": name,
                    "resourceRef": _VAULT,
                    "permission": {"name": name, "attributes": {}, **_PERMISSION},
                }
                for name in ("catalog.entity.read", "catalog.entity.delete")
            ]
        },
    ),
    "conditions": Question(
        "/api/catalog/.well-known/backstage/permissions/apply-conditions", {"items": []}
    ),
    "search": Question("/api/search/query?term=payments&facets=owner,types"),
    "search of all": Question("/api/search/query?term="),
    "search by name": Question("/api/search/query?term=vault"),
    "search near": Question("/api/search/query?term=vualt&explain=true"),
    "search by filter": Question("/api/search/query?term=&filters%5Bowner%5D=spies"),
    "suggestions": Question("/api/search/suggest?term=vau"),
    "documentation": Question("/api/techdocs/metadata/entity/default/component/vault"),
    "documentation's metadata": Question("/api/techdocs/metadata/techdocs/default/component/vault"),
    "documentation's build": Question("/api/techdocs/sync/default/component/vault"),
    "documentation's files": Question("/api/techdocs/static/docs/default/component/vault/"),
    "documentation's page": Question(
        "/api/techdocs/static/docs/default/component/vault/index.html"
    ),
    "documentation of a concept": Question(
        "/api/techdocs/static/docs/default/concept/retrying/index.html"
    ),
    "form": Question("/api/scaffolder/v2/templates/default/template/vault-maker/parameter-schema"),
    "projects of it": Question(
        "/api/scaffolder/v2/templates/default/template/vault-maker/instances"
    ),
    "projects": Question("/api/scaffolder/v2/templates/default/template/maker/instances"),
    "campaigns": Question("/api/scaffolder/v2/templates/default/template/vault-maker/campaigns"),
    "campaign of projects": Question(
        "/api/scaffolder/v2/templates/default/template/maker/campaigns", {}
    ),
    "campaign of hidden projects": Question(
        "/api/scaffolder/v2/templates/default/template/vault-maker/campaigns", {}
    ),
    "page of projects": Question("/templates/default/maker/projects"),
    "page of projects of it": Question("/templates/default/vault-maker/projects"),
    "page of campaigns": Question(
        "/templates/default/vault-maker/campaigns", form={"perHour": "5"}
    ),
    "page of an update": Question("/catalog/default/component/vault/update"),
    "page of an update to propose": Question("/catalog/default/component/vault/update", form={}),
    "update": Question("/api/scaffolder/v2/projects/default/component/vault/update"),
    "update to propose": Question("/api/scaffolder/v2/projects/default/component/vault/update", {}),
    "task": Question(
        "/api/scaffolder/v2/tasks",
        {"templateRef": "template:default/vault-maker", "values": {"name": "x"}},
    ),
    "dry run": Question(
        "/api/scaffolder/v2/dry-run",
        {"template": _FETCHING, "values": {}, "secrets": {}, "directoryContents": []},
    ),
    "glossary": Question("/api/glossary/concepts"),
    "concept": Question("/api/glossary/concepts/vaulting"),
    "concept beside it": Question("/api/glossary/concepts/retrying"),
    "coverage by owner": Question("/api/glossary/coverage?by=owner"),
    "coverage as it was": Question("/api/glossary/coverage?at=2999-01-01"),
    "coverage as CSV": Question("/api/glossary/coverage?format=csv"),
    "changes of links": Question("/api/glossary/coverage/changes"),
    "services of a concept": Question("/api/glossary/concepts/retrying/services"),
    "concepts of a service": Question(f"{_BY_NAME}/vault/concepts"),
    "link": Question(f"/api/glossary/links/{link_id('concept:default/retrying', _VAULT)}"),
    "patch of a link": Question(
        f"/api/glossary/links/{link_id('concept:default/retrying', _VAULT)}/patch"
    ),
    "claim of a link": Question(
        f"/api/glossary/links/{link_id('concept:default/retrying', _VAULT)}/pull-request", {}
    ),
    "badge of a concept": Question("/api/glossary/concepts/retrying/badge.svg"),
    "badge of a service": Question(f"{_BY_NAME}/vault/badge.svg"),
    "badge of a link": Question(f"{_BY_NAME}/vault/concepts/retrying/badge.svg"),
    "mentions": Question("/api/glossary/annotate", {"text": _NAMING, "linked": True}),
    "who one is": Question("/api/auth/v1/userinfo"),
    # --- pages
    "start page": Question("/"),
    "catalog page": Question("/catalog"),
    "page of a kind": Question("/catalog?kind=component"),
    "page by tag": Question("/catalog?tag=secret-tag"),
    "table": Question("/catalog.csv"),
    "entity's page": Question("/catalog/default/component/vault"),
    "page of an entity beside it": Question("/catalog/default/component/cart"),
    "definition's page": Question("/catalog/default/api/vault-api/definition"),
    "history's page": Question("/catalog/default/component/vault/history"),
    "page of relations": Question("/catalog/default/component/vault/relations/dependsOn"),
    "page of relations to it": Question("/catalog/default/component/cart/relations/dependencyOf"),
    "descriptor's page": Question("/catalog/default/component/vault/yaml"),
    "descriptor beside it": Question("/catalog/default/component/cart/yaml"),
    "coverage": Question("/coverage"),
    "coverage of an owner": Question("/coverage?owner=group:default/spies"),
    "coverage as a table": Question("/coverage.csv"),
    "coverage over time": Question("/coverage/trend?days=7"),
    "gaps of coverage": Question("/coverage/gaps"),
    "pull request of a page of a link": Question(
        f"/coverage/links/{link_id('concept:default/retrying', _VAULT)}/pull-request", {}
    ),
    "page of a link": Question(f"/coverage/links/{link_id('concept:default/retrying', _VAULT)}"),
    "templates' page": Question("/create"),
    "page of a form": Question("/create/default/vault-maker"),
    "form that is sent": Question("/create/default/vault-maker", form={"name": "x"}),
    "page of a draft": Question(f"/create/default/vault-maker/{_NO_ID}/1"),
    "page of a draft that is sent": Question(
        f"/create/default/vault-maker/{_NO_ID}/1", form={"name": "x"}
    ),
    "draft that is created": Question(f"/create/default/vault-maker/{_NO_ID}/create", form={}),
    "draft's review": Question(f"/create/default/vault-maker/{_NO_ID}/review"),
    "draft's trial": Question(f"/create/default/vault-maker/{_NO_ID}/try"),
    "documentation's list": Question("/docs"),
    "documentation's start": Question("/docs/default/component/vault"),
    "documentation's reader": Question("/docs/default/component/vault/index"),
    "concept's page": Question("/glossary/vaulting"),
    "page of a concept beside it": Question("/glossary/retrying"),
    "problems' page": Question("/problems"),
    "search page": Question("/search?q=payments"),
    "search page by name": Question("/search?q=vault"),
    "suggestions' page": Question("/search/suggestions?q=vau"),
    "sources' page": Question("/sources"),
    "source that is read": Question("/sources/made/refresh", form={}),
}

_CAMPAIGNS = "what a campaign shows of its projects is in test_campaigns"
_TASKS = "tasks are seen by their own rules: tests/scaffolder/tasks"
_AUDIT = "another permission decides on the audit log"
_TOKENS = "another permission decides on tokens, which hold nothing of the catalog"
_LOCATIONS = "another permission decides on registered locations"
#: Routes that ask a permission and answer nothing of entities, and why.
ELSEWHERE: dict[str, str] = {
    "GET /api/audit": _AUDIT,
    "GET /account/audit": _AUDIT,
    "GET /account/tokens": _TOKENS,
    "POST /account/tokens": _TOKENS,
    "POST /account/tokens/<name>/revoke": _TOKENS,
    "GET /metrics": "it has numbers of the whole portal, and no names of the catalog",
    "POST /api/catalog/analyze-location": "what it tells of known files is in test_locations",
    "DELETE /api/catalog/entities/by-uid/<uid>": "changes something: below in test_sight",
    "POST /api/catalog/locations": _LOCATIONS,
    "GET /api/catalog/locations": _LOCATIONS,
    "PUT /api/catalog/locations/<location_id>": _LOCATIONS,
    "DELETE /api/catalog/locations/<location_id>": _LOCATIONS,
    "GET /api/catalog/locations/<location_id>": _LOCATIONS,
    "GET /api/catalog/locations/<location_id>/status": _LOCATIONS,
    "POST /api/catalog/locations/by-query": _LOCATIONS,
    "POST /api/notifications/": "another permission decides on sending",
    "POST /api/notifications/notifications": "another permission decides on sending",
    "POST /api/catalog/validate-entity": "judges what is sent, by itself",
    "POST /api/scaffolder/v2/autocomplete/<provider>/<resource>": "asks a forge",
    "GET /api/scaffolder/v2/tasks": _TASKS,
    "GET /api/scaffolder/v2/tasks/<task_id>": _TASKS,
    "POST /api/scaffolder/v2/tasks/<task_id>/cancel": _TASKS,
    "GET /api/scaffolder/v2/tasks/<task_id>/events": _TASKS,
    "GET /api/scaffolder/v2/tasks/<task_id>/eventstream": _TASKS,
    "POST /api/scaffolder/v2/tasks/<task_id>/retry": _TASKS,
    "GET /api/scaffolder/v2/tasks/<task_id>/workspace.zip": _TASKS,
    "POST /api/scaffolder/.well-known/backstage/permissions/apply-conditions": _TASKS,
    "GET /api/scaffolder/v2/campaigns/<campaign_id>": _CAMPAIGNS,
    "POST /api/scaffolder/v2/campaigns/<campaign_id>/stop": _CAMPAIGNS,
    "POST /api/scaffolder/v2/campaigns/<campaign_id>/resume": _CAMPAIGNS,
    "GET /campaigns/<campaign_id>": _CAMPAIGNS,
    "POST /campaigns/<campaign_id>/stop": _CAMPAIGNS,
    "POST /campaigns/<campaign_id>/resume": _CAMPAIGNS,
    "GET /tasks": _TASKS,
    "GET /tasks/<task_id>": _TASKS,
    "POST /tasks/<task_id>/cancel": _TASKS,
    "GET /tasks/<task_id>/eventstream": _TASKS,
    "GET /tasks/<task_id>/files.zip": _TASKS,
    "POST /tasks/<task_id>/retry": _TASKS,
}
