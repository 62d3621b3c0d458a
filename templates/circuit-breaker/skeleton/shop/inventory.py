"""What the inventory service knows, asked through a circuit."""

from http import HTTPStatus

from shop.circuit import Circuit
from shop.deadline import DeadlineClient


class UnknownItemError(LookupError):
    """The inventory service has no such item: an answer, and no failure of the service."""


class StockUnknownError(Exception):
    """The inventory service was not asked, or gave no answer."""


class Inventory:
    """The inventory service."""

    def __init__(self, url: str, client: DeadlineClient, circuit: Circuit) -> None:
        self._url = url
        self._client = client
        self.circuit = circuit

    def stock(self, item: str) -> int:
        """Return how many of the item there are.

        Raises:
            UnknownItemError: there is no such item.
            StockUnknownError: the circuit is open, or the service failed to answer in time.

        """
        try:
            return self.circuit.call(lambda: self._ask(item))
        except UnknownItemError:
            raise
        except Exception as error:
            raise StockUnknownError(item) from error

    def _ask(self, item: str) -> int:
        response = self._client.get(f"{self._url}/stock/{item}")
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise UnknownItemError(item)
        return int(response.raise_for_status().json()["available"])
