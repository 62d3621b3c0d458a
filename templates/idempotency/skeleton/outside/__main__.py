"""Serve the bank: python -m outside PORT [HOST]."""

import sys
from threading import Event

from outside.bank import BankNextDoor

if __name__ == "__main__":
    port, *host = sys.argv[1:]
    with BankNextDoor().serve((host[0] if host else "127.0.0.1", int(port))):
        Event().wait()
