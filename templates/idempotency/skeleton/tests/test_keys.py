"""What a key may look like."""

import pytest

from shop.keys import BadKeyError, read_key

UUID = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@pytest.mark.parametrize("header", [UUID, f'"{UUID}"', UUID.upper(), f" {UUID} "])
def test_a_uuid_is_read_with_and_without_quotes(header):
    assert read_key(header, "uuid") == UUID


@pytest.mark.parametrize(
    "header", [None, "", '""', "order-7", UUID.replace("-", ""), f"{{{UUID}}}"]
)
def test_where_uuids_are_asked_for_nothing_else_will_do(header):
    with pytest.raises(BadKeyError):
        read_key(header, "uuid")


@pytest.mark.parametrize(
    ("header", "key"), [("order-7", "order-7"), ('"order 7"', "order 7"), (r'"a\"b\\c"', 'a"b\\c')]
)
def test_where_any_key_will_do_the_quoted_form_may_hold_more(header, key):
    assert read_key(header, "any") == key


@pytest.mark.parametrize("header", [None, "", '""', "two words", '"open', "clé", "k" * 256, "a\tb"])
def test_what_is_no_key_at_all_is_refused(header):
    with pytest.raises(BadKeyError):
        read_key(header, "any")
