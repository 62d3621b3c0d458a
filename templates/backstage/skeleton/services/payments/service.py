"""Payments: whether an order is paid."""

PAID = {"1"}


def answer(path: str) -> tuple[int, dict[str, object]]:
    """Answer GET /payments/{order}."""
    order = path.removeprefix("/payments/")
    if not order.isdigit():
        return 404, {"error": "no such order"}
    return 200, {"order": order, "paid": order in PAID}
