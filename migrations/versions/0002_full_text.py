"""The full-text indexes over crm_search: FTS5 on SQLite, a tsvector on PostgreSQL.

Both index the words that Python folded, as they are: neither database cuts, folds or stems them again.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE VIRTUAL TABLE crm_search_fts USING fts5("
    "words, content='crm_search', content_rowid='id', tokenize='ascii', prefix='2 3', detail='none', columnsize=0)",
    "CREATE TRIGGER crm_search_added AFTER INSERT ON crm_search BEGIN "
    "INSERT INTO crm_search_fts (rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER crm_search_removed AFTER DELETE ON crm_search BEGIN "
    "INSERT INTO crm_search_fts (crm_search_fts, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER crm_search_changed AFTER UPDATE OF id, words ON crm_search BEGIN "
    "INSERT INTO crm_search_fts (crm_search_fts, rowid, words) VALUES ('delete', old.id, old.words); "
    "INSERT INTO crm_search_fts (rowid, words) VALUES (new.id, new.words); END",
)
POSTGRESQL = (
    "ALTER TABLE crm_search ADD COLUMN vector tsvector "
    "GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED",
    "CREATE INDEX ix_crm_search_vector ON crm_search USING gin (vector)",
    # Engagements are nearly all there is: what is none is found without going through them.
    "CREATE INDEX ix_crm_search_vector_others ON crm_search USING gin (vector) WHERE kind <> 'engagement'",
)


def upgrade() -> None:
    is_sqlite = op.get_context().dialect.name == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        op.execute(statement)
