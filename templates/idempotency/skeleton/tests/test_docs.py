"""The documentation quotes the code as it is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# "`shop/idempotency.py`:" and the block of code after it.
QUOTE = re.compile(r"`([\w/]+\.\w+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
QUOTES = [
    pytest.param(name, code, id=f"{page.name}-{name}")
    for page in sorted((ROOT / "docs").glob("*.md"))
    for name, code in QUOTE.findall(page.read_text(encoding="utf-8"))
]


def test_there_are_quotes():
    assert len(QUOTES) >= 4


@pytest.mark.parametrize(("name", "code"), QUOTES)
def test_a_quote_is_in_the_file_it_names(name, code):
    assert code in (ROOT / name).read_text(encoding="utf-8")
