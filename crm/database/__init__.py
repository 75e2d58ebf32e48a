"""Engines, column types and the migration runner: what touches the database below the models."""
