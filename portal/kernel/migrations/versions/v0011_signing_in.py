"""People who sign in at providers, their sessions, and the tokens of programs."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "pending_sign_ins",
        sa.Column("state_hash", _BYTES, primary_key=True),
        sa.Column("browser_hash", _BYTES, nullable=False),
        sa.Column("provider", _BYTES, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("verifier", sa.Text, nullable=False),
        sa.Column("flow", sa.Text, nullable=False),
        sa.Column("return_to", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("pending_sign_ins_expiry", "pending_sign_ins", ["expires_at"])
    op.create_table(
        "sessions",
        sa.Column("id_hash", _BYTES, primary_key=True),
        sa.Column("kind", _BYTES, nullable=False),
        sa.Column("user_ref", _BYTES, nullable=False),
        sa.Column("provider", _BYTES, nullable=False),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("id_token", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("sessions_expiry", "sessions", ["expires_at"])
    op.create_table(
        "program_tokens",
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
