"""The Flask application: routes on top of the services, without background work."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from functools import cache
from functools import partial
from typing import Any

from flask import Flask
from flask import Request
from flask import Response
from flask.sessions import NullSession
from flask.sessions import SessionInterface
from werkzeug.routing import MapAdapter
from werkzeug.routing import Rule

import portal
from portal.audit.api import audit_blueprint
from portal.auth import gate
from portal.auth.api import auth_blueprint
from portal.auth.api import plugin_blueprint
from portal.auth.signing_in.api import SignInRoutes
from portal.catalog.api.entities import catalog_blueprint
from portal.catalog.api.explanations import explanation_blueprint
from portal.catalog.api.locations import location_blueprint
from portal.config.settings import Config
from portal.glossary.api import glossary_blueprint
from portal.health.api import HealthRoutes
from portal.health.metrics_api import ROUTE as METRICS
from portal.health.metrics_api import add_metrics
from portal.links.api import entity_links_blueprint
from portal.links.api import links_blueprint
from portal.links.api import proposals_blueprint
from portal.mentions.api import SCRIPT_ROUTE
from portal.mentions.api import mentions_blueprint
from portal.notifications.api import notifications_blueprint
from portal.permission.api import permission_blueprint
from portal.permission.api import permission_rules_blueprint
from portal.permission.authorize import Judges
from portal.permission.gatekeeper import guard_doors
from portal.permission.permissions import ENTITY
from portal.permission.permissions import TASK
from portal.quotas.gate import limit_requests
from portal.roles.services import Services
from portal.scaffolder.api import scaffolder_blueprint
from portal.scaffolder.campaigns.api import campaigns_blueprint
from portal.scaffolder.tasks.serving.access import TaskAccess
from portal.scaffolder.tasks.serving.api import task_blueprint
from portal.scaffolder.tasks.serving.drafts import Drafts
from portal.scaffolder.tasks.serving.trials import Trials
from portal.scaffolder.updating.api import update_blueprint
from portal.search.api import search_blueprint
from portal.server.lanes import HEALTH
from portal.settings.api import settings_blueprint
from portal.signals.api import signals_blueprint
from portal.techdocs.api import techdocs_blueprint
from portal.ui.account.audit import audit_pages
from portal.ui.account.pages import Account
from portal.ui.account.pages import account_pages
from portal.ui.account.tokens import TokenPages
from portal.ui.account.tokens import token_pages
from portal.ui.blueprint import refusal
from portal.ui.blueprint import ui_blueprint
from portal.ui.browsing.pages import CatalogPages
from portal.ui.browsing.pages import catalog_pages
from portal.ui.coverage.pages import CoveragePages
from portal.ui.coverage.pages import coverage_pages
from portal.ui.coverage.panels import concept_panel
from portal.ui.coverage.panels import service_panel
from portal.ui.creating.choices import Pickers
from portal.ui.creating.form_pages import FormPages
from portal.ui.creating.form_pages import form_pages
from portal.ui.creating.session import Sessions
from portal.ui.creating.start_pages import template_pages
from portal.ui.creating.task_pages import TaskPages
from portal.ui.creating.task_pages import task_pages
from portal.ui.documentation.pages import documentation_pages
from portal.ui.documentation.panel import documentation_panel
from portal.ui.finding.concept import concept_pages
from portal.ui.finding.search import search_pages
from portal.ui.finding.start import start_pages
from portal.ui.frame.names import names_of
from portal.ui.frame.page import AddPages
from portal.ui.frame.panels import Panel
from portal.ui.frame.rights import Rights
from portal.ui.reference.pages import reference_pages
from portal.ui.updating.pages import UpdatePages
from portal.ui.updating.pages import update_pages
from portal.ui.updating.panels import project_panel
from portal.ui.updating.panels import template_panel
from portal.ui.watching.pages import WatchingPages
from portal.ui.watching.pages import watching_pages
from portal.web.compression import compress_responses
from portal.web.doors import public
from portal.web.errors import handle_errors
from portal.web.openapi import Api
from portal.web.openapi import Blueprint
from portal.web.origins import refuse_foreign
from portal.web.requests import MAX_BODY
from portal.web.responses import finish_responses
from portal.web.responses import json_response
from portal.web.senders import Networks
from portal.web.senders import networks_of
from portal.web.senders import trust_proxies
from portal.webhooks.api import PREFIX
from portal.webhooks.api import webhooks_blueprint

_DESCRIPTION = (
    "An engineering glossary as a Backstage-compatible developer portal. The catalog "
    "and search answer like a Backstage backend; the glossary is the portal's own."
)


def create_app(services: Services) -> Flask:
    """Return the portal's WSGI application.

    It starts no threads and writes nothing: syncing is the worker's role.
    """
    app = _bare_app()
    config = services.config
    handle_errors(app)
    refuse_foreign(app, config.hosts, config.public_url, config.cors_origins, is_health)
    compress_responses(app)  # the last registered comes first
    finish_responses(app, config.cors_origins)
    authentication = services.authentication
    gate.guard(
        app,
        services.auth,
        partial(_is_open, _OPEN_RULES | ({METRICS} if config.metrics == "loopback" else set())),
        authentication.cookies,
        has_sign_in_page=bool(config.oidc_providers),
        refusal=refusal,
    )
    trust_proxies(app, _trusted_proxies(config))
    if services.limiter.limits_any:
        limit_requests(app, services.limiter)
    api = Api(app)
    for feature in _features(services):
        api.register_blueprint(feature)
    _add_health(app, services)
    _add_openapi(app, api)
    app.extensions["portal_base_url"] = config.base_url
    app.register_blueprint(
        ui_blueprint(
            services.catalog,
            services.explanations.moved_to,
            _rights(services),
            partial(names_of, services.entity_reader),
            *_rooms_of_pages(services, api),
        )
    )
    guard_doors(app, services.access, services.audit)
    return app


def _trusted_proxies(config: Config) -> Networks:
    """Return the proxies that are believed where a request comes from."""
    of_people = [network for proxy in config.identity_proxies for network in proxy.addresses]
    return networks_of((*config.trusted_proxies, *of_people))


def _add_health(app: Flask, services: Services) -> None:
    """Add the routes that tell whether the portal does its work."""
    HealthRoutes(
        services.health,
        services.failure_log,
        services.source_status,
        services.discovery,
        partial(gate.is_let_in, services.auth, services.authentication.cookies),
    ).add_to(app)
    add_metrics(app, services.gauges, services.config.metrics)


def _features(services: Services) -> tuple[Blueprint, ...]:
    """Return the features of the API, in the order of the OpenAPI document."""
    return (
        catalog_blueprint(services.catalog, services.explanations, services.refresh_queue),
        location_blueprint(services.registrations),
        explanation_blueprint(services.catalog, services.explanations, services.registrations),
        permission_rules_blueprint(
            "permission-rules", "catalog", "catalog.entity.read", _judges(services)
        ),
        search_blueprint(services.search),
        scaffolder_blueprint(services.scaffolder),
        permission_rules_blueprint(
            "task-permission-rules", "scaffolder", "scaffolder.task.read", _judges(services)
        ),
        task_blueprint(services.tasks, services.event_feed, TaskAccess(services.access)),
        update_blueprint(services.updates),
        campaigns_blueprint(services.campaigns, services.instances),
        glossary_blueprint(services.glossary),
        links_blueprint(services.links, services.glossary.entity),
        entity_links_blueprint(services.links, services.glossary.entity),
        proposals_blueprint(services.link_proposals),
        mentions_blueprint(services.mentions),
        techdocs_blueprint(services.techdocs, services.config.techdocs_folder),
        webhooks_blueprint(services.webhooks),
        audit_blueprint(services.audit),
        auth_blueprint(services.auth, _sign_in_routes(services)),
        permission_blueprint(services.policy, _judges(services)),
        plugin_blueprint(services.auth, services.config.base_url),
        settings_blueprint(services.user_settings),
        notifications_blueprint(services.notifications),
        signals_blueprint(services.auth),
    )


def _judges(services: Services) -> Judges:
    """Return what applies conditions to resources, by their type."""
    return {ENTITY: services.entity_reader.meeting, TASK: services.tasks.meeting}


def _sign_in_routes(services: Services) -> SignInRoutes:
    config = services.config
    proxies = frozenset(one.name for one in config.identity_proxies)
    sign_in = services.authentication.sign_in
    return SignInRoutes(services.auth, sign_in, proxies, config.cors_origins)


def _rooms_of_pages(services: Services, api: Api) -> tuple[AddPages, ...]:
    """Return the rooms of pages."""
    return (
        start_pages(
            services.source_status,
            services.glossary,
            services.explanations.current_failures,
            services.change_feed.newest,
        ),
        search_pages(services.search, services.glossary, services.techdocs),
        concept_pages(services.catalog, services.glossary, services.mentions, _panels(services)),
        catalog_pages(
            CatalogPages(
                services.catalog, services.entity_reader, services.source_status, _panels(services)
            )
        ),
        coverage_pages(
            CoveragePages(
                services.links, services.entity_reader, services.link_proposals, services.access
            )
        ),
        *_creating(services),
        documentation_pages(services.techdocs, services.search),
        watching_pages(
            WatchingPages(services.explanations, services.refresh_queue, services.entity_reader)
        ),
        update_pages(
            UpdatePages(
                services.updates,
                services.instances,
                services.campaigns,
                services.entity_reader,
                services.access,
            )
        ),
        reference_pages(api.document),
        *_account(services),
    )


def _rights(services: Services) -> Rights:
    """Return what callers may do, and whom they can ask."""
    return Rights(services.access, services.config.policy_admins)


def _account(services: Services) -> tuple[AddPages, ...]:
    """Return the pages of signing in, of one's account, and of those who administer."""
    authentication, audit, rights = services.authentication, services.audit, _rights(services)
    account = Account(rights, authentication.sessions, authentication.cookies, audit)
    return (
        account_pages(services.auth, authentication.sign_in, account),
        token_pages(TokenPages(authentication.programs, audit, rights)),
        audit_pages(audit, rights),
    )


def _creating(services: Services) -> tuple[AddPages, ...]:
    """Return the pages that start a project and follow its task."""
    scaffolder, access = services.scaffolder, TaskAccess(services.access)
    pickers = Pickers(services.catalog, services.integrations, scaffolder)
    drafts = Drafts(services.database, services.secret_box)
    forms = FormPages(
        Sessions(scaffolder, drafts, pickers),
        pickers,
        services.tasks,
        Trials(scaffolder, services.open_template),
    )
    tasks = TaskPages(
        services.tasks, services.event_feed, access, scaffolder, services.entity_reader
    )
    templates = template_pages(services.entity_reader, services.glossary, _rights(services))
    return templates, form_pages(forms), task_pages(tasks)


def _panels(services: Services) -> tuple[Panel, ...]:
    """Return the sections that rooms add to the pages of concepts and entities."""
    links, entities = services.links, services.entity_reader
    return (
        concept_panel(links, entities),
        service_panel(links, entities),
        documentation_panel(),
        template_panel(),
        project_panel(services.instances),
    )


#: Prefixes of routes without credentials: health, and those with credentials of their own.
_OPEN = (f"{HEALTH}/", "/api/auth/", "/api/signals/", "/static/", PREFIX)
#: The suffix of further routes without credentials: public keys.
_OPEN_END = "/.backstage/auth/v1/jwks.json"
_OPEN_RULES = frozenset(
    {
        "/api/permission/health",
        "/api/notifications/health",
        "/api/signals",
        "/sign-in",
        "/sign-in/guest",
        "/signed-out",
        SCRIPT_ROUTE,
    }
)


class _NoSessions(SessionInterface):
    """No sessions of Flask: those of people are in the database (``portal.auth.people``)."""

    _NONE = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:  # noqa: ARG002
        """Return a session that holds nothing."""
        return self._NONE


class _Route(Rule):
    """A route that compiles what makes its address when one is asked for: that takes long."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = cache(partial(super()._compile_builder, append_unknown))
        return lambda route, /, **values: compiled()(route, **values)


class _PlainFlask(Flask):
    """Flask for functions of which none is a coroutine, and without sessions of its own."""

    url_rule_class = _Route
    session_interface = _NoSessions()

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what finds the route of a request; its host is judged in ``web.origins``."""
        if request is None or "HTTP_UPGRADE" in request.environ:
            return super().create_url_adapter(request)
        return MapAdapter(
            self.url_map,
            server_name=request.environ.get("HTTP_HOST", ""),
            script_name=f"{request.root_path}/",
            subdomain="",
            url_scheme=request.scheme,
            path_info=request.path,
            default_method=request.method,
            query_args=request.environ.get("QUERY_STRING", ""),
        )

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function; asking whether it is a coroutine costs each request 12 looks."""
        return func


def _bare_app() -> Flask:
    app = _PlainFlask("portal", static_folder=None)
    app.config.update(
        API_TITLE="Glossary Portal",
        API_VERSION=portal.__version__,
        OPENAPI_VERSION="3.0.3",
        API_SPEC_OPTIONS={"info": {"description": _DESCRIPTION}},
        MAX_CONTENT_LENGTH=MAX_BODY,
    )
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    return app


def is_health(path: str) -> bool:
    """Return whether a path is that of a health check."""
    return path.startswith(f"{HEALTH}/")


def _is_open(rules: Collection[str], rule: str) -> bool:
    """Return whether a route needs no credentials; ``rules`` are further ones."""
    return rule.startswith(_OPEN) or rule.endswith(_OPEN_END) or rule in rules


def _add_openapi(app: Flask, api: Api) -> None:
    @app.get("/api/openapi.json")
    @public("describes the API, holds nothing of the catalog")
    def get_openapi() -> Response:
        """Return the API's description, made from the code."""
        return json_response(api.document())

    app.extensions["portal_api"] = api
