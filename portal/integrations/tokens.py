"""Reads tokens from the environment variables that settings name."""

from __future__ import annotations

from collections.abc import Mapping

from portal.kernel.errors import ConfigError


def read_token(variable: str, env: Mapping[str, str], setting: str = "token_env") -> str:
    """Return a token, without surrounding white space such as a final line break.

    Args:
        variable: The name of the variable; when empty, the token is empty.
        env: The environment variables.
        setting: The setting that names the variable, for error messages.

    Raises:
        ConfigError: When the variable is not set, or has characters that an HTTP header
            cannot hold.
    """
    if not variable:
        return ""
    token = env.get(variable, "").strip()
    if not token:
        raise ConfigError(f"the environment variable {variable} ({setting}) is not set")
    if not token.isascii() or not token.isprintable():
        raise ConfigError(
            f"the environment variable {variable} ({setting}) holds what cannot be a token"
        )
    return token
