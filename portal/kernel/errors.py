"""The exceptions of the portal: wrong *requests* and failing *dependencies*.

Wrong *content* (a bad descriptor) is never an exception but a value, see
``portal.model.entity.StatusItem``. The names are those of Backstage's
``@backstage/errors``, because its clients branch on them; the HTTP status of each is
decided in ``portal.web.errors`` alone.
"""

from __future__ import annotations


class PortalError(Exception):
    """The superclass of all errors the portal raises on purpose.

    The message is meant for the person who can act on it; it never contains a secret or
    a path of the host.
    """

    #: The name of the error in responses.
    name = "Error"
    #: Seconds until the same request may succeed; 0 when unknown.
    retry_after = 0

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
    """The credentials of the request are missing or invalid."""

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
    """The request is well-formed, but cannot be processed."""

    name = "UnprocessableContentError"


class UnsupportedError(PortalError):
    """What the request asks for exists in Backstage, but not in this portal."""

    name = "NotImplementedError"


class TooManyRequestsError(PortalError):
    """The caller has sent more requests than they may in a minute.

    Args:
        message: What there was too much of.
        retry_after: After how many seconds a request is answered again.
    """

    name = "TooManyRequestsError"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServiceUnavailableError(PortalError):
    """A part the request needs is not available; a later request may succeed."""

    name = "ServiceUnavailableError"


class BusyError(ServiceUnavailableError):
    """The database is locked by a long write, or does not answer."""

    retry_after = 5


class MissingFolderError(ServiceUnavailableError):
    """This node has no data folder that it can write to, and what is asked for needs one."""


class MissingIndexError(ServiceUnavailableError):
    """The search index has not been built yet, or is built anew."""

    name = "MissingIndexError"
    retry_after = 5


class ConfigError(PortalError):
    """A setting is missing or wrong; the message names it and what is allowed."""

    name = "ConfigError"


class SourceError(PortalError):
    """A git source cannot be read now (unreachable, refused, no such ref)."""

    name = "SourceError"


class MirrorError(SourceError):
    """The local copy of a repository cannot be read or written; the remote is not at fault.

    Args:
        message: The reason.
        is_damage: Whether the copy itself is damaged, so that another one may help.
    """

    def __init__(self, message: str, *, is_damage: bool = True) -> None:
        super().__init__(message)
        self.is_damage = is_damage


class MirrorTooLargeError(MirrorError):
    """The local copy of a repository would be larger than the operator allows."""

    def __init__(self, message: str) -> None:
        super().__init__(message, is_damage=False)


class RenderingError(PortalError):
    """A template cannot be rendered, or a step of it cannot do what it was asked to."""
