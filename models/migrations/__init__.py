"""The history of the tables (Alembic). ``python -m models.migrations "add meetings"`` drafts the next step."""
