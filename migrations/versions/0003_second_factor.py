"""The second factor of members, and the codes that stand in for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.database import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crm_second_factor",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_second_factor_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_crm_second_factor")),
    )
    op.create_table(
        "crm_recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_recovery_code_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_crm_recovery_code_code_hash")),
    )
    op.create_index(op.f("ix_crm_recovery_code_member_id"), "crm_recovery_code", ["member_id"])
