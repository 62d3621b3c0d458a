"""The order service: takes an order when the inventory service says there is enough."""

import re
import uuid

from flask import Flask, Response, jsonify, request

from shop import messages
from shop.inventory import Inventory, StockUnknownError, UnknownItemError
from shop.web import new_app

ITEM = re.compile(r"[a-z0-9-]{1,40}")


def create_orders(inventory: Inventory) -> Flask:
    """Return the order service as a WSGI application."""
    app = new_app(__name__)

    @app.post("/orders")
    def place_order() -> tuple[Response, int]:
        item, quantity = _read_order(request.get_json(silent=True))
        if not item or quantity < 1:
            return jsonify(message=messages.BAD_ORDER), 400
        if inventory.stock(item) < quantity:
            return jsonify(message=messages.SOLD_OUT), 409
        return jsonify(id=str(uuid.uuid4()), item=item, quantity=quantity), 201

    @app.errorhandler(UnknownItemError)
    def no_such_item(_: UnknownItemError) -> tuple[Response, int]:
        return jsonify(message=messages.NO_SUCH_ITEM), 404

    @app.errorhandler(StockUnknownError)
    def stock_unknown(_: StockUnknownError) -> tuple[Response, int]:
        circuit = inventory.circuit
        response = jsonify(message=messages.STOCK_DELAYED, circuit=circuit.state)
        response.headers["Retry-After"] = str(circuit.retry_after)
        return response, 503

    return app


def _read_order(order: object) -> tuple[str, int]:
    """Return item and quantity; empty and zero where they are not what they should be."""
    match order:
        case {"item": str(item), "quantity": int(quantity)} if type(
            quantity
        ) is int and ITEM.fullmatch(item):
            return item, quantity
    return "", 0
