"""Orders: what was bought, and what it came to."""

ORDERS = {"1": {"id": "1", "items": ["tea", "cup"], "total": 12.5}}


def answer(path: str) -> tuple[int, dict[str, object]]:
    """Answer GET /orders/{id}."""
    order = ORDERS.get(path.removeprefix("/orders/"))
    return (200, dict(order)) if order else (404, {"error": "no such order"})
