"""What a WSGI server runs: gunicorn 'shop.wsgi:orders()' or gunicorn 'shop.wsgi:gateway()'."""

import os

from flask import Flask

from shop.clock import utc_now
from shop.deadline import DeadlineClient
from shop.gateway import create_gateway
from shop.inventory import Inventory, UnknownItemError
from shop.orders import create_orders
from shop.settings import read_settings
from shop.stores import make_circuit
from shop.weather import UnknownCityError, WeatherDesk


def orders() -> Flask:
    """Return the order service, for the inventory service at INVENTORY_URL."""
    settings = read_settings()
    circuit = make_circuit("inventory", settings, answers=(UnknownItemError,))
    client = DeadlineClient(settings.deadline_seconds)
    return create_orders(Inventory(os.environ["INVENTORY_URL"], client, circuit))


def gateway() -> Flask:
    """Return the gateway, for the weather service at WEATHER_URL."""
    settings = read_settings()
    circuit = make_circuit("weather", settings, answers=(UnknownCityError,))
    client = DeadlineClient(settings.deadline_seconds)
    url = os.environ["WEATHER_URL"]
    return create_gateway(WeatherDesk(url, client, circuit, settings.max_age_seconds, utc_now))
