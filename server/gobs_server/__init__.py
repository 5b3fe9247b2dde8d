"""The server of Gobservability: ingest, live tables, history, REST and the pages."""
