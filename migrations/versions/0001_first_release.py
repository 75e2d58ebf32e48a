"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.database import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Members and people name each other; SQLite cannot add the second reference to a table that is there already.
    is_sqlite = op.get_context().dialect.name == "sqlite"
    op.create_table(
        "crm_attachment_twin",
        sa.Column("engagement_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("commitment_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("name", sa.String(length=255), autoincrement=False, nullable=False),
        sa.Column("media_type", sa.String(length=120), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("stored_as", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_attachment_twin")),
    )
    op.create_index("ix_crm_attachment_twin_transaction", "crm_attachment_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_calendar_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("renderer", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("cancelled_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("fragment", sa.String(), nullable=False),
        sa.Column("fragment_brief", sa.String(), nullable=False),
        sa.Column("fragment_busy", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_calendar_entry")),
        sa.UniqueConstraint("kind", "record_id", name=op.f("uq_crm_calendar_entry_kind_record_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_crm_calendar_entry_uid")),
    )
    op.create_index("ix_crm_calendar_entry_stale", "crm_calendar_entry", ["stale", "renderer"], unique=False)
    op.create_index(
        "ix_crm_calendar_entry_window",
        "crm_calendar_entry",
        ["kind", "last_day", "first_day", "record_id", "shown", "cancelled_at"],
        unique=False,
    )
    op.create_table(
        "crm_commitment_recipient_twin",
        sa.Column("commitment_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint(
            "commitment_id", "organisation_id", "transaction_id", name=op.f("pk_crm_commitment_recipient_twin")
        ),
    )
    op.create_index(
        "ix_crm_commitment_recipient_twin_transaction",
        "crm_commitment_recipient_twin",
        ["transaction_id"],
        unique=False,
    )
    op.create_table(
        "crm_commitment_twin",
        sa.Column("engagement_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("made_by_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("wording", sa.String(), autoincrement=False, nullable=False),
        sa.Column("condition", sa.String(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("state", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("evidence", sa.String(), autoincrement=False, nullable=False),
        sa.Column("evidence_url", sa.String(length=1000), autoincrement=False, nullable=False),
        sa.Column("fulfils_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("topic_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column("first_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("last_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("precision", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("when_text", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("assumed", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("end_day", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("start_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("end_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("zone", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("fold", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_first", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("due_last", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("due_precision", sa.String(length=12), autoincrement=False, nullable=True),
        sa.Column("due_text", sa.String(length=200), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_commitment_twin")),
    )
    op.create_index("ix_crm_commitment_twin_transaction", "crm_commitment_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_discussion_point_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("engagement_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("raised_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("point", sa.String(), autoincrement=False, nullable=False),
        sa.Column("positions", sa.String(), autoincrement=False, nullable=False),
        sa.Column("conclusion", sa.String(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_discussion_point_twin")),
    )
    op.create_index(
        "ix_crm_discussion_point_twin_transaction", "crm_discussion_point_twin", ["transaction_id"], unique=False
    )
    op.create_table(
        "crm_dispatch_step_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dispatch_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("first_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("last_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("precision", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("when_text", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("assumed", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("end_day", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("start_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("end_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("zone", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("fold", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_dispatch_step_twin")),
    )
    op.create_index("ix_crm_dispatch_step_twin_transaction", "crm_dispatch_step_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_dispatch_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("participation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=10), autoincrement=False, nullable=False),
        sa.Column("was_sent", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("reply_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("note", sa.String(), autoincrement=False, nullable=False),
        sa.Column("due_first", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("due_last", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("due_precision", sa.String(length=12), autoincrement=False, nullable=True),
        sa.Column("due_text", sa.String(length=200), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_dispatch_twin")),
    )
    op.create_index("ix_crm_dispatch_twin_transaction", "crm_dispatch_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_earlier_date_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("engagement_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("moved_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(), autoincrement=False, nullable=False),
        sa.Column("first_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("last_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("precision", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("when_text", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("assumed", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("end_day", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("start_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("end_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("zone", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("fold", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_earlier_date_twin")),
    )
    op.create_index("ix_crm_earlier_date_twin_transaction", "crm_earlier_date_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_engagement_topic_twin",
        sa.Column("engagement_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint(
            "engagement_id", "topic_id", "transaction_id", name=op.f("pk_crm_engagement_topic_twin")
        ),
    )
    op.create_index(
        "ix_crm_engagement_topic_twin_transaction", "crm_engagement_topic_twin", ["transaction_id"], unique=False
    )
    op.create_table(
        "crm_engagement_twin",
        sa.Column("kind", sa.String(length=20), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column("link", sa.String(length=1000), autoincrement=False, nullable=False),
        sa.Column("initiated_by", sa.String(length=10), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column("summary", sa.String(), autoincrement=False, nullable=False),
        sa.Column("notes", sa.String(), autoincrement=False, nullable=False),
        sa.Column("file_reference", sa.String(length=120), autoincrement=False, nullable=False),
        sa.Column("intended_result", sa.String(), autoincrement=False, nullable=False),
        sa.Column("visibility", sa.String(length=10), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("follows_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("declined_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("declined_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("decline_notice", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("decline_reason", sa.String(), autoincrement=False, nullable=False),
        sa.Column("counts", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("acting", sa.String(length=160), autoincrement=False, nullable=True),
        sa.Column("met", sa.String(length=160), autoincrement=False, nullable=True),
        sa.Column("search", sa.String(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column("first_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("last_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("precision", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("when_text", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("assumed", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("end_day", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("start_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("end_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("zone", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("fold", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_engagement_twin")),
    )
    op.create_index("ix_crm_engagement_twin_transaction", "crm_engagement_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_engagement_viewer_twin",
        sa.Column("engagement_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint(
            "engagement_id", "member_id", "transaction_id", name=op.f("pk_crm_engagement_viewer_twin")
        ),
    )
    op.create_index(
        "ix_crm_engagement_viewer_twin_transaction", "crm_engagement_viewer_twin", ["transaction_id"], unique=False
    )
    op.create_table(
        "crm_feed_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.String(length=120), autoincrement=False, nullable=False),
        sa.Column("scope", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("topic_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("detail", sa.String(length=8), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("revoked_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_feed_twin")),
    )
    op.create_index("ix_crm_feed_twin_transaction", "crm_feed_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_follow_up_twin",
        sa.Column("title", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column("note", sa.String(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("remind_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("done_on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("done_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("snoozed", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("engagement_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("point_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("commitment_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("dispatch_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("topic_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column("due_first", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("due_last", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("due_precision", sa.String(length=12), autoincrement=False, nullable=True),
        sa.Column("due_text", sa.String(length=200), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_follow_up_twin")),
    )
    op.create_index("ix_crm_follow_up_twin_transaction", "crm_follow_up_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_instance_setting",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_crm_instance_setting")),
    )
    op.create_table(
        "crm_instance_setting_twin",
        sa.Column("key", sa.String(length=60), autoincrement=False, nullable=False),
        sa.Column("value", sa.JSON(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("key", "transaction_id", name=op.f("pk_crm_instance_setting_twin")),
    )
    op.create_index(
        "ix_crm_instance_setting_twin_transaction", "crm_instance_setting_twin", ["transaction_id"], unique=False
    )
    op.create_table(
        "crm_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("run_after", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_job")),
    )
    op.create_index("ix_crm_job_waiting", "crm_job", ["done_at", "run_after"], unique=False)
    op.create_table(
        "crm_member",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("disabled_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("host_identity", sa.String(length=200), nullable=True),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_member_changed_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_member_created_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["crm_person.id"], name=op.f("fk_crm_member_person_id"), use_alter=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_member")),
        sa.UniqueConstraint("email", name=op.f("uq_crm_member_email")),
        sa.UniqueConstraint("host_identity", name=op.f("uq_crm_member_host_identity")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "crm_member_twin",
        sa.Column("email", sa.String(length=254), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=10), autoincrement=False, nullable=False),
        sa.Column("password_hash", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("disabled_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column("host_identity", sa.String(length=200), autoincrement=False, nullable=True),
        sa.Column("shortcuts", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_member_twin")),
    )
    op.create_index("ix_crm_member_twin_transaction", "crm_member_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_milestone_twin",
        sa.Column("kind", sa.String(length=24), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column("note", sa.String(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("source", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column("source_url", sa.String(length=1000), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column("first_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("last_day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("precision", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("when_text", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("assumed", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("end_day", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("start_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("end_time", sa.Time(), autoincrement=False, nullable=True),
        sa.Column("zone", sa.String(length=64), autoincrement=False, nullable=True),
        sa.Column("fold", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_milestone_twin")),
    )
    op.create_index("ix_crm_milestone_twin_transaction", "crm_milestone_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_organisation_identifier_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scheme", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("value", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_organisation_identifier_twin")),
    )
    op.create_index(
        "ix_crm_organisation_identifier_twin_transaction",
        "crm_organisation_identifier_twin",
        ["transaction_id"],
        unique=False,
    )
    op.create_table(
        "crm_organisation_list_entry_twin",
        sa.Column("list_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint(
            "list_id", "organisation_id", "transaction_id", name=op.f("pk_crm_organisation_list_entry_twin")
        ),
    )
    op.create_index(
        "ix_crm_organisation_list_entry_twin_transaction",
        "crm_organisation_list_entry_twin",
        ["transaction_id"],
        unique=False,
    )
    op.create_table(
        "crm_organisation_list_twin",
        sa.Column("key", sa.String(length=80), autoincrement=False, nullable=True),
        sa.Column("name", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column(
            "sort",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_organisation_list_twin")),
    )
    op.create_index(
        "ix_crm_organisation_list_twin_transaction", "crm_organisation_list_twin", ["transaction_id"], unique=False
    )
    op.create_table(
        "crm_organisation_name_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), autoincrement=False, nullable=False),
        sa.Column("first", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("last", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("from_directory", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_organisation_name_twin")),
    )
    op.create_index(
        "ix_crm_organisation_name_twin_transaction", "crm_organisation_name_twin", ["transaction_id"], unique=False
    )
    op.create_table(
        "crm_organisation_parent_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("last", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("source", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column("from_directory", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_organisation_parent_twin")),
    )
    op.create_index(
        "ix_crm_organisation_parent_twin_transaction", "crm_organisation_parent_twin", ["transaction_id"], unique=False
    )
    op.create_table(
        "crm_organisation_twin",
        sa.Column("key", sa.String(length=80), autoincrement=False, nullable=True),
        sa.Column("name", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column("short_name", sa.String(length=80), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("country", sa.String(length=2), autoincrement=False, nullable=False),
        sa.Column("website", sa.String(length=500), autoincrement=False, nullable=False),
        sa.Column("founded", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("closed", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("owner_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("goal_days", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("is_ours", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("is_client", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("notes", sa.String(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column(
            "sort",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("names_folded", sa.String(), autoincrement=False, nullable=False),
        sa.Column("shipped", sa.JSON(), autoincrement=False, nullable=True),
        sa.Column("merged_into_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_organisation_twin")),
    )
    op.create_index("ix_crm_organisation_twin_transaction", "crm_organisation_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_participation_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("engagement_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("post_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("side", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=12), autoincrement=False, nullable=False),
        sa.Column("acceptance", sa.String(length=10), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counts", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("is_contact", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_participation_twin")),
    )
    op.create_index("ix_crm_participation_twin_transaction", "crm_participation_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_person_twin",
        sa.Column("name", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("email", sa.String(length=254), autoincrement=False, nullable=False),
        sa.Column("phone", sa.String(length=60), autoincrement=False, nullable=False),
        sa.Column("notes", sa.String(), autoincrement=False, nullable=False),
        sa.Column(
            "sort",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("names_folded", sa.String(length=400), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_person_twin")),
    )
    op.create_index("ix_crm_person_twin_transaction", "crm_person_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_post_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("seniority", sa.String(length=20), autoincrement=False, nullable=False),
        sa.Column("first", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("first_until", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("first_precision", sa.String(length=12), autoincrement=False, nullable=True),
        sa.Column("first_text", sa.String(length=200), autoincrement=False, nullable=True),
        sa.Column("last", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("last_from", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("last_precision", sa.String(length=12), autoincrement=False, nullable=True),
        sa.Column("last_text", sa.String(length=200), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_post_twin")),
    )
    op.create_index("ix_crm_post_twin_transaction", "crm_post_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_register_meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_register_meeting")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_crm_register_meeting_source_key")),
    )
    op.create_table(
        "crm_revision",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_crm_revision")),
    )
    op.create_table(
        "crm_saved_filter_twin",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120), autoincrement=False, nullable=False),
        sa.Column("page", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("query", sa.String(length=2000), autoincrement=False, nullable=False),
        sa.Column("shared", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_saved_filter_twin")),
    )
    op.create_index("ix_crm_saved_filter_twin_transaction", "crm_saved_filter_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_search",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("face", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_search")),
        sa.UniqueConstraint("kind", "record_id", "face", name=op.f("uq_crm_search_kind_record_id_face")),
    )
    op.create_table(
        "crm_sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_sign_in_attempt")),
    )
    op.create_index(op.f("ix_crm_sign_in_attempt_account_at"), "crm_sign_in_attempt", ["account", "at"], unique=False)
    op.create_index(op.f("ix_crm_sign_in_attempt_address_at"), "crm_sign_in_attempt", ["address", "at"], unique=False)
    op.create_table(
        "crm_succession_twin",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("predecessor_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("successor_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("kind", sa.String(length=20), autoincrement=False, nullable=False),
        sa.Column("joins_history", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=300), autoincrement=False, nullable=False),
        sa.Column("from_directory", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_succession_twin")),
    )
    op.create_index("ix_crm_succession_twin_transaction", "crm_succession_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_topic_twin",
        sa.Column("name", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column(
            "sort",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("parent_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("procedure_reference", sa.String(length=80), autoincrement=False, nullable=False),
        sa.Column("description", sa.String(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=False),
        sa.Column("created_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("changed_by_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), autoincrement=False, nullable=True),
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id", "transaction_id", name=op.f("pk_crm_topic_twin")),
    )
    op.create_index("ix_crm_topic_twin_transaction", "crm_topic_twin", ["transaction_id"], unique=False)
    op.create_table(
        "crm_import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("profile", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=300), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("done_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_import_run_member_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["crm_member.id"], name=op.f("fk_crm_import_run_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_import_run")),
    )
    op.create_index("ix_crm_import_run_done", "crm_import_run", ["state", "at"], unique=False)
    op.create_index(op.f("ix_crm_import_run_file_hash"), "crm_import_run", ["file_hash"], unique=False)
    op.create_table(
        "crm_member_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_member_session_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_member_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_crm_member_session_token_hash")),
    )
    op.create_index(op.f("ix_crm_member_session_member_id"), "crm_member_session", ["member_id"], unique=False)
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
    op.create_index(op.f("ix_crm_recovery_code_member_id"), "crm_recovery_code", ["member_id"], unique=False)
    op.create_table(
        "crm_second_factor",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("made_under", sa.String(length=16), nullable=False),
        sa.Column("begun_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_second_factor_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_crm_second_factor")),
    )
    op.create_table(
        "crm_one_time_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_one_time_link_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_one_time_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_crm_one_time_link_token_hash")),
    )
    op.create_table(
        "crm_organisation",
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("short_name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("website", sa.String(length=500), nullable=False),
        sa.Column("founded", sa.Date(), nullable=True),
        sa.Column("closed", sa.Date(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("goal_days", sa.Integer(), nullable=True),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("is_client", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column(
            "sort",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("names_folded", sa.String(), nullable=False),
        sa.Column("shipped", sa.JSON(), nullable=True),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_organisation_changed_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_organisation_created_by_id")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["crm_organisation.id"], name=op.f("fk_crm_organisation_merged_into_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["crm_member.id"], name=op.f("fk_crm_organisation_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_organisation")),
        sa.UniqueConstraint("key", name=op.f("uq_crm_organisation_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_organisation_sort"), "crm_organisation", ["sort"], unique=False)
    op.create_table(
        "crm_organisation_list",
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "sort",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_organisation_list_changed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_organisation_list_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_organisation_list")),
        sa.UniqueConstraint("key", name=op.f("uq_crm_organisation_list_key")),
        sa.UniqueConstraint("sort", name=op.f("uq_crm_organisation_list_sort")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "crm_person",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column(
            "sort",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("names_folded", sa.String(length=400), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_person_changed_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_person_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_person")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_person_sort"), "crm_person", ["sort"], unique=False)
    op.create_table(
        "crm_saved_filter",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("page", sa.String(length=40), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_saved_filter_changed_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_saved_filter_created_by_id")),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_saved_filter_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_saved_filter")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_saved_filter_member_id"), "crm_saved_filter", ["member_id"], unique=False)
    op.create_table(
        "crm_submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_submission_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_submission")),
        sa.UniqueConstraint("member_id", "key", name=op.f("uq_crm_submission_member_id_key")),
    )
    op.create_table(
        "crm_tally",
        sa.Column("ancestor_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("acting", sa.String(length=160), nullable=False),
        sa.Column("engagements", sa.Integer(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("meeting", sa.Integer(), nullable=False),
        sa.Column("meeting_contacts", sa.Integer(), nullable=False),
        sa.Column("call", sa.Integer(), nullable=False),
        sa.Column("call_contacts", sa.Integer(), nullable=False),
        sa.Column("hearing", sa.Integer(), nullable=False),
        sa.Column("hearing_contacts", sa.Integer(), nullable=False),
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("event_contacts", sa.Integer(), nullable=False),
        sa.Column("site_visit", sa.Integer(), nullable=False),
        sa.Column("site_visit_contacts", sa.Integer(), nullable=False),
        sa.Column("letter", sa.Integer(), nullable=False),
        sa.Column("letter_contacts", sa.Integer(), nullable=False),
        sa.Column("email", sa.Integer(), nullable=False),
        sa.Column("email_contacts", sa.Integer(), nullable=False),
        sa.Column("consultation_reply", sa.Integer(), nullable=False),
        sa.Column("consultation_reply_contacts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ancestor_id", "first_month", "last_month", "acting", name=op.f("pk_crm_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "crm_tally_entry",
        sa.Column("engagement_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("acting", sa.String(length=160), nullable=False),
        sa.Column("reach", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", name=op.f("pk_crm_tally_entry")),
    )
    op.create_table(
        "crm_topic",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "sort",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("procedure_reference", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_topic_changed_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_topic_created_by_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["crm_topic.id"], name=op.f("fk_crm_topic_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_topic")),
        sa.UniqueConstraint("sort", name=op.f("uq_crm_topic_sort")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_topic_parent_id"), "crm_topic", ["parent_id"], unique=False)
    op.create_table(
        "crm_transaction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("door", sa.String(length=12), nullable=False),
        sa.Column("verb", sa.String(length=60), nullable=False),
        sa.Column("target_kind", sa.String(length=40), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("undoes_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_transaction_member_id")),
        sa.ForeignKeyConstraint(["undoes_id"], ["crm_transaction.id"], name=op.f("fk_crm_transaction_undoes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_transaction")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_crm_transaction_undoes_id")),
    )
    op.create_index(op.f("ix_crm_transaction_at"), "crm_transaction", ["at"], unique=False)
    op.create_index("ix_crm_transaction_target", "crm_transaction", ["target_kind", "target_id", "id"], unique=False)
    op.create_table(
        "crm_engagement",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("link", sa.String(length=1000), nullable=False),
        sa.Column("initiated_by", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("file_reference", sa.String(length=120), nullable=False),
        sa.Column("intended_result", sa.String(), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("follows_id", sa.Integer(), nullable=True),
        sa.Column("declined_by_id", sa.Integer(), nullable=True),
        sa.Column("declined_on", sa.Date(), nullable=True),
        sa.Column("decline_notice", sa.String(length=200), nullable=False),
        sa.Column("decline_reason", sa.String(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("acting", sa.String(length=160), nullable=True),
        sa.Column("met", sa.String(length=160), nullable=True),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("precision", sa.String(length=12), nullable=False),
        sa.Column("when_text", sa.String(length=200), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.Column("start_time", sa.Time(), nullable=True),
        sa.Column("end_time", sa.Time(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("fold", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_engagement_changed_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_engagement_created_by_id")),
        sa.ForeignKeyConstraint(
            ["declined_by_id"], ["crm_organisation.id"], name=op.f("fk_crm_engagement_declined_by_id")
        ),
        sa.ForeignKeyConstraint(["follows_id"], ["crm_engagement.id"], name=op.f("fk_crm_engagement_follows_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["crm_member.id"], name=op.f("fk_crm_engagement_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_engagement")),
        sqlite_autoincrement=True,
    )
    apart = "counts AND (visibility = 'members' OR acting IS NULL OR met IS NULL OR last_day <> first_day)"
    op.create_index(
        "ix_crm_engagement_apart",
        "crm_engagement",
        ["counts", "first_day", "last_day", "visibility", "owner_id", "created_by_id", "kind", "acting", "met"],
        unique=False,
        sqlite_where=sa.text(apart),
        postgresql_where=sa.text(apart),
    )
    op.create_index(
        "ix_crm_engagement_counted",
        "crm_engagement",
        ["counts", "first_day", "last_day", "visibility", "kind", "acting", "met"],
        unique=False,
    )
    op.create_index("ix_crm_engagement_day", "crm_engagement", ["first_day", "id"], unique=False)
    op.create_index(op.f("ix_crm_engagement_follows_id"), "crm_engagement", ["follows_id"], unique=False)
    op.create_index(
        "ix_crm_engagement_lasting",
        "crm_engagement",
        ["first_day", "last_day", "end_day"],
        unique=False,
        sqlite_where=sa.text("last_day > first_day OR end_day IS NOT NULL"),
        postgresql_where=sa.text("last_day > first_day OR end_day IS NOT NULL"),
    )
    place = ["first_day", "start_time", "id", "binned_at", "visibility", "owner_id", "created_by_id"]
    op.create_index("ix_crm_engagement_kind", "crm_engagement", ["kind", *place], unique=False)
    op.create_index(op.f("ix_crm_engagement_owner_id"), "crm_engagement", ["owner_id"], unique=False)
    op.create_index("ix_crm_engagement_place", "crm_engagement", [*place, "status"], unique=False)
    op.create_index("ix_crm_engagement_status", "crm_engagement", ["status", *place], unique=False)
    op.create_index("ix_crm_engagement_subject", "crm_engagement", ["subject", *place], unique=False)
    op.create_table(
        "crm_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.String(length=8), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_feed_member_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_feed_organisation_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["crm_topic.id"], name=op.f("fk_crm_feed_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_crm_feed_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_feed_member_id"), "crm_feed", ["member_id"], unique=False)
    op.create_table(
        "crm_import_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(length=80), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("identity", sa.String(length=32), nullable=True),
        sa.Column("content", sa.String(length=32), nullable=True),
        sa.Column("target_kind", sa.String(length=20), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["crm_import_run.id"], name=op.f("fk_crm_import_row_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_import_row")),
    )
    op.create_index("ix_crm_import_row_identity", "crm_import_row", ["profile", "identity"], unique=False)
    op.create_index("ix_crm_import_row_run", "crm_import_row", ["run_id", "outcome", "number"], unique=False)
    op.create_index("ix_crm_import_row_target", "crm_import_row", ["target_kind", "target_id"], unique=False)
    op.create_table(
        "crm_milestone",
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("source_url", sa.String(length=1000), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("precision", sa.String(length=12), nullable=False),
        sa.Column("when_text", sa.String(length=200), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.Column("start_time", sa.Time(), nullable=True),
        sa.Column("end_time", sa.Time(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("fold", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_milestone_changed_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_milestone_created_by_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_milestone_organisation_id")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["crm_topic.id"], name=op.f("fk_crm_milestone_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_milestone")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_crm_milestone_day", "crm_milestone", ["first_day", "id"], unique=False)
    op.create_index(op.f("ix_crm_milestone_organisation_id"), "crm_milestone", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_crm_milestone_topic_id"), "crm_milestone", ["topic_id"], unique=False)
    op.create_table(
        "crm_organisation_closure",
        sa.Column("ancestor_id", sa.Integer(), nullable=False),
        sa.Column("descendant_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ancestor_id"],
            ["crm_organisation.id"],
            name=op.f("fk_crm_organisation_closure_ancestor_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["descendant_id"],
            ["crm_organisation.id"],
            name=op.f("fk_crm_organisation_closure_descendant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ancestor_id", "descendant_id", "first", name=op.f("pk_crm_organisation_closure")),
    )
    op.create_index(
        "ix_crm_organisation_closure_descendant",
        "crm_organisation_closure",
        ["descendant_id", "ancestor_id", "first", "last"],
        unique=False,
    )
    op.create_table(
        "crm_organisation_identifier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_organisation_identifier_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_organisation_identifier")),
        sa.UniqueConstraint(
            "organisation_id",
            "scheme",
            "value",
            name=op.f("uq_crm_organisation_identifier_organisation_id_scheme_value"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_crm_organisation_identifier_scheme_value"),
        "crm_organisation_identifier",
        ["scheme", "value"],
        unique=False,
    )
    op.create_table(
        "crm_organisation_list_entry",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["crm_organisation_list.id"], name=op.f("fk_crm_organisation_list_entry_list_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_organisation_list_entry_organisation_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "organisation_id", name=op.f("pk_crm_organisation_list_entry")),
    )
    op.create_table(
        "crm_organisation_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("from_directory", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_organisation_name_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_organisation_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_crm_organisation_name_organisation_id"), "crm_organisation_name", ["organisation_id"], unique=False
    )
    op.create_table(
        "crm_organisation_parent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("from_directory", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_organisation_parent_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["crm_organisation.id"], name=op.f("fk_crm_organisation_parent_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_organisation_parent")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_crm_organisation_parent_organisation_id"), "crm_organisation_parent", ["organisation_id"], unique=False
    )
    op.create_index(
        op.f("ix_crm_organisation_parent_parent_id"), "crm_organisation_parent", ["parent_id"], unique=False
    )
    op.create_table(
        "crm_post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("seniority", sa.String(length=20), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("first_until", sa.Date(), nullable=True),
        sa.Column("first_precision", sa.String(length=12), nullable=True),
        sa.Column("first_text", sa.String(length=200), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("last_from", sa.Date(), nullable=True),
        sa.Column("last_precision", sa.String(length=12), nullable=True),
        sa.Column("last_text", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_post_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["crm_person.id"], name=op.f("fk_crm_post_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_post")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_crm_post_organisation_id_person_id"), "crm_post", ["organisation_id", "person_id"], unique=False
    )
    op.create_index(op.f("ix_crm_post_person_id"), "crm_post", ["person_id"], unique=False)
    op.create_table(
        "crm_register_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("publisher", sa.String(length=300), nullable=False),
        sa.Column("identity", sa.String(length=32), nullable=False),
        sa.Column("content", sa.String(length=32), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("is_nil", sa.Boolean(), nullable=False),
        sa.Column("printed", sa.JSON(), nullable=False),
        sa.Column("official", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("when_text", sa.String(length=200), nullable=False),
        sa.Column("precision", sa.String(length=12), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.Column("officials_folded", sa.String(), nullable=False),
        sa.Column("bodies_folded", sa.String(), nullable=False),
        sa.Column("parties_folded", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["crm_register_meeting.id"], name=op.f("fk_crm_register_entry_meeting_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["crm_import_run.id"], name=op.f("fk_crm_register_entry_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_register_entry")),
        sa.UniqueConstraint("source", "identity", name=op.f("uq_crm_register_entry_source_identity")),
    )
    op.create_index("ix_crm_register_entry_days", "crm_register_entry", ["first_day", "last_day"], unique=False)
    op.create_index("ix_crm_register_entry_meeting", "crm_register_entry", ["meeting_id"], unique=False)
    op.create_index("ix_crm_register_entry_run", "crm_register_entry", ["run_id"], unique=False)
    op.create_table(
        "crm_succession",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("predecessor_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("joins_history", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("from_directory", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["crm_organisation.id"], name=op.f("fk_crm_succession_predecessor_id")
        ),
        sa.ForeignKeyConstraint(["successor_id"], ["crm_organisation.id"], name=op.f("fk_crm_succession_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_succession")),
        sa.UniqueConstraint(
            "predecessor_id", "successor_id", name=op.f("uq_crm_succession_predecessor_id_successor_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_succession_predecessor_id"), "crm_succession", ["predecessor_id"], unique=False)
    op.create_index(op.f("ix_crm_succession_successor_id"), "crm_succession", ["successor_id"], unique=False)
    op.create_table(
        "crm_commitment",
        sa.Column("engagement_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("evidence_url", sa.String(length=1000), nullable=False),
        sa.Column("fulfils_id", sa.Integer(), nullable=True),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("precision", sa.String(length=12), nullable=False),
        sa.Column("when_text", sa.String(length=200), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.Column("start_time", sa.Time(), nullable=True),
        sa.Column("end_time", sa.Time(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("fold", sa.Integer(), nullable=False),
        sa.Column("due_first", sa.Date(), nullable=True),
        sa.Column("due_last", sa.Date(), nullable=True),
        sa.Column("due_precision", sa.String(length=12), nullable=True),
        sa.Column("due_text", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_commitment_changed_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_commitment_created_by_id")),
        sa.ForeignKeyConstraint(["engagement_id"], ["crm_engagement.id"], name=op.f("fk_crm_commitment_engagement_id")),
        sa.ForeignKeyConstraint(["fulfils_id"], ["crm_commitment.id"], name=op.f("fk_crm_commitment_fulfils_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["crm_organisation.id"], name=op.f("fk_crm_commitment_made_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["crm_member.id"], name=op.f("fk_crm_commitment_owner_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["crm_topic.id"], name=op.f("fk_crm_commitment_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_commitment")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_crm_commitment_day", "crm_commitment", ["first_day", "id"], unique=False)
    op.create_index("ix_crm_commitment_due", "crm_commitment", ["state", "due_last", "id"], unique=False)
    op.create_index(op.f("ix_crm_commitment_engagement_id"), "crm_commitment", ["engagement_id"], unique=False)
    op.create_index(op.f("ix_crm_commitment_fulfils_id"), "crm_commitment", ["fulfils_id"], unique=False)
    op.create_index(op.f("ix_crm_commitment_made_by_id"), "crm_commitment", ["made_by_id"], unique=False)
    op.create_index(op.f("ix_crm_commitment_owner_id"), "crm_commitment", ["owner_id"], unique=False)
    op.create_index(op.f("ix_crm_commitment_topic_id"), "crm_commitment", ["topic_id"], unique=False)
    op.create_table(
        "crm_discussion_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("engagement_id", sa.Integer(), nullable=False),
        sa.Column("raised_by_id", sa.Integer(), nullable=True),
        sa.Column("point", sa.String(), nullable=False),
        sa.Column("positions", sa.String(), nullable=False),
        sa.Column("conclusion", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["crm_engagement.id"], name=op.f("fk_crm_discussion_point_engagement_id")
        ),
        sa.ForeignKeyConstraint(
            ["raised_by_id"], ["crm_organisation.id"], name=op.f("fk_crm_discussion_point_raised_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_discussion_point")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_crm_discussion_point_engagement_id"), "crm_discussion_point", ["engagement_id"], unique=False
    )
    op.create_table(
        "crm_earlier_date",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("engagement_id", sa.Integer(), nullable=False),
        sa.Column("moved_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("precision", sa.String(length=12), nullable=False),
        sa.Column("when_text", sa.String(length=200), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.Column("start_time", sa.Time(), nullable=True),
        sa.Column("end_time", sa.Time(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("fold", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["crm_engagement.id"], name=op.f("fk_crm_earlier_date_engagement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_earlier_date")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_earlier_date_engagement_id"), "crm_earlier_date", ["engagement_id"], unique=False)
    op.create_table(
        "crm_engagement_topic",
        sa.Column("engagement_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["crm_engagement.id"], name=op.f("fk_crm_engagement_topic_engagement_id")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["crm_topic.id"], name=op.f("fk_crm_engagement_topic_topic_id")),
        sa.PrimaryKeyConstraint("engagement_id", "topic_id", name=op.f("pk_crm_engagement_topic")),
    )
    op.create_index(
        op.f("ix_crm_engagement_topic_topic_id_engagement_id"),
        "crm_engagement_topic",
        ["topic_id", "engagement_id"],
        unique=False,
    )
    op.create_table(
        "crm_engagement_viewer",
        sa.Column("engagement_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["crm_engagement.id"], name=op.f("fk_crm_engagement_viewer_engagement_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["crm_member.id"], name=op.f("fk_crm_engagement_viewer_member_id")),
        sa.PrimaryKeyConstraint("engagement_id", "member_id", name=op.f("pk_crm_engagement_viewer")),
    )
    op.create_index(
        op.f("ix_crm_engagement_viewer_member_id_engagement_id"),
        "crm_engagement_viewer",
        ["member_id", "engagement_id"],
        unique=False,
    )
    op.create_table(
        "crm_feed_fetch",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["crm_feed.id"], name=op.f("fk_crm_feed_fetch_feed_id")),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_crm_feed_fetch")),
    )
    op.create_table(
        "crm_participation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("engagement_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("side", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("acceptance", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("is_contact", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["crm_engagement.id"], name=op.f("fk_crm_participation_engagement_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_participation_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["crm_person.id"], name=op.f("fk_crm_participation_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["crm_post.id"], name=op.f("fk_crm_participation_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_participation")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_crm_participation_engagement",
        "crm_participation",
        ["engagement_id", "counts", "side", "organisation_id", "is_contact"],
        unique=False,
    )
    op.create_index(
        "ix_crm_participation_organisation",
        "crm_participation",
        ["organisation_id", "counts", "side", "engagement_id", "is_contact"],
        unique=False,
    )
    op.create_index(
        "ix_crm_participation_person", "crm_participation", ["person_id", "engagement_id", "counts"], unique=False
    )
    op.create_table(
        "crm_register_earlier",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["crm_register_entry.id"], name=op.f("fk_crm_register_earlier_entry_id")),
        sa.ForeignKeyConstraint(["run_id"], ["crm_import_run.id"], name=op.f("fk_crm_register_earlier_run_id")),
        sa.PrimaryKeyConstraint("run_id", "entry_id", name=op.f("pk_crm_register_earlier")),
    )
    op.create_table(
        "crm_attachment",
        sa.Column("engagement_id", sa.Integer(), nullable=True),
        sa.Column("commitment_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored_as", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_attachment_changed_by_id")),
        sa.ForeignKeyConstraint(["commitment_id"], ["crm_commitment.id"], name=op.f("fk_crm_attachment_commitment_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_attachment_created_by_id")),
        sa.ForeignKeyConstraint(["engagement_id"], ["crm_engagement.id"], name=op.f("fk_crm_attachment_engagement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_attachment")),
        sa.UniqueConstraint("stored_as", name=op.f("uq_crm_attachment_stored_as")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_attachment_commitment_id"), "crm_attachment", ["commitment_id"], unique=False)
    op.create_index(op.f("ix_crm_attachment_engagement_id"), "crm_attachment", ["engagement_id"], unique=False)
    op.create_table(
        "crm_commitment_recipient",
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["crm_commitment.id"], name=op.f("fk_crm_commitment_recipient_commitment_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_commitment_recipient_organisation_id")
        ),
        sa.PrimaryKeyConstraint("commitment_id", "organisation_id", name=op.f("pk_crm_commitment_recipient")),
    )
    op.create_index(
        op.f("ix_crm_commitment_recipient_organisation_id_commitment_id"),
        "crm_commitment_recipient",
        ["organisation_id", "commitment_id"],
        unique=False,
    )
    op.create_table(
        "crm_dispatch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("was_sent", sa.Boolean(), nullable=False),
        sa.Column("reply_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("due_first", sa.Date(), nullable=True),
        sa.Column("due_last", sa.Date(), nullable=True),
        sa.Column("due_precision", sa.String(length=12), nullable=True),
        sa.Column("due_text", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["crm_participation.id"], name=op.f("fk_crm_dispatch_participation_id")
        ),
        sa.ForeignKeyConstraint(["reply_id"], ["crm_engagement.id"], name=op.f("fk_crm_dispatch_reply_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_dispatch")),
        sa.UniqueConstraint("participation_id", name=op.f("uq_crm_dispatch_participation_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_dispatch_reply_id"), "crm_dispatch", ["reply_id"], unique=False)
    op.create_table(
        "crm_dispatch_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispatch_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("precision", sa.String(length=12), nullable=False),
        sa.Column("when_text", sa.String(length=200), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.Column("start_time", sa.Time(), nullable=True),
        sa.Column("end_time", sa.Time(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("fold", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["dispatch_id"], ["crm_dispatch.id"], name=op.f("fk_crm_dispatch_step_dispatch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_dispatch_step")),
        sa.UniqueConstraint("dispatch_id", "step", name=op.f("uq_crm_dispatch_step_dispatch_id_step")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "crm_follow_up",
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("remind_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.Column("snoozed", sa.Integer(), nullable=False),
        sa.Column("engagement_id", sa.Integer(), nullable=True),
        sa.Column("point_id", sa.Integer(), nullable=True),
        sa.Column("commitment_id", sa.Integer(), nullable=True),
        sa.Column("dispatch_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("binned_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("due_first", sa.Date(), nullable=True),
        sa.Column("due_last", sa.Date(), nullable=True),
        sa.Column("due_precision", sa.String(length=12), nullable=True),
        sa.Column("due_text", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["crm_member.id"], name=op.f("fk_crm_follow_up_changed_by_id")),
        sa.ForeignKeyConstraint(["commitment_id"], ["crm_commitment.id"], name=op.f("fk_crm_follow_up_commitment_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["crm_member.id"], name=op.f("fk_crm_follow_up_created_by_id")),
        sa.ForeignKeyConstraint(
            ["dispatch_id"], ["crm_dispatch.id"], name=op.f("fk_crm_follow_up_dispatch_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["done_by_id"], ["crm_member.id"], name=op.f("fk_crm_follow_up_done_by_id")),
        sa.ForeignKeyConstraint(["engagement_id"], ["crm_engagement.id"], name=op.f("fk_crm_follow_up_engagement_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["crm_organisation.id"], name=op.f("fk_crm_follow_up_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["crm_member.id"], name=op.f("fk_crm_follow_up_owner_id")),
        sa.ForeignKeyConstraint(
            ["point_id"], ["crm_discussion_point.id"], name=op.f("fk_crm_follow_up_point_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["crm_topic.id"], name=op.f("fk_crm_follow_up_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_follow_up")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_crm_follow_up_commitment_id"), "crm_follow_up", ["commitment_id"], unique=False)
    op.create_index("ix_crm_follow_up_due", "crm_follow_up", ["done_on", "due_last", "id"], unique=False)
    op.create_index(op.f("ix_crm_follow_up_engagement_id"), "crm_follow_up", ["engagement_id"], unique=False)
    op.create_index(op.f("ix_crm_follow_up_organisation_id"), "crm_follow_up", ["organisation_id"], unique=False)
    op.create_index("ix_crm_follow_up_owner", "crm_follow_up", ["owner_id", "done_on", "due_last"], unique=False)
    op.create_index(op.f("ix_crm_follow_up_topic_id"), "crm_follow_up", ["topic_id"], unique=False)
    if not is_sqlite:
        op.create_foreign_key(op.f("fk_crm_member_person_id"), "crm_member", "crm_person", ["person_id"], ["id"])
