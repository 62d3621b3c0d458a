"""Encryption at rest: JSON values become bytes that only holders of the key can read.

Deleted rows survive in free pages, logs and backups of a database, where sealed values
are of no use. The key is a file of the data folder, or the setting ``task_key`` where
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
    """A value was sealed with another key."""


class SecretBox:
    """Encrypts and decrypts JSON values (AES-256-GCM).

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESGCM(key)

    @property
    def mark(self) -> str:
        """Tells this key from others, and nothing about it."""
        return self.fingerprint("which key this is")[:16]

    def fingerprint(self, value: Any) -> str:
        """Return the HMAC-SHA256 of a value in hex: equal values, equal fingerprints."""
        data = json.dumps(value, sort_keys=True).encode()
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()

    def seal(self, value: Any, about: str) -> bytes:
        """Return a value encrypted; opening it needs the same ``about`` (associated data)."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, json.dumps(value).encode(), about.encode())

    def open(self, data: bytes, about: str) -> Any:
        """Return the value of ``seal``.

        Raises:
            SealError: When the key or ``about`` is another one.
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


def open_secret_box(data_dir: Path, text: str) -> SecretBox:
    """Return the secret box of a portal.

    Args:
        data_dir: The folder of the key file, which is created if it does not exist.
        text: The setting ``task_key``; empty uses the file.
    """
    return SecretBox(_derived(text.encode()) if text else _stored(private_folder(data_dir)))


def _derived(text: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, None, b"glossary-portal task key").derive(text)


def _stored(folder: Path) -> bytes:
    """Return the key of the data folder, created under a lock.

    Raises:
        ConfigError: When the file has another length than a key.
    """
    path = folder / KEY_FILE
    with exclusive(folder / f"{KEY_FILE}.lock"):
        if not path.exists():
            atomic_write(path, os.urandom(_KEY_BYTES))
        key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        msg = f"{KEY_FILE} in data_dir is damaged: {_KEY_BYTES} bytes are expected; remove it"
        raise ConfigError(msg)
    return key
