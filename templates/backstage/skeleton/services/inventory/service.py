"""Inventory: how much of an item there is."""

STOCK = {"tea": 40, "cup": 0}


def answer(path: str) -> tuple[int, dict[str, object]]:
    """Answer GET /stock/{item}."""
    item = path.removeprefix("/stock/")
    if item not in STOCK:
        return 404, {"error": "no such item"}
    return 200, {"item": item, "quantity": STOCK[item]}
