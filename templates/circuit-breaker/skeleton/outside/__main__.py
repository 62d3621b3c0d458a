"""Serve a neighbour: python -m outside inventory|weather PORT [HOST]."""

import sys
from threading import Event

from outside.neighbour import inventory, weather
from outside.server import PooledServer

NEIGHBOURS = {"inventory": inventory, "weather": weather}

if __name__ == "__main__":
    name, port, *host = sys.argv[1:]
    address = (host[0] if host else "127.0.0.1", int(port))
    with PooledServer(NEIGHBOURS[name](), address=address):
        Event().wait()
