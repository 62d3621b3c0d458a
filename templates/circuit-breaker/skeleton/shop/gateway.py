"""The API gateway: its own routes, and the weather of a service outside."""

import re

from flask import Flask, Response, jsonify

from shop import messages
from shop.weather import NoWeatherError, Report, UnknownCityError, WeatherDesk
from shop.web import new_app

CITY = re.compile(r"[a-z-]{1,40}")
PRODUCTS = ("umbrella", "raincoat", "sunglasses")


def create_gateway(desk: WeatherDesk) -> Flask:
    """Return the gateway as a WSGI application."""
    app = new_app(__name__)

    @app.get("/products")
    def products() -> Response:
        return jsonify(products=PRODUCTS)

    @app.get("/weather/<city>")
    def weather(city: str) -> Response:
        if not CITY.fullmatch(city):
            raise UnknownCityError(city)
        return _shown(city, desk.report(city))

    @app.errorhandler(UnknownCityError)
    def no_such_city(_: UnknownCityError) -> tuple[Response, int]:
        return jsonify(message=messages.NO_SUCH_CITY), 404

    @app.errorhandler(NoWeatherError)
    def no_weather(_: NoWeatherError) -> tuple[Response, int]:
        response = jsonify(message=messages.NO_WEATHER)
        response.headers["Retry-After"] = str(desk.circuit.retry_after)
        return response, 503

    return app


def _shown(city: str, report: Report) -> Response:
    """Return the weather, marked with its age (RFC 9111) and where it came from."""
    told = {"city": city, "celsius": report.weather.celsius, "sky": report.weather.sky}
    if report.is_stale:
        told["message"] = messages.OLD_WEATHER.format(minutes=report.age // 60)
    response = jsonify(told)
    response.headers["Age"] = str(report.age)
    response.headers["X-Cache"] = "STALE" if report.is_stale else "MISS"
    return response
