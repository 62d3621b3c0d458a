"""The description of the API says what there is."""

import json
import re
from pathlib import Path

from shop.wsgi import create_app

ROOT = Path(__file__).parent.parent


def test_the_description_and_the_routes_agree(file_settings):
    described = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
    app = create_app(file_settings, "http://127.0.0.1:1")

    routes = {
        (method.lower(), re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert routes == {
        (method, path) for path, methods in described["paths"].items() for method in methods
    }


def test_every_payment_asks_for_a_key():
    described = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))

    key = described["components"]["parameters"]["IdempotencyKey"]

    assert (key["name"], key["in"], key["required"]) == ("Idempotency-Key", "header", True)
    assert described["paths"]["/payments"]["post"]["parameters"] == [
        {"$ref": "#/components/parameters/IdempotencyKey"}
    ]
