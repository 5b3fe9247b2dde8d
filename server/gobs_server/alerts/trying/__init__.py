"""Trying: what a rule would have found in the past that is kept."""
