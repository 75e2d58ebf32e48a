"""Verbs: each takes a Work, checks permission itself, and writes history in the same transaction."""
