"""The Idempotency-Key header of a request."""

import re
import uuid

# A structured field (RFC 9651): a string in quotes, with quotes and backslashes escaped.
QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
# Many clients leave the quotes out, and so does the glossary.
BARE = re.compile(r"[!#-~]+")
LONGEST = 255


class BadKeyError(ValueError):
    """The header is not there, or not a key."""


def read_key(header: str | None, key_format: str) -> str:
    """Return the key, the same with and without quotes.

    Args:
        header: what was sent, if anything.
        key_format: "uuid", or "any" for any visible characters.

    Raises:
        BadKeyError: there is no key, or it is not of this format.

    """
    text = (header or "").strip()
    quoted = QUOTED.fullmatch(text)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text
    if not key or len(key) > LONGEST or not (quoted or BARE.fullmatch(text)):
        raise BadKeyError
    if key_format != "uuid":
        return key
    try:
        return read_uuid(key)
    except ValueError as error:
        raise BadKeyError from error


def read_uuid(text: str) -> str:
    """Return a UUID in lower case, however its letters were written.

    Raises:
        ValueError: it is none, or not in the form of 8-4-4-4-12 digits.

    """
    canonical = str(uuid.UUID(text))
    if canonical != text.lower():
        raise ValueError(text)
    return canonical
