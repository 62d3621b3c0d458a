"""The tables of keys, sessions and tokens; ``kernel/migrations`` creates them."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: Private keys in PEM, unencrypted: the database has to be protected accordingly.
signing_keys = sa.Table(
    "signing_keys",
    METADATA,
    sa.Column("kid", _BYTES, primary_key=True),
    sa.Column("private_key", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

#: People who are at a provider now; one row is used up by their return.
pending_sign_ins = sa.Table(
    "pending_sign_ins",
    METADATA,
    sa.Column("state_hash", _BYTES, primary_key=True),
    sa.Column("browser_hash", _BYTES, nullable=False),
    sa.Column("provider", _BYTES, nullable=False),
    sa.Column("nonce", sa.Text, nullable=False),
    sa.Column("verifier", sa.Text, nullable=False),
    sa.Column("flow", sa.Text, nullable=False),
    sa.Column("return_to", sa.Text, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Index("pending_sign_ins_expiry", "expires_at"),
)

#: Who is signed in where; a row holds hashes only of what a browser has.
sessions = sa.Table(
    "sessions",
    METADATA,
    sa.Column("id_hash", _BYTES, primary_key=True),
    sa.Column("kind", _BYTES, nullable=False),
    sa.Column("user_ref", _BYTES, nullable=False),
    sa.Column("provider", _BYTES, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("id_token", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Index("sessions_expiry", "expires_at"),
)

#: Tokens of programs: their hashes, never the tokens.
program_tokens = sa.Table(
    "program_tokens",
    METADATA,
    sa.Column("id", _BYTES, primary_key=True),
    sa.Column("name", _BYTES, nullable=False, unique=True),
    sa.Column("hash", _BYTES, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("restrictions", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("used_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger, nullable=False),
)
