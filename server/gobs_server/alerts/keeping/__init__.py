"""Keeping: what happened is written into the journal first, and the database follows."""
