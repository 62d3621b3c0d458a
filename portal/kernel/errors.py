"""The exceptions of the portal: wrong *requests* and broken *surroundings*.

Wrong *content* (a bad descriptor) is never an exception but a value, see
``portal.model.entity.StatusItem``. The names are those of Backstage's
``@backstage/errors``, because its clients switch on them; which HTTP status
each one becomes is decided in ``portal.web`` alone.
"""

from __future__ import annotations


class PortalError(Exception):
    """Root of all errors the portal raises on purpose.

    The message is written for the person who can act on it, and never holds a
    secret or a path of the host.
    """

    #: How the error calls itself on the wire.
    name = "Error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class InputError(PortalError):
    """The request itself is wrong; the same request will fail again."""

    name = "InputError"


class PayloadTooLargeError(PortalError):
    """The request body is larger than the portal reads."""

    name = "PayloadTooLargeError"


class AuthenticationError(PortalError):
    """The caller did not show, or showed wrong, credentials."""

    name = "AuthenticationError"


class NotAllowedError(PortalError):
    """The caller is known, but may not do this."""

    name = "NotAllowedError"


class NotFoundError(PortalError):
    """What the request names does not exist, or may not be seen."""

    name = "NotFoundError"


class ConflictError(PortalError):
    """What the request wants to create is there already."""

    name = "ConflictError"


class UnprocessableError(PortalError):
    """The request is well formed, and yet says something that cannot be."""

    name = "UnprocessableContentError"


class UnsupportedError(PortalError):
    """What the request asks for exists in Backstage, but not in this portal."""

    name = "NotImplementedError"


class ServiceUnavailableError(PortalError):
    """A part the request needs is not up; trying again later may help."""

    name = "ServiceUnavailableError"
    #: Seconds after which it may; 0 where nobody knows.
    retry_after = 0


class BusyError(ServiceUnavailableError):
    """The database cannot take the request now: it is written to for long, or away."""

    retry_after = 5


class MissingIndexError(PortalError):
    """The search index of a document type has not been built yet."""

    name = "MissingIndexError"


class ConfigError(PortalError):
    """A setting is missing or wrong; the message names it and what is allowed."""

    name = "ConfigError"


class SourceError(PortalError):
    """A git source cannot be read now (unreachable, refused, no such ref)."""

    name = "SourceError"


class RenderingError(PortalError):
    """A template cannot be rendered, or a step of it cannot do what it was asked to."""
