"""What a WSGI server runs: gunicorn 'shop.wsgi:create_app()'."""

import os

from flask import Flask

from shop.bank import Bank
from shop.clock import Clock, utc_now
from shop.database import open_database
from shop.guard import Guard
from shop.idempotency import Rules
from shop.payments import add_payments
from shop.settings import Settings, read_settings
from shop.stores import open_store
from shop.users import add_users
from shop.web import new_app


def create_app(
    settings: Settings | None = None, bank_url: str | None = None, clock: Clock = utc_now
) -> Flask:
    """Return the API, by default for the bank at BANK_URL."""
    settings = settings or read_settings()
    database = open_database(settings.database)
    store = open_store(settings, database, clock)
    rules = Rules(settings.ttl_seconds, settings.lease_seconds)
    app = new_app(__name__)
    guard = Guard(store, rules, settings.key_format, clock)
    add_payments(app, database, Bank(bank_url or os.environ["BANK_URL"]), guard)
    add_users(app, database)
    return app
