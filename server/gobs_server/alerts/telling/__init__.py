"""Telling: whom, of what, when, in which words, and until it has arrived."""
