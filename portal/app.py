"""The Flask application: doors onto the services, nothing that runs by itself."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from flask import Response

import portal
from portal import web
from portal.auth import gate
from portal.auth.api import auth_blueprint
from portal.auth.api import permission_blueprint
from portal.auth.api import plugin_blueprint
from portal.catalog.api import catalog_blueprint
from portal.catalog.explanation_api import explanation_blueprint
from portal.catalog.location_api import location_blueprint
from portal.catalog.permission_api import permission_rules_blueprint
from portal.glossary.api import glossary_blueprint
from portal.notifications.api import notifications_blueprint
from portal.scaffolder.api import scaffolder_blueprint
from portal.scaffolder.tasks.api import task_blueprint
from portal.search.api import search_blueprint
from portal.settings.api import settings_blueprint
from portal.signals.api import signals_blueprint
from portal.ui.pages import ui_blueprint
from portal.webhooks.api import PREFIX
from portal.webhooks.api import webhooks_blueprint
from portal.wiring import Services

_HEALTH = "/.backstage/health/v1"
_DESCRIPTION = (
    "An engineering glossary as a Backstage-compatible developer portal. The catalog "
    "and search answer like a Backstage backend; the glossary is the portal's own."
)


def create_app(services: Services) -> Flask:
    """Return the portal's WSGI application.

    It starts no threads and writes nothing: syncing is the worker's role.
    """
    app = Flask("portal", static_folder=None)
    app.config.update(
        API_TITLE="Glossary Portal",
        API_VERSION=portal.__version__,
        OPENAPI_VERSION="3.0.3",
        API_SPEC_OPTIONS={"info": {"description": _DESCRIPTION}},
        MAX_CONTENT_LENGTH=web.MAX_BODY,
    )
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    web.handle_errors(app)
    web.finish_responses(app, services.config.cors_origins)
    gate.guard(app, services.auth, _is_open)
    api = web.Api(app)
    api.register_blueprint(catalog_blueprint(services.catalog, services.explanations))
    api.register_blueprint(location_blueprint(services.registrations))
    api.register_blueprint(
        explanation_blueprint(services.catalog, services.explanations, services.registrations)
    )
    api.register_blueprint(permission_rules_blueprint(services.catalog))
    api.register_blueprint(search_blueprint(services.search))
    api.register_blueprint(scaffolder_blueprint(services.scaffolder))
    api.register_blueprint(task_blueprint(services.tasks, services.event_feed))
    api.register_blueprint(glossary_blueprint(services.glossary))
    api.register_blueprint(webhooks_blueprint(services.webhooks))
    api.register_blueprint(auth_blueprint(services.auth))
    api.register_blueprint(permission_blueprint())
    api.register_blueprint(plugin_blueprint(services.auth, services.config.base_url))
    api.register_blueprint(settings_blueprint(services.user_settings))
    api.register_blueprint(notifications_blueprint())
    api.register_blueprint(signals_blueprint())
    _add_health(app, services)
    _add_openapi(app, api)
    app.register_blueprint(
        ui_blueprint(
            services.catalog,
            services.search,
            services.glossary,
            lambda: openapi_document(api),
        )
    )
    return app


#: Routes for anybody, by how they begin: health, and what has its own credentials.
_OPEN = (f"{_HEALTH}/", "/api/auth/", "/api/signals/", PREFIX)
#: Likewise, by how they end: the public halves of keys.
_OPEN_END = "/.backstage/auth/v1/jwks.json"
_OPEN_RULES = frozenset({"/api/permission/health", "/api/notifications/health"})


def _is_open(rule: str) -> bool:
    """Whether a route is for anybody."""
    return rule.startswith(_OPEN) or rule.endswith(_OPEN_END) or rule in _OPEN_RULES


def _add_health(app: Flask, services: Services) -> None:
    @app.get(f"{_HEALTH}/liveness")
    def get_liveness() -> Response:
        """Say that the process answers."""
        return web.json_response({"status": "ok"})

    @app.get(f"{_HEALTH}/readiness")
    def get_readiness() -> Response:
        """Say whether there is a catalog to serve and search, and which sources are stale."""
        if services.catalog.generation() < 1 or services.search_engine.generation < 1:
            body = {"message": "Backend has not started yet", "status": "error"}
            return web.json_response(body, 503)
        answer: dict[str, Any] = {"status": "ok"}
        stale = [
            {"source": state.name, "since": state.failing_since, "reason": state.error}
            for state in services.catalog.sources()
            if state.failing_since
        ]
        held = [
            {"source": state.name, "commit": state.held_commit, "removals": state.held_removals}
            for state in services.catalog.sources()
            if state.held_commit
        ]
        for listing in services.discovery.states():
            if listing.failing_since:
                since, reason = listing.failing_since, listing.error
                stale.append({"provider": listing.provider, "since": since, "reason": reason})
            if listing.held_id:
                held.append({"provider": listing.provider, "list": listing.held_id})
        if stale:
            answer["stale"] = stale
        if held:
            answer["held"] = held
        return web.json_response(answer)


def _add_openapi(app: Flask, api: web.Api) -> None:
    @app.get("/api/openapi.json")
    def get_openapi() -> Response:
        """Return the API's description, made from the code."""
        return web.json_response(openapi_document(api))

    app.extensions["portal_api"] = api


def openapi_document(api: web.Api) -> dict[str, Any]:
    """Return the OpenAPI document of everything that is registered."""
    document: dict[str, Any] = json.loads(json.dumps(api.spec.to_dict()))
    return document
