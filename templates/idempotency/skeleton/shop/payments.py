"""The payment API: POST /payments with an Idempotency-Key."""

import re
from dataclasses import dataclass

from flask import Flask, Response, jsonify, request

from shop import messages
from shop.bank import Bank, DeclinedError, UnclearError
from shop.database import Database
from shop.guard import Guard
from shop.web import InvalidError, problem

CARD = re.compile(r"card_[a-z0-9]{1,40}")
CURRENCIES = ("KRW", "USD", "EUR")
MOST = 1_000_000_000


@dataclass(frozen=True)
class Order:
    """What to charge.

    Attributes:
        card: a name for the card, never its number.
        amount: in the smallest unit of the currency.
        currency: one of CURRENCIES.

    """

    card: str
    amount: int
    currency: str


def add_payments(app: Flask, database: Database, bank: Bank, guard: Guard) -> None:
    """Give the application its routes for payments."""

    @app.post("/payments")
    def pay() -> Response:
        # A request that makes no sense is refused before its key is claimed: once it is mended,
        # it may come again under the same key.
        order = _read_order(request.get_json(silent=True))
        return guard.once(lambda reference: _pay(database, bank, reference, order))

    @app.get("/payments/<payment>")
    def show_payment(payment: str) -> Response:
        with database.transaction() as execute:
            row = execute(
                "SELECT id, amount, currency, charge FROM payments WHERE id = ?", payment
            ).fetchone()
        if row is None:
            return problem(404, messages.NO_SUCH_PAYMENT)
        return jsonify(dict(zip(("id", "amount", "currency", "charge"), row, strict=True)))

    @app.errorhandler(UnclearError)
    def unclear(_: UnclearError) -> Response:
        return problem(503, messages.BANK_UNCLEAR, retry_after=1)


def _pay(database: Database, bank: Bank, reference: str, order: Order) -> Response:
    try:
        charge = bank.charge(reference, order.card, order.amount, order.currency)
    except DeclinedError:
        return problem(402, messages.DECLINED)
    with database.transaction() as execute:
        execute(
            "INSERT INTO payments (id, amount, currency, charge) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO NOTHING",
            reference,
            order.amount,
            order.currency,
            charge,
        )
    response = jsonify(id=reference, amount=order.amount, currency=order.currency, charge=charge)
    response.status_code = 201
    response.headers["Location"] = f"/payments/{reference}"
    return response


def _read_order(sent: object) -> Order:
    match sent:
        case {"card": str(card), "amount": int(amount), "currency": str(currency)} if (
            0 < amount <= MOST
            and amount is not True
            and currency in CURRENCIES
            and CARD.fullmatch(card)
        ):
            return Order(card, amount, currency)
    raise InvalidError(messages.BAD_PAYMENT.format(currencies=", ".join(CURRENCIES), most=MOST))
