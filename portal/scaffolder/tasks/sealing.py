"""Secrets at rest: values become bytes that only holders of the key can read.

Rows that are deleted live on in free pages, logs and backups of a database; what was
written sealed is of no use there. The key is a file of the data folder, or a setting where
several machines share a database. Why: ``docs/decisions/0013-tasks.md``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.kernel.errors import ConfigError
from portal.kernel.files import atomic_write
from portal.kernel.files import exclusive
from portal.kernel.files import private_folder

KEY_FILE = "tasks.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealError(ConfigError):
    """What was sealed with another key cannot be read."""


class Seal:
    """Seals JSON values and opens them again.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESGCM(key)

    def fingerprint(self, value: Any) -> str:
        """Return what tells a value from others, and nothing about it without the key."""
        data = json.dumps(value, sort_keys=True).encode()
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()

    def close(self, value: Any, about: str) -> bytes:
        """Return a value sealed; it can be opened only for what it is about."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, json.dumps(value).encode(), about.encode())

    def open(self, data: bytes, about: str) -> Any:
        """Return what was sealed.

        Raises:
            SealError: When the key is another one, or it is about something else.
        """
        nonce, sealed = data[:_NONCE_BYTES], data[_NONCE_BYTES:]
        try:
            return json.loads(self._cipher.decrypt(nonce, sealed, about.encode()))
        except InvalidTag:
            msg = (
                "what the task keeps was sealed with another key: processes of one database "
                "need the same task_key, or the same data_dir"
            )
            raise SealError(msg) from None


def open_seal(data_dir: Path, text: str) -> Seal:
    """Return the seal of a portal.

    Args:
        data_dir: Where the key is kept, and made when there is none yet.
        text: The setting ``task_key``; empty takes the file.
    """
    return Seal(_derived(text.encode()) if text else _kept(private_folder(data_dir)))


def _derived(text: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, None, b"glossary-portal task key").derive(text)


def _kept(folder: Path) -> bytes:
    """Return the key of the data folder; of two processes that make one, the first wins."""
    path = folder / KEY_FILE
    with exclusive(folder / f"{KEY_FILE}.lock"):
        if not path.exists():
            atomic_write(path, os.urandom(_KEY_BYTES))
        key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        msg = f"{KEY_FILE} in data_dir is damaged: {_KEY_BYTES} bytes are expected; remove it"
        raise ConfigError(msg)
    return key
