"""Calls over HTTP that end in time, whatever the other side does.

The timeouts of HTTP clients are for one step: to connect, to read the next bytes. A service that
sends one byte a second never runs into them. Here one deadline is set for all of it.
"""

import asyncio
from threading import Thread
from types import TracebackType
from typing import Self

import httpx


class DeadlineClient:
    """Asks with GET, and has an answer or an error after `seconds` at the latest.

    A loop in a thread of its own does the waiting: that is what can be cut off at any point.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # Neighbours are called directly, not through a proxy that the environment names.
        self._client = httpx.AsyncClient(timeout=seconds, trust_env=False)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def get(self, url: str) -> httpx.Response:
        """Return the answer, read to its end.

        Raises:
            TimeoutError: the deadline passed.
            httpx.HTTPError: there is no such host, it refuses, or it breaks off.

        """
        return asyncio.run_coroutine_threadsafe(self._get(url), self._loop).result()

    async def _get(self, url: str) -> httpx.Response:
        async with asyncio.timeout(self._seconds):
            return await self._client.get(url)

    def close(self) -> None:
        """Close the connections and end the thread."""
        asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()
