"""Workers: what they hold back, and what they let through."""
