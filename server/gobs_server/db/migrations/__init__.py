"""What was done to the database's tables, in order. On SQLite a migration may only add: see tests/server/db."""
