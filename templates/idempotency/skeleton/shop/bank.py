"""The bank that charges cards, over HTTP."""

from http import HTTPStatus

import httpx


class DeclinedError(Exception):
    """The bank will not charge this card: an answer, the same however often one asks."""


class UnclearError(Exception):
    """The bank did not answer. It may have charged, or not."""


class Bank:
    """Charges cards."""

    def __init__(self, url: str, seconds: float = 5.0) -> None:
        # The bank is called directly, not through a proxy that the environment names.
        self._http = httpx.Client(base_url=url, timeout=seconds, trust_env=False)

    def charge(self, reference: str, card: str, amount: int, currency: str) -> str:
        """Charge the card and return the charge's number.

        The bank charges once for each reference and returns the same number every time. That is
        what makes a second attempt safe after a crash: no transaction reaches as far as a bank.

        Raises:
            DeclinedError: the bank refuses.
            UnclearError: nobody knows whether it has charged.

        """
        order = {"card": card, "amount": amount, "currency": currency}
        try:
            response = self._http.put(f"/charges/{reference}", json=order)
            if response.status_code == HTTPStatus.PAYMENT_REQUIRED:
                raise DeclinedError
            return str(response.raise_for_status().json()["number"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise UnclearError from error
