"""The table of auth; ``kernel/migrations`` makes it."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: Private keys in PEM, readable by whoever can read the database: it is as secret
#: as they are.
signing_keys = sa.Table(
    "signing_keys",
    METADATA,
    sa.Column("kid", _BYTES, primary_key=True),
    sa.Column("private_key", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)
