"""The search engines by the values of the setting ``search_engine``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

from portal.search.documents import SearchEngine
from portal.search.engines.sqlite_engine import SqliteEngine
from portal.search.engines.whoosh_engine import WhooshEngine

#: Each makes an engine from the folder of its index.
ENGINES: Mapping[str, Callable[[Path], SearchEngine]] = {
    "whoosh": WhooshEngine,
    "sqlite": SqliteEngine,
}
