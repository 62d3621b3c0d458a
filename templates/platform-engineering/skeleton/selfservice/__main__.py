"""Serve the portal on this machine: make portal."""

import logging
import os
import signal
import sys

from werkzeug.serving import make_server

from selfservice import messages, settings
from selfservice.portal import create_app
from selfservice.server import running_server


def main() -> None:
    """Serve until Ctrl-C; an embedded PostgreSQL ends with the portal."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    host = os.environ.get("HOST", "127.0.0.1")
    port = int(os.environ.get("PORT", "8000"))
    with running_server() as server:
        app = create_app(settings.load(), server, settings.VAR / "git")
        with make_server(host, port, app, threaded=True) as http:
            sys.stdout.write(f"{messages.PORTAL_READY} http://{host}:{http.port}/\n")
            try:
                http.serve_forever()
            except KeyboardInterrupt:
                sys.exit(130)


if __name__ == "__main__":
    main()
